"""How texts for people are marked, so that the catalogues know them: markers, names of months.

A marker gives its text back unchanged: what it means in another language is looked up when it is
said, not when it is written.
"""

from __future__ import annotations

from typing import NamedTuple


class Counted(NamedTuple):
    """A text with a number in it; other languages have more forms than these two of English."""

    one: str
    many: str


def phrase(text: str) -> str:
    """Mark a text for people. Names in braces are filled in when it is said."""
    return text


def counted(one: str, many: str) -> Counted:
    """Mark a text whose form hangs on `{n}`."""
    return Counted(one, many)


DATE = phrase("{day} {month}")
DATE_AND_YEAR = phrase("{day} {month} {year}")
DATE_AND_TIME = phrase("{date}, {time}")
MONTHS = (
    phrase("Jan"),
    phrase("Feb"),
    phrase("Mar"),
    phrase("Apr"),
    phrase("May"),
    phrase("Jun"),
    phrase("Jul"),
    phrase("Aug"),
    phrase("Sep"),
    phrase("Oct"),
    phrase("Nov"),
    phrase("Dec"),
)
WEEKDAYS = (
    phrase("Mon"),
    phrase("Tue"),
    phrase("Wed"),
    phrase("Thu"),
    phrase("Fri"),
    phrase("Sat"),
    phrase("Sun"),
)
MINUTES = counted("{n} minute", "{n} minutes")
HOURS = counted("{n} hour", "{n} hours")
DAYS = counted("{n} day", "{n} days")
