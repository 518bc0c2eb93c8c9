from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judged import with_facts

from bot.match.documents import PLACES, Documents, places_asked_for
from bot.match.engine import Engine, Matcher, matches
from bot.match.errors import QueryError, Reason
from bot.match.expand import Compiler
from bot.match.formbook import FormBook, joined
from bot.match.morphology import folded_word, forms
from bot.match.plan import Kind, Term, Terms
from bot.match.query import Query, check_fields, field_names, field_values, needs_scan, parse
from bot.match.strikes import check_strikes, expansions, strike
from bot.match.tools import explain_query, word_forms
from bot.match.trial import Trial
from bot.match.weighing import weigh
from bot.operate.watching import marked
from bot.text.coding import coded
from storage.records import Document, Has, Span, SubscriptionId

GUIDE = Path(__file__).parents[2] / "docs" / "queries.md"


def test_a_query_tried_on_a_text_says_which_part_failed():
    trial = Trial(parse("ракета Київ"))
    document = Document(text="ракети летять")
    assert trial.spans(document) is None
    assert [(part.part, part.matched) for part in trial.explained(document).parts] == [
        ("ракета", True),
        ("Київ", False),
    ]
    assert trial.explained(document).parts[0].forms == ("ракети",)


def test_a_phrase_that_is_not_there_says_which_of_its_words_are():
    document = Document(text="балістична й інша загроза")
    (phrase, _) = Trial(parse('"балістична загроза" -дрон')).explained(document).parts
    assert not phrase.matched
    assert [part.forms for part in phrase.parts] == [("балістична",), ("загроза",)]


def test_a_query_weighs_by_the_posts_that_are_led_to_it():
    posts = [Document(text=text) for text in ("ракета летить", "тихо", "летить дрон", "ракети")]
    asked = ["ракета", '"ракета летить"', "*", "/[а-я]+/", "танк", "has:photo", "ракета -дрон"]
    queries = {SubscriptionId(n): parse(text, allow_scan=True) for n, text in enumerate(asked)}
    weights = weigh(queries, posts)
    found = {text: weights[SubscriptionId(n)] for n, text in enumerate(asked)}
    assert {text: (weight.checked, weight.matched) for text, weight in found.items()} == {
        "ракета": (2, 2),
        '"ракета летить"': (1, 1),
        "*": (4, 4),
        "/[а-я]+/": (4, 4),
        "танк": (0, 0),
        "has:photo": (0, 0),
        "ракета -дрон": (2, 2),
    }
    for weight in weights.values():
        assert weight.posts == len(posts)
        assert (weight.microseconds > 0) is (weight.checked > 0)
        assert weight.dearest >= weight.microseconds


@pytest.mark.parametrize(
    ("query", "is_scan"),
    [("*", True), ("-*", True), ("* ракета", False), ("* -ракета", True), (r"/\d+/", True),
     ("has:photo", True), ("ракета OR *", True), ("ракета -дрон", False), ("@kpszsu", False)],
)  # fmt: skip
def test_it_is_known_which_queries_no_index_can_lead_to(query: str, *, is_scan: bool):
    assert needs_scan(parse(query, allow_scan=True)) is is_scan
    if is_scan:
        with pytest.raises(QueryError):
            parse(query)
    else:
        parse(query)


def test_forms_of_an_ambiguous_word_are_flagged():
    flagged = {found.form: found.lemmas for found in word_forms("сталь").ambiguities}
    assert "стать" in flagged["стали"]
    assert not word_forms("ракета").ambiguities


@pytest.mark.parametrize(
    ("query", "form", "struck"),
    [
        ("сталь", "стали", "сталь!стали"),
        ('"сталь завод"', "стали", '"сталь!стали завод"'),
        ("сталь!сталей OR рота", "стали", "сталь!сталей!стали OR рота"),
        ("рота NEAR/3 -(техніка)", "рот", None),
        ("ракета -рота", "рот", "ракета -рота!рот"),
        ("ФАБ-500", "FAB500", "ФАБ-500!fab500"),
        ("=сталь сталь", "Стали", "=сталь сталь!стали"),
    ],
)
def test_a_form_is_struck_out_of_the_query_itself_and_can_come_back(
    query: str, form: str, struck: str | None
):
    if struck is None:
        with pytest.raises(QueryError):
            parse(query)
        return
    changed = strike(parse(query), [form])
    assert changed.normal == struck
    assert parse(changed.normal) == changed
    assert strike(changed, [form], restore=True) == parse(query)
    check_strikes(changed)


