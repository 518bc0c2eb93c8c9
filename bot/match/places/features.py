"""What speaks for and against a stretch being a place, as named features for the classifier."""

from __future__ import annotations

import re

from bot.match.places.cues import SURNAME, Cue
from bot.match.places.looks import look
from bot.match.places.marks import COMMON_EN, COMMON_RU, COMMON_UK, FIRST_NAME, GEO, PERSON
from bot.match.places.marks import SURNAME as MARKED_SURNAME
from bot.match.places.tokens import Candidate, NameFacts, Token, next_cue
from bot.match.places.unknown import SENTENCE_END, is_adjective

_SAYS = frozenset(
    """said says told added asked who told wrote believes testified pleaded declined сказал сказала заявил заявила
сообщил сообщила отметил подчеркнул рассказал сказав сказала заявив заявила повідомив повідомила зазначив розповів розповіла""".split()  # noqa: E501, SIM905 a table row or pattern in one line
)
_AGE = re.compile(r", \d{1,2}(?:,|\s?-?(?:year|лет|рок))")


def of_itself(
    tokens: list[Token], candidate: Candidate, facts: list[NameFacts], features: list[str]
) -> None:
    """Add what the stretch is, whatever stands around it; `facts` are of its names."""
    first = tokens[candidate.first]
    last = tokens[candidate.last - 1]
    words = candidate.last - candidate.first
    script = "cyr" if first.fold[0] >= "а" else "lat"
    start = _begins_sentence(tokens, candidate.first)
    shape = first.shape
    features += [f"{script}:{shape}", f"{script}:words={min(words, 3)}"]
    if words > 1:
        features.append(f"last={last.shape}")
        if "-" in last.before:
            features.append("hyphened")
    if start:
        features.append(f"{script}:{shape}:start")
    if not candidate.sequences:
        _of_unknown(first, candidate.pattern, script, features)
        return
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
        _of_single(
            first,
            fact,
            script,
            start=start,
            where=_after_where(tokens, candidate.first),
            features=features,
        )


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
    where: bool,
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
            features.append("person:where")
    if SURNAME.fullmatch(token.fold):
        features += ["surname-like", f"surname-like:{small}"]


_MARKS = ((COMMON_RU, "common ru"), (COMMON_UK, "common uk"), (COMMON_EN, "common en"), (FIRST_NAME, "first name"),  # noqa: E501 a table row or pattern in one line
          (MARKED_SURNAME, "surname"), (GEO, "geo"), (PERSON, "person"))  # fmt: skip


def _after_where(tokens: list[Token], at: int) -> bool:
    return at > 0 and bool(tokens[at - 1].cue & Cue.WHERE) and tokens[at].before in {" ", "\u00a0"}


def _begins_sentence(tokens: list[Token], at: int) -> bool:
    if at == 0:
        return True
    before = tokens[at - 1]
    if (
        tokens[at].before.strip(" \u00a0") == "."
        and len(before.fold) <= 4  # noqa: PLR2004 a threshold used once
        and before.cue & (Cue.SETTLEMENT | Cue.STREET)
    ):
        return False
    return bool(SENTENCE_END.search(tokens[at].before))


def of_context(text: str, tokens: list[Token], candidate: Candidate, features: list[str]) -> None:  # noqa: C901, PLR0912 one table of cases
    """Add what stands around the stretch."""
    before = tokens[candidate.first - 1] if candidate.first else None
    gap = tokens[candidate.first].before
    script = "cyr" if tokens[candidate.first].fold[0] >= "а" else "lat"
    if before is not None and re.fullmatch(r"[ \u00a0]|\.[ \u00a0]?|[ \u00a0][«\"„“]", gap):
        _of_word_before(before, tokens, candidate.first, script, features)
    elif before is not None and gap == "-":
        features.append("after hyphen")
    following = tokens[candidate.last] if candidate.last < len(tokens) else None
    if following is not None:
        _of_word_after(following, script, features)
    start, end = tokens[candidate.first].start, tokens[candidate.last - 1].end
    left, right = text[start - 1 : start], text[end : end + 1]
    if left and left in '«„“"‘':
        features.append("quoted" if right and right in '»”“"’' else "opens quote")
    if left == "#":
        features.append("hashtag")
    if left == "(":
        features.append("opens bracket")
    if right == "(" or text[end : end + 2] == " (":
        features.append("before bracket")
    if right == "," and following is not None:
        features.append("comma")
    window = (
        tokens[max(0, candidate.first - 4) : candidate.first]
        + tokens[candidate.last : candidate.last + 2]
    )
    if any(token.cue & Cue.MOTION for token in window):
        features.append("motion near")
    if any(token.cue & Cue.UNIT for token in tokens[max(0, candidate.first - 2) : candidate.first]):
        features.append("unit before")
    for ahead in tokens[candidate.last : candidate.last + 3]:
        if ahead.before != " " or ahead.shape not in {"title", "upper"}:
            break
        if ahead.cue & Cue.UNIT:
            features.append("unit ahead")
            break
    if following is not None and following.before == " " and following.fold in _SAYS:
        features.append(f"{script}:says")
    if _AGE.match(text, end):
        features.append("age")
    _of_words_beside(tokens, candidate, features)


