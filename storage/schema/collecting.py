"""Tables of collecting: accounts, channels, what of them is held, posts and their revisions."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)

from storage.schema.columns import Big, Utc, channel_column, table

# What did not come live though it was live when it came: written out, as SQLite takes an index of a
# part of a table only for a question that names the part in the same words.
NOT_LIVE = text("source IN ('catch-up', 'gap', 'reread')")

accounts = table(
    "accounts",
    Column("id", Integer, primary_key=True),
    Column("label", Text, nullable=False, unique=True),  # the operator's name; never a phone number
    Column("telegram_user_id", Big),  # NULL until signed in
    Column("hearing_at", Utc),  # hearing: when we last knew that updates reach us; NULL: never yet
    Column("state", Text, nullable=False, server_default="active"),  # operate, collect
    Column("reason", Text),  # collect: why it is not active; NULL when all is well
    Column("most_channels", Integer, nullable=False, server_default="500"),  # operate
    Column("proxy", Text),  # operate: how it reaches Telegram, without secrets; NULL: directly
)

account_waits = table(
    "account_waits",  # telegram: a flood wait survives a restart, so that it is not run into twice
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),  # resolve, join, history, other
    Column("until", Utc, nullable=False),
)

channels = table(
    "channels",
    Column("id", Integer, primary_key=True),
    Column("reference", Text, nullable=False, unique=True),  # operate: as the operator wrote it
    Column("mode", Text, nullable=False),
    Column("state", Text, nullable=False),  # follow
    Column("reason", Text),  # follow: why unreachable; NULL when all is well
    Column("telegram_id", Big, unique=True),  # follow: NULL until resolved
    Column("username", Text),  # follow: NULL for private ones
    Column("title", Text),  # follow: NULL until resolved
    Column("added_at", Utc, nullable=False),
    Column("backfill_depth", Integer, nullable=False),  # operate: messages to read at first
    Column("retry_at", Utc),  # follow: NULL when nothing is to be tried again
    Column("checked_at", Utc),  # history: last time the newest id was asked for; NULL: never
    Column("restriction", Text),  # life: why Telegram restricts it; NULL when it does not
    Column("has_comments", Integer, nullable=False, server_default="0"),  # life: a group is linked
    Column("with_comments", Integer, nullable=False, server_default="0"),  # operate: follow it too
    Column("comments_of", Big),  # follow: the channel whose group this is; NULL for a channel
)

channel_groups = table(
    "channel_groups",  # operate
    channel_column(primary_key=True),
    Column("name", Text, primary_key=True),  # lower case
)

channel_access = table(
    "channel_access",  # follow: access hashes are an account's own
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    channel_column(primary_key=True),
    Column("access_hash", Big, nullable=False),
    Column("is_member", Integer, nullable=False),
)

coverage = table(
    "coverage",  # intake: every id in a range is held or known not to exist
    channel_column(primary_key=True),
    Column("low", Big, primary_key=True),
    Column("high", Big, nullable=False),
)

history_tasks = table(
    "history_tasks",  # follow and coverage write, history works them off
    Column("id", Integer, primary_key=True),
    channel_column(),
    Column("kind", Text, nullable=False),
    Column("low", Big, nullable=False),
    Column("high", Big, nullable=False),
    Column("next", Big, nullable=False),  # history: where to go on
    Column("left", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Utc, nullable=False),
    UniqueConstraint("channel_id", "kind", "low"),  # the same stretch is asked for once
    Index("ix_history_tasks_due_at", "due_at"),  # history: what is due
)

posts = table(
    "posts",  # intake; derived from revisions and deletions, kept for reading
    Column("id", Big, primary_key=True, autoincrement=False),
    channel_column(),
    Column("message_id", Big, nullable=False),
    Column("grouped_id", Big),  # NULL unless an album
    Column("posted_at", Utc, nullable=False),
    Column("first_seen_at", Utc, nullable=False),
    Column("edited_at", Utc),  # NULL until an edit was seen
    Column("deleted_at", Utc),  # NULL until every message of it is known gone
    Column("source", Text, nullable=False),  # how the first revision came
    Column("text", Text, nullable=False),
    Column("lang", Text),  # NULL: cannot tell
    Column("has", Text, nullable=False),  # space-separated
    Column("marks", Text, nullable=False),  # space-separated
    Column("origin", Text),  # NULL unless forwarded from a channel with a username
    Column("origin_name", Text),  # NULL unless forwarded
    Column("reply_to", Big),  # NULL unless a reply
    Column("origin_id", Big),  # Telegram's id of the channel; NULL unless forwarded from one
    Column("origin_message_id", Big),  # NULL as the one before
    Column("picture_text_at", Big),  # where in `text` what pictures say begins; NULL: nowhere
    # Links behind words: a JSON list of [start, end, url], in code points of `text`.
    Column("links", Text, nullable=False, server_default="[]"),
    Index(  # stories: forwards of one post
        "ix_posts_origin_id",
        "origin_id",
        "origin_message_id",
        sqlite_where=Column("origin_id", Big).isnot(None),
    ),
    Index("ix_posts_posted_at", "posted_at"),  # search: newest first, by keyset with id
    Index(  # intake: the album a message belongs to
        "ix_posts_grouped_id",
        "grouped_id",
        "channel_id",
        sqlite_where=Column("grouped_id", Big).isnot(None),
    ),
)

revisions = table(
    "revisions",  # intake; append-only
    Column("id", Integer, primary_key=True),
    Column("post_id", Big, ForeignKey("posts.id"), nullable=False),
    channel_column(),
    Column("message_id", Big, nullable=False),
    Column("number", Integer, nullable=False),
    Column("edited_at", Utc),  # NULL: never edited when seen
    Column("seen_at", Utc, nullable=False),
    Column("source", Text, nullable=False),
    Column("account_id", Integer),  # NULL when imported
    Column("text", Text, nullable=False),
    Column("body_length", Integer, nullable=False),
    Column("entities", Text, nullable=False),
    Column("author", Text),  # NULL unless signed
    Column("raw", LargeBinary, nullable=False),  # zstd of the exact TL bytes
    Column("sha256", LargeBinary, nullable=False),  # of the exact TL bytes, not of the zstd
    Column("content_hash", LargeBinary, nullable=False),
    UniqueConstraint("channel_id", "message_id", "number"),  # intake: what is known of a message
    Index("ix_revisions_post_id", "post_id"),  # export, search: the revisions of a post
    Index(
        "ix_revisions_not_live", "channel_id", "number", "source", sqlite_where=NOT_LIVE
    ),  # proof
    sqlite_autoincrement=True,
)

deletions = table(
    "deletions",  # intake; append-only marks
    Column("id", Integer, primary_key=True),
    channel_column(),
    Column("message_id", Big, nullable=False),
    Column("post_id", Big, ForeignKey("posts.id"), nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("source", Text, nullable=False),
    UniqueConstraint("channel_id", "message_id"),
    Index("ix_deletions_post_id", "post_id"),  # intake: are all messages of an album gone?
    sqlite_autoincrement=True,
)
