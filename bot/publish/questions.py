"""A query put to the archive: what the index finds, looked at by the matcher of the alerts.

Search, counts and exports ask here, so none of them can disagree with an alert. Everything runs
in a thread, on a connection of `storage.reading`, and stops at a deadline when given one.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.match.documents import PLACES, Documents, places_asked_for
from bot.match.engine import Matcher
from bot.match.lookup import Homes, analysis, in_channels, lookup_of, names_channels
from bot.match.query import check_fields, parse
from bot.publish.unknown import UnknownChannelError
from storage import searching
from storage.place_priors import priors_read
from storage.reading import Connection
from storage.records import AllOf, Channel, ChannelId, PlacePrior, Post, PostId, Span, Stretch
from storage.searching import Index

_LATE_MOST = 2000  # posts not in the index yet that a question looks at one by one
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

PageKey = tuple[datetime, PostId]


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


@dataclass(slots=True)
class Progress:
    """How far an answer has come: posts looked at, and the last of them when time ran out."""

    deadline: float | None = None  # of time.monotonic
    looked_at: int = 0
    stopped_at: PageKey | None = None

    def is_over(self, post: Post) -> bool:
        """Count a post that is to be looked at; say whether there is no time for it."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            self.stopped_at = (post.posted_at, post.id)
            return True
        self.looked_at += 1
        return False


class Question:
    """One query, and the channels it is put to.

    `channels` and `groups` are names that narrow it further. What alerts refuse because it would
    match nearly everything is refused too if `is_standing`.

    Raises QueryError and UnknownChannelError.
    """

    def __init__(
        self,
        query: str,
        known: Iterable[Channel],
        *,
        channels: Collection[str] = (),
        groups: Collection[str] = (),
        is_standing: bool = False,
    ) -> None:
        self.known = {item.id: item for item in known}
        parsed = parse(query, allow_scan=not is_standing)
        self.normal = parsed.normal
        self._matcher = Matcher(parsed, PLACES)
        places = places_asked_for(parsed)
        self._documents = Documents(places)
        self._asks_places = bool(places)
        self._priors: Mapping[ChannelId, PlacePrior] = {}
        self.channel_ids = chosen_channels(self.known.values(), channels, groups)
        plan, homes = self._matcher.plan, Homes()
        if names_channels(plan):  # else they would be gathered for nothing
            homes = Homes.of(self.known.values())
            check_fields(parsed, homes.names, homes.groups)
        found = lookup_of(plan, homes)
        self.is_helped = found.sought is not None
        self.is_exact = found.is_exact
        self.sought = found.sought
        if self.channel_ids is not None:
            here = in_channels(self.channel_ids)
            self.sought = AllOf((found.sought, here)) if found.sought is not None else here

    def match(self, post: Post) -> Found | None:
        """Look at one post."""
        home = self.known[post.channel_id]
        spans = self._matcher.match(self._documents.of(post, home, self._priors.get(home.id)))
        return None if spans is None else Found(post, home, spans)

    def learn(self, connection: Connection) -> None:
        """Read what is known of channels' places, if places are asked for."""
        if self._asks_places:
            self._priors = priors_read(connection)

    def is_here(self, post: Post) -> bool:
        """Say whether the post is in one of the channels asked."""
        return self.channel_ids is None or post.channel_id in self.channel_ids

    def found(
        self,
        connection: Connection,
        stretch: Stretch,
        progress: Progress,
        before: PageKey | None = None,
    ) -> Generator[Found, None, None]:
        """Give the posts that match, newest first, those after `before` only."""
        self.learn(connection)
        if before is not None:
            end = before[0] + timedelta(seconds=1)
            stretch = replace(stretch, until=min(stretch.until or end, end))
        with searching.opened(connection, analysis()) as index:
            late = late_posts(connection, index)
            for found in self._in_order(connection, index, late, stretch, progress):
                if before is None or found.key < before:
                    yield found

    def _in_order(
        self,
        connection: Connection,
        index: Index | None,
        late: list[Post] | None,
        stretch: Stretch,
        progress: Progress,
    ) -> Iterator[Found]:
        if self.sought is None or index is None or late is None:
            every = searching.newest_first(connection, stretch, self.channel_ids)
            return self._looked_through(every, progress)
        fresh = [
            found
            for post in late
            if stretch.holds(post.posted_at) and self.is_here(post) and (found := self.match(post))
        ]
        fresh.sort(key=lambda found: found.key, reverse=True)
        indexed = self._sorted(index.posts(self.sought, stretch), stretch, progress)
        return heapq.merge(indexed, fresh, key=lambda found: found.key, reverse=True)

    def _looked_through(self, posts: Iterable[Post], progress: Progress) -> Iterator[Found]:
        for post in posts:
            if progress.is_over(post):
                return
            if found := self.match(post):
                yield found

    def _sorted(
        self, posts: Iterable[tuple[int, Post]], stretch: Stretch, progress: Progress
    ) -> Iterator[Found]:
        """Put what comes about newest first in order: what none to come can precede goes on."""
        held: list[tuple[timedelta, int, Found]] = []
        for second, post in posts:
            if progress.is_over(post):
                break
            beyond = _EPOCH + timedelta(seconds=second + 1)
            while held and held[0][2].post.posted_at >= beyond:
                yield heapq.heappop(held)[2]
            if stretch.holds(post.posted_at) and (found := self.match(post)):
                heapq.heappush(held, (_EPOCH - post.posted_at, -post.id, found))
        if progress.stopped_at is None:
            while held:
                yield heapq.heappop(held)[2]


def late_posts(connection: Connection, index: Index | None) -> list[Post] | None:
    """Give the posts that the index knows in a former state only, and make it leave them out.

    None when there is no index or it is too far behind to be of use.
    """
    if index is None:
        return None
    late = searching.waiting(connection, index, _LATE_MOST)
    if late is not None:
        index.leave_out([post.id for post in late])
    return late


def chosen_channels(
    known: Iterable[Channel], channels: Collection[str], groups: Collection[str]
) -> frozenset[ChannelId] | None:
    """Give the channels of these names or in these groups, None for all; both narrow.

    Raises UnknownChannelError.
    """
    known = list(known)
    chosen: set[ChannelId] | None = None
    if channels:
        chosen = {_named(name, known).id for name in channels}
    if groups:
        wanted = {name.lower() for name in groups}
        for name in sorted(wanted - {group for item in known for group in item.groups}):
            raise UnknownChannelError(f"no group {name!r}: see `earshot channels list`")
        grouped = {item.id for item in known if wanted & item.groups}
        if chosen and not chosen & grouped:
            raise UnknownChannelError(
                f"no channel is both {_listed(channels)} and in group {_listed(groups)}: leave "
                "--channel or --group out"
            )
        chosen = grouped if chosen is None else chosen & grouped
    return None if chosen is None else frozenset(chosen)


def _listed(names: Iterable[str]) -> str:
    return " or ".join(map(repr, names))


def _named(name: str, known: Iterable[Channel]) -> Channel:
    wanted = name.lower().removeprefix("@")
    for item in known:
        if wanted in (item.username, item.reference.lower().removeprefix("@"), str(item.id)):
            return item
    raise UnknownChannelError(f"no channel {name!r} in the archive: see `earshot channels list`")
