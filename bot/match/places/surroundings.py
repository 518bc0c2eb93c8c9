"""What the words around a stretch say of its being a place, as named features in parts.

A part is a tuple of features that depends on one neighbour alone; parts are kept, so that a word
met often is described, and weighed, once.
"""

from __future__ import annotations

import re

from bot.match.places.cues import SURNAME, Cue
from bot.match.places.looks import look
from bot.match.places.marks import FIRST_NAME, PERSON
from bot.match.places.marks import SURNAME as MARKED_SURNAME
from bot.match.places.tokens import Candidate, Part, Token
from bot.match.places.unknown import is_adjective

_SAYS = frozenset(
    """said says told added asked who told wrote believes testified pleaded declined сказал сказала заявил заявила
сообщил сообщила отметил подчеркнул рассказал сказав сказала заявив заявила повідомив повідомила зазначив розповів розповіла""".split()  # noqa: E501, SIM905 a table row or pattern in one line
)
_AGE = re.compile(r", \d{1,2}(?:,|\s?-?(?:year|лет|рок))")
# What somebody did: past and reflexive forms, after a name that is the subject.
_ACTED = re.compile(
    r"\w{2,}(?:[аеиоуыяіїю](?:л|в)|л[аио]|[аеиоуыяіїю](?:лся|вся)|л[аи]сь|л[аи]ся)|\w{3,}ed"
)
_STEM = 6
_SHORT = 3
_SPACES = frozenset({" ", "\u00a0"})
_QUOTES = frozenset(space + quote for space in " \u00a0" for quote in '«"„“')
_BOUND = frozenset({" ", "\u00a0", ".", ". ", ".\u00a0"}) | _QUOTES
_LARGE = frozenset({"title", "upper"})
_BEFORE = ((Cue.WHERE, "where"), (Cue.OTHER, "other"), (Cue.SETTLEMENT, "settlement"), (Cue.STREET, "street"),  # noqa: E501 a table row or pattern in one line
           (Cue.NATURE, "nature"), (Cue.ROLE, "role"), (Cue.UNIT, "unit"), (Cue.MOTION, "motion"),
           (Cue.DIVISION, "division"), (Cue.FACILITY, "facility"), (Cue.AND, "and"),
           (Cue.BODY, "body"), (Cue.CALLSIGN, "callsign"))  # fmt: skip
_AFTER = ((Cue.DIVISION, "division"), (Cue.DIRECTION, "direction"), (Cue.STREET, "street"),
          (Cue.NATURE, "nature"), (Cue.UNIT, "unit"), (Cue.FACILITY, "facility"),
          (Cue.BODY, "body"))  # fmt: skip


def kind_of_look(fold: str) -> str:
    """Return what a word's letters rather are: "place", "person" or "none"."""
    step = look(fold)
    return "place" if step > 0 else "person" if step < 0 else "none"


class Surroundings:
    """Describes what stands around candidates; keeps what it said of a neighbour."""

    _MOST = 1 << 16

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str, bool, bool], Part] = {}

    def parts(self, text: str, tokens: list[Token], candidate: Candidate) -> list[Part]:
        """Return the features of what stands around a candidate, in parts."""
        first, last = candidate.first, candidate.last
        token = tokens[first]
        script = "cyr" if token.fold[0] >= "а" else "lat"
        gap = tokens[last].before if last < len(tokens) else text[tokens[last - 1].end :]
        found = [_signs(text, tokens[last - 1].end, token.before, gap, last < len(tokens))]
        if first:
            before, gap = tokens[first - 1], token.before
            found.append(self._before(before, gap, script, is_of=_is_of(tokens, first)))
            if gap in _SPACES:
                if before.cue & (Cue.WHERE | Cue.OTHER):
                    found.append((f"{before.fold}+{tokens[last - 1].fold[-2:]}",))
                if first > 1 and before.before in _SPACES:
                    found.append((f"w-2={tokens[first - 2].fold[:_STEM]}",))
        if last < len(tokens):
            marks = token.info.marks if token.info is not None else 0
            is_first_name = bool(marks & (FIRST_NAME | PERSON))
            found.append(self._after(tokens[last], script, is_first_name, is_adjective(token.fold)))
        if token.shape == "upper" and len(token.fold) > _SHORT:
            found.append(_among_capitals(tokens, first, last))
        near = _near(tokens, first, last)
        if near:
            found.append(near)
        return found

    def _before(self, before: Token, gap: str, script: str, *, is_of: bool) -> Part:
        key = (before.surface, gap, script, False, is_of)
        part = self._kept.get(key)
        if part is None:
            part = self._keep(key, _of_word_before(before, gap, script, is_of=is_of))
        return part

    def _after(
        self,
        following: Token,
        script: str,
        is_first_name: bool,  # noqa: FBT001 called once, by place
        is_adjective: bool,  # noqa: FBT001 called once, by place
    ) -> Part:
        key = (following.surface, following.before, script + "+", is_first_name, is_adjective)
        part = self._kept.get(key)
        if part is None:
            found = _of_word_after(following, script)
            if following.before in _SPACES and following.shape == "lower":
                if is_adjective and not following.cue:
                    found.append("adjective of a small word")
            elif following.before in _SPACES and is_first_name:
                found.append("first name:after=capital")
            part = self._keep(key, found)
        return part

    def _keep(self, key: tuple[str, str, str, bool, bool], features: list[str]) -> Part:
        if len(self._kept) >= self._MOST:
            self._kept.clear()
        part = self._kept[key] = tuple(features)
        return part


