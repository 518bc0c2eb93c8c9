"""The tables: each column's owner and meaning, each index's query.

Owners are the stages that write a column. Times are INTEGER microseconds since 1970 UTC and
appear in Python as aware datetimes (`Utc`). All tables are STRICT; what may be NULL says when.
A post's id is its channel's id and its message id in one number (`post_id`), so that storing the
same message twice cannot make two posts and no look-up is needed to name one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.schema import SchemaItem

from storage.records import ChannelId, PostId

APPLICATION_ID = 0x45617273  # "Ears": a database without it is somebody else's
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MESSAGE_ID_BITS = 32  # Telegram's message ids are 31-bit

Big = BigInteger().with_variant(Integer, "sqlite")  # STRICT knows no BIGINT


class Utc(TypeDecorator[datetime]):
    """An aware datetime, stored as microseconds since 1970 UTC."""

    impl = Big
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse naive datetimes: they would be stored hours off."""
        del dialect
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Give back UTC."""
        del dialect
        return None if value is None else _EPOCH + timedelta(microseconds=value)


def microseconds(value: datetime) -> int:
    """Give an aware datetime as it is stored. Raises ValueError for a naive one."""
    if value.tzinfo is None:
        raise ValueError(f"naive datetime {value!r}: pass an aware one")
    return (value - _EPOCH) // _MICROSECOND


def post_id(channel_id: ChannelId, message_id: int) -> PostId:
    """Name the post that a channel's message is or begins."""
    return PostId((channel_id << _MESSAGE_ID_BITS) | message_id)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _table(name: str, *items: SchemaItem, sqlite_autoincrement: bool = False) -> Table:
    return Table(
        name, metadata, *items, sqlite_strict=True, sqlite_autoincrement=sqlite_autoincrement
    )


def _channel(*, primary_key: bool = False) -> Column[int]:
    return Column(
        "channel_id", Big, ForeignKey("channels.id"), nullable=False, primary_key=primary_key
    )


accounts = _table(
    "accounts",
    Column("id", Integer, primary_key=True),
    Column("label", Text, nullable=False, unique=True),  # the operator's name; never a phone number
    Column("telegram_user_id", Big),  # NULL until signed in
)

account_waits = _table(
    "account_waits",  # telegram: a flood wait survives a restart, so that it is not run into twice
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),  # resolve, join, history, other
    Column("until", Utc, nullable=False),
)

channels = _table(
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
)

channel_groups = _table(
    "channel_groups",  # operate
    _channel(primary_key=True),
    Column("name", Text, primary_key=True),  # lower case
)

channel_access = _table(
    "channel_access",  # follow: access hashes are an account's own
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    _channel(primary_key=True),
    Column("access_hash", Big, nullable=False),
    Column("is_member", Integer, nullable=False),
)

coverage = _table(
    "coverage",  # intake: every id in a range is held or known not to exist
    _channel(primary_key=True),
    Column("low", Big, primary_key=True),
    Column("high", Big, nullable=False),
)

history_tasks = _table(
    "history_tasks",  # follow and coverage write, history works them off
    Column("id", Integer, primary_key=True),
    _channel(),
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

posts = _table(
    "posts",  # intake; derived from revisions and deletions, kept for reading
    Column("id", Big, primary_key=True, autoincrement=False),
    _channel(),
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
    Index("ix_posts_posted_at", "posted_at"),  # search: newest first, by keyset with id
    Index(  # intake: the album a message belongs to
        "ix_posts_grouped_id",
        "grouped_id",
        "channel_id",
        sqlite_where=Column("grouped_id", Big).isnot(None),
    ),
)

revisions = _table(
    "revisions",  # intake; append-only
    Column("id", Integer, primary_key=True),
    Column("post_id", Big, ForeignKey("posts.id"), nullable=False),
    _channel(),
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
    sqlite_autoincrement=True,
)

deletions = _table(
    "deletions",  # intake; append-only marks
    Column("id", Integer, primary_key=True),
    _channel(),
    Column("message_id", Big, nullable=False),
    Column("post_id", Big, ForeignKey("posts.id"), nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("source", Text, nullable=False),
    UniqueConstraint("channel_id", "message_id"),
    Index("ix_deletions_post_id", "post_id"),  # intake: are all messages of an album gone?
    sqlite_autoincrement=True,
)

subscribers = _table(
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

invites = _table(
    "invites",  # operate
    Column("id", Integer, primary_key=True),
    Column("code_hash", LargeBinary, nullable=False, unique=True),  # SHA-256; the code is not kept
    Column("role", Text, nullable=False),
    Column("added_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("uses_left", Integer, nullable=False),
)

subscriptions = _table(
    "subscriptions",  # operate
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", Integer, ForeignKey("subscribers.id"), nullable=False),
    Column("query", Text, nullable=False),  # as typed
    Column("normal", Text, nullable=False),  # in normal form
    Column("state", Text, nullable=False),
    Column("added_at", Utc, nullable=False),
    Index("ix_subscriptions_subscriber_id", "subscriber_id"),  # operate: /list
)

hits = _table(
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

alerts = _table(
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

deliveries = _table(
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

cursors = _table(
    "cursors",  # each stage its own: the id up to which it has worked
    Column("name", Text, primary_key=True),
    Column("position", Big, nullable=False),
)

audit = _table(
    "audit",  # operate; append-only
    Column("id", Integer, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON object
    sqlite_autoincrement=True,
)
