"""Words of a text: what matching, search and places see of it.

A text becomes words in order; each has a position (0, 1, 2, …) and a span. Writings that hide or
join words add further forms over the same positions: Т-90М is the words т and 90м and the
form т90м over both; р а к е т а adds ракета; #БитваЗаКиїв is three words and their join.
Web addresses and @mentions are no words: they become forms of their own (`@name`, `url:host`). A
host alone (bbc.com, Lenta.ru) is often a name in prose, so it is both words and an address.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Final

from bot.text.fold import Folded, Shortened, fold
from bot.text.letters import HYPHENS, resolved, resolved_otherwise

_WORD: Final = re.compile(r"[^\W_]+")
_ADDRESS: Final = re.compile(r"(?:https?://|(?<!\w)www\.|(?<!\w)t\.me/)[^\s<>\"»]+")
# What people write for a site: endings that are no words or files (end.In, report.py).
_ENDINGS: Final = (
    "com|org|net|info|gov|edu|int|mil|biz|news|media|press|today|online|live|site|tv|fm|eu|uk|us"
    "|ua|ru|su|by|pl|de|fr|cz|sk|hu|ro|md|lt|lv|ee|fi|se|dk|nl|be|ch|es|pt|gr|tr|il|ge|kz|uz|cn"
    "|jp|ca|au|nz|ie|io|ai|cc|ws|gg|team|agency|center|foundation|report|blog|wiki|link|page|club"
)
_BARE: Final = re.compile(
    rf"(?<![\w@./:\-])(?:[a-z0-9][a-z0-9-]{{0,62}}\.){{1,8}}(?:{_ENDINGS})(?![\w@-]|\.[a-z0-9])"
    r"(?::\d{1,5})?(?:/[^\s<>\"»]*|[?#]\w[^\s<>\"»]*)?"
)
_BARE_PATH: Final = re.compile(
    r"(?<![\w@./:\-])(?:[a-z0-9][a-z0-9-]{0,62}\.){1,8}[a-z]{2,3}/\w[^\s<>\"»]*"
)
# Endings in Cyrillic letters that sites have and prose has as an abbreviation at most: РФ begins
# many a sentence, so these count in small letters only. Others (рус, дети, москва) are words.
CYRILLIC_ENDINGS: Final = "рф|укр|бел|срб|бг|мкд"
_CYRILLIC_LABEL: Final = r"[а-яіїєґћђљњџј\d][а-яіїєґћђљњџј\d-]{0,62}\."
_CYRILLIC_BARE: Final = re.compile(
    rf"(?<![\w@./:\-])(?:{_CYRILLIC_LABEL}){{0,7}}[а-яіїєґћђљњџј\d][а-яіїєґћђљњџј\d-]{{1,62}}\."
    rf"(?P<ending>{CYRILLIC_ENDINGS})(?![\w@-]|\.\w)(?::\d{{1,5}})?"
    r"(?:/[^\s<>\"»]*|[?#]\w[^\s<>\"»]*)?"
)
_CYRILLIC_DOT: Final = re.compile(rf"\w\.(?:{CYRILLIC_ENDINGS})(?!\w)").search
_DOT: Final = re.compile(r"[a-z0-9]\.[a-z]{2}").search
_MENTION: Final = re.compile(r"(?<![\w@.])@[a-z0-9_]{3,32}")
ONE_SCRIPT: Final = re.compile(r"[а-яії]+|[a-z\d]+|[є\u0400-\u04ff]+").fullmatch
_HASHTAG: Final = re.compile(r"#\w+")
_NUMBER_AND_UNIT: Final = re.compile(r"(\d+)([^\W\d_]+)")
_HOST: Final = re.compile(r"(?:https?://)?(?:www\.)?([^/?#:]+)(?:/(?:s/)?(\w*))?")
_SPACED_LEAST: Final = 4  # letters; fewer are initials and prepositions
_ONE_LETTER: Final = frozenset("аійувзоякси")  # words of one letter in Ukrainian and Russian
_SUBRUNS_MOST: Final = 4  # parts of a joined word of which every stretch is a form
_RUN_MOST: Final = 40  # letters or parts of one joined word


@dataclass(frozen=True, slots=True)
class Form:
    """A further form of the words from position `first` to `last`, both inclusive."""

    text: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Fact:
    """A form outside the order of words (`@name`, `url:host`) and where it is written."""

    text: str
    start: int
    end: int


@dataclass(slots=True)
class Words:
    """The words of one text. `spans[i]` is where words[i] stands in the original."""

    words: list[str]
    spans: list[tuple[int, int]]
    extras: list[Form] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    gaps: list[str] = field(
        default_factory=list, compare=False
    )  # what stands before words[i], folded


def words_of(text: str) -> Words:
    """Fold and cut a text, with spans; complete, and the definition of what a word is."""
    return assembled(text, fold(text))


def assembled(text: str, folded: Folded | Shortened) -> Words:
    """Cut a text that was folded already."""
    plain, facts = without_addresses(folded, text)
    breaks = _camel_breaks(text, folded, plain)
    found = Words([], [], facts=facts)
    others: list[Form] = []  # what mixed letters spell in the other script
    last_end = 0
    span = folded.span
    for start, end in _pieces(plain, breaks):
        word = plain[start:end]
        if ONE_SCRIPT(word):
            found.words.append(word)
        else:
            if other := resolved_otherwise(word):
                others.append(Form(other, len(found.words), len(found.words)))
            found.words.append(resolved(word))
        found.spans.append(span(start, end))
        found.gaps.append(plain[last_end:start])
        last_end = end
    found.extras = [*_extras(found.words, found.gaps), *others]
    return found


def _pieces(plain: str, breaks: set[int]) -> list[tuple[int, int]]:
    whole = [match.span() for match in _WORD.finditer(plain)]
    if not breaks:
        return whole
    pieces: list[tuple[int, int]] = []
    for start, end in whole:
        cuts = [start, *(at for at in range(start + 1, end) if at in breaks), end]
        pieces += pairwise(cuts)
    return pieces


def without_addresses(folded: Folded | Shortened, text: str) -> tuple[str, list[Fact]]:
    """Return the folded text with addresses and mentions blanked, and what they were."""
    facts: list[Fact] = []
    starts = [at for sign in ("http", "www.", "t.me/") for at in _found(sign, folded.text)]
    plain, addresses = _blanked(_ADDRESS, folded.text, sorted(starts))
    for match in addresses:
        facts.extend(Fact(form, *folded.span(*match.span())) for form in address_forms(match[0]))
    if _DOT(plain):
        plain = _without_bare((_BARE, _BARE_PATH), plain, folded, text, facts)
    if _CYRILLIC_DOT(plain):
        plain = _without_bare((_CYRILLIC_BARE,), plain, folded, text, facts)
    plain, mentions = _blanked(_MENTION, plain, _found("@", plain))
    facts.extend(Fact(match[0], *folded.span(*match.span())) for match in mentions)
    return plain, facts


def _without_bare(
    patterns: Iterable[re.Pattern[str]],
    plain: str,
    folded: Folded | Shortened,
    text: str,
    facts: list[Fact],
) -> str:
    """Note addresses written without http://; blank those that go on after the host."""
    for pattern in patterns:
        kept = 0
        pieces: list[str] = []
        for match in pattern.finditer(plain):
            span = folded.span(*match.span())
            if pattern is _CYRILLIC_BARE:
                ending = text[slice(*folded.span(*match.span("ending")))]
                if ending != ending.lower():
                    continue
            facts.extend(Fact(form, *span) for form in address_forms(match[0]))
            if "/" in match[0]:
                pieces += (plain[kept : match.start()], " " * len(match[0]))
                kept = match.end()
        plain = "".join((*pieces, plain[kept:]))
    return plain


