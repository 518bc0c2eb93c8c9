"""Tables of routing: how each person wants to be told, and what they want left out."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Text

from storage.schema.columns import Big, Utc, table

routing = table(
    "routing",  # operate; no row: as a new person has it
    Column(
        "subscriber_id", Integer, ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("is_paused", Integer, nullable=False),
    Column("snoozed_until", Utc),  # NULL unless snoozed; past: over
    Column("quiet_since", Text),  # HH:MM in the person's zone; NULL without quiet hours
    Column("quiet_until", Text),  # NULL as the one before
    Column("digest_times", Text, nullable=False),  # space-separated HH:MM, ascending
    Column("cap_per_hour", Integer),  # NULL: no cap
    Column("follow_ups", Text, nullable=False),
)

mutes = table(
    "mutes",  # operate
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", Integer, ForeignKey("subscribers.id"), nullable=False),
    Column("subscription_id", Integer, ForeignKey("subscriptions.id")),  # NULL: all of theirs
    Column("channel_id", Big, ForeignKey("channels.id")),  # NULL for a group's
    Column("group_name", Text),  # lower case; NULL for a channel's
    Column("added_at", Utc, nullable=False),
    Index("ix_mutes_subscriber_id", "subscriber_id"),  # dispatch: what a person leaves out
)