def test_a_struck_form_matches_in_no_part_of_the_query():
    matcher = Matcher(parse('сталь!стали OR "сталь!стали дорожче"'))
    assert matcher.match(Document(text="они стали ждать, стали дорожче")) is None
    assert matcher.match(Document(text="лист сталью")) == (Span(5, 11),)


@pytest.mark.parametrize(
    ("query", "position", "hint"),
    [("сталь!стлаи", 0, "стали"), ("ракета сталь!дрон", 7, ""), ('"сталь!стлаи лист"', 0, "стали")],
)
def test_what_is_no_form_of_a_word_cannot_be_struck_out(query: str, position: int, hint: str):
    with pytest.raises(QueryError) as caught:
        check_strikes(parse(query))
    assert (caught.value.position, caught.value.hint) == (position, hint)


def test_an_expansion_knows_its_strikes_and_what_other_words_share():
    (only,) = expansions(parse("сталь!сталей"))
    assert only.struck == {"сталей"}
    assert "сталей" in only.forms
    assert "стать" in dict(only.shared)["стали"]


def test_translations_of_a_word_are_no_reason_for_a_warning():
    assert not word_forms("міст").ambiguities or all(
        "мост" not in shared.lemmas for shared in word_forms("міст").ambiguities
    )


def test_a_struck_form_no_longer_matches():
    engine = Engine()
    engine.add(SubscriptionId(1), parse("сталь!стали"))
    assert not engine.match(Document(text="они стали ждать"))
    assert engine.match(Document(text="лист сталью"))[0].spans == (Span(5, 11),)


def test_queries_with_one_meaning_share_their_cost():
    engine = Engine()
    engine.add(SubscriptionId(1), parse("ракета Київ"))
    engine.add(SubscriptionId(2), parse("Київ AND ракета"))
    assert engine.cost(SubscriptionId(1)).shared_by == 2
    assert len(engine.match(Document(text="ракета на Київ"))) == 2


def test_where_a_query_hit_is_known_though_it_was_removed_meanwhile():
    engine = Engine()
    engine.add(SubscriptionId(1), parse("ракета has:photo"))
    engine.add(SubscriptionId(2), parse("channel:@kanal_x @kanal_y"))
    post = Document(text="ракети @kanal_y", has=frozenset({Has.PHOTO}), channel="kanal_x")
    hits = engine.match(post)
    engine.remove(SubscriptionId(1))
    engine.remove(SubscriptionId(2))
    assert {hit.key: hit.spans for hit in hits} == {1: (Span(0, 6),), 2: (Span(7, 15),)}
    assert not engine.match(post)


def test_words_posts_had_before_are_found_by_later_queries_of_every_kind():
    engine = Engine()
    post = Document(text="Над Сумами ракети 5 і дрон Sudzha")
    sources = ["рак*", "=дрон", r"/ракет[аи]\s+\d+/", "~Суджа", '"ракета 5"', "ракета дрон"]
    sources += [f"слово{at}*" for at in range(20)]  # so many that what is remembered is made anew
    for key, source in enumerate(sources, start=1):
        engine.match(post)
        engine.add(SubscriptionId(key), parse(source))
    assert {hit.key for hit in engine.match(post)} == {1, 2, 3, 4, 5, 6}
    for key in range(1, len(sources) + 1):
        engine.remove(SubscriptionId(key))
    assert not engine.match(post)


def test_a_stored_pattern_that_re2_no_longer_takes_matches_nothing():
    query = parse("/ракета(/", is_checked=True)
    assert matches(query, Document(text="ракета(")) is None


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


