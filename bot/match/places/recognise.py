"""Text → candidates: every stretch that could name a place, with what speaks for and against it.

Nothing is decided here: a candidate carries features, the classifier weighs them.
"""

from __future__ import annotations

import re

from bot.match.places.artefact import ADJECTIVE, ALIAS
from bot.match.places.cues import NEVER_ALONE, Cue, cue_of
from bot.match.places.features import after_where, begins_sentence, of_itself
from bot.match.places.gazetteer import Gazetteer, WordInfo
from bot.match.places.kinds import KINDS, Kind
from bot.match.places.marks import (
    COMMON_EN,
    COMMON_RU,
    COMMON_UK,
    FIRST_NAME,
    GEO,
    PERSON,
    SURNAME,
)
from bot.match.places.people import is_common, names_person
from bot.match.places.spelling import WORD, folded
from bot.match.places.surroundings import Surroundings
from bot.match.places.tokens import (
    KNOWN,
    SMALL,
    UNKNOWN,
    Candidate,
    NameFacts,
    Part,
    Token,
    next_cue,
)
from bot.match.places.unknown import HEAVENS, IN, Echoes, echoes, is_adjective, unknown_pattern

HOME = frozenset({"UA", "RU", "BY"})
# Links, handles and addresses; and lines that ask to subscribe. Each is tried only where its sign stands.  # noqa: E501 a table row or pattern in one line
_LINKS = re.compile(
    r"(?:https?://|www\.)[^\s<>\"»]+|t\.me/\S+|@\w+|[\w-]+(?:\.[\w-]+)*\.(?:com|ru|ua|org|net|info|рф|укр)\b(?:/\S*)?"
)
_LINK_SIGNS = (
    "@",
    "://",
    "t.me",
    "www.",
    ".com",
    ".ru",
    ".ua",
    ".org",
    ".net",
    ".info",
    ".рф",
    ".укр",
)
_SIGNATURE = re.compile(
    r"(?im)^[^\n]{0,40}(?:подпи(?:саться|шись|сывайтесь|шитесь)|підпи(?:сатися|шись|суйся|суйтесь)|прислать новость|надіслати новину|subscribe|"  # noqa: E501 a table row or pattern in one line
    r"наш чат|наш бот|войти в чат|увійти в чат)[^\n]{0,40}$"
)
_SIGNATURE_SIGNS = (
    "одпис",
    "ідпис",
    "ідпиш",
    "одпиш",
    "овост",
    "овин",
    "ubscr",
    "аш чат",
    "аш бот",
    "в чат",
)
_BEFORE_SIGN, _AFTER_SIGN = re.compile(r" ([,.;:!?»”)\]])"), re.compile(r"([«“(\[]) ")
_GAP = re.compile(r"[ \t\u00a0\u2009]{1,2}|[ \u00a0]?[-‐‑–][ \u00a0]?\n?|\.[ \u00a0]?|\n")
_LOWER_FROM = 7.3  # importance from which a name written small is considered
_LOWER_CITY = 5.6  # of a settlement: from 400,000 inhabitants
WRITTEN_SMALL = 5.0  # the same in the countries of the war, where contempt is written small
_LETTERS = 3  # a Latin word of so many letters is a name only in capitals ("US", "UK")
_MAX_WORDS = 7

_SMALL_WRITTEN = frozenset({Kind.COUNTRY, Kind.REGION, Kind.SETTLEMENT})


Keys = tuple[str, ...]  # names begun, as the trie of sequences has them
Word = tuple[str, str, WordInfo | None, int, str, bool]  # what a token has of its word alone


