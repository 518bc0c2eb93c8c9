"""Pairs of query and post judged by hand, in three languages, hostile writings among them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.match.engine import Matcher
from bot.match.query import parse
from bot.text import language
from storage.records import Document

FILE = Path(__file__).parents[1] / "data" / "judged_pairs.txt"
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})")


def judged() -> Iterator[tuple[str, bool, str, str]]:
    query = ""
    for line in FILE.read_text("utf-8").splitlines():
        written = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), line)
        if written.startswith("? "):
            query = written[2:]
        elif written[:2] in {"+ ", "- "}:
            text, _, why = written[2:].rpartition(" ## ")
            yield query, written[0] == "+", text, why


PAIRS = list(judged())


def test_there_are_enough_of_both_kinds():
    assert len(PAIRS) >= 300
    assert sum(wanted for _, wanted, _, _ in PAIRS) >= 150
    assert sum(not wanted for _, wanted, _, _ in PAIRS) >= 100
    assert all(why for *_, why in PAIRS)


@pytest.mark.parametrize(("query", "wanted", "text", "why"), PAIRS)
def test_a_judged_pair(query: str, wanted: bool, text: str, why: str):  # noqa: FBT001 - the verdict
    document = Document(text=text, channel="kanal_x", lang=language(text))
    assert (Matcher(parse(query)).match(document) is not None) is wanted, why
