"""A live archive: its log, and everything that is derived from logged rows, without settings.

What is checked beyond the log: that raw bytes have the SHA-256 their leaf binds and decode to the
columns beside them, that posts are what their revisions and deletion marks make them, and that
channels and coverage agree with the last statement about them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bot.publish.evidence.report import Report
from bot.publish.verify_log import check_log, named
from bot.publish.verify_stamps import check_stamps
from storage.inspection import Inspection, Leaf, PostParts, RawBroken, inspected, unpacked
from storage.records import LeafKind, RevisionId, SeenMessage, Source

_AT_ONCE = 500
_CHUNK = 1 << 20

Decode = Callable[[bytes], SeenMessage]  # raises ValueError for bytes that are no message


def verify_archive(
    database: Path, decode: Decode, earlier: str | None = None, roots: Path | None = None
) -> Report:
    """Check an archive. Raises DatabaseError for what cannot be read as one."""
    report = Report(str(database))
    with inspected(database) as archive:
        before = report.count
        for fault in archive.faults_of_file():
            report.fail(database.name, fault)
        report.check("the database file is sound", before)
        _check_rows(archive, report, decode, earlier)
        check_stamps(archive, report, roots)
        _check_posts(archive, report)
        _check_picture_texts(archive, report)
        _check_channels(archive, report)
        _check_files(archive, database.parent / "media", report)
    return report


def _check_rows(archive: Inspection, report: Report, decode: Decode, earlier: str | None) -> None:
    waiting: list[Leaf] = []
    counted = [0, 0]  # revisions, of them removed
    bad: list[tuple[str, str]] = []
    for leaf in check_log(archive, report, earlier):
        if leaf.row and leaf.row.kind is LeafKind.REVISION:
            waiting.append(leaf)
            counted[0] += 1
            counted[1] += leaf.row.removed is not None
        if len(waiting) == _AT_ONCE:
            bad += _raw_faults(archive, waiting, decode)
            waiting.clear()
    bad += _raw_faults(archive, waiting, decode)
    before = report.count
    for where, what in bad:
        report.fail(where, what)
    report.check(
        f"the raw bytes of {counted[0] - counted[1]} revisions have the SHA-256 that was logged "
        "and decode to what is stored beside them",
        before,
    )
    if counted[1]:
        report.open.append(
            f"the content of {counted[1]} revisions was removed by retention; their hashes hold"
        )


def _raw_faults(
    archive: Inspection, leaves: Sequence[Leaf], decode: Decode
) -> list[tuple[str, str]]:
    packed = archive.raw([leaf.row_id for leaf in leaves])
    found = []
    for leaf in leaves:
        if leaf.row is None:
            continue
        fault = _raw_fault(
            leaf.row.facts, leaf.row.removed, packed.get(RevisionId(leaf.row_id), b""), decode
        )
        if fault:
            found.append((named(leaf.kind, leaf.row_id, leaf.row), fault))
    return found


def _raw_fault(facts: Any, removed: str | None, packed: bytes, decode: Decode) -> str | None:
    if removed is not None:
        return "it counts as removed and has content" if packed or facts["text"] else None
    try:
        raw = unpacked(packed)
    except RawBroken as error:
        return f"its raw bytes are damaged: {error}"
    if hashlib.sha256(raw).hexdigest() != facts["raw_sha256"]:
        return "its raw bytes have another SHA-256"
    if facts["source"] == Source.IMPORT:
        return None
    return _differs(facts, raw, decode)


def _differs(facts: Any, raw: bytes, decode: Decode) -> str | None:
    """Compare columns with what the raw bytes decode to."""
    try:
        seen = decode(raw)
    except ValueError as error:
        return f"its raw bytes are no message: {error}"
    at = seen.edited_at.isoformat(timespec="microseconds") if seen.edited_at else None
    decoded = {
        "message": seen.message_id,
        "body_length": seen.body_length,
        "entities": seen.entities,
        "author": seen.author,
        "edited_at": at,
    }
    for name, value in decoded.items():
        if facts[name] != value:
            return f"its {name} is not what its raw bytes say"
    # The name of a forwarded channel came beside the message, so it is not in its bytes.
    return (
        None
        if str(facts["text"]).startswith(seen.text)
        else ("its text is not what its raw bytes say")
    )


def _check_posts(archive: Inspection, report: Report) -> None:
    before, count = report.count, 0
    for found in archive.posts():
        count += 1
        for name in _wrong_columns(found):
            report.fail(f"post {found.id}", f"its {name} does not follow from its revisions")
    report.check(f"{count} posts are what their revisions and deletion marks make them", before)


def _wrong_columns(found: PostParts) -> list[str]:
    row, first = found.row, found.first
    if row is None:
        return []
    if first is None:
        return ["row"]
    own = [part.text for part in found.parts if part.text]
    text = "\n".join([*own, *found.pictures])
    # An album may get a message after it was marked: its end then stays where it was.
    is_end_right = row.deleted_at in found.marks or not (row.deleted_at or found.is_gone)
    derived = {
        "text": text,
        "picture_text_at": len("\n".join([*own, ""])) if found.pictures else None,
        "first_seen_at": first.seen_at,
        "source": first.source,
        "message_id": found.id & 0xFFFFFFFF,
        "channel_id": found.id >> 32,
    }
    wrong = [name for name, value in derived.items() if getattr(row, name) != value]
    return wrong if is_end_right else [*wrong, "deleted_at"]


def _check_picture_texts(archive: Inspection, report: Report) -> None:
    before = report.count
    count, wrong = archive.wrong_picture_texts()
    for number in wrong:
        report.fail(f"picture_text {number}", "its text was changed since it was read")
    if count:
        report.check(f"what {count} pictures say is what was read from them", before)


def _check_channels(archive: Inspection, report: Report) -> None:
    before = report.count
    channels, covered = archive.channels(), archive.covered()
    statements = archive.statements()
    for channel_id, said in statements.items():
        row = channels.get(channel_id)
        if row is None:
            report.fail(f"channel {channel_id}", "it is gone")
        elif said.telegram_id is not None and row.telegram_id != said.telegram_id:
            report.fail(
                f"channel {channel_id}",
                f"it is Telegram's {row.telegram_id}, was stated to be {said.telegram_id}",
            )
        now = covered.get(channel_id, [])
        for stretch in said.ranges.split():
            low, high = map(int, stretch.split("-"))
            if not any(start <= low and high <= end for start, end in now):
                report.fail(f"coverage of channel {channel_id}", f"{stretch} is not in it any more")
    report.check(f"{len(statements)} channels are as was stated of them", before)


def _check_files(archive: Inspection, folder: Path, report: Report) -> None:
    before, count = report.count, 0
    for sha256, length in archive.files():
        name = sha256.hex()
        file = folder / name[:2] / name[2:4] / name
        count += 1
        if not file.is_file():
            report.fail(f"media file {name}", "it is gone from the disk")
            continue
        digest = hashlib.sha256()
        with file.open("rb") as opened:
            while chunk := opened.read(_CHUNK):
                digest.update(chunk)
        if digest.digest() != sha256 or file.stat().st_size != length:
            report.fail(f"media file {name}", "its content was changed")
    if count:
        report.check(f"{count} media files are what their names say", before)
