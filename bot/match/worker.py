"""Posts → hits: runs what intake appended through the engine, batch by batch, behind a cursor.

A hit and the cursor that passed its post are one transaction. The engine follows the
subscriptions' rows; a query is matched against what was seen after it was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import structlog

from bot.match.engine import Engine
from bot.match.query import QueryError, parse
from storage import channels, cursors, posts, subscriptions
from storage.database import Database
from storage.records import (
    Channel,
    ChannelId,
    Document,
    Hit,
    Post,
    PostId,
    RevisionId,
    Source,
    SubscriptionId,
)

BELL = "match"
CURSOR = "match"
_POLL_S = 1.0
_BATCH = 500
_BACKFILLED = frozenset({Source.HISTORY, Source.IMPORT})  # old posts: nobody is waiting for them

log = structlog.get_logger(__name__)


def document_of(post: Post, channel: Channel | None) -> Document:
    """Give what matching sees of a post."""
    return Document(
        text=post.text,
        channel=channel.username if channel else None,
        channel_id=post.channel_id,
        groups=channel.groups if channel else frozenset(),
        lang=post.lang,
        has=post.has,
        marks=post.marks,
        origin=post.origin,
    )
