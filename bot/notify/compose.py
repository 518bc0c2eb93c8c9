"""An alert as the message its reader gets: pure, and safe with whatever a post contains.

In comes the case of one alert; out comes a text within Telegram's limit with styled stretches and
buttons. Nothing is ever written as HTML, so nothing in a post can become markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.notify.alert_buttons import under_alert
from bot.notify.difference import is_much_alike, word_difference, write_difference
from bot.notify.snippet import clean, pieces, shortened, windows
from bot.telegram.messages import OutgoingText, Style, TextBuilder
from bot.translation import Voice, counted, phrase, voice_of
from storage.alert_cases import AlertCase, Match
from storage.records import (
    Channel,
    Has,
    HitPlace,
    Is,
    Post,
    Source,
    Span,
    Subscription,
    SubscriptionState,
)

_LATE_FROM = timedelta(minutes=2)  # below it nobody acts differently
SNIPPET = 700  # code points of the post's text; at most twice as many UTF-16 units
IN_PICTURES = 300  # code points of what was read from pictures
_HASH = 12  # hexadecimal digits of a picture's SHA-256
BEFORE = 400  # code points of the text before an edit
_NAME = 80
_QUERY = 120
_QUERIES_SHOWN = 3
_SURFACES_SOUGHT = 20
_PLACES_SHOWN = 2
_SURFACE = 40
_LABEL = 70

HAS_CHANGED = phrase("An earlier alert has changed.")
QUERY = phrase("Query: {query}")
MORE_QUERIES = counted("and {n} more of your queries", "and {n} more of your queries")
FORWARDED = phrase("Forwarded from {origin}")
SOMEBODY = phrase("somebody")
AN_ALBUM = phrase("Album")
A_COMMENT = phrase("A comment, not a post of the channel")
EDITED = phrase("Edited")
EDITED_AT = phrase("Edited {time}")
DELETED = phrase("Deleted, seen {time}; copy kept")
BEFORE_EDIT = phrase("Before the edit:")
WHAT_CHANGED = phrase("What changed:")
NO_TEXT = phrase("no text")
THINGS = {
    Has.PHOTO: phrase("photo"),
    Has.VIDEO: phrase("video"),
    Has.DOCUMENT: phrase("document"),
    Has.LINK: phrase("link"),
    Has.POLL: phrase("poll"),
    Has.LOCATION: phrase("location"),
}
LATE = phrase("Late by {by}")
MISSED = phrase("Late by {by}: it was missed live and found by re-reading")
ALSO_IN = counted("also in {n} channel", "also in {n} channels")
FIRST_IN = phrase("first {time} in {channel}")
FIRST_HERE = phrase("first here")
INDEPENDENT = counted("{n} independent", "{n} independent")

IN_PICTURE = phrase("Read from a picture by a program, may be wrong (SHA-256 {hashes}):")
PLACE = phrase("{surface}: {place}, {sure} % sure")
PLACE_NEAR = phrase("{surface}: {place}, {km} km from {centre}, {sure} % sure")
RUNNER_UP = phrase("or {place}, {sure} %")

Highlight = Callable[[Subscription, Post], Sequence[Span] | None]
"""Finds the spans of a query in a post's present text; None when it cannot."""


def compose(case: AlertCase, now: datetime, highlight: Highlight | None = None) -> OutgoingText:
    """Write an alert out for its reader."""
    voice = voice_of(case.subscriber)
    builder = TextBuilder()
    _write_head(builder, case, now, voice)
    builder.add("\n")
    _write_post(builder, case, _spans_now(case, highlight), voice)
    _write_before(builder, case, voice)
    builder.add("\n")
    shown = _shown(case.matches)
    for match in shown:
        query = isolated(shortened(match.subscription.query, _QUERY))
        builder.add("\n" + voice.text(QUERY, query=query))
    if len(case.matches) > len(shown):
        builder.add("\n" + voice.count(MORE_QUERIES, len(case.matches) - len(shown)))
    for place in [match.places[0] for match in shown if match.places][:_PLACES_SHOWN]:
        builder.add("\n" + place_line(place, voice))
    link = link_to(case.channel, case.post.message_id)
    if link:
        builder.add(f"\n{link}")
    buttons = under_alert(
        case.alert.id,
        case.channel,
        subscriptions=[match.subscription for match in shown],
        surfaces={
            match.subscription.id: match.places[0].surface for match in shown if match.places
        },
        link=None if case.post.deleted_at else link,
        voice=voice,
    )
    return builder.build(buttons)


def link_to(channel: Channel, message_id: int) -> str | None:
    """Give the address of a post; members alone can open that of a private channel."""
    return link_of(channel.username, channel.telegram_id, message_id)


def link_of(username: str | None, telegram_channel_id: int | None, message_id: int) -> str | None:
    """Give the address of a post by what names its channel; None before that is known."""
    if username:
        return f"https://t.me/{username}/{message_id}"
    return f"https://t.me/c/{telegram_channel_id}/{message_id}" if telegram_channel_id else None


def place_line(place: HitPlace, voice: Voice) -> str:
    """Say which name of the post was taken for which place, how surely, and where that is."""
    facts = {
        "surface": isolated(shortened(clean(place.surface), _SURFACE)),
        "place": _label(place.labels, voice),
        "sure": round(100 * place.confidence),
    }
    if place.distance_km is None:
        said = voice.text(PLACE, **facts)
    else:
        centre = isolated(shortened(place.centre or "", _SURFACE))
        km = f"{place.distance_km:.0f}"
        said = voice.text(PLACE_NEAR, **facts, km=km, centre=centre)
    if place.runner_up is not None:
        sure = round(100 * (place.runner_up_confidence or 0))
        said += "; " + voice.text(RUNNER_UP, place=_label(place.runner_up, voice), sure=sure)
    return f"📍 {said}\n{map_link(place.lat, place.lon)}"


