"""One query as a message: what it is, how it is told, and a button for each choice. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.notify.compose import isolated
from bot.notify.snippet import shortened
from bot.operate.buttons import button
from bot.telegram.messages import Button, OutgoingText, Style, TextBuilder
from bot.translation import Voice, counted, phrase
from storage.records import FormerQuery, Precision, Rhythm, Subscription, SubscriptionState, Surge

QUERIES = "l"  # the list, a page of it
CARD = "q"
FORMS = "qf"
RHYTHM = "qr"
URGENT = "qu"
STATE = "qs"
SURGE = "qg"
# What a surge is, as it can be chosen; the place of each is in buttons.
SURGES: tuple[Surge | None, ...] = (None, Surge(3, 10), Surge(4, 10), Surge(5, 30))
_QUERY_SHOWN = 700  # code points
_FORMER_SHOWN = 5
_FORMER_QUERY = 120

TITLE = phrase("Query {number}")
TOLD = phrase("Told: {rhythm}")
RHYTHMS = {
    Rhythm.NOW: phrase("at once"),
    Rhythm.HOURLY: phrase("once an hour"),
    Rhythm.DAILY: phrase("in daily digests"),
}
IS_URGENT = phrase("Urgent: comes through quiet hours and limits")
SURGE_ONLY = phrase("Only surges: {channels} independent channels within {minutes} minutes")
EVERY_STORY = phrase("Every story")
SURGE_OF = phrase("{channels} in {minutes} min")
IS_PAUSED = phrase("paused")
PAUSED = phrase("Paused")
USEFUL = counted(
    "{share} % useful of {n} alert you judged", "{share} % useful of {n} alerts you judged"
)
BEFORE = phrase("What it was before:")
UNTIL = phrase("until {time}")
NOW = phrase("At once")
HOURLY = phrase("Hourly")
DAILY = phrase("Daily")
MAKE_URGENT = phrase("Make urgent")
NOT_URGENT = phrase("Not urgent")
PAUSE = phrase("Pause")
RESUME = phrase("Resume")
DELETE = phrase("Delete")
ITS_FORMS = phrase("Forms")
BACK = phrase("‹ All queries")
_BUTTONS = {Rhythm.NOW: NOW, Rhythm.HOURLY: HOURLY, Rhythm.DAILY: DAILY}
_PAUSED, _ACTIVE, _REMOVED = range(3)  # as `queries.CHANGED` lists them


def card(
    found: Subscription,
    voice: Voice,
    precision: Precision,
    former: Sequence[FormerQuery],
    now: datetime,
) -> OutgoingText:
    """Show one query, what was thought of its alerts, and what it was before."""
    builder = TextBuilder().add(voice.text(TITLE, number=found.id), Style.BOLD)
    builder.add("\n").add(isolated(shortened(found.query, _QUERY_SHOWN)), Style.CODE)
    builder.add("\n" + voice.text(TOLD, rhythm=told(found, voice)))
    if found.surge:
        surge = found.surge
        said = voice.text(SURGE_ONLY, channels=surge.channels, minutes=surge.minutes)
        builder.add("\n" + said)
    if found.is_urgent:
        builder.add("\n" + voice.text(IS_URGENT))
    if found.state is SubscriptionState.PAUSED:
        builder.add("\n" + voice.text(PAUSED), Style.ITALIC)
    if precision.judged:
        builder.add("\n" + voice.count(USEFUL, precision.judged, share=percent(precision)))
    if former:
        builder.add("\n\n").add(voice.text(BEFORE), Style.ITALIC)
        for item in former[:_FORMER_SHOWN]:
            query = isolated(shortened(item.query, _FORMER_QUERY))
            builder.add(f"\n• {query} · {voice.text(UNTIL, time=voice.clock(item.until, now))}")
    return builder.build(_buttons(found, voice))


def percent(precision: Precision) -> int:
    """Give the useful share of what was judged."""
    return round(100 * precision.share)


def told(found: Subscription, voice: Voice) -> str:
    """Say when a query is told."""
    return voice.text(RHYTHMS[found.rhythm])


def told_shortly(found: Subscription, voice: Voice, precision: Precision | None = None) -> str:
    """Say in a word or two how a query is told, for a list; "" for at once."""
    words = []
    if found.state is SubscriptionState.PAUSED:
        words.append(voice.text(IS_PAUSED))
    if found.rhythm is not Rhythm.NOW:
        words.append(told(found, voice))
    if found.is_urgent:
        words.append("‼")
    if found.surge:
        words.append(
            voice.text(SURGE_OF, channels=found.surge.channels, minutes=found.surge.minutes)
        )
    if precision and precision.judged:
        words.append(f"👍 {percent(precision)} %")
    return ", ".join(words)


def _surge(surge: Surge | None, voice: Voice) -> str:
    if surge is None:
        return voice.text(EVERY_STORY)
    return voice.text(SURGE_OF, channels=surge.channels, minutes=surge.minutes)


def _buttons(found: Subscription, voice: Voice) -> list[list[Button]]:
    rhythms = [
        button(
            ("✓ " if found.rhythm is rhythm else "") + voice.text(_BUTTONS[rhythm]),
            RHYTHM,
            found.id,
            at,
        )
        for at, rhythm in enumerate(Rhythm)
    ]
    is_paused = found.state is SubscriptionState.PAUSED
    urgent = NOT_URGENT if found.is_urgent else MAKE_URGENT
    surges = [
        button(("✓ " if found.surge == surge else "") + _surge(surge, voice), SURGE, found.id, at)
        for at, surge in enumerate(SURGES)
    ]
    return [
        rhythms,
        surges,
        [
            button(voice.text(urgent), URGENT, found.id, int(not found.is_urgent)),
            button(
                voice.text(RESUME if is_paused else PAUSE),
                STATE,
                found.id,
                _ACTIVE if is_paused else _PAUSED,
            ),
        ],
        [
            button(voice.text(ITS_FORMS), FORMS, found.id),
            button(voice.text(DELETE), STATE, found.id, _REMOVED),
            button(voice.text(BACK), QUERIES, 0),
        ],
    ]
