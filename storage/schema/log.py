"""Tables of the log: one leaf for each kept fact, the tree above them, and its signed heads."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, Text, UniqueConstraint

from storage.schema.columns import Big, Utc, channel_column, table

log_leaves = table(
    "log_leaves",  # log; append-only
    Column("position", Integer, primary_key=True, autoincrement=False),  # from 0, without a gap
    Column("kind", Text, nullable=False),  # a `LeafKind`
    Column("row_id", Big, nullable=False),  # of the table of that kind
    Column("hash", LargeBinary, nullable=False),  # RFC 6962 leaf hash; docs/integrity.md
    UniqueConstraint("kind", "row_id"),  # a row is logged once; exports: the leaf of a row
)

log_nodes = table(
    "log_nodes",  # log: whole subtrees of 2**level leaves, so that proofs need not read all leaves
    Column("level", Integer, primary_key=True, autoincrement=False),  # 8, 16, 24
    Column("position", Integer, primary_key=True, autoincrement=False),  # among those of its level
    Column("hash", LargeBinary, nullable=False),
)

log_heads = table(
    "log_heads",  # log; append-only
    Column("id", Integer, primary_key=True),
    Column("size", Big, nullable=False),  # leaves
    Column("root", LargeBinary, nullable=False),
    Column("signed_at", Utc, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("token", LargeBinary),  # RFC 3161 answer over the signature; NULL: not time-stamped
    sqlite_autoincrement=True,
)

coverage_statements = table(
    "coverage_statements",  # log; append-only: what of a channel was held when a head was signed
    Column("id", Integer, primary_key=True),
    channel_column(),
    Column("at", Utc, nullable=False),
    Column("telegram_id", Big),  # NULL while not resolved
    Column("username", Text),  # NULL for private ones
    Column("title", Text),  # NULL while not resolved
    Column("reference", Text, nullable=False),
    Column("ranges", Text, nullable=False),  # of message ids, as "1-100 105-200"
    sqlite_autoincrement=True,
)

removals = table(
    "removals",  # retention; append-only: whose content is gone, its other facts stay
    Column("id", Integer, primary_key=True),
    Column("revision_id", Integer, ForeignKey("revisions.id"), nullable=False, unique=True),
    Column("at", Utc, nullable=False),
    Column("reason", Text, nullable=False),
    Column("content_sha256", LargeBinary, nullable=False),  # with which its leaf still adds up
    sqlite_autoincrement=True,
)