def map_link(lat: float, lon: float) -> str:
    """Give the address of a map with a mark on it."""
    return (
        f"https://www.openstreetmap.org/?mlat={lat:.5f}&mlon={lon:.5f}#map=12/{lat:.5f}/{lon:.5f}"
    )


def _label(labels: Mapping[str, str], voice: Voice) -> str:
    return isolated(shortened(labels.get(voice.language) or labels.get("en", ""), _LABEL))


def isolated(text: str) -> str:
    """Keep a right-to-left name from turning its neighbours round (U+2068 … U+2069)."""
    return f"\u2068{text}\u2069"


def _write_head(builder: TextBuilder, case: AlertCase, now: datetime, voice: Voice) -> None:
    post = case.post
    if case.alert.sent_version and case.alert.remote_id is None:
        builder.add(voice.text(HAS_CHANGED) + "\n")
    builder.add(isolated(_channel_name(case.channel)), Style.BOLD)
    builder.add(f" · {voice.clock(post.posted_at, now)}\n")
    late = post.first_seen_at - post.posted_at
    if late >= _LATE_FROM:
        said = voice.text(LATE if post.source is Source.LIVE else MISSED, by=voice.span(late))
        builder.add(f"⏱ {said}\n", Style.ITALIC)
    _write_spread(builder, case, now, voice)
    if Is.FORWARD in post.marks:
        origin = f"@{post.origin}" if post.origin else post.origin_name or voice.text(SOMEBODY)
        builder.add(voice.text(FORWARDED, origin=isolated(shortened(origin, _NAME))) + "\n")
    if Is.COMMENT in post.marks:
        builder.add(voice.text(A_COMMENT) + "\n", Style.ITALIC)
    if Is.ALBUM in post.marks:
        builder.add(voice.text(AN_ALBUM) + "\n")
    if case.first_text != case.latest_text:
        edited = (
            voice.text(EDITED_AT, time=voice.clock(case.edited_at, now))
            if case.edited_at
            else voice.text(EDITED)
        )
        builder.add(f"✏️ {edited}\n", Style.ITALIC)
    if post.deleted_at:
        deleted = voice.text(DELETED, time=voice.clock(post.deleted_at, now))
        builder.add(f"🗑 {deleted}\n", Style.ITALIC)


def _write_spread(builder: TextBuilder, case: AlertCase, now: datetime, voice: Voice) -> None:
    """Say who else tells it, who did first, and how many say it by themselves."""
    channels = {telling.channel_id for telling in case.story}
    if len(channels) < 2:  # noqa: PLR2004  # the one it is shown from tells nothing
        return
    first = case.story[0]
    parts = [voice.count(ALSO_IN, len(channels) - 1)]
    if first.post_id == case.post.id:
        parts.append(voice.text(FIRST_HERE))
    else:
        name = isolated(shortened(first.channel, _NAME))
        parts.append(voice.text(FIRST_IN, time=voice.clock(first.posted_at, now), channel=name))
    independent = {telling.channel_id for telling in case.story if not telling.is_forward}
    parts.append(voice.count(INDEPENDENT, len(independent)))
    builder.add(" · ".join(parts) + "\n")


def _write_post(builder: TextBuilder, case: AlertCase, spans: Sequence[Span], voice: Voice) -> None:
    """Write the post's own text, and apart from it what a program read from its pictures."""
    post, begins = case.post, case.post.picture_text_at
    own = post.text if begins is None else post.text[:begins].rstrip("\n")
    of_own = [span for span in spans if span.end <= len(own)]
    _write_text(builder, own or _without_text(post, voice), of_own)
    if begins is None:
        return
    hashes = ", ".join(f"{picture.sha256.hex()[:_HASH]}…" for picture in case.pictures)
    builder.add("\n\n🖼 " + voice.text(IN_PICTURE, hashes=hashes) + "\n", Style.ITALIC)
    in_pictures = [Span(s.start - begins, s.end - begins) for s in spans if s.start >= begins]
    _write_text(builder, post.text[begins:], in_pictures, budget=IN_PICTURES)


def _channel_name(channel: Channel) -> str:
    if channel.username and channel.title:
        return f"{shortened(channel.title, _NAME)} (@{channel.username})"
    return shortened(channel.name, _NAME)


def _without_text(post: Post, voice: Voice) -> str:
    things = ", ".join(voice.text(THINGS[item]) for item in sorted(post.has))
    things = things or voice.text(NO_TEXT)
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


def _write_before(builder: TextBuilder, case: AlertCase, voice: Voice) -> None:
    if case.first_text == case.latest_text:
        return
    builder.add("\n\n")
    if is_much_alike(case.first_text, case.latest_text):
        builder.add(voice.text(WHAT_CHANGED), Style.ITALIC)
        builder.add("\n")
        write_difference(builder, word_difference(case.first_text, case.latest_text), BEFORE)
        return
    builder.add(voice.text(BEFORE_EDIT), Style.ITALIC)
    builder.add("\n")
    _write_text(
        builder,
        case.first_text or f"({voice.text(NO_TEXT)})",
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