class Recogniser:
    """Finds candidates with one gazetteer; keeps what it learnt of words and names."""

    _MOST_WORDS = 1 << 17

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._words: dict[str, Word] = {}
        self._names: dict[int, NameFacts] = {}
        self._people: set[str] = set()
        self._echoes = Echoes(frozenset(), frozenset())
        self.is_cyrillic = True  # the text met last, mostly
        self._starts: list[int] = []
        self._carried_on: dict[tuple[Keys, str], tuple[Keys, tuple[int, ...]]] = {}
        self._traits: dict[str, tuple[bool, bool]] = {}
        self._surroundings = Surroundings()
        self._kept: dict[tuple[str, str, bool, int, int], tuple[Part, str]] = {}

    def tokens(self, text: str) -> list[Token]:
        """Return the words of the text outside of links, handles and signatures."""
        skipped: list[tuple[int, int]] = []
        if any(sign in text for sign in _LINK_SIGNS):
            skipped += [match.span() for match in _LINKS.finditer(text)]
        if any(sign in text for sign in _SIGNATURE_SIGNS):
            skipped += [match.span() for match in _SIGNATURE.finditer(text)]
        found: list[Token] = []
        known, new = self._words, tuple.__new__
        end = 0
        for match in WORD.finditer(text):
            start, stop = match.span()
            if skipped and any(s <= start < e for s, e in skipped):
                continue
            surface = match[0]
            word = known.get(surface)
            if word is None:
                word = self._learn(surface)
            found.append(new(Token, (start, stop, *word, text[end:start])))
            end = stop
        return _closed_up(found) if " , " in text or " . " in text else found

    def _learn(self, surface: str) -> Word:
        if len(self._words) >= self._MOST_WORDS:
            self._words.clear()
        fold, shape = folded(surface), _shape(surface)
        info = self._gazetteer.word(surface)
        if info is None and shape != "lower":
            info = unknown_info(fold)
        cue = cue_of(fold)
        begins = shape != "lower" or bool(cue & Cue.STREET) or bool(info and info.bases)
        learnt = (fold, shape, info, cue, surface, begins)
        self._words[surface] = learnt
        return learnt

    def facts(self, sequence: int) -> NameFacts:
        """Return what the places of a name have in common."""
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
            weighed.append((score, number, posting & ADJECTIVE))
        best, number, is_adjective_of = max(weighed)
        return NameFacts(
            best,
            KINDS[gazetteer.kinds[number]],
            len(postings),
            any(gazetteer.country(posting >> 2) in HOME for posting in postings),
            all(posting & ADJECTIVE for posting in postings),
            bool(is_adjective_of),
            all(posting & ALIAS for posting in postings),
        )

    def meet(self, tokens: list[Token]) -> None:
        """Note who is named in full in this text: later the surname stands alone."""
        starts = self._starts = [at for at, token in enumerate(tokens) if token.begins]
        people = set()
        for at in starts:
            token = tokens[at]
            if token.shape != "title" or token.before != " " or not at:
                continue
            before = tokens[at - 1]
            first = before.info.marks & (FIRST_NAME | PERSON) if before.info else 0
            if first and before.shape == "title" and not token.cue:
                people.add(token.fold)
        self._people = people
        self.is_cyrillic = sum([token.fold >= "а" for token in tokens]) * 2 > len(tokens)
        self._echoes = echoes(tokens, starts)

    def candidates(self, tokens: list[Token]) -> list[Candidate]:
        """All candidates in order of their beginning, longer first; they may overlap.

        The text must have been met.
        """
        found: list[Candidate] = []
        for at in self._starts:
            token = tokens[at]
            info = token.info
            if at and tokens[at - 1].cue & Cue.CALLSIGN:
                continue  # what follows is somebody's name, whatever else bears it
            if info is not None and info.starts_long:
                found += self._long(tokens, at, info)
            is_heaven, is_name = self._traits.get(token.surface) or self._learn_traits(token)
            is_known = (
                info is not None
                and bool(info.sequences)
                and not is_heaven
                and self._worth(tokens, at, info)
            )
            if is_known and info is not None:
                found.append(Candidate(at, at + 1, info.sequences))
            if token.cue & Cue.STREET and (street := _street(tokens, at)):
                found.append(street)
            if is_heaven:
                found.append(Candidate(at, at + 1, (), "heaven"))
            elif token.shape != "lower" and not is_name and not is_known:
                pattern = unknown_pattern(tokens, at, self._echoes)
                if pattern:
                    found.append(Candidate(at, at + 1, (), pattern))
        return found

    def _learn_traits(self, token: Token) -> tuple[bool, bool]:
        """Note whether a word is a body of the sky, and whether it is a name by itself."""
        if len(self._traits) >= self._MOST_WORDS:
            self._traits.clear()
        traits = (self._is_heaven(token, token.info), self._names_something(token.info))
        self._traits[token.surface] = traits
        return traits

    def _is_heaven(self, token: Token, info: WordInfo | None) -> bool:
        """Whether a word is a body of the sky rather than the small places named for it."""
        if token.fold not in HEAVENS or token.shape == "lower":
            return False
        best = max((self.facts(s).best for s in info.sequences), default=0.0) if info else 0.0
        return best < WRITTEN_SMALL

    def _is_person(
        self, tokens: list[Token], at: int, info: WordInfo, facts: list[NameFacts]
    ) -> bool:
        """Whether a first name, a small place too, lacks a word before it that only places have."""
        if not info.marks & PERSON or max(fact.best for fact in facts) >= WRITTEN_SMALL:
            return False
        if not at:
            return True
        before = tokens[at - 1]
        return before.fold not in IN and not before.cue & (Cue.SETTLEMENT | Cue.DIVISION)

    def _names_something(self, info: WordInfo | None) -> bool:
        """Whether a word is a name by itself, not only somebody's adjective."""
        return info is not None and any(not self.facts(s).adjective for s in info.sequences)

    def _worth(self, tokens: list[Token], at: int, info: WordInfo) -> bool:  # noqa: PLR0911 one table of cases
        token = tokens[at]
        if len(token.fold) < 2 or token.fold in NEVER_ALONE:  # noqa: PLR2004 a threshold used once
            return False
        if token.fold[0] < "а" and len(token.fold) <= _LETTERS and token.shape != "upper":
            return token.shape == "title" and len(token.fold) > 3  # noqa: PLR2004 a threshold used once
        facts = [self.facts(sequence) for sequence in info.sequences]
        if all(fact.adjective for fact in facts):
            return bool(next_cue(tokens, at + 1) & (Cue.DIRECTION | Cue.DIVISION))
        if token.shape != "lower":
            return not self._is_person(tokens, at, info, facts)
        best = max(facts, key=lambda fact: fact.best)
        if best.mostly_adjective:
            return bool(next_cue(tokens, at + 1) & (Cue.DIRECTION | Cue.DIVISION))
        if best.kind not in _SMALL_WRITTEN or (
            best.kind is Kind.SETTLEMENT and best.best < _LOWER_CITY
        ):
            return False
        if info.marks & (COMMON_RU | COMMON_EN) or (info.marks & COMMON_UK and not best.home):
            return best.home and best.best >= _LOWER_FROM and bool(info.marks & GEO)
        return best.best >= (WRITTEN_SMALL if best.home else _LOWER_FROM)

    def _long(self, tokens: list[Token], at: int, info: WordInfo) -> list[Candidate]:
        """Names of two words and more that begin here, the longest first."""
        found: list[Candidate] = []
        keys = tuple(info.bases)
        for last in range(at + 1, min(at + _MAX_WORDS, len(tokens))):
            token = tokens[last]
            if token.info is None or not token.info.bases or not _GAP.fullmatch(token.before):
                break
            if ("." in token.before and len(tokens[last - 1].fold) > 3) or "\n" in token.before:  # noqa: PLR2004 a threshold used once
                break
            keys, sequences = self._carried_on.get((keys, token.surface)) or self._carry_on(
                keys, token
            )
            if not keys:
                break
            small = all(one.shape == "lower" for one in tokens[at : last + 1])
            if sequences and not (
                small and all(self.facts(s).best < WRITTEN_SMALL for s in sequences)
            ):
                found.insert(0, Candidate(at, last + 1, sequences))
        return found

    def _carry_on(self, keys: Keys, token: Token) -> tuple[Keys, tuple[int, ...]]:
        """Note which begun names a word carries on, and which of them are whole with it."""
        if len(self._carried_on) >= self._MOST_WORDS:
            self._carried_on.clear()
        assert token.info is not None  # noqa: S101 asked by the caller
        longer = tuple(self._gazetteer.continued(list(keys), token.info))
        whole = tuple(s for key in longer if (s := self._gazetteer.sequence(key)) is not None)
        self._carried_on[keys, token.surface] = (longer, whole)
        return longer, whole

    def describe(self, text: str, tokens: list[Token], candidate: Candidate) -> None:
        """Give a candidate, whose company is known, its features."""
        first = candidate.first
        itself, candidate.manner = self._itself(tokens, candidate)
        parts = [itself, *self._surroundings.parts(text, tokens, candidate)]
        if candidate.last - first == 1:
            if tokens[first].fold in self._people:
                parts.append(("named person",))
            parts += self._echoes.features(tokens[first])
        if candidate.company:
            parts.append(candidate.company)
        if self.is_cyrillic and tokens[first].fold[0] < "а":
            parts.append(("foreign letters", f"foreign letters:{bool(candidate.sequences)}"))
        candidate.parts = parts

    def _itself(self, tokens: list[Token], candidate: Candidate) -> tuple[Part, str]:
        """Return what a stretch is by itself, and how it is known; kept for single words."""
        first, last = candidate.first, candidate.last
        start, where = begins_sentence(tokens, first), after_where(tokens, first)
        inside = where and tokens[first - 1].fold in IN
        token = tokens[first]
        is_single = last - first == 1
        takes_noun = next_cue(tokens, last) if is_single and is_adjective(token.fold) else 0
        key = (token.surface, candidate.pattern, start, where + inside, takes_noun)
        found = self._kept.get(key) if is_single else None
        if found is None:
            facts = [self.facts(sequence) for sequence in candidate.sequences]
            manner = KNOWN
            if not facts:
                manner = UNKNOWN
            elif is_single and max(fact.best for fact in facts) < WRITTEN_SMALL:
                manner = SMALL
            part = tuple(of_itself(tokens, candidate, facts, start=start, where=where + inside))
            found = part, manner
            if is_single:
                if len(self._kept) >= self._MOST_WORDS:
                    self._kept.clear()
                self._kept[key] = found
        return found


