"""Tables of alerting: hits, what is owed for them, and each attempt to hand it over."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Text, UniqueConstraint

from storage.schema.columns import Big, Utc, table

hits = table(
    "hits",  # match
    Column("id", Integer, primary_key=True),
    Column("subscription_id", Integer, ForeignKey("subscriptions.id"), nullable=False),
    Column("post_id", Big, ForeignKey("posts.id"), nullable=False),
    Column("revision_id", Integer, ForeignKey("revisions.id"), nullable=False),  # first to match
    Column("spans", Text, nullable=False),  # JSON [[start, end], …] into the text of that time
    Column("found_at", Utc, nullable=False),
    UniqueConstraint("post_id", "subscription_id"),
    sqlite_autoincrement=True,
)

alerts = table(
    "alerts",
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", Integer, ForeignKey("subscribers.id"), nullable=False),
    Column("post_id", Big, ForeignKey("posts.id"), nullable=False),
    Column("state", Text, nullable=False),  # dispatch, outbox
    Column("reason", Text),  # outbox, dispatch: why withheld, dead or late; NULL when all is well
    Column("wanted_version", Integer, nullable=False),  # dispatch: grows with the post
    Column("sent_version", Integer, nullable=False),  # outbox
    Column("sent_hash", LargeBinary),  # outbox: of what they have, so that no edit says the same
    Column("remote_id", Big),  # outbox: Telegram's id of the message; NULL until sent
    Column("attempts", Integer, nullable=False),  # outbox: failed since the last success
    Column("owed_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),  # outbox: not before
    Column("lease_until", Utc),  # outbox: NULL unless leased
    Column("sent_at", Utc),  # outbox: first success
    UniqueConstraint("post_id", "subscriber_id"),  # each is told once
    Index("ix_alerts_state_due_at", "state", "due_at", "subscriber_id"),  # outbox: what is due
    Index("ix_alerts_subscriber_id", "subscriber_id"),  # outbox: the rest of who blocked the bot
    Index("ix_alerts_remote_id", "remote_id"),  # outbox: the newest message we know of
    sqlite_autoincrement=True,
)

deliveries = table(
    "deliveries",  # outbox: one row an attempt
    Column("id", Integer, primary_key=True),
    Column("alert_id", Integer, ForeignKey("alerts.id"), nullable=False),
    Column("target", Text, nullable=False),  # telegram
    Column("version", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("outcome", Text, nullable=False),  # sent, later, never
    Column("detail", Text),  # NULL when sent
    Index("ix_deliveries_alert_id", "alert_id"),  # why: the attempts of an alert
)
