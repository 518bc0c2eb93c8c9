"""Subscriptions, for command line and bot: lists, adding, removing, striking forms out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime

from bot.match.completion import completions
from bot.match.documents import PLACES
from bot.match.engine import Matcher
from bot.match.errors import QueryError
from bot.match.query import Query, check_fields, parse
from bot.match.repairs import Repair, repairs
from bot.match.strikes import check_strikes, strike
from bot.operate.people import ACTOR, everybody, person
from storage import audit, channels, query_history, subscriptions
from storage.database import Connection, Database
from storage.failures import BadInput
from storage.records import (
    AuditEntry,
    Channel,
    FormerQuery,
    Span,
    SubscriberId,
    Subscription,
    SubscriptionId,
    SubscriptionState,
)


class UnknownSubscriptionError(BadInput, LookupError):
    """No subscription has this id, or it was removed."""

    def __init__(self, subscription_id: int) -> None:
        super().__init__(f"there is no subscription {subscription_id}: see `earshot watch list`")
        self.subscription_id = subscription_id


class TooManySubscriptionsError(ValueError):
    """A person watches for as many queries as one may."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} queries are as many as one person may watch for")
        self.limit = limit


def marked(text: str, spans: tuple[Span, ...]) -> str:
    """Put the stretches of a text that matched into »…«."""
    pieces, done = [], 0
    for span in sorted(spans, key=lambda span: span.start):
        if span.start < done:  # overlaps the one before
            continue
        pieces += [text[done : span.start], "»", text[span.start : span.end], "«"]
        done = span.end
    return "".join(pieces) + text[done:]


async def listed(database: Database, person_id: int | None) -> list[Subscription]:
    """Give a person's subscriptions, or everybody's. Raises UnknownPersonError."""
    people = await everybody(database) if person_id is None else [await person(database, person_id)]
    found: list[Subscription] = []
    async with database.reading() as connection:
        for owner in people:
            limit = await subscriptions.count(connection, owner.id)
            found += await subscriptions.page(connection, owner.id, limit=limit)
    return sorted(found, key=lambda item: item.id)


async def add(
    database: Database,
    person_id: int,
    query: str,
    *,
    actor: str = ACTOR,
    limit: int | None = None,
    allow_scan: bool = False,
) -> Subscription:
    """Watch for a query on a person's behalf; the same one twice is one.

    `allow_scan` admits what every post must be checked against: for operators, who see the cost.
    Raises QueryError, UnknownPersonError and, beyond `limit`, TooManySubscriptionsError.
    """
    parsed = parse(query, allow_scan=allow_scan)
    Matcher(parsed, PLACES)  # refuses what the worker would: a place nobody knows, a huge pattern
    check_strikes(parsed)
    owner = await person(database, person_id)
    async with database.transaction() as connection:
        check_names(parsed, await channels.listed(connection))
        added = await subscriptions.add(
            connection, owner.id, query=query, normal=parsed.normal, added_at=datetime.now(UTC)
        )
        if limit is not None and await subscriptions.count(connection, owner.id) > limit:
            raise TooManySubscriptionsError(limit)  # which takes the row back
        await _record(connection, actor, "subscription added", added)
    database.bell.ring("subscriptions", "match")
    return added


def check_names(query: Query, known: Iterable[Channel]) -> None:
    """Raise QueryError, with the nearest name there is, for a channel or group nobody has."""
    known = list(known)
    usernames = {item.username for item in known if item.username}
    groups = {name for item in known for name in item.groups}
    check_fields(query, usernames | {str(item.id) for item in known}, groups)


async def completed(database: Database, query: str) -> tuple[str, ...]:
    """Give ways in which the last piece of a query can go on, each the whole query."""
    async with database.reading() as connection:
        known = await channels.listed(connection)
    usernames = {item.username for item in known if item.username}
    return completions(query, usernames, {name for item in known for name in item.groups})


async def repaired(
    database: Database, query: str, fault: QueryError, *, removed: bool = False
) -> tuple[Repair, ...]:
    """Give what was probably meant by a field of a query that was refused, the best first.

    `removed`: channels that are followed no more will do too.
    """
    async with database.reading() as connection:
        known = await channels.listed(connection, removed=removed)
    names = {item.username or str(item.id): item.title or "" for item in known}
    groups = sorted({name for item in known for name in item.groups})
    return repairs(query, fault, names, groups)


async def strike_forms(
    database: Database,
    subscription_id: int,
    forms: Collection[str],
    *,
    owner_id: SubscriberId | None = None,
    restore: bool = False,
    actor: str = ACTOR,
) -> Subscription:
    """Strike forms out of a subscription's query, or put them back; safe to repeat.

    `owner_id` lets a person reach nothing but their own. Raises QueryError for what is no form of
    the query's words, UnknownSubscriptionError.
    """
    number = SubscriptionId(subscription_id)
    if owner_id is None:
        owner_id = await owner_of(database, subscription_id)
    async with database.transaction() as connection:
        found = await subscriptions.owned(connection, number, owner_id)
        if found is None:
            raise UnknownSubscriptionError(subscription_id)
        changed = strike(parse(found.query, allow_scan=True), forms, restore=restore).normal
        if changed != found.normal:
            await query_history.keep(connection, found, datetime.now(UTC))
            await subscriptions.set_query(
                connection, number, owner_id, query=changed, normal=changed
            )
            act = "forms put back" if restore else "forms struck out"
            await _record(connection, actor, act, found)
    database.bell.ring("subscriptions", "match")
    return replace(found, query=changed, normal=changed)


