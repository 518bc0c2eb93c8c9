"""The channel list as one TOML file: written in a fixed order, read with every mistake's place.

Pure. The same list always gives the same text, so that a version control system, or a person,
sees only what changed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import tomli_w

from storage.failures import BadInput
from storage.records import Channel, FollowMode

_HEAD = "# Earshot's channels: change it, then `earshot channels plan FILE` and `… apply FILE`.\n\n"
_EXAMPLE = '[[channel]]\nreference = "@front_news"\nmode = "join"\ndepth = 500\ngroups = ["front"]'
_KEYS = frozenset({"reference", "mode", "depth", "groups"})


class BadFileError(BadInput, ValueError):
    """A channel file cannot be read; the message says where and what to write."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One channel of the file and what is wished of it."""

    reference: str
    mode: FollowMode
    depth: int
    groups: frozenset[str]


def entry_of(channel: Channel) -> Entry:
    """Give what the file says of a channel on the list."""
    return Entry(channel.reference, channel.mode, channel.backfill_depth, channel.groups)


def exported(channels: Iterable[Channel]) -> str:
    """Write the list as a file, by reference."""
    return written(entry_of(channel) for channel in channels)


def written(entries: Iterable[Entry]) -> str:
    """Write entries as a file, by reference."""
    tables = [
        {
            "reference": entry.reference,
            "mode": entry.mode.value,
            "depth": entry.depth,
            "groups": sorted(entry.groups),
        }
        for entry in sorted(entries, key=lambda entry: entry.reference)
    ]
    return _HEAD + (tomli_w.dumps({"channel": tables}) if tables else "channel = []\n")


def is_channel_file(text: str) -> bool:
    """Tell the file from a list of one channel a line."""
    return "[[channel]]" in text or text.lstrip("# \n").startswith("channel =")


def entries_of(text: str, depth: int) -> list[Entry]:
    """Read a file; `depth` is for channels without one. Raises BadFileError."""
    try:
        read = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number too long, brackets nested too deep
        raise BadFileError(f"this is not TOML: {error}; write for example\n{_EXAMPLE}") from None
    tables = read.pop("channel", None)
    if read or not isinstance(tables, list):
        raise BadFileError(f"the file may hold nothing but channels; write for example\n{_EXAMPLE}")
    found = [_entry(number, table, depth) for number, table in enumerate(tables, start=1)]
    references = [entry.reference for entry in found]
    for number, reference in enumerate(references, start=1):
        if reference in references[: number - 1]:
            raise BadFileError(f"channel {number}: {reference} is there twice")
    return found


def _entry(number: int, table: Any, depth: int) -> Entry:
    if not isinstance(table, dict) or not isinstance(table.get("reference"), str):
        raise BadFileError(f"channel {number} has no reference; write for example\n{_EXAMPLE}")
    name = table["reference"]
    if unknown := sorted(table.keys() - _KEYS):
        raise BadFileError(f"channel {number} ({name}): there is no {unknown[0]!r}")
    mode = table.get("mode", FollowMode.JOIN.value)
    if mode not in list(FollowMode):
        raise BadFileError(f"channel {number} ({name}): mode is join or poll, not {mode!r}")
    wanted = table.get("depth", depth)
    if isinstance(wanted, bool) or not isinstance(wanted, int) or wanted < 0:
        raise BadFileError(f"channel {number} ({name}): depth is a number of messages, as 500")
    groups = table.get("groups", [])
    if not isinstance(groups, list) or not all(isinstance(item, str) for item in groups):
        raise BadFileError(f'channel {number} ({name}): groups are names, as ["front"]')
    return Entry(name, FollowMode(mode), wanted, frozenset(item.lower() for item in groups))
