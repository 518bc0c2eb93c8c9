"""What is looked up in the full-text index: words of a post and how they must come together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.records.ids import ChannelId, PostId


@dataclass(frozen=True, slots=True)
class Words:
    """One of these words, or one that begins so; none at all is never found."""

    words: frozenset[str]
    prefixes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part."""

    parts: tuple[Sought, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part."""

    parts: tuple[Sought, ...]


@dataclass(frozen=True, slots=True)
class ButNot:
    """The part, where the other is not."""

    part: Sought
    without: Sought


Sought = Words | AllOf | AnyOf | ButNot


@dataclass(frozen=True, slots=True)
class Stretch:
    """Posts in time: `since` included, `until` not; None leaves that side open."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        """Say whether the moment lies in it."""
        return (self.since is None or moment >= self.since) and (
            self.until is None or moment < self.until
        )


ALWAYS = Stretch()


Candidate = tuple[PostId, int]
"""A post that the index knows of, and when it was posted, in Unix time: there may be a million."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many posts of one channel the index knows of in a quarter of an hour."""

    quarter: int  # Unix time divided by 900
    channel_id: ChannelId
    posts: int
