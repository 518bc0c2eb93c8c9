"""The exact bytes of a revision → what they say, as whatever brought it wrote them. Pure.

Telegram's bytes, a record of Telegram Desktop's file, or a line of an export of ours. Verifying
and repairing an archive read them again with the same rules as when they came.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC

from bot.collect.imports.desktop import seen_record
from bot.collect.imports.lines import is_ours, seen_line
from bot.collect.normalise import message_of_raw
from storage.records import Is, SeenMessage, Source


def stored_message(raw: bytes, source: Source, text: str) -> SeenMessage:
    """Read a revision again. `text` is what is stored of it.

    The name of a forwarded channel came beside Telegram's bytes, so it is taken from `text`, and
    nothing else is. Times that a file tells without a zone are read as UTC (`has_local_times`).
    Raises ValueError for bytes that are no message.
    """
    if source is Source.IMPORT:
        return _imported(raw)
    return _named(message_of_raw(raw), text)


def _named(seen: SeenMessage, text: str) -> SeenMessage:
    if Is.FORWARD not in seen.marks or seen.text == text:
        return seen
    without = seen.text
    if seen.origin_name:
        if seen.origin_id is None:  # the bytes themselves name who is repeated
            return seen
        without = without.removesuffix(f"\n{seen.origin_name}")
    name = text.removeprefix(f"{without}\n")
    if name == text or "\n" in name:
        return seen
    return replace(seen, text=text, origin_name=name)


def _imported(raw: bytes) -> SeenMessage:
    try:
        content = json.loads(raw)
        seen = seen_line(content, raw) if is_ours(raw) else seen_record(content, raw, 0, UTC)
    except (TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not the record of a message: {error}") from None
    if seen is None:
        raise ValueError("the record of something else than a message")
    return seen
