from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.match.engine import Engine
from bot.match.errors import QueryError
from bot.match.morphology import forms, load, save
from bot.match.query import check_fields, field_names, field_values, parse
from bot.match.tools import explain_query, try_query, word_forms
from storage.records import Document, Span, SubscriptionId

GUIDE = Path(__file__).parents[2] / "docs" / "queries.md"


def test_a_query_tried_on_a_text_says_which_part_failed():
    (tested,) = try_query(parse("ракета Київ"), ["ракети летять"])
    assert tested.spans is None
    assert [(part.part, part.matched) for part in tested.explanation.parts] == [
        ("ракета", True),
        ("Київ", False),
    ]
    assert tested.explanation.parts[0].forms == ("ракети",)


def test_forms_of_an_ambiguous_word_are_flagged():
    flagged = {found.form: found.lemmas for found in word_forms("сталь").ambiguities}
    assert "стать" in flagged["стали"]
    assert not word_forms("ракета").ambiguities


def test_a_struck_form_no_longer_matches():
    engine = Engine()
    engine.add(SubscriptionId(1), parse("сталь"), struck_forms=frozenset({"стали"}))
    assert not engine.match(Document(text="они стали ждать"))
    assert engine.match(Document(text="лист сталью"))[0].spans == (Span(5, 11),)


def test_queries_with_one_meaning_share_their_cost():
    engine = Engine()
    engine.add(SubscriptionId(1), parse("ракета Київ"))
    engine.add(SubscriptionId(2), parse("Київ AND ракета"))
    assert engine.cost(SubscriptionId(1)).shared_by == 2
    assert len(engine.match(Document(text="ракета на Київ"))) == 2


def test_adding_under_the_same_key_replaces():
    engine = Engine()
    engine.add(SubscriptionId(1), parse("ракета"))
    engine.add(SubscriptionId(1), parse("дрон"))
    assert not engine.match(Document(text="ракета"))
    assert len(engine) == 1
    engine.remove(SubscriptionId(1))
    engine.remove(SubscriptionId(1))
    assert not engine.match(Document(text="дрон"))


def test_explained_query_shows_tree_presearch_and_cost():
    explained = explain_query(parse('"балістична загроза" OR ракета'))
    assert explained.tree.kind == "or"
    assert "загрози" in explained.tree.parts[0].forms
    assert explained.presearch
    assert not explained.cost.is_scan
    assert explain_query(parse("-ракета", allow_scan=True)).cost.is_scan


def test_unknown_channels_and_groups_get_the_nearest_name():
    with pytest.raises(QueryError) as caught:
        check_fields(parse("ракета channel:@kpzsu"), {"kpszsu"}, set())
    assert (caught.value.position, caught.value.hint) == (7, "@kpszsu")
    with pytest.raises(QueryError) as caught:
        check_fields(parse("group:monitor"), set(), {"monitors"})
    assert "monitors" in caught.value.message("uk")
    check_fields(parse("channel:@kpszsu group:monitors"), {"kpszsu"}, {"monitors"})


def test_places_without_a_gazetteer_are_refused():
    with pytest.raises(QueryError, match="places are not available"):
        Engine().add(SubscriptionId(1), parse("place:Суджа"))


def test_fields_and_their_values_can_be_completed():
    assert "channel" in field_names()
    assert field_values("lang") == ("uk", "ru", "en")
    assert field_values("channel") == ()


def test_expansions_survive_a_restart(tmp_path: Path):
    expanded = forms("ракета")
    assert load(tmp_path / "forms.json") == 0
    save(tmp_path / "forms.json")
    assert load(tmp_path / "forms.json") > 0
    assert forms("ракета") == expanded


@pytest.mark.parametrize(
    ("text", "position"),
    [("a OR -b", 5), ("ракета (дрон", 7), ('ракета "дрон', 7), ("x lang:de", 2), ("п*р", 1)],
)
def test_an_error_points_at_the_fault(text: str, position: int):
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.position == position


@pytest.mark.parametrize("text", ["(" * 1000 + "а" + ")" * 1000, "-" * 1900 + "а", "а NEAR " * 280])
def test_deep_and_long_queries_are_refused_or_read_without_a_crash(text: str):
    try:
        parse(text)
    except QueryError as error:
        assert error.message("ru")


def test_every_query_of_the_guide_parses():
    rows = [line.split(" | ")[0] for line in GUIDE.read_text("utf-8").splitlines() if "| `" in line]
    queries = [query for row in rows for query in re.findall(r"`([^`]+)`", row)]
    assert len(queries) > 20
    for query in queries:
        parse(query if not query.startswith(("lang:", "has:", "-is:")) else f"ракета {query}")


@pytest.mark.parametrize(
    "text",
    ["ракета", "ракета дрон", "ракета ракета", '"ракета дрон"', '"слово"', "рак*", "Київ or"],
)
def test_the_short_way_to_parse_plain_words_gives_what_the_grammar_gives(text: str):
    assert parse(text) == parse(f" {text}")
