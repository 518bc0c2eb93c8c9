"""The engine, one query alone, and the presearch, all held against the slow obvious matcher."""

from __future__ import annotations

import os
import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from strategies import HOSTILE, WRITTEN, Resolver, documents, query_texts

from bot.match.engine import Engine, Matcher
from bot.match.lookup import Homes, lookup, post_keys
from bot.match.query import Query, QueryError, parse
from bot.match.reference import reference_match
from bot.match.weighing import weigh
from bot.text import Cut, words_of
from bot.text.coding import coded, decoded
from bot.text.fold import lowered
from storage.records import Document, SubscriptionId
from storage.records.searching import AllOf, AnyOf, ButNot, Sought, Words

SEED = int(os.environ.get("EARSHOT_SEED", "20261123"))
ROUNDS = int(os.environ.get("EARSHOT_ROUNDS", "400"))  # times 25 pairs: 10,000 cases a run
SETTINGS = settings(
    max_examples=ROUNDS,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SIGNS = "абвG1 \"()-=~*/:@\\OR#«»,.\nАБОНЕ|&'’"
RESOLVER = Resolver()
queries = st.lists(query_texts, min_size=5, max_size=5)
posts = st.lists(documents(), min_size=5, max_size=5)


@pytest.fixture(scope="module", autouse=True)
def _printed_seed() -> None:
    print(  # noqa: T201 - so that a failure can be had again
        f"seed {SEED}, {ROUNDS} rounds; EARSHOT_SEED and EARSHOT_ROUNDS change them"
    )


def _parsed(texts: list[str]) -> list[Query]:
    return [parse(text, allow_scan=True) for text in texts]


@pytest.mark.long(18)
@seed(SEED)
@SETTINGS
@given(queries, posts)
def test_engine_equals_the_reference(texts: list[str], documents: list[Document]):
    engine = Engine(RESOLVER)
    parsed = _parsed(texts)
    for key, query in enumerate(parsed):
        engine.add(SubscriptionId(key), query)
    for document in documents:
        hits = {hit.key: hit.spans for hit in engine.match(document)}
        for key, query in enumerate(parsed):
            expected = reference_match(query, document, RESOLVER)
            assert hits.get(SubscriptionId(key)) == expected, (query.normal, document.text)


@seed(SEED + 1)
@settings(SETTINGS, max_examples=ROUNDS // 4)
@given(queries, posts, st.data())
def test_engine_after_removals_equals_one_query_alone(
    texts: list[str], documents: list[Document], data: st.DataObject
):
    engine = Engine(RESOLVER)
    parsed = _parsed(texts)
    for key, query in enumerate(parsed):
        engine.add(SubscriptionId(key), query)
    gone = data.draw(st.sets(st.sampled_from(range(len(parsed)))))
    for key in gone:
        engine.remove(SubscriptionId(key))
    for document in documents:
        hits = {hit.key: hit.spans for hit in engine.match(document)}
        for key, query in enumerate(parsed):
            expected = None if key in gone else Matcher(query, RESOLVER).match(document)
            assert hits.get(SubscriptionId(key)) == expected, (query.normal, document.text)
    for key in range(len(parsed)):
        engine.remove(SubscriptionId(key))
    index = engine._index
    assert len(index) == 0
    assert not index.scanned
    assert not index.terms._known
    assert not index._by_meaning


@seed(SEED + 6)
@settings(SETTINGS, max_examples=ROUNDS // 8)
@given(queries, posts)
def test_what_is_weighed_is_what_the_engine_does(texts: list[str], documents: list[Document]):
    engine = Engine(RESOLVER)
    parsed = {SubscriptionId(key): query for key, query in enumerate(_parsed(texts))}
    for key, query in parsed.items():
        engine.add(key, query)
    hits = Counter(hit.key for document in documents for hit in engine.match(document))
    weights = weigh(parsed, documents, RESOLVER)
    assert {key: weight.matched for key, weight in weights.items()} == {
        key: hits[key] for key in parsed
    }


@seed(SEED + 2)
@settings(SETTINGS, max_examples=ROUNDS // 4)
@given(queries, posts)
def test_what_full_text_search_looks_up_loses_no_match(texts: list[str], documents: list[Document]):
    for query in _parsed(texts):
        found = lookup(query, Homes.of(()), RESOLVER)
        for document in documents:
            matched = reference_match(query, document, RESOLVER) is not None
            if found.sought is None or "channel:" in query.normal or "group:" in query.normal:
                continue  # of channels only the archive knows
            held = _holds(found.sought, post_keys(document))
            assert held or not matched, (query.normal, document.text)
            assert matched or not (held and found.is_exact), (query.normal, document.text)


def _holds(sought: Sought, keys: set[str]) -> bool:
    match sought:
        case Words(words, prefixes):
            return bool(words & keys) or any(k.startswith(p) for k in keys for p in prefixes)
        case AllOf(parts):
            return all(_holds(part, keys) for part in parts)
        case AnyOf(parts):
            return any(_holds(part, keys) for part in parts)
        case ButNot(wanted, refused):
            return _holds(wanted, keys) and not _holds(refused, keys)


@seed(SEED + 3)
@settings(SETTINGS, max_examples=ROUNDS)
@given(query_texts)
def test_what_is_printed_parses_to_the_same(text: str):
    query = parse(text, allow_scan=True)
    again = parse(query.normal, allow_scan=True)
    assert again == query
    assert again.normal == query.normal


@seed(SEED + 4)
@settings(SETTINGS, max_examples=ROUNDS)
@given(
    st.text(alphabet="абвG1 \"()-=~*/:@\\OR#«»,.\nАБОНЕ|&'’", max_size=24) | st.text(max_size=12)
)
def test_any_text_parses_and_prints_or_is_refused_in_three_languages(text: str):
    try:
        query = parse(text, allow_scan=True)
    except QueryError as error:
        refusal = error
    else:
        assert parse(query.normal, allow_scan=True) == query
        return
    assert 0 <= refusal.position <= len(text)
    parse(refusal.example)
    for language in ("en", "uk", "ru"):
        assert "\n" not in refusal.message(language)


@seed(SEED + 5)
@settings(SETTINGS, max_examples=2 * ROUNDS)
@given(st.lists(st.sampled_from([*WRITTEN, *HOSTILE]) | st.text(max_size=4), max_size=14))
def test_the_fast_cut_gives_what_the_complete_one_gives(parts: list[str]):
    text = "".join(parts)
    fast, complete = Cut(text), words_of(text)
    assert list(map(decoded, fast.order)) == complete.words
    assert fast.extra == {coded(form.text) for form in complete.extras}
    assert sorted(map(repr, fast.facts)) == sorted(map(repr, complete.facts))
    assert fast.spans == complete.spans
    for at, word in enumerate(fast.order):
        if fast.order.count(word) == 1:
            assert Cut(text).only_span(at) == complete.spans[at]
    for asked in ({*fast.order[::2]}, {*fast.order, b"nothing"}):
        where = [s for word, s in zip(fast.order, complete.spans, strict=True) if word in asked]
        assert Cut(text).spans_of(asked) == where
    for form in fast.extra:
        covered = [(e.first, e.last) for e in complete.extras if coded(e.text) == form]
        assert fast.extra_places[form] == covered
    for run in re.findall("[а-яіїєa-z0-9]+", lowered(text)):
        assert any(coded(run) in word for word in [*fast.order, *fast.literals])
