"""A text's words, and the stretches of them that may name places."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from bot.match.places.cues import Cue
from bot.match.places.gazetteer import WordInfo
from bot.match.places.kinds import Kind


class Token(NamedTuple):
    """A word of the text: code points, how it is written, what it may be.

    A tuple because there are a hundred of them in a post: it is made in a third of the time.
    """

    start: int
    end: int
    fold: str
    shape: str  # "lower", "title", "upper", "mixed"
    info: WordInfo | None
    cue: int
    surface: str
    begins: bool  # whether a name could begin here
    before: str  # what stands between the word before and this one


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What all places of one name have in common, for the classifier."""

    best: float  # importance
    kind: Kind
    places: int
    home: bool
    adjective: bool  # only as somebody's adjective
    mostly_adjective: bool  # of the most important of them it is the adjective
    alias: bool


# How a candidate is known: everything is weighed anew for words no gazetteer has, and for single
# names of small places.
KNOWN, UNKNOWN, SMALL = "", "u:", "s:"


Part = tuple[str, ...]  # features that belong together, so that their weight is summed once


@dataclass(slots=True)
class Candidate:
    """Tokens `first` to `last` (exclusive) may name a place; no sequences: one we do not know."""

    first: int
    last: int
    sequences: tuple[int, ...]
    pattern: str = ""
    manner: str = KNOWN
    parts: list[Part] = field(default_factory=list)
    company: Part = ()  # how it stands to other candidates
    score: float = 0.0  # log odds of being a place, by itself
    leaning: float = 0.0  # what its neighbours in a list add to it
    probability: float = 0.0

    @property
    def features(self) -> list[str]:
        """What speaks for and against it, by name."""
        return [feature for part in self.parts for feature in part]


def next_cue(tokens: list[Token], at: int) -> int:
    """Return the cue of the word a name's adjective belongs to, over "и", commas and other adjectives."""  # noqa: E501 a table row or pattern in one line
    for ahead in range(at, min(at + 4, len(tokens))):
        token = tokens[ahead]
        if not re.fullmatch(r"[ \u00a0,\-–]*", token.before):
            return Cue.NONE
        if token.cue & (Cue.DIRECTION | Cue.DIVISION):
            return token.cue
        if not token.cue & Cue.AND and token.fold[-2:] not in {
            "ом",
            "ой",
            "ий",
            "ая",
            "ую",
            "му",
            "го",
            "ої",
            "ій",
            "ка",
            "их",
            "ых",
            "ім",
        }:
            return Cue.NONE
    return Cue.NONE
