"""The table of channel life: what became of channels, and when we saw it."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Text

from storage.schema.columns import Utc, channel_column, table

channel_events = table(
    "channel_events",  # life; append-only but for `told_at`
    Column("id", Integer, primary_key=True),
    channel_column(),
    Column("at", Utc, nullable=False),  # when we saw it
    Column("kind", Text, nullable=False),
    Column("before", Text),  # NULL where there was nothing
    Column("after", Text),  # NULL where there is nothing by now
    Column("told_at", Utc),  # telling: when those concerned were owed notices; NULL: not yet
    Index("ix_channel_events_channel_id", "channel_id", "kind", "id"),  # life: the latest of a kind
    Index("ix_channel_events_told_at", "told_at"),  # telling: what is to be told
    sqlite_autoincrement=True,
)
