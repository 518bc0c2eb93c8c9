"""What a pattern needs, read from it, leaves no match out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.match.patterns import PatternError, check, pattern
from bot.match.required import leading_literals, needs_digit, required_literals

NOTHING: frozenset[str] = frozenset()
PIECES = ["ракета", "дрон", "1", r"\d", r"\s", r"\w", "[0-9]", "[абв]", ".", "-", r"\.", r"\101"]
PIECES += ["(", "(?:", ")", "|", "*", "+", "?", "{2}", "{0,3}", "^", "$", r"\b", "а", "RTX", "(?i)"]
TEXTS = [
    "ракета",
    "Ракета",
    "дрон",
    "дрони",
    "1",
    "22",
    " ",
    "-",
    ".",
    "Арт",
    "aaa",
    "İ",
    "rtx",
    "A",
]


@pytest.mark.parametrize(
    ("source", "leads", "digit"),
    [
        (r"ракет[аи]\s+\d+", {"ракет"}, True),
        ("(?:ракета|дрон)х", {"ракета", "дрон"}, False),
        ("((абв|где)ж|зик)", {"абв", "где", "зик"}, False),
        (r"слово+\d", {"слово"}, True),
        ("абвг{2}д", {"абвг"}, False),
        ("абвг?д", {"абв"}, False),
        (r"абв[0-9]+|где1", {"абв", "где1"}, True),
        (r"абв\d*", {"абв"}, False),
        (r"абв(?:\d|х)", {"абв"}, False),
        ("(абв|где)?жзи", NOTHING, False),
        ("^абвг", NOTHING, False),
        (r"\101бв", NOTHING, False),
        ("(?i)ракета", NOTHING, False),
        ("абв|", NOTHING, False),
        ("1(?i)*абв", NOTHING, False),
        ("абвг(?i)(?s)*1", {"абв"}, True),
        ("(абв)(?i)?где", NOTHING, False),
    ],
)
def test_what_a_match_begins_with_and_whether_it_has_a_digit(source, leads, digit):
    assert (leading_literals(source), needs_digit(source)) == (leads, digit)


def test_an_octal_escape_is_one_character():
    assert required_literals(r"\101абв") == {"абв"}


@settings(max_examples=600, deadline=None, database=None)
@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=7).map("".join),
    st.lists(st.sampled_from(TEXTS), max_size=8).map("".join),
)
def test_what_is_needed_leaves_no_match_out(source: str, text: str):
    try:
        check(source)
    except PatternError:
        return
    read = pattern(source)
    plain = replace(read, leads=NOTHING, literals=NOTHING, needs_digit=False)
    found = plain.spans(text)
    assert read.spans(text) == found
    if found:
        assert read.could_match(text.lower())
