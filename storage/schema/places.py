"""Tables of places: what an alert says of the places that made a hit, and what readers teach."""

from __future__ import annotations

from sqlalchemy import REAL, Column, ForeignKey, Index, Integer, Text

from storage.schema.columns import Big, Utc, table

hit_places = table(
    "hit_places",  # match: the places for which a query about places matched, likeliest first
    Column("post_id", Big, ForeignKey("posts.id"), primary_key=True),
    Column("subscription_id", Integer, ForeignKey("subscriptions.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("surface", Text, nullable=False),  # as the post has it
    Column("place_id", Text, nullable=False),
    Column("labels", Text, nullable=False),  # JSON {language: name, raion, oblast}
    Column("lat", REAL, nullable=False),
    Column("lon", REAL, nullable=False),
    Column("confidence", REAL, nullable=False),
    Column("centre", Text),  # of near:, as the query has it; NULL for place:
    Column("distance_km", REAL),  # from the centre; NULL for place:
    Column("runner_up", Text),  # JSON like labels; NULL when there is no other candidate
    Column("runner_up_confidence", REAL),
)

place_verdicts = table(
    "place_verdicts",  # bot: a reader says that a name was, or was not, this place
    Column("subscriber_id", Integer, ForeignKey("subscribers.id"), primary_key=True),
    Column("post_id", Big, ForeignKey("posts.id"), primary_key=True),
    Column("surface", Text, primary_key=True),  # in lower case
    Column("place_id", Text, primary_key=True),
    Column("channel_id", Integer, ForeignKey("channels.id"), nullable=False),
    Column("is_right", Integer, nullable=False),
    Column("judged_at", Utc, nullable=False),
    Index("ix_place_verdicts_channel_id", "channel_id"),  # match: what is known of a channel
)

channel_regions = table(
    "channel_regions",  # match: how often a channel named places of a region beyond doubt
    Column("channel_id", Integer, ForeignKey("channels.id"), primary_key=True),
    Column("region_id", Text, primary_key=True),
    Column("mentions", Integer, nullable=False),
)
