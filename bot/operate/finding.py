"""`earshot search`: what was found, as a person or a program reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.notify.compose import link_to
from bot.operate.watching import marked
from bot.publish.search import Found, search
from storage.database import Database
from storage.records import Span


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to search for; times are aware, None leaves that side open."""

    query: str
    limit: int
    channel: str | None
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class FoundPost:
    """A post that was found; `marked` is its text with the matches in »…«."""

    channel: str
    message_id: int
    posted_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    link: str | None
    text: str
    spans: tuple[Span, ...]
    marked: str


async def find(database: Database, wanted: Wanted) -> list[FoundPost]:
    """Search the archive, newest first. Raises QueryError and UnknownChannelError."""
    found = search(
        database,
        wanted.query,
        limit=wanted.limit,
        since=wanted.since,
        until=wanted.until,
        channel=wanted.channel,
    )
    return [_found_post(item) async for item in found]


def _found_post(found: Found) -> FoundPost:
    post = found.post
    return FoundPost(
        channel=found.channel.name,
        message_id=post.message_id,
        posted_at=post.posted_at,
        edited_at=post.edited_at,
        deleted_at=post.deleted_at,
        link=link_to(found.channel, post.message_id),
        text=post.text,
        spans=found.spans,
        marked=marked(post.text, found.spans),
    )


def in_zone(time: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Take a time without a zone, as typed, to be in this one."""
    return time and time.replace(tzinfo=zone)
