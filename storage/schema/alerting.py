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

story_posts = table(
    "story_posts",  # stories: which story each recent post tells
    Column("id", Integer, primary_key=True),
    Column("post_id", Big, ForeignKey("posts.id"), nullable=False, unique=True),
    Column("story_id", Big, ForeignKey("posts.id"), nullable=False),  # the post that began it
    Column("posted_at", Utc, nullable=False),
    Column("sketch", LargeBinary, nullable=False),  # 32-bit hashes, big-endian; empty: none
    Index("ix_story_posts_story_id", "story_id"),  # compose: who else tells it
    Index("ix_story_posts_posted_at", "posted_at"),  # stories: the window, at a start
    sqlite_autoincrement=True,
)

notices = table(
    "notices",  # a message that is no alert: a digest, a follow-up, a surge; written out already
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # what it is about: it is written once
    Column("subscriber_id", Integer, ForeignKey("subscribers.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),  # JSON of text, marks and buttons
    Column("file_name", Text),  # NULL unless a file goes with it
    Column("file", LargeBinary),  # NULL as the one before
    Column("reply_to", Integer),  # an alert's id, NULL without; no key: alerts point here already
    Column("state", Text, nullable=False),  # outbox
    Column("reason", Text),  # outbox: why late, held or dead
    Column("priority", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),  # outbox
    Column("owed_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),  # outbox: not before
    Column("lease_until", Utc),  # outbox: NULL unless leased
    Column("sent_at", Utc),  # outbox
    Column("remote_id", Big),  # outbox: Telegram's id of the message; NULL until sent
    Index("ix_notices_state", "state", "priority", "due_at", "subscriber_id"),  # outbox
    Index("ix_notices_subscriber_id", "subscriber_id"),
    sqlite_autoincrement=True,
)

alerts = table(
    "alerts",
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", Integer, ForeignKey("subscribers.id"), nullable=False),
    Column("story_id", Big, ForeignKey("posts.id"), nullable=False),
    Column("post_id", Big, ForeignKey("posts.id"), nullable=False),  # of the story, as it is shown
    Column("state", Text, nullable=False),  # dispatch, outbox, digests
    Column("reason", Text),  # why withheld, held, dead or late; NULL when all is well
    Column("priority", Integer, nullable=False),  # dispatch: 0 urgent, 1 new, 2 more to tell
    Column("wanted_version", Integer, nullable=False),  # dispatch: grows with the post
    Column("sent_version", Integer, nullable=False),  # outbox
    Column("sent_hash", LargeBinary),  # outbox: of what they have, so that no edit says the same
    Column("remote_id", Big),  # outbox: Telegram's id of the message; NULL until sent
    Column("attempts", Integer, nullable=False),  # outbox: failed since the last success
    Column("owed_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),  # outbox: not before
    Column("lease_until", Utc),  # outbox: NULL unless leased
    Column("sent_at", Utc),  # outbox: first success
    Column("told_in", Integer, ForeignKey("notices.id")),  # digests: NULL unless told in one
    UniqueConstraint("story_id", "subscriber_id"),  # each is told once
    Index("ix_alerts_state", "state", "priority", "due_at", "subscriber_id"),  # outbox: what is due
    Index("ix_alerts_subscriber_id", "subscriber_id", "owed_at"),  # dispatch: the cap an hour
    Index("ix_alerts_post_id", "post_id"),  # dispatch: what an edit changes
    Index("ix_alerts_remote_id", "remote_id"),  # outbox: the newest message we know of
    sqlite_autoincrement=True,
)

deliveries = table(
    "deliveries",  # outbox: one row an attempt
    Column("id", Integer, primary_key=True),
    Column("alert_id", Integer, ForeignKey("alerts.id")),  # NULL for a notice
    Column("notice_id", Integer, ForeignKey("notices.id")),  # NULL for an alert
    Column("target", Text, nullable=False),  # telegram
    Column("version", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("outcome", Text, nullable=False),  # sent, later, never
    Column("detail", Text),  # NULL when sent
    Index("ix_deliveries_alert_id", "alert_id"),  # why: the attempts of an alert
    Index("ix_deliveries_notice_id", "notice_id"),  # why: the attempts of a notice
)
