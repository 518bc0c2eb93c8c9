"""The time stamps of an archive's heads: whose head each is, when, and by a server one trusts."""

from __future__ import annotations

from pathlib import Path

from bot.publish.evidence.report import Report
from bot.publish.log import note_of
from bot.publish.stamping import StampsMissing, StampWrong, check_server, stamped_at
from storage.inspection import Inspection


def check_stamps(archive: Inspection, report: Report, roots: Path | None) -> None:
    """Check every stamp there is; `roots` are certificates of servers one trusts, as PEM."""
    before, times = report.count, []
    stamped = [(number, head) for number, head in archive.heads() if head.token is not None]
    for number, head in stamped:
        note = note_of(head)
        try:
            times.append(stamped_at(head.token or b"", note))
            if roots is not None:
                check_server(head.token or b"", note, roots)
        except StampsMissing as error:
            report.open.append(f"{len(stamped)} heads have time stamps that are not read: {error}")
            return
        except StampWrong as error:
            report.fail(f"time stamp of signed head {number}", str(error))
    if times:
        who = "a server of the given certificates" if roots else "a server that names itself"
        report.check(
            f"{len(times)} heads were time-stamped by {who}, the last at "
            f"{max(times).isoformat(timespec='seconds')}",
            before,
        )
        if roots is None:
            report.open.append(
                "whether the time-stamping server is one to trust: give its root with --tsa"
            )