async def owned(database: Database, owner_id: SubscriberId, subscription_id: int) -> Subscription:
    """Find a person's own subscription. Raises UnknownSubscriptionError."""
    async with database.reading() as connection:
        found = await subscriptions.owned(connection, SubscriptionId(subscription_id), owner_id)
    if found is None:
        raise UnknownSubscriptionError(subscription_id)
    return found


async def put(
    database: Database, subscription: Subscription, query: str, *, actor: str = ACTOR
) -> Subscription:
    """Put another query, of one meaning or another, into a subscription; safe to repeat."""
    normal = parse(query, allow_scan=True).normal
    async with database.transaction() as connection:
        await subscriptions.set_query(
            connection,
            subscription.id,
            subscription.subscriber_id,
            query=query,
            normal=normal,
        )
        await _record(connection, actor, "query settled", subscription)
    database.bell.ring("subscriptions", "match")
    return replace(subscription, query=query, normal=normal)


async def check(database: Database, query: str, *, allow_scan: bool = False) -> str:
    """Give a query's normal form if it may be watched. Raises QueryError."""
    parsed = parse(query, allow_scan=allow_scan)
    Matcher(parsed, PLACES)  # refuses what the worker would: a place nobody knows, a huge pattern
    check_strikes(parsed)
    async with database.reading() as connection:
        check_names(parsed, await channels.listed(connection))
    return parsed.normal


async def edit(
    database: Database,
    owner_id: SubscriberId,
    subscription_id: int,
    query: str,
    *,
    actor: str = ACTOR,
    allow_scan: bool = False,
) -> Subscription:
    """Give a person's own subscription another query; what it was is kept. Safe to repeat.

    `allow_scan` as for `add`. Raises QueryError, and UnknownSubscriptionError for one that is not
    theirs or was deleted.
    """
    return await _edit(
        database, owner_id, subscription_id, query, actor=actor, allow_scan=allow_scan
    )


async def edit_for(
    database: Database, subscription_id: int, query: str, *, allow_scan: bool = False
) -> Subscription:
    """Give anybody's subscription another query, as `edit` does; `allow_scan` as for `add`."""
    owner = await owner_of(database, subscription_id)
    return await _edit(database, owner, subscription_id, query, actor=ACTOR, allow_scan=allow_scan)


async def owner_of(database: Database, subscription_id: int) -> SubscriberId:
    """Say whose a subscription is. Raises UnknownSubscriptionError."""
    return (await _anybodys(database, subscription_id)).subscriber_id


async def former(database: Database, subscription_id: int) -> list[FormerQuery]:
    """Give what a subscription was before, the latest first. Raises UnknownSubscriptionError."""
    found = await _anybodys(database, subscription_id)
    async with database.reading() as connection:
        return await query_history.of(connection, found.id)


async def _edit(
    database: Database,
    owner_id: SubscriberId,
    subscription_id: int,
    query: str,
    *,
    actor: str,
    allow_scan: bool = False,
) -> Subscription:
    normal = await check(database, query, allow_scan=allow_scan)
    number = SubscriptionId(subscription_id)
    async with database.transaction() as connection:
        found = await subscriptions.owned(connection, number, owner_id)
        if found is None:
            raise UnknownSubscriptionError(subscription_id)
        if (found.query, found.normal) != (query, normal):
            await query_history.keep(connection, found, datetime.now(UTC))
            await subscriptions.set_query(connection, number, owner_id, query=query, normal=normal)
            await _record(connection, actor, "subscription edited", found)
    database.bell.ring("subscriptions", "match")
    return replace(found, query=query, normal=normal)


async def change(
    database: Database,
    owner_id: SubscriberId,
    subscription_id: int,
    state: SubscriptionState,
    *,
    actor: str = ACTOR,
) -> Subscription:
    """Pause, resume or delete a person's own subscription; safe to repeat.

    Raises UnknownSubscriptionError for one that is not theirs or was deleted.
    """
    number = SubscriptionId(subscription_id)
    async with database.transaction() as connection:
        found = await subscriptions.owned(connection, number, owner_id)
        if found is None:
            raise UnknownSubscriptionError(subscription_id)
        await subscriptions.set_state(connection, number, owner_id, state)
        if found.state is not state:
            await _record(connection, actor, f"subscription {state.value}", found)
    database.bell.ring("subscriptions", "match")
    return replace(found, state=state)


async def remove(database: Database, subscription_id: int) -> Subscription:
    """Stop watching for somebody. Raises UnknownSubscriptionError."""
    found = await _anybodys(database, subscription_id)
    return await change(database, found.subscriber_id, subscription_id, SubscriptionState.REMOVED)


async def _anybodys(database: Database, subscription_id: int) -> Subscription:
    for found in await listed(database, None):
        if found.id == subscription_id:
            return found
    raise UnknownSubscriptionError(subscription_id)


async def _record(connection: Connection, actor: str, act: str, subject: Subscription) -> None:
    detail = {"subscriber": str(subject.subscriber_id)}
    entry = AuditEntry(datetime.now(UTC), actor, act, str(subject.id), detail)
    await audit.add(connection, entry)
