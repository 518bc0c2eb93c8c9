"""A digest: what was held for a person, grouped by query and story, in messages that fit. Pure.

Out come one to four messages, or, when that is not enough, one with the counts and a file with
everything. Each story is named once, under the first query that found it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.notify.alert_buttons import under_digest
from bot.notify.compose import isolated, link_to
from bot.notify.snippet import clean, pieces, shortened, whole_before
from bot.telegram.messages import TEXT_LIMIT, OutgoingText, Style, TextBuilder, utf16_length
from bot.translation import Voice, counted, phrase
from storage.alert_cases import AlertCase, Match
from storage.records import Held, Span, SubscriptionState

STORIES = counted("Digest: {n} story", "Digest: {n} stories")
ALSO_FOUND = counted("and {n} named above", "and {n} named above")
CONTINUED = phrase("Digest, continued ({part} of {parts})")
ALL_IN_FILE = phrase("There are too many for a message: all are in the file.")
WITHOUT_QUERY = phrase("Queries deleted meanwhile")
REASONS = {
    Held.SNOOZED: counted("{n} while snoozed", "{n} while snoozed"),
    Held.QUIET: counted("{n} in quiet hours", "{n} in quiet hours"),
    Held.HOURLY: counted("{n} from hourly queries", "{n} from hourly queries"),
    Held.DAILY: counted("{n} from daily queries", "{n} from daily queries"),
    Held.CAPPED: counted("{n} beyond the cap an hour", "{n} beyond the cap an hour"),
}
_BARS = "▁▂▃▄▅▆▇█"
_BUCKETS = 12
_DRAWN_FROM = timedelta(minutes=10)  # what came at once needs no picture of when
_PARTS = 4
_ROOM = TEXT_LIMIT - 96  # UTF-16 units: what a heading of a part may take
_STORY = 140  # code points of a story's text
_BEFORE = 50  # of them before its first match, unless that is near the beginning
_QUERY = 80
_NAME = 40
_GROUPS_SHOWN = 25  # with a file, in the message


@dataclass(frozen=True, slots=True)
class Digest:
    """The messages of a digest in order, and a file with all of it if they do not hold it."""

    parts: tuple[OutgoingText, ...]
    file: str | None = None


@dataclass(frozen=True, slots=True)
class _Group:
    title: str
    cases: tuple[AlertCase, ...]
    elsewhere: int


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a digest: pieces of text, and whether each is bold."""

    pieces: tuple[tuple[str, bool], ...]
    is_heading: bool = False

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.pieces)


def _heading(text: str) -> _Line:
    return _Line(((text, True),), is_heading=True)


def _plain(text: str) -> _Line:
    return _Line(((text, False),))


def digest(cases: Sequence[AlertCase], now: datetime, voice: Voice) -> Digest:
    """Write out what was held; `cases` are in the order in which they were owed, at least one."""
    groups = _groups(cases, voice)
    lines = [*_head(cases, now, voice)]
    for group in groups:
        lines += _lines(group, now, voice)
    parts = _packed(lines)
    if len(parts) <= _PARTS:
        told = [_part(part, n, len(parts), voice) for n, part in enumerate(parts, 1)]
        return Digest((*told[:-1], _with_map(told[-1], cases, voice)))
    summary = [*_head(cases, now, voice), _plain(voice.text(ALL_IN_FILE))]
    summary += [line for group in groups[:_GROUPS_SHOWN] for line in _lines(group, now, voice)[:1]]
    told_short = _with_map(_part(_packed(summary)[0], 1, 1, voice), cases, voice)
    return Digest((told_short,), "\n".join(line.text for line in lines) + "\n")


def _with_map(last: OutgoingText, cases: Sequence[AlertCase], voice: Voice) -> OutgoingText:
    """Put a button for the map under a message if any of the alerts names a place."""
    if not any(match.places for case in cases for match in case.matches):
        return last
    return replace(last, buttons=tuple(map(tuple, under_digest(cases[0].alert.id, voice))))


