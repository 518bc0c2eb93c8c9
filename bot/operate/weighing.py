"""What queries cost, measured on the archive's newest posts: shown before a scan is taken.

A scan is a query that no index can lead to (`*`, `-ракета`, a pattern without plain letters):
operators may have one, after they saw its cost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from bot.match.documents import PLACES, Documents, places_asked_for
from bot.match.errors import QueryError
from bot.match.query import Query, needs_scan, parse
from bot.match.weighing import Weight, weigh
from bot.operate import watching
from bot.operate.people import person
from storage import channels, posts
from storage.database import Database
from storage.failures import BadInput
from storage.records import (
    Document,
    PlaceId,
    Role,
    SubscriberId,
    Subscription,
    SubscriptionId,
    SubscriptionState,
)

_MEASURED_ON = 1000  # posts
_ONE = SubscriptionId(0)

log = structlog.get_logger(__name__)


class ScanForOperators(BadInput, ValueError):
    """A person who is no operator may not have a query that every post must be checked against."""

    def __init__(self, query: str, person_id: int, role: Role) -> None:
        super().__init__(
            f"every post must be checked against {query}: only an operator may have that, "
            f"and person {person_id} is {role.value}"
        )


class ScanUnconfirmed(BadInput, ValueError):
    """A query that every post must be checked against waits for `--scan`; says what it costs."""

    def __init__(self, query: str, weight: Weight) -> None:
        super().__init__(f"{told(query, weight)}; give --scan to have it all the same")


@dataclass(frozen=True, slots=True)
class WeighedSubscription:
    """A stored query with what it cost on the newest `posts` posts of the archive.

    `checked` were led to it, `matched` matched, `cost_us` are microseconds an average post.
    """

    id: SubscriptionId
    subscriber_id: SubscriberId
    state: SubscriptionState
    cost_us: float
    dearest_us: float
    posts: int
    checked: int
    matched: int
    query: str


def told(query: str, weight: Weight) -> str:
    """Say in a line what a scan costs."""
    said = f"every post must be checked against {query}: "
    if not weight.posts:
        return said + "there are no posts yet to measure its cost on"
    return said + (
        f"{weight.microseconds:.1f} µs a post, {weight.dearest:.0f} µs the dearest, "
        f"measured on the newest {weight.posts} posts, of which {weight.matched} match"
    )


async def of_scan(database: Database, query: str) -> Weight | None:
    """Measure a query if every post must be checked against it; None if not. Raises QueryError."""
    parsed = parse(query, allow_scan=True)
    return await _cost(database, parsed) if needs_scan(parsed) else None


async def add(
    database: Database, person_id: int, query: str, *, is_confirmed: bool
) -> tuple[Subscription, Weight | None]:
    """Watch for a query as `watching.add` does; a scan for operators, if its cost is confirmed.

    Raises ScanForOperators and ScanUnconfirmed, and what `watching.add` raises.
    """
    weight = await _admitted(database, person_id, query, is_confirmed=is_confirmed)
    allow_scan = weight is not None
    return await watching.add(database, person_id, query, allow_scan=allow_scan), weight


async def edit(
    database: Database, subscription_id: int, query: str, *, is_confirmed: bool
) -> tuple[Subscription, Weight | None]:
    """Give anybody's subscription another query, as `add` does."""
    owner = await watching.owner_of(database, subscription_id)
    weight = await _admitted(database, owner, query, is_confirmed=is_confirmed)
    allow_scan = weight is not None
    return (
        await watching.edit_for(database, subscription_id, query, allow_scan=allow_scan),
        weight,
    )


async def _admitted(
    database: Database, person_id: int, query: str, *, is_confirmed: bool
) -> Weight | None:
    parsed = parse(query, allow_scan=True)
    if not needs_scan(parsed):
        return None
    normal = await watching.check(database, query, allow_scan=True)
    owner = await person(database, person_id)
    if owner.role is not Role.OPERATOR:
        raise ScanForOperators(normal, person_id, owner.role)
    weight = await _cost(database, parsed)
    if not is_confirmed:
        raise ScanUnconfirmed(normal, weight)
    return weight


async def listed(database: Database, person_id: int | None) -> list[WeighedSubscription]:
    """Give stored queries with what each costs, the dearest first. Raises UnknownPersonError."""
    found = await watching.listed(database, person_id)
    weights = await _weighed(database, _parsed(found))
    rows = [
        WeighedSubscription(
            id=item.id,
            subscriber_id=item.subscriber_id,
            state=item.state,
            cost_us=round(weight.microseconds, 2),
            dearest_us=round(weight.dearest, 1),
            posts=weight.posts,
            checked=weight.checked,
            matched=weight.matched,
            query=item.query,
        )
        for item in found
        if (weight := weights.get(item.id)) is not None
    ]
    return sorted(rows, key=lambda row: (-row.cost_us, row.id))


def _parsed(found: list[Subscription]) -> dict[SubscriptionId, Query]:
    queries = {}
    for item in found:
        try:
            query = parse(item.query, allow_scan=True, is_checked=True)
            places_asked_for(query)  # raises for a place that a new gazetteer does not know
        except (QueryError, LookupError) as error:  # written by an older version, say
            log.warning("query not understood", subscription=item.id, reason=str(error))
        else:
            queries[item.id] = query
    return queries


async def _cost(database: Database, query: Query) -> Weight:
    return (await _weighed(database, {_ONE: query}))[_ONE]


async def _weighed(
    database: Database, queries: Mapping[SubscriptionId, Query]
) -> dict[SubscriptionId, Weight]:
    asked: frozenset[PlaceId] = frozenset().union(*map(places_asked_for, queries.values()))
    documents = await _newest(database, asked)
    return await asyncio.to_thread(weigh, queries, documents, PLACES)


async def _newest(database: Database, asked: frozenset[PlaceId]) -> list[Document]:
    async with database.reading() as connection:
        known = {item.id: item for item in await channels.listed(connection, removed=True)}
        newest = await posts.newest_first(
            connection, before=None, since=None, until=None, channel_ids=None, limit=_MEASURED_ON
        )

    def work() -> list[Document]:
        seen_by_matching = Documents(asked)
        return [seen_by_matching.of(post, known.get(post.channel_id)) for post in newest]

    return await asyncio.to_thread(work)
