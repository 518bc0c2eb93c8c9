"""What speaks for and against a stretch being a place, as named features for the classifier."""

from __future__ import annotations

from bot.match.places.cues import SURNAME, Cue
from bot.match.places.looks import look
from bot.match.places.marks import COMMON_EN, COMMON_RU, COMMON_UK, FIRST_NAME, GEO, PERSON
from bot.match.places.marks import SURNAME as MARKED_SURNAME
from bot.match.places.tokens import Candidate, NameFacts, Token, next_cue
from bot.match.places.unknown import SENTENCE_END


def of_itself(
    tokens: list[Token], candidate: Candidate, facts: list[NameFacts], *, start: bool, where: int
) -> list[str]:
    """Return what the stretch is, whatever stands around it; `facts` are of its names.

    `where`: 0 without a preposition of place, 1 after one that persons have, too ("with",
    "from"), 2 after one that they have not ("in").
    """
    features = ["bias"]
    first = tokens[candidate.first]
    last = tokens[candidate.last - 1]
    words = candidate.last - candidate.first
    script = "cyr" if first.fold[0] >= "а" else "lat"
    shape = first.shape
    features += [f"{script}:{shape}", f"{script}:words={min(words, 3)}"]
    if words > 1:
        features.append(f"last={last.shape}")
        if "-" in last.before:
            features.append("hyphened")
    if start:
        features.append(f"{script}:{shape}:start")
    if words == 1 and first.cue & (Cue.BODY | Cue.FEAST):
        features.append("body or feast")
    if not candidate.sequences:
        _of_unknown(first, candidate.pattern, script, features)
        return features
    fact = max(facts, key=lambda one: (not one.adjective, one.best))
    size = int(min(fact.best, 10))
    features += [
        f"size={size}",
        f"kind={fact.kind}",
        f"{script}:{'home' if fact.home else 'abroad'}",
    ]
    features.append(f"homonyms={min(fact.places.bit_length(), 4)}")
    if fact.adjective:
        following = next_cue(tokens, candidate.last)
        features.append(
            "adjective:"
            + (
                "direction"
                if following & Cue.DIRECTION
                else "division"
                if following & Cue.DIVISION
                else "bare"
            )
        )
    if fact.alias:
        features.append("alias")
    if words == 1:
        _of_single(first, fact, script, start=start, where=where, features=features)
    return features


def _of_unknown(token: Token, pattern: str, script: str, features: list[str]) -> None:
    features += [f"unknown={pattern}", f"{script}:unknown", f"{script}:{pattern}"]
    likely = pattern.split(":", maxsplit=1)[0]
    features += [f"{likely}:tail={token.fold[-2:]}", f"unknown:tail={token.fold[-3:]}"]
    features.append(f"unknown:length={min(len(token.fold), 9)}")
    looks = look(token.fold)
    kind = "place" if looks > 0 else "person" if looks < 0 else "none"
    features += [f"{script}:unknown:look={looks}", f"{script}:{likely}:{kind}"]
    marks = token.info.marks if token.info is not None else 0
    if marks & MARKED_SURNAME:
        features.append("unknown:surname")
    if marks & (COMMON_RU | COMMON_UK | COMMON_EN):
        features += ["unknown:common", f"{likely}:common"]
    if SURNAME.fullmatch(token.fold):
        features.append("unknown:surname-like")


def _of_single(
    token: Token,
    fact: NameFacts,
    script: str,
    *,
    start: bool,
    where: int,
    features: list[str],
) -> None:
    info = token.info
    assert info is not None  # noqa: S101 mypy cannot see it
    marks = info.marks
    features.append(f"{script}:length={min(len(token.fold), 7)}")
    small = "small" if fact.best < 5 else "mid" if fact.best < 6.2 else "big"  # noqa: PLR2004 a threshold used once
    features.append(f"{script}:{small}:{'home' if fact.home else 'abroad'}")
    for bit, name in _MARKS:
        if marks & bit:
            features += [name, f"{name}:{small}"]
            if start and bit & (COMMON_RU | COMMON_UK | COMMON_EN):
                features.append(f"{name}:start")
    if not marks & (GEO | COMMON_RU | COMMON_UK | COMMON_EN | FIRST_NAME | MARKED_SURNAME | PERSON):
        features.append(f"{script}:only a place:{small}")
    looks = look(token.fold)
    features += [f"{script}:{small}:look={looks}", f"{script}:look={looks}"]
    if where:
        features.append(f"{script}:{small}:where")
        if marks & (PERSON | FIRST_NAME | MARKED_SURNAME):
            features.append("person:in" if where > 1 else "person:with")
    if SURNAME.fullmatch(token.fold):
        features += ["surname-like", f"surname-like:{small}"]


_MARKS = ((COMMON_RU, "common ru"), (COMMON_UK, "common uk"), (COMMON_EN, "common en"), (FIRST_NAME, "first name"),  # noqa: E501 a table row or pattern in one line
          (MARKED_SURNAME, "surname"), (GEO, "geo"), (PERSON, "person"))  # fmt: skip


def after_where(tokens: list[Token], at: int) -> bool:
    """Whether a preposition of place stands before a word."""
    return at > 0 and bool(tokens[at - 1].cue & Cue.WHERE) and tokens[at].before in {" ", "\u00a0"}


def begins_sentence(tokens: list[Token], at: int) -> bool:
    """Whether a sentence, or a line, begins with a word."""
    if at == 0:
        return True
    gap = tokens[at].before
    if gap == " ":
        return False
    before = tokens[at - 1]
    if (
        gap.strip(" \u00a0") == "."
        and len(before.fold) <= 4  # noqa: PLR2004 a threshold used once
        and before.cue & (Cue.SETTLEMENT | Cue.STREET)
    ):
        return False
    return bool(SENTENCE_END.search(gap))
