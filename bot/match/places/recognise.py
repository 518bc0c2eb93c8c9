"""Text → candidates: every stretch that could name a place, with what speaks for and against it.

Nothing is decided here: a candidate carries features, the classifier weighs them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.match.places.artefact import ADJECTIVE, ALIAS
from bot.match.places.cues import NEVER_ALONE, PLACE_LIKE, SURNAME, Cue, cue_of
from bot.match.places.gazetteer import Gazetteer, WordInfo
from bot.match.places.kinds import KINDS, Kind
from bot.match.places.spelling import WORD, folded
from bot.match.places.marks import (
    COMMON_EN,
    COMMON_RU,
    COMMON_UK,
    FIRST_NAME,
    GEO,
    PERSON,
    SURNAME as MARKED_SURNAME,
)

HOME = frozenset({"UA", "RU", "BY"})
_SKIPPED = re.compile(
    r"(?:https?://|www\.)[^\s<>\"»]+|(?<![\w])t\.me/\S+|@\w+|\b[\w.+-]+@[\w-]+\.\w+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|ru|ua|org|net|info|рф|укр)\b(?:/\S*)?|"
    r"(?m:^[^\n]{0,40}(?:(?i:подпи(?:саться|шись|сывайтесь|шитесь)|підпи(?:сатися|шись|суйся|суйтесь)|прислать новость|надіслати новину|subscribe|"
    r"наш чат|наш бот|в[іи]йти в чат))[^\n]{0,40}$)"
)
_GAP = re.compile(r"[ \t\u00a0\u2009]{1,2}|[ \u00a0]?[-‐‑–][ \u00a0]?\n?|\.[ \u00a0]?|\n")
_SAYS = frozenset("""said says told added asked who told wrote believes testified pleaded declined сказал сказала заявил заявила
сообщил сообщила отметил подчеркнул рассказал сказав сказала заявив заявила повідомив повідомила зазначив розповів розповіла""".split())
_AGE = re.compile(r", \d{1,2}(?:,|\s?-?(?:year|лет|рок))")
_SENTENCE_END = re.compile(r"[.!?…:\n•●▪️➡️❗️‼️⚡️🔴|]|^$")
_OPENING = "«„“\"'‘("
_LOWER_FROM = 7.3  # importance from which a name written small is considered
_LOWER_CITY = 5.6  # of a settlement: from 400,000 inhabitants
_LOWER_HOME = 5.0  # the same in the countries of the war, where contempt is written small
_LETTERS = 3  # a Latin word of so many letters is a name only in capitals ("US", "UK")
_MAX_WORDS = 7


@dataclass(slots=True)
class Token:
    """A word of the text: code points, how it is written, what it may be."""

    start: int
    end: int
    fold: str
    shape: str  # "lower", "title", "upper", "mixed"
    info: WordInfo | None
    cue: Cue
    before: str  # what stands between the word before and this one


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What all places of one name have in common, for the classifier."""

    best: float  # importance
    kind: Kind
    places: int
    home: bool
    adjective: bool  # only as somebody's adjective
    alias: bool


@dataclass(slots=True)
class Candidate:
    """Tokens `first` to `last` (exclusive) may name a place; no sequences: one we do not know."""

    first: int
    last: int
    sequences: tuple[int, ...]
    pattern: str = ""
    features: list[str] = field(default_factory=list)
    probability: float = 0.0


