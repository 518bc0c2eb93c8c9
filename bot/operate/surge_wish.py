"""`surge: QUERY` and `surge:4/10 QUERY`: a query that is to tell its surges only. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.operate.buttons import is_number
from storage.records import Surge

MOST_CHANNELS = 50
MOST_MINUTES = 24 * 60
_FEWEST = 2  # one channel is no surge
_USUAL = Surge(3, 10)
_WRITTEN = re.compile(r"\s*surge:(?P<size>[0-9/]*)\s*(?P<query>.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Wish:
    """A query, and the surge that alone is to be told of it; None tells each story."""

    query: str
    surge: Surge | None = None

    @property
    def text(self) -> str:
        """How it is written; `wished` reads it again."""
        if self.surge is None:
            return self.query
        return f"surge:{self.surge.channels}/{self.surge.minutes} {self.query}"


def wished(text: str) -> Wish | None:
    """Read a query with or without the wish for surges only; None for a surge of no size."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return Wish(text)
    size, query = found["size"], found["query"]
    surge = surge_of(size.split("/")) if size else _USUAL
    return Wish(query, surge) if surge and query else None


def surge_of(words: Sequence[str]) -> Surge | None:
    """Read how many channels, and within how many minutes; None for what cannot be meant."""
    if len(words) != len(("channels", "minutes")) or not all(map(is_number, words)):
        return None
    channels, minutes = map(int, words)
    is_meant = _FEWEST <= channels <= MOST_CHANNELS and 1 <= minutes <= MOST_MINUTES
    return Surge(channels, minutes) if is_meant else None