def _found(sign: str, text: str) -> list[int]:
    found = []
    at = text.find(sign)
    while at >= 0:
        found.append(at)
        at = text.find(sign, at + 1)
    return found


def _blanked(
    pattern: re.Pattern[str], text: str, starts: list[int]
) -> tuple[str, list[re.Match[str]]]:
    """Blank what matches; `starts` are all the places where a match can start, in order."""
    pieces: list[str] = []
    matches: list[re.Match[str]] = []
    done = 0
    for start in starts:
        if start >= done and (match := pattern.match(text, start)):
            pieces += (text[done:start], " " * len(match[0]))
            matches.append(match)
            done = match.end()
    return ("".join((*pieces, text[done:])) if matches else text), matches


def address_forms(address: str) -> list[str]:
    """`url:` forms of a web address, its host and the domains above it; `@name` for t.me/name."""
    match = _HOST.match(address)
    if match is None:
        return []
    host, path = match[1].rstrip(".,;)!"), match[2]
    labels = [_in_letters(label) for label in host.split(".")]
    forms = [f"url:{'.'.join(labels[at:])}" for at in range(max(1, len(labels) - 1))][:8]
    if host in {"t.me", "telegram.me"} and path:
        forms.append(f"@{path}")
    return forms


def _in_letters(label: str) -> str:
    """Return a label of a host as people read it: рф for xn--p1ai."""
    if not label.startswith("xn--"):
        return label
    try:
        return fold(label.removeprefix("xn--").encode("ascii").decode("punycode")).text or label
    except (UnicodeError, ValueError, OverflowError):
        return label


