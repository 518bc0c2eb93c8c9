"""Tables of the conversation: drafts of queries, feedback, messages to all, states of the list."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Text, UniqueConstraint

from storage.schema.columns import Big, Utc, table


def _of_subscriber() -> Column[int]:
    return Column(
        "subscriber_id", Integer, ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False
    )


drafts = table(
    "drafts",  # operate; a query that was shown and not yet taken
    Column("id", Integer, primary_key=True),
    _of_subscriber(),
    Column("query", Text, nullable=False),
    Column("replaces_id", Integer, ForeignKey("subscriptions.id")),  # NULL for a new one
    Column("is_asked", Integer, nullable=False),  # 1: what they write next is its new text
    Column("made_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Index("ix_drafts_subscriber_id", "subscriber_id"),  # operate: the one that is asked for
    sqlite_autoincrement=True,  # a number that a button holds never means another draft
)

search_pages = table(
    "search_pages",  # operate; what the buttons of a search lead to
    Column("id", Integer, primary_key=True),
    _of_subscriber(),
    Column("query", Text, nullable=False),
    Column("begins", Text, nullable=False),  # JSON [[Unix microseconds, post], …]: pages up to it
    Column("made_at", Utc, nullable=False),
    Index("ix_search_pages_subscriber_id", "subscriber_id"),  # operate: the oldest of one person
    sqlite_autoincrement=True,  # a number that a button holds never means another page
)

query_history = table(
    "query_history",  # operate; what a subscription was before it was edited
    Column("id", Integer, primary_key=True),
    Column("subscription_id", Integer, ForeignKey("subscriptions.id"), nullable=False),
    Column("query", Text, nullable=False),
    Column("normal", Text, nullable=False),
    Column("until", Utc, nullable=False),  # when it was replaced
    Index("ix_query_history_subscription_id", "subscription_id"),  # operate: a query's card
)

feedback = table(
    "feedback",  # operate
    Column("id", Integer, primary_key=True),
    Column("subscription_id", Integer, ForeignKey("subscriptions.id"), nullable=False),
    Column("post_id", Big, ForeignKey("posts.id"), nullable=False),
    Column("is_useful", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    UniqueConstraint("subscription_id", "post_id"),  # the last word counts
)

channel_lists = table(
    "channel_lists",  # operate; append-only: the list after each change, to go back to
    Column("id", Integer, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("content", Text, nullable=False),  # TOML, as `channels export` writes it
)

broadcasts = table(
    "broadcasts",  # operate
    Column("id", Integer, primary_key=True),
    Column("actor", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("state", Text, nullable=False),  # drafted, sent
    Column("made_at", Utc, nullable=False),
    sqlite_autoincrement=True,
)
