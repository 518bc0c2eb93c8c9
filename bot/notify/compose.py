"""An alert as the message its reader gets: pure, and safe with whatever a post contains.

In comes the case of one alert; out comes a text within Telegram's limit with styled stretches and
buttons. Nothing is ever written as HTML, so nothing in a post can become markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.notify.snippet import clean, pieces, shortened, windows
from bot.telegram.messages import Button, OutgoingText, Style, TextBuilder
from storage.alert_cases import AlertCase, Match
from storage.records import AlertId, Channel, Is, Post, Span, Subscription, SubscriptionState

SNIPPET = 700  # code points of the post's text; at most twice as many UTF-16 units
BEFORE = 400  # code points of the text before an edit
_NAME = 80
_QUERY = 120
_QUERY_ON_BUTTON = 24
_QUERIES_SHOWN = 3
_SURFACES_SOUGHT = 20

PAUSE = "p"
RESUME = "r"

Highlight = Callable[[Subscription, Post], Sequence[Span] | None]
"""Finds the spans of a query in a post's present text; None when it cannot."""


def compose(case: AlertCase, now: datetime, highlight: Highlight | None = None) -> OutgoingText:
    """Write an alert out for its reader."""
    zone = zone_of(case.subscriber.timezone)
    builder = TextBuilder()
    _write_head(builder, case, now, zone)
    builder.add("\n")
    _write_text(builder, case.post.text or _without_text(case.post), _spans_now(case, highlight))
    _write_before(builder, case)
    builder.add("\n")
    shown = _shown(case.matches)
    for match in shown:
        builder.add(f"\nQuery: {isolated(shortened(match.subscription.query, _QUERY))}")
    if len(case.matches) > len(shown):
        builder.add(f"\nand {len(case.matches) - len(shown)} more of your queries")
    link = link_to(case.channel, case.post.message_id)
    if link:
        builder.add(f"\n{link}")
    return builder.build(_buttons(case, shown, link))