def sparkline(moments: Sequence[datetime], start: datetime, end: datetime) -> str:
    """Draw how many there were over a stretch of time, a bar for each twelfth."""
    length = (end - start).total_seconds() or 1.0
    counts = [0] * _BUCKETS
    for moment in moments:
        at = (moment - start).total_seconds() / length
        counts[min(_BUCKETS - 1, max(0, int(at * _BUCKETS)))] += 1
    most = max(counts) or 1
    return "".join(
        " " if count == 0 else _BARS[(count * len(_BARS) - 1) // most] for count in counts
    ).replace(" ", "·")


def _groups(cases: Sequence[AlertCase], voice: Voice) -> list[_Group]:
    """Put each story under the first query that found it; the largest group first."""
    titles: dict[int, str] = {}
    under: dict[int, list[AlertCase]] = {}
    elsewhere: Counter[int] = Counter()
    for case in cases:
        matches = _live(case)
        first = matches[0].subscription.id if matches else 0
        titles.setdefault(
            first,
            isolated(shortened(matches[0].subscription.query, _QUERY))
            if matches
            else voice.text(WITHOUT_QUERY),
        )
        under.setdefault(first, []).append(case)
        elsewhere.update(match.subscription.id for match in matches[1:])
    found = [_Group(titles[key], tuple(under[key]), elsewhere[key]) for key in under]
    return sorted(found, key=lambda group: -len(group.cases))


def _live(case: AlertCase) -> list[Match]:
    live = [m for m in case.matches if m.subscription.state is not SubscriptionState.REMOVED]
    return sorted(live, key=lambda match: match.subscription.id)


def _head(cases: Sequence[AlertCase], now: datetime, voice: Voice) -> Iterator[_Line]:
    yield _heading(voice.count(STORIES, len(cases)))
    moments = [case.alert.owed_at for case in cases]
    start, end = min(moments), max(moments)
    if end - start >= _DRAWN_FROM:
        bars = sparkline(moments, start, end)
        yield _plain(f"{voice.clock(start, now)} {bars} {voice.clock(end, now)}")
    reasons = Counter(case.alert.reason for case in cases)
    said = [
        voice.count(REASONS[reason], reasons[reason.value])
        for reason in Held
        if reasons[reason.value]
    ]
    if said:
        yield _plain(" · ".join(said))


def _lines(group: _Group, now: datetime, voice: Voice) -> list[_Line]:
    also = " · " + voice.count(ALSO_FOUND, group.elsewhere) if group.elsewhere else ""
    heading = f"{group.title} — {len(group.cases)}{also}"
    return [_heading(heading), *(_story(case, now, voice) for case in group.cases)]


def _story(case: AlertCase, now: datetime, voice: Voice) -> _Line:
    others = len({telling.channel_id for telling in case.story}) - 1
    spread = f" +{others}" if others > 0 else ""
    deleted = " 🗑" if case.post.deleted_at else ""
    link = link_to(case.channel, case.post.message_id)
    name = isolated(shortened(case.channel.name, _NAME))
    when = voice.clock(case.post.posted_at, now)
    return _Line(
        (
            (f"• {when} {name}{spread}{deleted}: \u2068", False),
            *_excerpt(case),
            ("\u2069" + (f"\n{link}" if link else ""), False),
        )
    )


def _excerpt(case: AlertCase) -> Iterator[tuple[str, bool]]:
    """Give a stretch of the post that shows its first match, on one line, the matches bold."""
    text = case.post.text
    if not text.strip():
        yield "…", False
        return
    found = {span for match in _live(case) if match.is_current for span in match.spans}
    spans = sorted(
        (span for span in found if 0 <= span.start < span.end <= len(text)),
        key=lambda span: span.start,
    )
    window = _window(text, spans)
    yield "… " if window.start else "", False
    for piece, is_match in pieces(text, window, spans):
        yield " ".join(clean(piece).split("\n")), is_match
    yield " …" if window.end < len(text) else "", False


def _window(text: str, spans: Sequence[Span]) -> Span:
    """Give where to begin and end: at the beginning if a match is seen there."""
    start = 0
    if spans and spans[0].end > _STORY:
        start = whole_before(text, spans[0].start - _BEFORE)
    end = min(len(text), start + _STORY)
    return Span(start, max(start + 1, whole_before(text, end) if end < len(text) else end))


def _packed(lines: Sequence[_Line]) -> list[list[_Line]]:
    """Spread lines over as few messages as hold them; a heading goes with what follows it."""
    parts: list[list[_Line]] = [[]]
    used = 0
    for number, line in enumerate(lines):
        length = utf16_length(line.text) + 2
        needed = length
        if line.is_heading and number + 1 < len(lines):
            needed += utf16_length(lines[number + 1].text) + 2
        if parts[-1] and used + needed > _ROOM:
            parts.append([])
            used = 0
        parts[-1].append(line)
        used += length
    return parts


def _part(lines: Sequence[_Line], number: int, parts: int, voice: Voice) -> OutgoingText:
    builder = TextBuilder()
    if number > 1:
        builder.add(voice.text(CONTINUED, part=number, parts=parts) + "\n", Style.ITALIC)
    for at, line in enumerate(lines):
        if at:
            builder.add("\n\n" if line.is_heading else "\n")
        for text, is_bold in line.pieces:
            builder.add(text, *((Style.BOLD,) if is_bold else ()))
    return builder.build()
