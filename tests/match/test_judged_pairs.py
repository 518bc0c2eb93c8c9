"""Pairs of query and post judged by hand, in three languages, hostile writings among them."""

from __future__ import annotations

import pytest
from judged import FILES, Pair, judged

from bot.match.engine import Matcher
from bot.match.query import parse
from bot.match.strikes import strike

PAIRS = [pair for name in FILES for pair in judged(name)]


def test_there_are_enough_of_both_kinds():
    assert len(PAIRS) >= 1250
    assert sum(pair.is_match for pair in PAIRS) >= 700
    assert sum(not pair.is_match for pair in PAIRS) >= 400
    assert all(pair.why for pair in PAIRS)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.query}: {pair.post.text}"[:60])
def test_a_judged_pair(pair: Pair):
    query = strike(parse(pair.query), pair.struck)
    found = Matcher(parse(query.normal)).match(pair.post)
    assert (found is not None) is (pair.is_match is not pair.is_fault), pair.why