def zone_of(name: str) -> tzinfo:
    """Give a person's time zone, UTC should the name be unknown to this machine."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def clock_time(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """Say when something was: the time, with the date unless it was today."""
    local, today = moment.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    if local.year == today.year:
        return f"{local:%d %b, %H:%M}"
    return f"{local:%d %b %Y, %H:%M}"


def link_to(channel: Channel, message_id: int) -> str | None:
    """Give the address of a post; members alone can open that of a private channel."""
    if channel.username:
        return f"https://t.me/{channel.username}/{message_id}"
    return f"https://t.me/c/{channel.telegram_id}/{message_id}" if channel.telegram_id else None


def isolated(text: str) -> str:
    """Keep a right-to-left name from turning its neighbours round (U+2068 … U+2069)."""
    return f"\u2068{text}\u2069"


def button_data(verb: str, subscription: Subscription, alert_id: AlertId) -> bytes:
    """Give what a button of an alert sends: verb, subscription, alert."""
    return f"{verb}:{subscription.id}:{alert_id}".encode()


def is_of_alert(data: bytes, alert_id: AlertId) -> bool:
    """Say whether a button belongs to that alert."""
    verb, _, rest = data.decode(errors="replace").partition(":")
    return verb in (PAUSE, RESUME) and rest.endswith(f":{alert_id}")


def _write_head(builder: TextBuilder, case: AlertCase, now: datetime, zone: tzinfo) -> None:
    post = case.post
    if case.alert.sent_version and case.alert.remote_id is None:
        builder.add("An earlier alert has changed.\n")
    builder.add(isolated(_channel_name(case.channel)), Style.BOLD)
    builder.add(f" · {clock_time(post.posted_at, now, zone)}\n")
    if Is.FORWARD in post.marks:
        origin = f"@{post.origin}" if post.origin else post.origin_name or "somebody"
        builder.add(f"Forwarded from {isolated(shortened(origin, _NAME))}\n")
    if Is.ALBUM in post.marks:
        builder.add("Album\n")
    if case.first_text != case.latest_text:
        moment = case.edited_at and f" {clock_time(case.edited_at, now, zone)}"
        builder.add(f"✏️ Edited{moment or ''}\n", Style.ITALIC)
    if post.deleted_at:
        moment = clock_time(post.deleted_at, now, zone)
        builder.add(f"🗑 Deleted, seen {moment}; copy kept\n", Style.ITALIC)


def _channel_name(channel: Channel) -> str:
    if channel.username and channel.title:
        return f"{shortened(channel.title, _NAME)} (@{channel.username})"
    return shortened(channel.name, _NAME)


def _without_text(post: Post) -> str:
    things = ", ".join(sorted(post.has)) or "no text"
    return f"({things})"


def _write_text(
    builder: TextBuilder, text: str, spans: Iterable[Span], *styles: Style, budget: int = SNIPPET
) -> None:
    marked = sorted(spans, key=lambda span: span.start)
    shown = windows(text, marked, budget)
    for number, window in enumerate(shown):
        if window.start > 0:
            builder.add(" … " if number else "… ")
        for piece, is_match in pieces(text, window, marked):
            builder.add(clean(piece), *styles, *((Style.BOLD,) if is_match else ()))
    if shown[-1].end < len(text):
        builder.add(" …")


def _write_before(builder: TextBuilder, case: AlertCase) -> None:
    if case.first_text == case.latest_text:
        return
    builder.add("\n\n")
    builder.add("Before the edit:", Style.ITALIC)
    builder.add("\n")
    _write_text(
        builder,
        case.first_text or "(no text)",
        _spans_before(case),
        Style.STRIKE,
        budget=BEFORE,
    )


def _spans_now(case: AlertCase, highlight: Highlight | None) -> list[Span]:
    spans: list[Span] = []
    for match in case.matches:
        if match.is_current:
            spans.extend(match.spans)
            continue
        found = highlight(match.subscription, case.post) if highlight else None
        spans.extend(_found_again(case, match) if found is None else found)
    return [span for span in spans if 0 <= span.start < span.end <= len(case.post.text)]


def _found_again(case: AlertCase, match: Match) -> list[Span]:
    """Look for the very words that matched before the edit."""
    words = {case.first_text[span.start : span.end] for span in match.spans}
    sought = sorted(word for word in words if word.strip())[:_SURFACES_SOUGHT]
    if not sought:
        return []
    pattern = re.compile("|".join(map(re.escape, sought)), re.IGNORECASE)
    return [Span(*found.span()) for found in pattern.finditer(case.post.text)]


def _spans_before(case: AlertCase) -> list[Span]:
    if case.post.grouped_id is not None:
        return []  # spans point into the whole album's text, not into one message's
    spans = [span for match in case.matches if not match.is_current for span in match.spans]
    return [span for span in spans if 0 <= span.start < span.end <= len(case.first_text)]


def _shown(matches: Sequence[Match]) -> list[Match]:
    live = [m for m in matches if m.subscription.state is not SubscriptionState.REMOVED]
    return list(live or matches)[:_QUERIES_SHOWN]


def _buttons(case: AlertCase, shown: Sequence[Match], link: str | None) -> list[list[Button]]:
    rows = [[Button("Open post", url=link)]] if link and not case.post.deleted_at else []
    for match in shown:
        subscription = match.subscription
        if subscription.state is SubscriptionState.REMOVED:
            continue
        is_paused = subscription.state is SubscriptionState.PAUSED
        what = (
            "this query"
            if len(shown) == 1
            else isolated(shortened(subscription.query, _QUERY_ON_BUTTON))
        )
        data = button_data(RESUME if is_paused else PAUSE, subscription, case.alert.id)
        rows.append([Button(f"{'Resume' if is_paused else 'Pause'} {what}", data=data)])
    return rows
