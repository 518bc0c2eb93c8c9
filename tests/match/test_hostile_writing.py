"""Words written to hide: each is found, however it is done, and its span is what was written."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from bot.match.engine import Matcher
from bot.match.query import parse
from storage.records import Document

SEED = int(os.environ.get("EARSHOT_SEED", "20261123"))
WORDS = {"ракета": "ракетою", "тривога": "тривоги", "обстріл": "обстрілом", "drone": "drones"}
LOOKS = {"а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "і": "i", "т": "t", "х": "x"}
INVISIBLE = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\ufe0f", "\u034f"]
MARKS = ["\u0301", "\u0300", "\u0335"]
AROUND = ["", " ", "«", "»!", ", ", "\n", "🚀 ", "(", ") ", "— ", "…"]


def full_width(word: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "a" <= c <= "z" else c for c in word)


def mathematical(word: str) -> str:
    return "".join(chr(0x1D5BA + ord(c) - 97) if "a" <= c <= "z" else c for c in word)


@st.composite
def hidden(draw: st.DrawFn, word: str) -> str:
    """Hide a word: its letters changed, marked or parted by what is not seen."""
    word = draw(st.sampled_from([str, str.upper, str.title, full_width, mathematical]))(word)
    letters = []
    strangers = 0
    for letter in word:
        is_disguised = letter in LOOKS and 2 * strangers < len(word) - 3 and draw(st.booleans())
        strangers += is_disguised
        mark = draw(st.sampled_from(["", "", "", *MARKS]))
        letters.append((LOOKS[letter] if is_disguised else letter) + mark)
    gaps = [draw(st.sampled_from(["", "", *INVISIBLE])) for _ in letters[1:]]
    if draw(st.integers(0, 3)) == 0:
        gaps[draw(st.integers(0, len(gaps) - 1))] = draw(st.sampled_from(["🔥", "🚀", "💥"]))
    return "".join(letter + gap for letter, gap in zip(letters, [*gaps, ""], strict=True))


@seed(SEED)
@settings(max_examples=1500, deadline=None, database=None)
@given(st.data())
def test_a_hidden_word_is_found_where_it_is_written(data: st.DataObject):
    query, word = data.draw(st.sampled_from(sorted(WORDS.items())))
    written = data.draw(hidden(word))
    before, after = data.draw(st.sampled_from(AROUND)), data.draw(st.sampled_from(AROUND))
    text = f"{before}{written}{after}"
    spans = Matcher(parse(query)).match(Document(text=text))
    assert spans is not None, ascii(text)
    (span,) = spans
    found = text[span.start : span.end]
    assert span.start == len(before), ascii(text)
    # What is not seen may stand at the edge on either side of the span, a letter may not.
    rest = written.removeprefix(found)
    assert found
    assert not any(letter.isalpha() for letter in rest), ascii(text)


@pytest.mark.parametrize("sign", [" ", ".", "-", "_", "*", "  ", " - ", "·"])
@pytest.mark.parametrize(("query", "word"), sorted(WORDS.items()))
def test_a_word_spelled_out_is_found_as_a_whole(query: str, word: str, sign: str):
    written = sign.join(word)
    text = f"Увага! {written}! 100"
    (span,) = Matcher(parse(query)).match(Document(text=text))
    assert text[span.start : span.end] == written


@pytest.mark.parametrize("apostrophe", "'’ʼ`´‘ʹ′＇‛ꞌ")
def test_any_apostrophe_or_none_is_the_same(apostrophe: str):
    for query in ("Куп'янськ", "Купянськ", f"Куп{apostrophe}янськ"):
        for written in (f"Куп{apostrophe}янськом", "Купянськом", "Куп'янськом"):
            text = f"під {written}."
            (span,) = Matcher(parse(query)).match(Document(text=text))
            assert text[span.start : span.end] == written


@pytest.mark.parametrize(
    "written",
    ["Т-90М", "Т90М", "т90м", "T-90M", "t90m", "Т‑90М", "Т–90М", "#Т90М", "T-90М", "т-90M"],
)
def test_a_name_of_arms_is_found_in_every_writing(written: str):
    for query in ("Т-90М", "т90м", "T-90M", "t90m"):
        text = f"Танк {written} згорів"
        (span,) = Matcher(parse(query)).match(Document(text=text))
        assert text[span.start : span.end] == written.removeprefix("#")
