"""`/why`: for a post, what of each of one's queries matched or failed, and what became of it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.match.documents import Documents, places_asked_for
from bot.match.errors import QueryError
from bot.match.query import parse
from bot.match.trial import Explanation, Trial
from bot.notify.compose import isolated, link_to
from bot.notify.snippet import shortened
from bot.operate.texts import said
from bot.telegram.messages import TEXT_LIMIT, OutgoingText, Style, TextBuilder
from bot.translation import Voice, counted, phrase, voice_of
from storage import channels, own_alerts, posts, subscriptions
from storage.database import Connection, Database
from storage.own_alerts import Delivery
from storage.records import (
    Alert,
    AlertState,
    Channel,
    Held,
    Outcome,
    Post,
    PostId,
    RevisionId,
    Subscriber,
    Subscription,
    SubscriptionState,
    Withheld,
)
from storage.schema import post_id

_LINK = re.compile(
    r"(?:https?://)?(?:t\.me|telegram\.me)/(?:c/(\d{1,15})|(?:s/)?([A-Za-z]\w{3,31}))/(?:\d{1,10}/)?(\d{1,10})",
    re.IGNORECASE,
)
_SHOWN = 8  # queries explained; those that matched first
_QUERY_SHOWN = 160  # code points
_PART_SHOWN = 80
_FORMS_SHOWN = 4
_FAILED_SHOWN = 4
_ATTEMPTS_SHOWN = 3
_ROOM = TEXT_LIMIT - 700  # UTF-16 units after which no further query is begun

Handler = Callable[[Subscriber, str], Awaitable[OutgoingText]]

WHY_USAGE = phrase("Write the link of a post, for example: /why https://t.me/front_news/123")
NO_POST = phrase(
    "That post is not in the archive. Either its channel is not followed, or the post has not been "
    "read yet; /channels of an operator shows it."
)
MATCHED = phrase("✓ matched: {forms}")
MATCHED_PLAINLY = phrase("✓ matched")
FAILED = phrase("✗ no match: missing {parts}")
HELD_OUT = phrase("✗ no match: the post holds what is excluded: {parts}")
FAILED_PLAINLY = phrase("✗ no match")
UNREADABLE = phrase("✗ this query cannot be used any more: {reason}")
IS_PAUSED = phrase("This query is paused.")
ADDED_LATER = phrase("The post was there before you began to watch for this.")
NOTHING_OWED = phrase("You were owed no alert about this post.")
ALERT_SENT = phrase("You were alerted at {time}.")
ALERT_OWED = phrase("An alert is on its way since {time}.")
ALERT_HELD = phrase("The alert waits for a digest: {reason}.")
ALERT_WITHHELD = phrase("The alert was withheld: {reason}.")
ALERT_DEAD = phrase("The alert could not be delivered: {reason}.")
ATTEMPT = phrase("{time}, {target}: {outcome}")
NOT_SHOWN = counted(
    "and {n} more query, which did not match", "and {n} more queries, which did not match"
)
NO_QUERIES = phrase("You have no queries to compare it with.")
OUTCOMES = {
    Outcome.SENT: phrase("sent"),
    Outcome.LATER: phrase("later"),
    Outcome.NEVER: phrase("refused"),
}
REASONS = {
    Withheld.SUBSCRIPTION_PAUSED: phrase("the subscription is paused"),
    Withheld.SUBSCRIPTION_REMOVED: phrase("the subscription was deleted"),
    Withheld.SUBSCRIBER_REMOVED: phrase("the subscriber was removed"),
    Withheld.BLOCKED_BOT: phrase("the subscriber blocked the bot"),
    Withheld.BACKFILL: phrase("the post came by the first back-fill or an import"),
    Withheld.TOO_OLD: phrase("the post is older than the age limit of alerts"),
    Withheld.PAUSED: phrase("all alerts are paused"),
    Withheld.MUTED: phrase("the channel, or a group it is in, is muted"),
    Withheld.SURGE_ONLY: phrase("only a surge is told, not each story"),
    Held.SNOOZED: phrase("alerts were snoozed"),
    Held.QUIET: phrase("it was in the quiet hours"),
    Held.HOURLY: phrase("the query is told in an hourly digest"),
    Held.DAILY: phrase("the query is told in a daily digest"),
    Held.CAPPED: phrase("there were more alerts than the cap an hour"),
}


@dataclass(frozen=True, slots=True)
class Explained:
    """One query and a post: why it matched or not; None if the query cannot be used."""

    subscription: Subscription
    why: Explanation | None
    fault: QueryError | None = None

    @property
    def is_match(self) -> bool:
        """Whether the post satisfies the query."""
        return self.why is not None and self.why.matched


@dataclass(frozen=True, slots=True)
class Told:
    """A post with its latest revision, and what the asker was or is owed about it."""

    post: Post
    revision: RevisionId
    channel: Channel
    alert: Alert | None
    tries: Sequence[Delivery]


class Why:
    """Explains posts; see `answer`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def commands(self) -> Mapping[str, Handler]:
        """Give the commands answered here."""
        return {"why": self.answer}

    async def answer(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        """Explain the post behind a link to the person who asks, for their own queries."""
        voice = voice_of(subscriber)
        found = _LINK.search(arguments)
        if found is None:
            return said(voice, WHY_USAGE)
        async with self._database.reading() as connection:
            place = await _found(connection, found)
            if place is None:
                return said(voice, NO_POST)
            post, channel = place
            limit = await subscriptions.count(connection, subscriber.id)
            own = await subscriptions.page(connection, subscriber.id, limit=limit)
            revision = await posts.newest_revision(connection, post.id)
            alert = await own_alerts.about(connection, subscriber.id, post.id)
            tries = (
                await own_alerts.deliveries_of(connection, alert.id, _ATTEMPTS_SHOWN)
                if alert
                else []
            )
        explained = [explained_by(item, post, channel) for item in own]
        return written(Told(post, revision, channel, alert, tries), explained, voice)


async def _found(connection: Connection, link: re.Match[str]) -> tuple[Post, Channel] | None:
    """Find the post behind a link, an album's by the link of any of its parts."""
    telegram_id, username, message = link.groups()
    for channel in await channels.listed(connection, removed=True):
        is_it = (telegram_id and channel.telegram_id == int(telegram_id)) or (
            username and channel.username == username.lower()
        )
        if not is_it:
            continue
        number = int(message)
        key = (channel.id, number)
        known = await posts.known_messages(connection, [key])
        wanted: PostId = known[key].post_id if key in known else post_id(channel.id, number)
        post = (await posts.by_ids(connection, [wanted])).get(wanted)
        return (post, channel) if post else None
    return None


def explained_by(subscription: Subscription, post: Post, channel: Channel) -> Explained:
    """Say why a query matches a post as it stands now, or does not."""
    try:
        query = parse(subscription.query, allow_scan=True)
        document = Documents(places_asked_for(query)).of(post, channel)
        return Explained(subscription, Trial(query).explained(document))
    except QueryError as fault:
        return Explained(subscription, None, fault)


def written(told: Told, explained: Sequence[Explained], voice: Voice) -> OutgoingText:
    """Write the answer: the post, each query, what became of the alert."""
    post, channel = told.post, told.channel
    now = datetime.now(UTC)
    builder = TextBuilder().add(isolated(shortened(channel.name, _PART_SHOWN)), Style.BOLD)
    builder.add(f" · {voice.clock(post.posted_at, now)}")
    link = link_to(channel, post.message_id)
    builder.add(f"\n{link}" if link else "")
    _write_alert(builder, told.alert, told.tries, voice, now)
    if not explained:
        return builder.add("\n\n" + voice.text(NO_QUERIES)).build()
    ordered = sorted(explained, key=lambda item: not item.is_match)
    shown = 0
    for item in ordered[:_SHOWN]:
        if builder.length > _ROOM:
            break
        _write_query(builder, item, told.revision, voice)
        shown += 1
    if shown < len(ordered):
        builder.add("\n\n" + voice.count(NOT_SHOWN, len(ordered) - shown))
    return builder.build()


def _write_alert(
    builder: TextBuilder,
    alert: Alert | None,
    tries: Sequence[Delivery],
    voice: Voice,
    now: datetime,
) -> None:
    if alert is None:
        builder.add("\n" + voice.text(NOTHING_OWED))
        return
    reason = shortened(voice.known(alert.reason or ""), _PART_SHOWN * 2)
    match alert.state:
        case AlertState.SENT if alert.sent_at:
            line = voice.text(ALERT_SENT, time=voice.clock(alert.sent_at, now))
            line += f" ({reason})" if reason else ""
        case AlertState.HELD:
            line = voice.text(ALERT_HELD, reason=reason)
        case AlertState.WITHHELD:
            line = voice.text(ALERT_WITHHELD, reason=reason)
        case AlertState.DEAD:
            line = voice.text(ALERT_DEAD, reason=reason)
        case _:
            line = voice.text(ALERT_OWED, time=voice.clock(alert.owed_at, now))
    builder.add("\n" + line)
    for item in tries:
        if item.outcome is Outcome.SENT and alert.state is AlertState.SENT:
            continue
        outcome = voice.text(OUTCOMES[item.outcome])
        if item.detail:
            outcome += f" ({shortened(voice.known(item.detail), _PART_SHOWN * 2)})"
        attempt = voice.text(
            ATTEMPT, time=voice.clock(item.at, now), target=item.target, outcome=outcome
        )
        builder.add(f"\n• {attempt}")


def _write_query(builder: TextBuilder, item: Explained, revision: RevisionId, voice: Voice) -> None:
    subscription = item.subscription
    query = isolated(shortened(subscription.query, _QUERY_SHOWN))
    builder.add(f"\n\n{subscription.id}. ").add(query, Style.CODE)
    builder.add("\n" + _verdict(item, voice))
    if subscription.state is SubscriptionState.PAUSED:
        builder.add("\n" + voice.text(IS_PAUSED))
    if item.is_match and revision <= subscription.after_revision:
        builder.add("\n" + voice.text(ADDED_LATER))


def _verdict(item: Explained, voice: Voice) -> str:
    if item.why is None:
        reason = item.fault.message(voice.language) if item.fault else ""
        return voice.text(UNREADABLE, reason=shortened(reason, _PART_SHOWN * 3))
    if item.why.matched:
        forms = [isolated(shortened(form, _PART_SHOWN)) for form in item.why.forms[:_FORMS_SHOWN]]
        if not forms:
            return voice.text(MATCHED_PLAINLY)
        return voice.text(MATCHED, forms=", ".join(forms))
    held = [part.part for part in item.why.parts if not part.matched and part.part.startswith("-")]
    failed = list(dict.fromkeys(_failing(item.why)))
    if held and held == failed:
        return voice.text(HELD_OUT, parts=_parts(held))
    return voice.text(FAILED, parts=_parts(failed)) if failed else voice.text(FAILED_PLAINLY)


def _parts(parts: Sequence[str]) -> str:
    return ", ".join(isolated(shortened(part, _PART_SHOWN)) for part in parts[:_FAILED_SHOWN])


def _failing(why: Explanation) -> Iterator[str]:
    """Yield the smallest parts that failed and did not have to: what is missing."""
    if why.matched:
        return
    if not why.parts or why.part.startswith("-"):
        yield why.part
        return
    for part in why.parts:
        yield from _failing(part)