def _of_words_beside(tokens: list[Token], candidate: Candidate, features: list[str]) -> None:
    """Add which words stand on both sides, by their beginnings and ends."""
    first, last = candidate.first, candidate.last
    token = tokens[first]
    before = tokens[first - 1] if first else None
    if token.shape == "upper" and len(token.fold) > _SHORT:
        beside = (tokens[at] for at in (first - 1, last) if 0 <= at < len(tokens))
        shouted = any(one.shape == "upper" and len(one.fold) > 1 for one in beside)
        features.append("among capitals" if shouted else "capitals alone")
    if before is not None and token.before in _SPACES:
        features.append(f"w-1={before.fold[:_STEM]}")
        if before.cue & (Cue.WHERE | Cue.OTHER):
            features.append(f"{before.fold}+{tokens[last - 1].fold[-2:]}")
        elif before.shape == "lower":
            features.append(f"w-1$={before.fold[-3:]}")
        else:
            looks = look(before.fold)
            kind = "place" if looks > 0 else "person" if looks < 0 else "none"
            features.append(f"before looks {kind}")
        if first > 1 and before.before in _SPACES:
            features.append(f"w-2={tokens[first - 2].fold[:_STEM]}")
    following = tokens[last] if last < len(tokens) else None
    if following is not None and following.before in _SPACES:
        features.append(f"w+1={following.fold[:_STEM]}")
        if following.shape == "lower":
            features.append(f"w+1$={following.fold[-3:]}")
            if is_adjective(token.fold) and not following.cue:
                features.append("adjective of a small word")
        else:
            looks = look(following.fold)
            kind = "place" if looks > 0 else "person" if looks < 0 else "none"
            features.append(f"after looks {kind}")
            if token.info is not None and token.info.marks & (FIRST_NAME | PERSON):
                features.append("first name:after=capital")


_STEM = 6
_SHORT = 3
_SPACES = frozenset({" ", "\u00a0"})


def _of_word_before(
    before: Token, tokens: list[Token], first: int, script: str, features: list[str]
) -> None:
    cue = before.cue
    found = False
    for bit, name in _BEFORE:
        if cue & bit:
            features.append(
                f"{script}:before={name}" if bit & (Cue.WHERE | Cue.OTHER) else f"before={name}"
            )
            found = True
    if (
        cue & Cue.OTHER
        and before.fold == "of"
        and first > 1
        and tokens[first - 2].cue & (Cue.SETTLEMENT | Cue.DIVISION)
    ):
        features.append("city of")
    marks = before.info.marks if before.info else 0
    if before.shape in {"title", "upper"}:
        if marks & (FIRST_NAME | PERSON):
            features.append(f"{script}:before=first name")
        elif not found:
            features.append(f"{script}:before=capital")
        if len(before.fold) == 1 and not found:
            features.append("before=initial")
    elif not found:
        features.append(f"{script}:before=small")


_BEFORE = ((Cue.WHERE, "where"), (Cue.OTHER, "other"), (Cue.SETTLEMENT, "settlement"), (Cue.STREET, "street"),  # noqa: E501 a table row or pattern in one line
           (Cue.NATURE, "nature"), (Cue.ROLE, "role"), (Cue.UNIT, "unit"), (Cue.MOTION, "motion"),
           (Cue.DIVISION, "division"), (Cue.FACILITY, "facility"), (Cue.AND, "and"))  # fmt: skip


def _of_word_after(following: Token, script: str, features: list[str]) -> None:
    gap = following.before
    if gap in {" ", "\u00a0"}:
        cue = following.cue
        for bit, name in ((Cue.DIVISION, "division"), (Cue.DIRECTION, "direction"), (Cue.STREET, "street"),  # noqa: E501 a table row or pattern in one line
                          (Cue.NATURE, "nature"), (Cue.UNIT, "unit"), (Cue.FACILITY, "facility")):  # fmt: skip  # noqa: E501 a table row or pattern in one line
            if cue & bit:
                features.append(f"after={name}")
        if following.shape in {"title", "upper"} and not cue:
            features.append(f"{script}:after=capital")
            if SURNAME.fullmatch(following.fold) or (
                following.info and following.info.marks & MARKED_SURNAME
            ):
                features.append(f"{script}:after=surname")
    elif gap.startswith("-"):
        features.append("before hyphen")
        if following.shape == "lower":
            features.append("before hyphen:small")
