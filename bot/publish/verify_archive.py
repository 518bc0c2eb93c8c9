"""A live archive: its log, and everything that is derived from logged rows, without settings.

What is checked beyond the log: that revisions and posts are what the raw bytes say, that channels
and coverage agree with the last statement about them, and that the files on the disk are those that
were fetched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.publish.evidence.report import Report
from bot.publish.verify_log import check_log
from bot.publish.verify_posts import Decode, check_posts
from bot.publish.verify_stamps import check_stamps
from storage.inspection import Inspection, inspected

_CHUNK = 1 << 20


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
        check_log(archive, report, earlier)
        check_stamps(archive, report, roots)
        check_posts(archive, report, decode)
        _check_picture_texts(archive, report)
        _check_channels(archive, report)
        _check_files(archive, database.parent / "media", report)
    return report


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
        for fault in _uncovered(said.ranges, covered.get(channel_id, [])):
            report.fail(f"coverage of channel {channel_id}", fault)
    report.check(f"{len(statements)} channels are as was stated of them", before)


def _uncovered(ranges: str, now: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Say which stated ranges are not covered any more, or are none."""
    for stretch in ranges.split():
        low, _, high = stretch.partition("-")
        if not (low.isascii() and low.isdecimal() and high.isascii() and high.isdecimal()):
            yield f"{stretch!r} was stated, which is no range"
        elif not any(start <= int(low) and int(high) <= end for start, end in now):
            yield f"{stretch} is not in it any more"


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
