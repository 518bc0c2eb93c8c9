"""What may follow in a query that is being typed: operators, fields, their values. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

from bot.match.leaf import field_names, field_values
from bot.match.nodes import FieldIs, FieldName, Sureness, printed

_LAST: Final = re.compile(r"(?:^|[\s(])([-!]?)([^\s()]*)$")
_OPERATORS: Final = ("OR", "NOT", "NEAR/5")
_MOST: Final = 20  # suggestions at once


def completions(
    text: str, channels: Collection[str] = (), groups: Collection[str] = ()
) -> tuple[str, ...]:
    """Return ways to finish the last piece of a query, each the whole query with it.

    `channels` are usernames without the @, `groups` names; both are offered where they fit.
    Nothing is offered for words, and nothing inside quotation marks.
    """
    match = _LAST.search(text)
    if match is None or text.count('"') % 2:
        return ()
    sign, typed = match.groups()
    before = text[: len(text) - len(typed)]
    return tuple(before + whole for whole in _endings(sign, typed, channels, groups))[:_MOST]


def _endings(
    sign: str, typed: str, channels: Collection[str], groups: Collection[str]
) -> Iterable[str]:
    name, colon, value = typed.partition(":")
    if not colon:
        fields = [f"{field}:" for field in field_names() if field.startswith(typed)]
        operators = [op for op in _OPERATORS if op.startswith(typed) and not sign]
        return [*fields, *operators] if typed else ()
    value = value.lower().removeprefix("@")
    match name.lower():
        case "channel" | "from":
            field = FieldName(name.lower())
            fitting = (channel for channel in sorted(channels) if channel.startswith(value))
            return [printed(FieldIs(field, channel)) for channel in fitting]
        case "group":
            fitting = (group for group in sorted(groups) if group.startswith(value))
            return [printed(FieldIs(FieldName.GROUP, group)) for group in fitting]
        case "place" | "near" if value.endswith("~"):
            return [f"{typed}{sureness}" for sureness in Sureness if sureness]
        case other:
            fixed = field_values(other)
            return [f"{other}:{choice}" for choice in fixed if choice.startswith(value)]
