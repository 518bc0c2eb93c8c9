"""Surges: many channels, each by itself, match one query within minutes.

Echoes do not count: a forward, and what tells the same story as an earlier post. After a surge
was told, the next of that query waits until as many minutes have passed. All of this by when
Telegram says that posts were made, as our own clock may be set: so what was found late is a surge
of its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.notify.compose import isolated, link_of
from bot.notify.notices import kept
from bot.notify.policy import Person, is_muted
from bot.notify.snippet import shortened
from bot.notify.timing import free_from
from bot.telegram.messages import OutgoingText, Style, TextBuilder
from bot.translation import Voice, counted, voice_of
from storage import channels, notices, subscribers, subscriptions, surges
from storage.alerts import HitFacts
from storage.database import Connection
from storage.notices import NewNotice
from storage.records import (
    Held,
    Mute,
    NoticeKind,
    Priority,
    SubscriberId,
    SubscriberState,
    Subscription,
    SubscriptionId,
    SubscriptionState,
    Surge,
)
from storage.surges import Voiced

SURGE = counted("{n} channel within {span} by itself", "{n} independent channels within {span}")
_SHOWN = 8
_TEXT = 140
_NAME = 40
_QUERY = 80


def independent(voiced: Iterable[Voiced]) -> list[Voiced]:
    """Give the first post of each channel that says something by itself, first posted first.

    `voiced` ascend by time. A story counts once, for who told it first.
    """
    stories: set[int] = set()
    channels: set[int] = set()
    found = []
    for post in voiced:
        if post.story_id in stories:
            continue
        if post.is_forward:
            continue
        stories.add(post.story_id)
        if post.channel_id not in channels:
            channels.add(post.channel_id)
            found.append(post)
    return found


async def tell_surges(
    connection: Connection,
    batch: Sequence[HitFacts],
    people: Mapping[SubscriberId, Person],
    now: datetime,
    max_age: timedelta,
) -> int:
    """Write what surges these hits complete, but of posts older than `max_age`; give how many."""
    told = 0
    concerned = (
        facts
        for facts in sorted(batch, key=lambda facts: facts.posted_at)
        if facts.is_surge
        and facts.subscription_state is SubscriptionState.ACTIVE
        and facts.subscriber_state is not SubscriberState.REMOVED  # else they have other targets
        and now - facts.posted_at <= max_age
    )
    for facts in concerned:
        subscription = await subscriptions.owned(
            connection, facts.subscription_id, facts.subscriber_id
        )
        person = people[facts.subscriber_id]
        if subscription is None or subscription.surge is None or person.rules.is_paused:
            continue
        told += await _tell(connection, subscription, person, facts.posted_at, now)
    return told


def surge_around(
    posted_at: datetime, voiced: Sequence[Voiced], surge: Surge, told: Iterable[datetime]
) -> list[Voiced]:
    """Give the posts of the first surge that a post posted then takes part in, none without.

    `voiced` ascend by time. A surge is over when as many minutes have passed since one was `told`.
    """
    length = timedelta(minutes=surge.minutes)
    ends = sorted({post.posted_at for post in voiced if post.posted_at >= posted_at})
    for end in ends:
        if any(abs(end - other) < length for other in told):
            continue
        found = independent([post for post in voiced if end - length <= post.posted_at <= end])
        if len(found) >= surge.channels:
            return found
    return []


async def _tell(
    connection: Connection,
    subscription: Subscription,
    person: Person,
    posted_at: datetime,
    now: datetime,
) -> bool:
    surge = subscription.surge
    reader = await subscribers.by_id(connection, subscription.subscriber_id)
    if surge is None or reader is None:
        return False
    length = timedelta(minutes=surge.minutes)
    voiced = await surges.voiced(
        connection, subscription.id, posted_at - length, posted_at + length
    )
    heard = await _heard(connection, voiced, subscription.id, person.mutes)
    told = await surges.told(connection, subscription.id)
    found = surge_around(posted_at, heard, surge, told)
    if not found:
        return False
    is_urgent = subscription.is_urgent
    due_at = free_from(person.rules, now, person.zone, is_urgent=is_urgent)
    written = await notices.add(
        connection,
        NewNotice(
            key=surges.key_of(subscription.id, max(post.posted_at for post in found)),
            subscriber_id=reader.id,
            kind=NoticeKind.SURGE,
            body=kept(compose_surge(subscription, found, now, voice_of(reader))),
            due_at=due_at,
            priority=Priority.URGENT if is_urgent else Priority.NEW,
            reason=Held.QUIET if due_at > now else None,
        ),
        now,
    )
    return written is not None


async def _heard(
    connection: Connection, voiced: Sequence[Voiced], key: SubscriptionId, mutes: Sequence[Mute]
) -> Sequence[Voiced]:
    """Leave out what the person left out."""
    if not mutes:
        return voiced
    known = await channels.by_ids(connection, {post.channel_id for post in voiced})
    return [
        post
        for post in voiced
        if not is_muted(mutes, key, post.channel_id, known[post.channel_id].groups)
    ]


def compose_surge(
    subscription: Subscription, found: Sequence[Voiced], now: datetime, voice: Voice
) -> OutgoingText:
    """Write a surge out; `found` are its posts, one of each channel."""
    minutes = subscription.surge.minutes if subscription.surge else 0
    builder = TextBuilder()
    span = voice.span(timedelta(minutes=minutes))
    builder.add("📈 " + voice.count(SURGE, len(found), span=span), Style.BOLD)
    builder.add(f"\n{isolated(shortened(subscription.query, _QUERY))}\n")
    for post in found[:_SHOWN]:
        name = isolated(shortened(post.channel, _NAME))
        text = isolated(shortened(post.text, _TEXT) or "…")
        builder.add(f"\n• {voice.clock(post.posted_at, now)} {name}: {text}")
        link = link_of(post.username, post.telegram_channel_id, post.message_id)
        if link:
            builder.add(f"\n{link}")
    if len(found) > _SHOWN:
        builder.add(f"\n• +{len(found) - _SHOWN}")
    return builder.build()
