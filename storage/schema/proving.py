"""Tables that prove coverage: readers, blind periods, what is no post, what was stated."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Text

from storage.schema.columns import Big, Utc, channel_column, table

channel_readers = table(
    "channel_readers",  # follow: which account reads a channel, and which did before
    channel_column(primary_key=True),
    Column("since", Utc, primary_key=True),
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("until", Utc),  # NULL: it still does
    Column("why", Text, nullable=False),  # why this account, in words
    Index("ix_channel_readers_account_id", "account_id", "until"),  # history: what is mine to read
)

service_messages = table(
    "service_messages",  # intake; append-only: ids that are taken and are no posts
    channel_column(primary_key=True),
    Column("message_id", Big, primary_key=True),
    Column("action", Text, nullable=False),  # Telegram's name of what happened: PinMessage, …
    Column("detail", Text),  # the new title, where there is one; else NULL
    Column("seen_at", Utc, nullable=False),
)

blind_periods = table(
    "blind_periods",  # hearing and follow: when posts could be made without our being told
    Column("id", Integer, primary_key=True),
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE")),  # NULL: a channel
    Column("channel_id", Big, ForeignKey("channels.id")),  # NULL: all the account read then
    Column("why", Text, nullable=False),
    Column("began_at", Utc, nullable=False),  # the last moment we are sure to have heard
    Column("ended_at", Utc),  # NULL while it lasts
    Column("detail", Text),  # Telegram's words; NULL when `why` says all
    Column("told_at", Utc),  # notify: when those concerned were told; NULL: not yet
    Index("ix_blind_periods_ended_at", "ended_at"),  # history: what a check makes good
    sqlite_autoincrement=True,
)

coverage_events = table(
    "coverage_events",  # collect; append-only: each change of coverage worth stating
    Column("id", Integer, primary_key=True),
    Column("channel_id", Big, ForeignKey("channels.id")),  # NULL: of all an account reads
    Column("account_id", Integer),  # whose reading it rests on; NULL: nobody's
    Column("at", Utc, nullable=False),
    Column("kind", Text, nullable=False),
    Column("low", Big),  # first id it speaks of; NULL: of no ids
    Column("high", Big),  # last id it speaks of
    Column("found", Integer, nullable=False),  # messages that were found by it
    Column("detail", Text, nullable=False),  # JSON object
    Index("ix_coverage_events_channel_id", "channel_id", "id"),  # coverage: what was said of it
    sqlite_autoincrement=True,
)

reread_rounds = table(
    "reread_rounds",  # reread: when each rung of the timetable was last climbed
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("max_age_s", Big, primary_key=True),
    Column("asked_at", Utc, nullable=False),
)

account_calls = table(
    "account_calls",  # budgets: what was spent, so that a restart does not spend it twice
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),  # resolve, join, history
    Column("hour", Utc, primary_key=True),  # its beginning
    Column("calls", Integer, nullable=False),
)
