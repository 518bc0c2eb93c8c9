"""What the outbox's bookkeeping needs to know of an alert or a notice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.alert_cases import AlertCase
from storage.notices import NoticeCase
from storage.records import AlertId, NoticeId, SubscriberId


@dataclass(frozen=True, slots=True)
class Owed:
    """An alert or a notice (the other id is None); `is_known`: the reader has a version of it."""

    alert_id: AlertId | None
    notice_id: NoticeId | None
    subscriber_id: SubscriberId
    version: int
    is_known: bool
    attempts: int
    owed_at: datetime
    remote_id: int | None

    @staticmethod
    def of(case: AlertCase | NoticeCase) -> Owed:
        """Read it from what is to be delivered."""
        if isinstance(case, NoticeCase):
            notice = case.notice
            return Owed(
                *(None, notice.id, notice.subscriber_id, 1, False),
                *(notice.attempts, notice.owed_at, None),
            )
        alert = case.alert
        return Owed(
            *(alert.id, None, alert.subscriber_id, alert.wanted_version),
            *(alert.sent_version > 0, alert.attempts, alert.owed_at, alert.remote_id),
        )
