"""The order of an account's history work, and what each kind leaves to those before it: pure.

1. Holes: posts nobody has seen, though newer ones are held. They are finite.
2. What is newer than all that is held. A channel that is read without joining asks for it for ever.
3. First back-fills: old posts, about which nobody is alerted.
4. Looking again at held posts for edits and deletions, and new references for files.

Nothing waits for what comes after it: later kinds have only some of the places among the tasks that
run at once, and stop while some of the hour's or day's history calls is left for those before them.
Back-fills and looking again share what they may use, so that neither keeps the other out for days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from storage.records import HistoryKind, HistoryTask

ORDER = (HistoryKind.GAP, HistoryKind.BACKFILL, HistoryKind.REREAD)  # holes first among the gaps
KEPT_BY_OLD = 0.2  # of the budget, which 3 and 4 leave to 1 and 2
KEPT_BY_NEW = 0.05  # which 2 leaves to 1
_AT_ONCE = 6  # tasks of one account; more only wait for Telegram's limits
_MOST = {HistoryKind.GAP: _AT_ONCE, HistoryKind.BACKFILL: 3, HistoryKind.REREAD: 2}


def kept(task: HistoryTask) -> float:
    """Say which share of the budget a task leaves to what comes before it."""
    if task.kind is not HistoryKind.GAP:
        return KEPT_BY_OLD
    return 0.0 if task.high else KEPT_BY_NEW


def startable(running: Iterable[HistoryKind]) -> Sequence[HistoryKind]:
    """Say of which kinds one more task may begin, in their order."""
    counts = Counter(running)
    if counts.total() >= _AT_ONCE:
        return ()
    return tuple(kind for kind in ORDER if counts[kind] < _MOST[kind])
