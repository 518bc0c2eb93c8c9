"""A voice: one language and one time zone, in which texts, counts and times are said."""

from __future__ import annotations

import gettext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.translation import phrases
from bot.translation.phrases import Counted
from storage.records import Subscriber

LANGUAGES = ("en", "uk", "ru")
CATALOGUES = Path(__file__).parent / "catalogues"
_HOUR = timedelta(hours=1)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    """Read a language's texts; English needs none: a text that is not there is said as written."""
    file = CATALOGUES / f"{language}.mo"
    if language not in LANGUAGES or not file.is_file():
        return gettext.NullTranslations()
    with file.open("rb") as opened:
        return gettext.GNUTranslations(opened)


@dataclass(frozen=True, slots=True)
class Voice:
    """Says things in one language; its times are those of one zone."""

    language: str = "en"
    zone: tzinfo = UTC

    def text(self, phrase: str, /, **facts: object) -> str:
        """Say a text, its names in braces filled in."""
        return _catalogue(self.language).gettext(phrase).format(**facts)

    def count(self, counted: Counted, n: int, /, **facts: object) -> str:
        """Say a text whose form hangs on a number, which is its `{n}`."""
        found = _catalogue(self.language).ngettext(counted.one, counted.many, n)
        return found.format(n=n, **facts)

    def known(self, text: str) -> str:
        """Say a text that was stored in English, such as a reason; as it is if it is not known."""
        return _catalogue(self.language).gettext(text) if text else text

    def clock(self, moment: datetime, now: datetime) -> str:
        """Say when something was or will be: the time, with the date unless it is today."""
        local, today = moment.astimezone(self.zone), now.astimezone(self.zone)
        if local.date() == today.date():
            return f"{local:%H:%M}"
        return self.text(phrases.DATE_AND_TIME, date=self.date(moment, now), time=f"{local:%H:%M}")

    def date(self, moment: datetime, now: datetime) -> str:
        """Say the day, with the year unless it is this one."""
        local = moment.astimezone(self.zone)
        month = self.text(phrases.MONTHS[local.month - 1])
        is_this_year = local.year == now.astimezone(self.zone).year
        pattern = phrases.DATE if is_this_year else phrases.DATE_AND_YEAR
        return self.text(pattern, day=local.day, month=month, year=local.year)

    def span(self, length: timedelta) -> str:
        """Say how long something lasts, in the largest unit that fits."""
        if length >= 48 * _HOUR:
            return self.count(phrases.DAYS, length.days)
        if length >= 2 * _HOUR:
            return self.count(phrases.HOURS, length // _HOUR)
        return self.count(phrases.MINUTES, max(1, round(length.total_seconds() / 60)))


def voice_of(person: Subscriber) -> Voice:
    """Give the voice a person is spoken to in."""
    return Voice(person.language, zone_of(person.timezone))


def zone_of(name: str) -> tzinfo:
    """Give a person's time zone, UTC should the name be unknown to this machine."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the last for names too long for files
        return UTC


def language_of(code: str, default: str = "en") -> str:
    """Give the language we speak for a client's language code such as uk-UA."""
    short = code.lower().replace("_", "-").partition("-")[0]
    return short if short in LANGUAGES else default
