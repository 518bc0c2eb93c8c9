"""Tables of people: who is in, how they came in, what they watch for, who did what.

What was there before and what came after is told by the order of rows (`after_…`): the wall clock
may be set in between.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Text

from storage.schema.columns import Big, Utc, table

subscribers = table(
    "subscribers",  # operate
    Column("id", Integer, primary_key=True),
    Column("telegram_user_id", Big, nullable=False, unique=True),
    Column("access_hash", Big, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("timezone", Text, nullable=False),  # IANA name
    Column("language", Text, nullable=False),  # en, uk, ru
    Column("added_at", Utc, nullable=False),
)

invites = table(
    "invites",  # operate
    Column("id", Integer, primary_key=True),
    Column("code_hash", LargeBinary, nullable=False, unique=True),  # SHA-256; the code is not kept
    Column("role", Text, nullable=False),
    Column("added_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("uses_left", Integer, nullable=False),
    Column("after_act", Integer, nullable=False, server_default="0"),  # newest of audit by then
)

subscriptions = table(
    "subscriptions",  # operate
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", Integer, ForeignKey("subscribers.id"), nullable=False),
    Column("query", Text, nullable=False),  # as typed
    Column("normal", Text, nullable=False),  # in normal form
    Column("state", Text, nullable=False),
    Column("added_at", Utc, nullable=False),
    Column("rhythm", Text, nullable=False, server_default="now"),
    Column("is_urgent", Integer, nullable=False, server_default="0"),
    Column("surge_channels", Integer),  # NULL unless only a surge is to be told
    Column("surge_minutes", Integer),  # NULL as the one before
    Column("after_revision", Integer, nullable=False, server_default="0"),  # newest by then
    Index("ix_subscriptions_subscriber_id", "subscriber_id"),  # operate: /list
)

audit = table(
    "audit",  # operate; append-only
    Column("id", Integer, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON object
    sqlite_autoincrement=True,
)