def unknown_info(fold: str) -> WordInfo | None:
    """Return what a word that is part of no place's name can be, None when nothing is known."""
    marks = SURNAME * names_person(fold) | COMMON_RU * is_common(fold)
    return WordInfo(fold, "", marks, starts_long=False, sequences=()) if marks else None


def _closed_up(tokens: list[Token]) -> list[Token]:
    """Write signs that stand apart from words, as in texts cut into words before, where people write them."""  # noqa: E501 a sentence
    return [
        token._replace(before=_AFTER_SIGN.sub(r"\1", _BEFORE_SIGN.sub(r"\1", token.before)))
        if len(token.before) > 1
        else token
        for token in tokens
    ]


def _shape(surface: str) -> str:
    if surface.islower():
        return "lower"
    if surface.isupper() and len(surface) > 1:
        return "upper"
    return (
        "title"
        if (surface[0].isupper() and surface[1:].islower()) or len(surface) == 1
        else "mixed"
    )


def _street(tokens: list[Token], at: int) -> Candidate | None:
    """Return the capitalised words after a word for street, as in "площадь Победы"."""
    last = at + 1
    while (
        last < min(at + 4, len(tokens))
        and tokens[last].shape == "title"
        and tokens[last].before in {" ", ". ", "."}
    ):
        last += 1
    if last == at + 1 or tokens[at + 1].fold[0] < "а":
        return None
    return Candidate(at, last, (), "street name")