class Recogniser:
    """Finds candidates with one gazetteer; keeps what it learnt of words and names."""

    _MOST_WORDS = 1 << 17

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._words: dict[str, tuple[str, str, WordInfo | None, Cue]] = {}
        self._names: dict[int, NameFacts] = {}
        self._people: set[str] = set()

    def tokens(self, text: str) -> list[Token]:
        """The words of the text outside of links, handles and signatures."""
        skipped = [match.span() for match in _SKIPPED.finditer(text)]
        found: list[Token] = []
        known = self._words
        end = 0
        for match in WORD.finditer(text):
            start, stop = match.span()
            if skipped and any(s <= start < e for s, e in skipped):
                continue
            surface = match[0]
            word = known.get(surface)
            if word is None:
                word = self._learn(surface)
            found.append(Token(start, stop, word[0], word[1], word[2], word[3], text[end:start]))
            end = stop
        return found

    def _learn(self, surface: str) -> tuple[str, str, WordInfo | None, Cue]:
        if len(self._words) >= self._MOST_WORDS:
            self._words.clear()
        fold = folded(surface)
        learnt = (fold, _shape(surface), self._gazetteer.word(surface), cue_of(fold))
        self._words[surface] = learnt
        return learnt

    def facts(self, sequence: int) -> NameFacts:
        """What the places of a name have in common."""
        found = self._names.get(sequence)
        if found is None:
            found = self._names[sequence] = self._facts(sequence)
        return found

    def _facts(self, sequence: int) -> NameFacts:
        gazetteer = self._gazetteer
        postings = list(gazetteer.named(sequence))
        weighed = []
        for posting in postings:
            number = posting >> 2
            score = gazetteer.importance(number) - 0.7 * bool(posting & ALIAS)
            weighed.append((score, number))
        best, number = max(weighed)
        return NameFacts(
            best,
            KINDS[gazetteer.kinds[number]],
            len(postings),
            any(gazetteer.country(posting >> 2) in HOME for posting in postings),
            all(posting & ADJECTIVE for posting in postings),
            all(posting & ALIAS for posting in postings),
        )

    def meet(self, tokens: list[Token]) -> None:
        """Note who is named in full in this text: later the surname stands alone."""
        people = set()
        for before, token in zip(tokens, tokens[1:], strict=False):
            if token.before == " " and token.shape == "title" and before.shape == "title":
                if before.info is not None and before.info.marks & (FIRST_NAME | PERSON) and not token.cue:
                    people.add(token.fold)
        self._people = people

    def candidates(self, text: str, tokens: list[Token]) -> list[Candidate]:
        """All candidates in order of their beginning, longer first; they may overlap."""
        found: list[Candidate] = []
        for at, token in enumerate(tokens):
            info = token.info
            if info is not None and info.starts_long:
                found += self._long(tokens, at, info)
            if info is not None and info.sequences and self._worth(tokens, at, info):
                found.append(Candidate(at, at + 1, info.sequences))
            if token.cue & Cue.STREET and (street := _street(tokens, at)):
                found.append(street)
            if token.shape != "lower" and not (info is not None and info.sequences):
                pattern = _unknown(tokens, at)
                if pattern:
                    found.append(Candidate(at, at + 1, (), pattern))
        return found

    def _worth(self, tokens: list[Token], at: int, info: WordInfo) -> bool:
        token = tokens[at]
        if len(token.fold) < 2 or token.fold in NEVER_ALONE:  # noqa: PLR2004 a letter is no name
            return False
        if token.fold[0] < "а" and len(token.fold) <= _LETTERS and token.shape != "upper":
            return token.shape == "title" and len(token.fold) > 3  # noqa: PLR2004 "us" is no country
        facts = [self.facts(sequence) for sequence in info.sequences]
        if all(fact.adjective for fact in facts):
            return bool(_next_cue(tokens, at + 1) & (Cue.DIRECTION | Cue.DIVISION))
        if token.shape != "lower":
            return True
        best = max(facts, key=lambda fact: fact.best)
        if best.kind is Kind.SETTLEMENT and best.best < _LOWER_CITY:
            return False
        if info.marks & (COMMON_RU | COMMON_EN) or (info.marks & COMMON_UK and not best.home):
            return best.home and best.best >= _LOWER_FROM and bool(info.marks & GEO)
        return best.best >= (_LOWER_HOME if best.home else _LOWER_FROM)

    def _long(self, tokens: list[Token], at: int, info: WordInfo) -> list[Candidate]:
        """Names of two words and more that begin here, the longest first."""
        found: list[Candidate] = []
        keys = list(info.bases)
        for last in range(at + 1, min(at + _MAX_WORDS, len(tokens))):
            token = tokens[last]
            if token.info is None or not token.info.bases or not _GAP.fullmatch(token.before):
                break
            if "." in token.before and len(tokens[last - 1].fold) > 3 or "\n" in token.before:  # noqa: PLR2004 "св. Анны"
                break
            keys = self._gazetteer.continued(keys, token.info)
            if not keys:
                break
            sequences = tuple(s for key in keys if (s := self._gazetteer.sequence(key)) is not None)
            small = all(one.shape == "lower" for one in tokens[at : last + 1])
            if sequences and not (small and all(self.facts(s).best < _LOWER_HOME for s in sequences)):
                found.insert(0, Candidate(at, last + 1, sequences))
        return found

    def describe(self, text: str, tokens: list[Token], candidate: Candidate, *, listed: bool) -> list[str]:
        """The features of a candidate; `listed` says whether its neighbour in a list is one too."""
        features = ["bias"]
        if candidate.last - candidate.first == 1:
            token = tokens[candidate.first]
            if token.fold in self._people:
                features.append("named person")
        self._of_itself(tokens, candidate, features)
        _of_context(text, tokens, candidate, features)
        if listed:
            features.append("listed")
        return features

    def _of_itself(self, tokens: list[Token], candidate: Candidate, features: list[str]) -> None:
        first = tokens[candidate.first]
        last = tokens[candidate.last - 1]
        words = candidate.last - candidate.first
        script = "cyr" if first.fold[0] > "а" else "lat"
        start = candidate.first == 0 or bool(_SENTENCE_END.search(first.before))
        shape = first.shape
        features += [f"{script}:{shape}", f"{script}:words={min(words, 3)}"]
        if words > 1:
            features.append(f"last={last.shape}")
            if "-" in last.before:
                features.append("hyphened")
        if start:
            features.append(f"{script}:{shape}:start")
        if not candidate.sequences:
            features += [f"unknown={candidate.pattern}", f"{script}:unknown"]
            return
        facts = [self.facts(sequence) for sequence in candidate.sequences]
        fact = max(facts, key=lambda one: (not one.adjective, one.best))
        size = int(min(fact.best, 10))
        features += [f"size={size}", f"kind={fact.kind}", f"{script}:{'home' if fact.home else 'abroad'}"]
        features.append(f"homonyms={min(fact.places.bit_length(), 4)}")
        if fact.adjective:
            following = _next_cue(tokens, candidate.last)
            features.append("adjective:" + ("direction" if following & Cue.DIRECTION else "division" if following & Cue.DIVISION else "bare"))
        if fact.alias:
            features.append("alias")
        if words == 1:
            self._of_single(first, fact, script, start=start, features=features)

    def _of_single(self, token: Token, fact: NameFacts, script: str, *, start: bool, features: list[str]) -> None:
        info = token.info
        assert info is not None  # noqa: S101 a candidate of one known word has one
        marks = info.marks
        features.append(f"{script}:length={min(len(token.fold), 7)}")
        small = "small" if fact.best < 5 else "mid" if fact.best < 6.2 else "big"  # noqa: PLR2004 100,000 and 1.5 million
        features.append(f"{script}:{small}:{'home' if fact.home else 'abroad'}")
        for bit, name in _MARKS:
            if marks & bit:
                features += [name, f"{name}:{small}"]
                if start and bit & (COMMON_RU | COMMON_UK | COMMON_EN):
                    features.append(f"{name}:start")
        if not marks & (GEO | COMMON_RU | COMMON_UK | COMMON_EN | FIRST_NAME | MARKED_SURNAME | PERSON):
            features.append(f"{script}:only a place:{small}")
        if SURNAME.fullmatch(token.fold):
            features += ["surname-like", f"surname-like:{small}"]