def host_of(address: str) -> str:
    """Return the host that a person means by an address or a name of a site, folded."""
    found = address_forms(fold(address.strip()).text)
    return found[0].removeprefix("url:") if found else ""


def _camel_breaks(text: str, folded: Folded | Shortened, plain: str) -> set[int]:
    """Where hashtags change from word to word: #БитваЗаКиїв, #СБУпроти2024."""
    breaks: set[int] = set()
    if "#" not in plain:
        return breaks
    for match in _HASHTAG.finditer(plain):
        spans = [folded.span(at, at + 1) for at in range(match.start() + 1, match.end())]
        kinds = "".join(_kind(text[start]) for start, _ in spans)
        for cut in re.finditer(r"(?<=[la])(?=U)|(?<=U)(?=Ul)|(?<=[lU])(?=d)|(?<=d)(?=[lU])", kinds):
            breaks.add(match.start() + 1 + cut.start())
    return breaks


def _kind(char: str) -> str:
    if char.isupper():
        return "U"
    if char.isdigit():
        return "d"
    return "l" if char.isalpha() else " "


def _extras(words: list[str], gaps: list[str]) -> Iterator[Form]:
    for at, word in enumerate(words):
        if not word.isalpha() and (match := _NUMBER_AND_UNIT.fullmatch(word)):
            yield Form(match[1], at, at)
            yield Form(match[2], at, at)
    done = 0
    for at in range(1, len(words)):
        if at < done:
            continue
        if joint := _joint(gaps[at]):
            done = at + 1
            while done < len(words) and _joint(gaps[done]) == joint:
                done += 1
            yield from joined(words, at - 1, done)
        elif len(words[at]) == 1 and _is_spaced(words, gaps, at):
            gap = gaps[at]
            done = at + 1
            while done < len(words) and gaps[done] == gap and _is_letter(words[done]):
                done += 1
            if done - at + 1 >= (2 if gap == "." else _SPACED_LEAST):
                yield from _spelled_out(words, at - 1, min(done, at + _RUN_MOST - 1))


def _spelled_out(words: list[str], first: int, end: int) -> Iterator[Form]:
    """Yield the word letters make, and without a one-letter word before or after it."""
    yield Form(whole(words[first:end]), first, end - 1)
    if end - first > _SPACED_LEAST:
        if words[first] in _ONE_LETTER:
            yield Form(whole(words[first + 1 : end]), first + 1, end - 1)
        if words[end - 1] in _ONE_LETTER:
            yield Form(whole(words[first : end - 1]), first, end - 2)


@lru_cache(maxsize=4096)
def _joint(gap: str) -> str:
    """Return the kind of sign that makes the words beside it one; empty if it parts them."""
    if len(gap) <= 1:
        if not gap:
            return "#"
        if gap in HYPHENS:
            return "-"
        if gap == "_":
            return "_"
    if all(char > "\u2190" and unicodedata.category(char) in {"So", "Sk"} for char in gap):
        return "*"
    return ""


def joined(words: list[str], first: int, end: int) -> Iterator[Form]:
    """Every stretch of a joined word that is short, else its pairs and the whole."""
    parts = end - first
    if parts > _SUBRUNS_MOST:
        if parts <= _RUN_MOST:
            yield Form(whole(words[first:end]), first, end - 1)
        for at in range(first, end - 1):
            yield Form(whole(words[at : at + 2]), at, at + 1)
        return
    for start in range(first, end - 1):
        for stop in range(start + 2, end + 1):
            yield Form(whole(words[start:stop]), start, stop - 1)


def whole(parts: list[str]) -> str:
    """Return the parts of a joined writing as one word, its look-alikes in one script."""
    return resolved("".join(parts))


def _is_spaced(words: list[str], gaps: list[str], at: int) -> bool:
    return len(gaps[at]) <= 3 and _is_letter(words[at]) and _is_letter(words[at - 1])  # noqa: PLR2004 - three signs part letters at most


def _is_letter(word: str) -> bool:
    return len(word) == 1 and word.isalpha()
