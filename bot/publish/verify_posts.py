"""Revisions against their raw bytes, posts against their revisions: whatever brought them.

Nothing here trusts the log: who writes a row anew and the log with it still has to write raw bytes
that say the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.publish.evidence.report import Report
from bot.text import language
from storage import picture_texts
from storage.hidden_links import NONE, hidden_links, written
from storage.inspection import Inspection, PostParts, RawBroken, unpacked
from storage.records import Is, SeenMessage, Source

# (raw bytes, how they came, text stored of them); raises ValueError for bytes that are no message
Decode = Callable[[bytes, Source, str], SeenMessage]

_FARTHEST_ZONE = timedelta(hours=14)
_ZONE_STEP = timedelta(minutes=15)


def check_posts(archive: Inspection, report: Report, decode: Decode) -> None:
    """Check all revisions and posts."""
    groups = frozenset(
        number for number, row in archive.channels().items() if row.comments_of is not None
    )
    before, posts, revisions, removed = report.count, 0, 0, 0
    elsewise: list[int] = []
    for found in archive.posts():
        posts += 1
        revisions += len(found.states)
        removed += len(found.removed)
        seen = _seen(found, decode, report)
        for name in _wrong_columns(found, seen, may_be_comment=found.row.channel_id in groups):
            report.fail(f"post {found.id}", f"its {name} does not follow from its revisions")
        if not found.removed and found.row.lang != language(found.row.text):
            elsewise.append(found.id)
    report.check(
        f"the raw bytes of {revisions - removed} revisions have the SHA-256 that was logged "
        "and decode to what is stored beside them",
        before,
    )
    report.check(f"{posts} posts are what their revisions and deletion marks make them", before)
    if removed:
        report.open.append(
            f"the content of {removed} revisions was removed by retention; their hashes hold"
        )
    if elsewise:
        report.open.append(
            f"this version of Earshot would tell the language of {len(elsewise)} posts "
            f"otherwise than is stored, of post {elsewise[0]} first"
        )


def _seen(found: PostParts, decode: Decode, report: Report) -> list[SeenMessage] | None:
    """Read the revisions of a post again; None when one is damaged or was removed."""
    seen: list[SeenMessage] = []
    for row in found.states:
        place = f"channel {row.channel_id}, message {row.message_id}, number {row.number}"
        if row.id in found.removed:
            if row.raw or row.text:
                what = "it counts as removed and has content"
                report.fail(f"revision {row.id} ({place})", what)
            continue
        try:
            seen.append(_read(row, decode))
        except _WrongError as error:
            report.fail(f"revision {row.id} ({place})", str(error))
    return seen if len(seen) == len(found.states) else None


class _WrongError(Exception):
    """A revision is not what its raw bytes say; the message says in what."""


def _read(row: Any, decode: Decode) -> SeenMessage:
    """Read one revision's raw bytes and compare them with its columns. Raises _WrongError."""
    try:
        raw = unpacked(row.raw)
        if hashlib.sha256(raw).digest() != row.sha256:
            raise _WrongError("its raw bytes have another SHA-256")
        if row.source not in list(Source):
            raise _WrongError(f"its source {row.source!r} is none we know")
        seen = decode(raw, Source(row.source), row.text)
    except RawBroken as error:
        raise _WrongError(f"its raw bytes are damaged: {error}") from None
    except ValueError as error:
        raise _WrongError(f"its raw bytes are no message: {error}") from None
    for name in ("message_id", "text", "body_length", "entities", "author"):
        if getattr(row, name) != getattr(seen, name):
            raise _WrongError(f"its {name.removesuffix('_id')} is not what its raw bytes say")
    if not _is_time(row.edited_at, seen.edited_at, is_local=seen.has_local_times):
        raise _WrongError("its edited_at is not what its raw bytes say")
    return seen


def _is_time(stored: datetime | None, said: datetime | None, *, is_local: bool) -> bool:
    """Compare a time with what raw bytes say; with a clock of unknown zone, by its minutes."""
    if stored is None or said is None or not is_local:
        return stored == said
    apart = abs(stored - said)
    return apart <= _FARTHEST_ZONE and not apart % _ZONE_STEP


def _wrong_columns(
    found: PostParts, seen: Sequence[SeenMessage] | None, *, may_be_comment: bool
) -> Iterator[str]:
    """Give the names of the columns of a post's row that do not follow from what it is made of.

    `seen` is what its raw bytes say, None when they do not say it all.
    """
    row = found.row
    if not found.states:
        yield "row"
        return
    first = found.states[0]
    latest = {state.message_id: (state.text, state.entities) for state in found.states}
    parts = [latest[number] for number in sorted(latest)]
    own = [text for text, _ in parts if text]
    pictures = _pictures(found, seen)
    text = "\n".join([*own, *pictures])
    is_emptied = bool(found.removed and not row.text)
    derived = {
        "links": NONE if is_emptied else written(hidden_links(parts)),
        "picture_text_at": len("\n".join([*own, ""])) if pictures else None,
        "first_seen_at": first.seen_at,
        "source": first.source,
        "message_id": found.id & 0xFFFFFFFF,
        "channel_id": found.id >> 32,
    }
    if seen:
        derived |= _said(seen)
    yield from (name for name, value in derived.items() if getattr(row, name) != value)
    if row.text != text and not is_emptied:
        yield "text"
    # An album may get a message after it was marked: its end then stays where it was.
    if row.deleted_at not in found.marks and (row.deleted_at or found.is_gone):
        yield "deleted_at"
    if seen:
        yield from _wrong_by_times_and_marks(row, seen, may_be_comment=may_be_comment)


def _pictures(found: PostParts, seen: Sequence[SeenMessage] | None) -> list[str]:
    """Give what the pictures say that the messages of a post show now."""
    files = {item.message_id: item.file_id for item in seen or ()}  # the latest wins
    known = {message: file for message, file in files.items() if file is not None}
    return [item.text for item in picture_texts.shown(found.pictures, known)]


def _said(seen: Sequence[SeenMessage]) -> dict[str, object]:
    """Give the columns that are exactly what the raw bytes of a post's revisions say."""
    first = seen[0]
    return {
        "grouped_id": first.grouped_id,
        "reply_to": first.reply_to,
        "origin_name": first.origin_name,
        "origin_id": first.origin_id,
        "origin_message_id": first.origin_message_id,
        "has": " ".join(sorted(frozenset().union(*(item.has for item in seen)))),
    }


def _wrong_by_times_and_marks(
    row: Any, seen: Sequence[SeenMessage], *, may_be_comment: bool
) -> Iterator[str]:
    marks: frozenset[Is] = frozenset()
    edited_at = None
    for item in seen:  # as intake does, one after the other
        marks |= item.marks
        if Is.EDITED in marks:
            edited_at = item.edited_at or edited_at
    stored = frozenset(row.marks.split())
    if may_be_comment:  # which intake says of what was said while the channel was such a group
        stored, marks = stored - {Is.COMMENT}, marks - {Is.COMMENT}
    if stored != marks:
        yield "marks"
    is_local = any(item.has_local_times for item in seen)
    if not _is_time(row.posted_at, seen[0].posted_at, is_local=is_local):
        yield "posted_at"
    if not _is_time(row.edited_at, edited_at, is_local=is_local):
        yield "edited_at"
    # The username of a channel came beside Telegram's bytes; a file's record has it or none.
    is_forward = Is.FORWARD in seen[0].marks
    told = seen[0].origin
    if (row.source == Source.IMPORT and row.origin != told) or (row.origin and not is_forward):
        yield "origin"