_MARKS = ((COMMON_RU, "common ru"), (COMMON_UK, "common uk"), (COMMON_EN, "common en"), (FIRST_NAME, "first name"),
          (MARKED_SURNAME, "surname"), (GEO, "geo"), (PERSON, "person"))  # fmt: skip


def _shape(surface: str) -> str:
    if surface.islower():
        return "lower"
    if surface.isupper() and len(surface) > 1:
        return "upper"
    return "title" if surface[0].isupper() and surface[1:].islower() or len(surface) == 1 else "mixed"


def _next_cue(tokens: list[Token], at: int) -> Cue:
    """The cue of the word a name's adjective belongs to, over "и", commas and other adjectives."""
    for ahead in range(at, min(at + 4, len(tokens))):
        token = tokens[ahead]
        if not re.fullmatch(r"[ \u00a0,\-–]*", token.before):
            return Cue.NONE
        if token.cue & (Cue.DIRECTION | Cue.DIVISION):
            return token.cue
        if not token.cue & Cue.AND and token.fold[-2:] not in {"ом", "ой", "ий", "ая", "ую", "му", "го", "ої", "ій", "ка", "му", "их", "ых", "ім"}:
            return Cue.NONE
    return Cue.NONE


def _street(tokens: list[Token], at: int) -> Candidate | None:
    """"вул. Крилова", "площадь Победы": the capitalised words after a word for street."""
    last = at + 1
    while last < min(at + 4, len(tokens)) and tokens[last].shape == "title" and tokens[last].before in {" ", ". ", "."}:
        last += 1
    if last == at + 1 or tokens[at + 1].fold[0] < "а":
        return None
    return Candidate(at, last, (), "street name")