def _is_of(tokens: list[Token], first: int) -> bool:
    """Whether "of" stands before, as in "city of"."""
    return (
        first > 1
        and tokens[first - 1].fold == "of"
        and bool(tokens[first - 2].cue & (Cue.SETTLEMENT | Cue.DIVISION))
    )


def _of_word_before(before: Token, gap: str, script: str, *, is_of: bool) -> list[str]:
    found: list[str] = []
    if gap in _BOUND:
        found += _company(before, script)
        if is_of:
            found.append("city of")
    elif gap == "-":
        found.append("after hyphen")
    if gap in _SPACES:
        found.append(f"w-1={before.fold[:_STEM]}")
        if not before.cue & (Cue.WHERE | Cue.OTHER):
            said = f"w-1$={before.fold[-3:]}"
            looks = f"before looks {kind_of_look(before.fold)}"
            found.append(said if before.shape == "lower" else looks)
    return found


def _company(before: Token, script: str) -> list[str]:
    cue = before.cue
    found = [
        f"{script}:before={name}" if bit & (Cue.WHERE | Cue.OTHER) else f"before={name}"
        for bit, name in _BEFORE
        if cue & bit
    ]
    cued = bool(found)
    marks = before.info.marks if before.info else 0
    if before.shape in _LARGE:
        if marks & (FIRST_NAME | PERSON):
            found.append(f"{script}:before=first name")
        elif not cued:
            found.append(f"{script}:before=capital")
        if len(before.fold) == 1 and not cued:
            found.append("before=initial")
    elif not cued:
        found.append(f"{script}:before=small")
    return found


def _of_word_after(following: Token, script: str) -> list[str]:
    gap, cue = following.before, following.cue
    found: list[str] = []
    if gap in _SPACES:
        found += [f"after={name}" for bit, name in _AFTER if cue & bit]
        if following.shape in _LARGE and not cue:
            found.append(f"{script}:after=capital")
            marks = following.info.marks if following.info else 0
            if marks & MARKED_SURNAME or SURNAME.fullmatch(following.fold):
                found.append(f"{script}:after=surname")
        found.append(f"w+1={following.fold[:_STEM]}")
        if following.shape == "lower":
            found.append(f"w+1$={following.fold[-3:]}")
            if not cue and _ACTED.fullmatch(following.fold):
                found.append(f"{script}:acted")
        else:
            found.append(f"after looks {kind_of_look(following.fold)}")
        if gap == " " and following.fold in _SAYS:
            found.append(f"{script}:says")
    elif gap.startswith("-"):
        found.append("before hyphen")
        if following.shape == "lower":
            found.append("before hyphen:small")
    return found


def _signs(text: str, end: int, before: str, after: str, is_followed: bool) -> Part:  # noqa: FBT001 called once, by place
    """Return what the signs on both sides say: quotes, brackets, a comma, an age."""
    left, right = before[-1:], after[:1]
    if (left == " " or left == "") and (right == " " or right == ""):  # noqa: PLR1714 the usual, quickly
        return ("before bracket",) if after.startswith(" (") else ()
    found: list[str] = []
    if left and left in '«„“"‘':
        found.append("quoted" if right and right in '»”“"’' else "opens quote")
    if left == "#":
        found.append("hashtag")
    if left == "(":
        found.append("opens bracket")
    if right == "(" or after.startswith(" ("):
        found.append("before bracket")
    if right == ",":
        if is_followed:
            found.append("comma")
        if _AGE.match(text, end):
            found.append("age")
    return tuple(found)


def _among_capitals(tokens: list[Token], first: int, last: int) -> Part:
    beside = (tokens[at] for at in (first - 1, last) if 0 <= at < len(tokens))
    shouted = any(one.shape == "upper" and len(one.fold) > 1 for one in beside)
    return ("among capitals",) if shouted else ("capitals alone",)


def _near(tokens: list[Token], first: int, last: int) -> Part:
    """Return whether verbs of war or names of units stand near."""
    before, after = tokens[max(0, first - 4) : first], tokens[last : last + 3]
    found: list[str] = []
    cues = 0
    for token in before:
        cues |= token.cue
    for token in after[:2]:
        cues |= token.cue
    if cues & Cue.MOTION:
        found.append("motion near")
    if cues & Cue.UNIT and any(token.cue & Cue.UNIT for token in before[-2:]):
        found.append("unit before")
    for ahead in after:
        if ahead.before != " " or ahead.shape not in _LARGE:
            break
        if ahead.cue & Cue.UNIT:
            found.append("unit ahead")
            break
    return tuple(found)
