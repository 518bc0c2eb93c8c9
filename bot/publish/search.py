"""Search of the archive with the query language of the alerts, newest first.

The same matcher decides here and in the worker, so an alert and a search never disagree. Posts
are read page by page, newest first, and matched one by one; the page key lets a caller go on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.match.documents import PostMatcher
from storage import channels, posts
from storage.database import Database
from storage.records import Channel, Post, PostId, Span

_PAGE = 500

PageKey = tuple[datetime, PostId]


class UnknownChannelError(LookupError):
    """No channel of that name is in the archive."""


@dataclass(frozen=True, slots=True)
class Found:
    """A post that a query matched, where, and the channel it is in."""

    post: Post
    channel: Channel
    spans: tuple[Span, ...]

    @property
    def key(self) -> PageKey:
        """What to pass as `before` to go on after this one."""
        return self.post.posted_at, self.post.id


async def search(
    database: Database,
    query: str,
    *,
    limit: int = 20,
    since: datetime | None = None,
    until: datetime | None = None,
    channel: str | None = None,
    before: PageKey | None = None,
) -> AsyncIterator[Found]:
    """Give matching posts, newest first, at most `limit`.

    Raises QueryError for a query that cannot be read, UnknownChannelError for the channel.
    """
    matcher = PostMatcher(query)
    async with database.reading() as connection:
        known = {item.id: item for item in await channels.listed(connection, removed=True)}
    chosen = None if channel is None else [_named(channel, known.values()).id]
    while limit > 0:
        async with database.reading() as connection:
            page = await posts.newest_first(
                connection,
                before=before,
                since=since,
                until=until,
                channel_ids=chosen,
                limit=_PAGE,
            )
        for post in page:
            home = known[post.channel_id]
            spans = matcher.match(post, home)
            if spans is not None:
                yield Found(post, home, spans)
                limit -= 1
                if limit == 0:
                    return
        if len(page) < _PAGE:
            return
        before = (page[-1].posted_at, page[-1].id)


def _named(name: str, known: Iterable[Channel]) -> Channel:
    wanted = name.lower().removeprefix("@")
    for item in known:
        if wanted in (item.username, item.reference.lower().removeprefix("@"), str(item.id)):
            return item
    raise UnknownChannelError(f"no channel {name!r} in the archive: see `earshot channels list`")