def _unknown(tokens: list[Token], at: int) -> str:
    """Why an unknown capitalised word may be a place all the same; "" when nothing says so."""
    token = tokens[at]
    if len(token.fold) < 4 or token.shape not in {"title", "upper"}:  # noqa: PLR2004 too short to tell
        return ""
    before = tokens[at - 1] if at else None
    if before is not None and token.before in {" ", ". ", ".", " «", " \"", "\u00a0"}:
        if before.cue & Cue.SETTLEMENT:
            return "settlement"
        if before.cue & Cue.STREET:
            return "street"
        if before.cue & Cue.NATURE:
            return "nature"
        if before.cue & Cue.FACILITY:
            return "facility"
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if after is not None and after.before == " " and (token.fold[0] > "z" or after.shape == "title"):
        adjective = token.fold.endswith(("ая", "ой", "ом", "ий", "ый", "ую", "кого", "ська", "ої", "ій", "ому", "ка")) or token.fold[0] < "а"
        for cue, name in ((Cue.DIVISION, "division"), (Cue.STREET, "street"), (Cue.NATURE, "nature"), (Cue.FACILITY, "facility"), (Cue.DIRECTION, "direction")):
            if after.cue & cue and adjective:
                return name
    if token.info is not None and token.info.marks or token.shape == "upper" or not PLACE_LIKE.fullmatch(token.fold):
        return ""
    where = before is not None and before.cue & Cue.WHERE and token.before == " "
    return "like:where" if where else ""


def _of_context(text: str, tokens: list[Token], candidate: Candidate, features: list[str]) -> None:
    before = tokens[candidate.first - 1] if candidate.first else None
    gap = tokens[candidate.first].before
    script = "cyr" if tokens[candidate.first].fold[0] > "а" else "lat"
    if before is not None and re.fullmatch(r"[ \u00a0]|\.[ \u00a0]?|[ \u00a0][«\"„“]", gap):
        _of_word_before(before, tokens, candidate.first, script, features)
    elif before is not None and gap == "-":
        features.append("after hyphen")
    following = tokens[candidate.last] if candidate.last < len(tokens) else None
    if following is not None:
        _of_word_after(following, script, features)
    start, end = tokens[candidate.first].start, tokens[candidate.last - 1].end
    left, right = text[start - 1 : start], text[end : end + 1]
    if left and left in "«„“\"‘":
        features.append("quoted" if right and right in "»”“\"’" else "opens quote")
    if left == "#":
        features.append("hashtag")
    if left == "(":
        features.append("opens bracket")
    if right == "(" or text[end : end + 2] == " (":
        features.append("before bracket")
    if right == "," and following is not None:
        features.append("comma")
    window = tokens[max(0, candidate.first - 4) : candidate.first] + tokens[candidate.last : candidate.last + 2]
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


def _of_word_before(before: Token, tokens: list[Token], first: int, script: str, features: list[str]) -> None:
    cue = before.cue
    found = False
    for bit, name in _BEFORE:
        if cue & bit:
            features.append(f"{script}:before={name}" if bit & (Cue.WHERE | Cue.OTHER) else f"before={name}")
            found = True
    if cue & Cue.OTHER and before.fold == "of" and first > 1 and tokens[first - 2].cue & (Cue.SETTLEMENT | Cue.DIVISION):
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


_BEFORE = ((Cue.WHERE, "where"), (Cue.OTHER, "other"), (Cue.SETTLEMENT, "settlement"), (Cue.STREET, "street"),
           (Cue.NATURE, "nature"), (Cue.ROLE, "role"), (Cue.UNIT, "unit"), (Cue.MOTION, "motion"),
           (Cue.DIVISION, "division"), (Cue.FACILITY, "facility"), (Cue.AND, "and"))  # fmt: skip


def _of_word_after(following: Token, script: str, features: list[str]) -> None:
    gap = following.before
    if gap in {" ", "\u00a0"}:
        cue = following.cue
        for bit, name in ((Cue.DIVISION, "division"), (Cue.DIRECTION, "direction"), (Cue.STREET, "street"),
                          (Cue.NATURE, "nature"), (Cue.UNIT, "unit"), (Cue.FACILITY, "facility")):  # fmt: skip
            if cue & bit:
                features.append(f"after={name}")
        if following.shape in {"title", "upper"} and not cue:
            features.append(f"{script}:after=capital")
            if SURNAME.fullmatch(following.fold) or (following.info and following.info.marks & MARKED_SURNAME):
                features.append(f"{script}:after=surname")
    elif gap.startswith("-"):
        features.append("before hyphen")
        if following.shape == "lower":
            features.append("before hyphen:small")