def test_expansions_survive_a_restart_and_words_nobody_asks_for_do_not(tmp_path: Path):
    path = tmp_path / "forms"
    book, again, last = FormBook(), FormBook(), FormBook()
    assert book.load(path) == 0
    found = book.learn("ракета", forms("ракета") | {"café", "日本"})
    book.learn("дрон", forms("дрон"))
    book.learn("рядок\nслово", forms("рядок"))  # would be two lines: expanded anew at each start
    book.save(path)
    assert path.stat().st_mode & 0o077 == 0
    assert again.load(path) == 2
    assert again.codes("ракета") == found == joined(map(coded, forms("ракета") | {"café", "日本"}))
    assert again.forget_former() == 1
    assert again.codes("дрон") is None
    assert (len(again), again.changes) == (1, 0)
    again.save(path)
    assert last.load(path) == 1
    assert last.codes("ракета") == found


@pytest.mark.parametrize(
    "word", ["ракета", "Ёлка", "м\u02bcяч", "\u02bc", "НАТО", "city", "日本", "é"]
)
def test_a_plain_word_is_the_term_of_its_forms(word: str):
    assert word.isalpha()
    plan = Compiler(Terms()).word(word)
    assert isinstance(plan, Term)
    assert plan.codes == Terms().term(Kind.WORD, forms(word)).codes
    assert folded_word(word) in forms(word)


def test_expansions_of_another_version_or_damaged_are_left_alone(tmp_path: Path):
    path = tmp_path / "forms"
    book = FormBook()
    book.learn("ракета", {"ракета"})
    book.save(path)
    whole = path.read_bytes()
    head, _, body = whole.partition(b"\n")
    damaged = [b"", whole[:-3], whole[:20], head, body, whole.replace(b"\t", b" ")]
    damaged += [b"forms 0\n" + whole, whole + b"\n", head[:-1] + b"x\n" + body]
    for text in damaged:
        path.write_bytes(text)
        assert FormBook().load(path) == 0
        assert FormBook().codes("ракета") is None
    path.write_bytes(whole)
    assert FormBook().load(path) == 1


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


def guide() -> list[tuple[str, str, Document]]:
    """Give the guide's queries, each with its example marked and as a post."""
    found = []
    for line in GUIDE.read_text("utf-8").splitlines():
        if not line.startswith("| `"):
            continue
        queries, _, example = line.strip("| ").split(" | ")
        written, _, facts = example.partition(" `")
        post = Document(text=re.sub("[»«]", "", written), channel="kanal_x")
        if facts:
            post = with_facts(post, facts.rstrip("`"))
        found += [(query, written, post) for query in re.findall("`([^`]+)`", queries)]
    return found


def test_the_guide_shows_every_operator_and_field():
    written = " ".join(query for query, _, _ in guide())
    assert all(
        sign in written for sign in ("=", "!", "*", "OR", "NOT", "-", "NEAR/", "~", "/", "@")
    )
    assert all(f"{name}:" in written for name in field_names())


@pytest.mark.parametrize(("query", "written", "post"), guide())
def test_an_example_of_the_guide_finds_what_it_says(query: str, written: str, post: Document):
    parsed = parse(query)
    mentions = Documents(places_asked_for(parsed)).mentions(post.text, post.lang)
    spans = Matcher(parsed, PLACES).match(replace(post, mentions=mentions))
    assert spans is not None
    assert marked(post.text, spans) == written


@pytest.mark.parametrize(
    "text",
    ["ракета", "ракета дрон", "ракета ракета", '"ракета дрон"', '"слово"', "рак*", "Київ or"],
)
def test_the_short_way_to_parse_plain_words_gives_what_the_grammar_gives(text: str):
    assert parse(text) == parse(f" {text}")


_PIECES = ["ракета", "Дрон", "city", "ЗСУ", "я", "OR", "AND", "or", "рак*", '"новий дрон"', '"']
_PIECES += ["(ракета OR дрон)", "-дрон", '-"новий дрон"', "-(Київ OR дрон)", "/ракет[аи]/", "/x/"]
_PIECES += ["OR", "OR", "ракета дрон", '"слово OR слово"', "(", ")", "-", "сталь!стали", "ёлка"]


@given(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=14), st.sampled_from([" ", "  "]))
def test_the_short_way_and_the_grammar_agree_on_alternatives(pieces: list[str], gap: str):
    def parsed(text: str) -> Query | Reason:
        try:
            return parse(text)
        except QueryError as error:
            return error.reason

    text = gap.join(pieces)
    assert parsed(text) == parsed(f" {text}")
