"""Tables of targets: where else people want to be told, and what waits for each."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Text, UniqueConstraint

from storage.schema.columns import Big, Utc, table

targets = table(
    "targets",  # operate
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", Integer, ForeignKey("subscribers.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("address", Text, nullable=False),  # secret; emptied when removed
    Column("secret", Text, nullable=False),  # of a webhook; empty for the others
    Column("state", Text, nullable=False),
    Column("failing_since", Utc),  # targets: NULL while it works
    Column("reason", Text),  # targets: why it fails; NULL while it works
    Column("added_at", Utc, nullable=False),
    # The newest alert and notice when it was made: older ones are not for it, whatever the clock.
    Column("after_alert", Integer, nullable=False, server_default="0"),
    Column("after_notice", Integer, nullable=False, server_default="0"),
    Index("ix_targets_subscriber_id", "subscriber_id"),
)

target_items = table(
    "target_items",  # targets: an alert or a notice for a target, once
    Column("id", Integer, primary_key=True),
    Column("target_id", Integer, ForeignKey("targets.id"), nullable=False),
    Column("alert_id", Integer, ForeignKey("alerts.id")),  # NULL for a notice
    Column("notice_id", Integer, ForeignKey("notices.id")),  # NULL for an alert
    Column("state", Text, nullable=False),  # held while its alert is, owed, sent, dead
    Column("reason", Text),  # why late or dead; NULL when all is well
    Column("attempts", Integer, nullable=False),
    Column("owed_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("version", Integer),  # of the alert, as it was sent; NULL until sent
    Column("remote_id", Big),  # the message in a Telegram chat; NULL elsewhere and until sent
    UniqueConstraint("target_id", "alert_id"),
    UniqueConstraint("target_id", "notice_id"),
    Index("ix_target_items_state", "state", "due_at"),  # targets: what is due
    sqlite_autoincrement=True,
)
