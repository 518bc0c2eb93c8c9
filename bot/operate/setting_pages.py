"""The settings as messages: the one that shows them all, and the choices of each. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from enum import IntEnum

from bot.notify.compose import isolated
from bot.notify.snippet import shortened
from bot.operate.buttons import button
from bot.operate.hours import MORNING
from bot.telegram.messages import Button, OutgoingText, Style, TextBuilder
from bot.translation import LANGUAGES, Voice, counted, phrase, voice_of, zone_of
from storage.records import FollowUps, QuietHours, Routing, Subscriber

_ZONE_SHOWN = 60  # code points
ALL = "sa"
SECTION = "sn"
SET = "st"
PAUSE_ALL = "sp"
MUTES = "mu"


class Section(IntEnum):
    """What can be chosen; the numbers are in buttons, so they stay."""

    LANGUAGE = 0
    ZONE = 1
    DIGEST = 2
    QUIET = 3
    CAP = 4
    FOLLOW_UPS = 5
    SNOOZE = 6


LANGUAGE_NAMES = {"en": "English", "uk": "Українська", "ru": "Русский"}
ZONES = (
    "Europe/Kyiv",
    "Europe/Warsaw",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Vilnius",
    "Europe/Chisinau",
    "Europe/Istanbul",
    "Asia/Tbilisi",
    "America/New_York",
    "UTC",
)
TIMES = ((time(9),), (time(9), time(18)), (time(8), time(12), time(16), time(20)), (time(21),))
QUIETS: tuple[QuietHours | None, ...] = (
    QuietHours(time(22), time(7)),
    QuietHours(time(23), time(7)),
    QuietHours(time(0), time(8)),
    None,
)
CAPS: tuple[int | None, ...] = (10, 30, 60, None)
FOLLOW_UPS = tuple(FollowUps)
SNOOZES: tuple[timedelta | time | None, ...] = (
    timedelta(hours=1),
    MORNING,
    timedelta(weeks=1),
    None,
)

TITLE = phrase("Your settings")
LANGUAGE_LINE = phrase("Language: {name}")
ZONE_LINE = phrase("Time zone: {name}, now {time}")
DIGEST_LINE = phrase("Daily digests at: {times}")
QUIET_LINE = phrase("Quiet hours: {hours}")
CAP_LINE = phrase("At most: {cap}")
FOLLOW_LINE = phrase("After an alert, tell me of: {what}")
SNOOZED_LINE = phrase("Snoozed until {time}; what comes meanwhile is kept for then")
PAUSED_LINE = phrase("Everything is paused: you are told nothing")
MUTED_LINE = phrase("Muted: {n} (/mutes)")
NONE = phrase("none")
NO_LIMIT = phrase("no limit")
PER_HOUR = counted(
    "{n} alert an hour, the rest as one digest", "{n} alerts an hour, the rest as one digest"
)
A_NUMBER_PER_HOUR = counted("{n} an hour", "{n} an hour")
CHANGES_TOLD = {
    FollowUps.NONE: phrase("nothing"),
    FollowUps.DELETIONS: phrase("deletions"),
    FollowUps.CHANGES: phrase("edits and deletions"),
}
LANGUAGE_BUTTON = phrase("Language")
ZONE_BUTTON = phrase("Time zone")
DIGEST_BUTTON = phrase("Digest times")
QUIET_BUTTON = phrase("Quiet hours")
CAP_BUTTON = phrase("Limit per hour")
FOLLOW_BUTTON = phrase("Edits, deletions")
SNOOZE_BUTTON = phrase("Snooze")
PAUSE_BUTTON = phrase("Pause everything")
RESUME_BUTTON = phrase("Resume everything")
BACK_BUTTON = phrase("‹ Settings")
FOR_AN_HOUR = phrase("For an hour")
UNTIL_MORNING = phrase("Until morning")
FOR_A_WEEK = phrase("For a week")
WAKE = phrase("Not any more")
ASKED = {
    Section.LANGUAGE: phrase("In which language shall I speak to you?"),
    Section.ZONE: phrase(
        "In which time zone are you? Times, digests and quiet hours follow it. "
        "Any other: /timezone Europe/Riga"
    ),
    Section.DIGEST: phrase(
        "When shall daily digests come? Up to six times of your own: /digest 08:00 19:30"
    ),
    Section.QUIET: phrase(
        "When shall I be silent? Alerts wait until the end; urgent queries come through. "
        "Hours of your own: /quiet 22:30-06:30"
    ),
    Section.CAP: phrase(
        "How many alerts an hour at most? The rest comes as one digest; urgent queries are not "
        "counted. A number of your own: /cap 20"
    ),
    Section.FOLLOW_UPS: phrase(
        "When a post you were alerted to changes, the alert changes in place. "
        "Of what shall I write besides?"
    ),
    Section.SNOOZE: phrase(
        "For how long shall I be silent? What comes meanwhile is kept. "
        "A length of your own: /snooze 3h"
    ),
}


def section_at(number: int) -> Section | None:
    """Find a section by the number a button names."""
    return Section(number) if number < len(Section) else None


def overview(person: Subscriber, rules: Routing, muted: int, now: datetime) -> OutgoingText:
    """Show all settings at once."""
    voice = voice_of(person)
    builder = TextBuilder().add(voice.text(TITLE), Style.BOLD)
    for line in _lines(person, rules, muted, now, voice):
        builder.add(f"\n{line}")
    return builder.build(_sections(rules, voice))


def _lines(
    person: Subscriber, rules: Routing, muted: int, now: datetime, voice: Voice
) -> list[str]:
    cap = voice.count(PER_HOUR, rules.cap_per_hour) if rules.cap_per_hour else voice.text(NO_LIMIT)
    lines = [
        voice.text(LANGUAGE_LINE, name=LANGUAGE_NAMES.get(person.language, person.language)),
        voice.text(
            ZONE_LINE,
            name=isolated(shortened(person.timezone, _ZONE_SHOWN)),
            time=voice.clock(now, now),
        ),
        voice.text(DIGEST_LINE, times=_times(rules.digest_times)),
        voice.text(QUIET_LINE, hours=quiet_shown(rules.quiet, voice)),
        voice.text(CAP_LINE, cap=cap),
        voice.text(FOLLOW_LINE, what=voice.text(CHANGES_TOLD[rules.follow_ups])),
    ]
    if muted:
        lines.append(voice.text(MUTED_LINE, n=muted))
    if rules.snoozed_until and rules.snoozed_until > now:
        lines.append("💤 " + voice.text(SNOOZED_LINE, time=voice.clock(rules.snoozed_until, now)))
    if rules.is_paused:
        lines.append("⏸ " + voice.text(PAUSED_LINE))
    return lines


def _sections(rules: Routing, voice: Voice) -> list[list[Button]]:
    rows = (
        ((LANGUAGE_BUTTON, Section.LANGUAGE), (ZONE_BUTTON, Section.ZONE)),
        ((DIGEST_BUTTON, Section.DIGEST), (QUIET_BUTTON, Section.QUIET)),
        ((CAP_BUTTON, Section.CAP), (FOLLOW_BUTTON, Section.FOLLOW_UPS)),
    )
    shown = [[button(voice.text(label), SECTION, at) for label, at in row] for row in rows]
    pause = RESUME_BUTTON if rules.is_paused else PAUSE_BUTTON
    last = [
        button(voice.text(SNOOZE_BUTTON), SECTION, Section.SNOOZE),
        button(voice.text(pause), PAUSE_ALL, int(not rules.is_paused)),
    ]
    return [*shown, last]


def choices(section: Section, voice: Voice, now: datetime) -> OutgoingText:
    """Show the choices of one setting."""
    labels = _labels(section, voice, now)
    a_row = 2 if section in (Section.ZONE, Section.SNOOZE) else 1
    shown = [button(label, SET, section, at) for at, label in enumerate(labels)]
    rows = [shown[start : start + a_row] for start in range(0, len(shown), a_row)]
    rows.append([button(voice.text(BACK_BUTTON), ALL)])
    return TextBuilder().add(voice.text(ASKED[section])).build(rows)


def choices_in(section: Section) -> int:
    """Say how many choices a setting has."""
    sizes = {
        Section.LANGUAGE: LANGUAGES,
        Section.ZONE: ZONES,
        Section.DIGEST: TIMES,
        Section.QUIET: QUIETS,
        Section.CAP: CAPS,
        Section.FOLLOW_UPS: FOLLOW_UPS,
        Section.SNOOZE: SNOOZES,
    }
    return len(sizes[section])


def _labels(  # noqa: PLR0911  # a line for each setting
    section: Section, voice: Voice, now: datetime
) -> Sequence[str]:
    match section:
        case Section.LANGUAGE:
            return [LANGUAGE_NAMES[code] for code in LANGUAGES]
        case Section.ZONE:
            return [f"{name} · {now.astimezone(zone_of(name)):%H:%M}" for name in ZONES]
        case Section.DIGEST:
            return [_times(times) for times in TIMES]
        case Section.QUIET:
            return [quiet_shown(hours, voice) for hours in QUIETS]
        case Section.CAP:
            return [
                voice.count(A_NUMBER_PER_HOUR, cap) if cap else voice.text(NO_LIMIT) for cap in CAPS
            ]
        case Section.FOLLOW_UPS:
            return [voice.text(CHANGES_TOLD[wanted]) for wanted in FOLLOW_UPS]
        case Section.SNOOZE:
            return [voice.text(label) for label in (FOR_AN_HOUR, UNTIL_MORNING, FOR_A_WEEK, WAKE)]


def quiet_shown(hours: QuietHours | None, voice: Voice) -> str:
    """Say quiet hours."""
    return f"{hours.since:%H:%M}–{hours.until:%H:%M}" if hours else voice.text(NONE)


def _times(times: Sequence[time]) -> str:
    return ", ".join(f"{moment:%H:%M}" for moment in times)
