"""Every refusal: its place, its reason in three languages, and an example that works."""

from __future__ import annotations

import pytest

from bot.match.documents import PLACES
from bot.match.engine import Engine
from bot.match.errors import LANGUAGES, QueryError, Reason
from bot.match.query import Query, check_fields, parse
from bot.match.strikes import check_strikes
from bot.match.tools import word_forms
from storage.records import SubscriptionId

CHANNELS, GROUPS = {"kpszsu", "front_news"}, {"monitors", "north side"}
WORDS = " ".join(f"слово{number}" for number in range(101))
# (what is wrong, a query, where the fault is)
REFUSED = [
    (Reason.EMPTY, "  ", 0),
    (Reason.TOO_LONG, "а" * 2001, 2000),
    (Reason.TOO_MANY_TERMS, WORDS, 0),
    (Reason.TOO_DEEP, "ракета (а OR " * 7 + "дрон" + ")" * 7, 0),
    (Reason.UNEXPECTED, "ракета OR OR дрон", 10),
    (Reason.UNEXPECTED_END, "ракета OR", 9),
    (Reason.OPEN_QUOTE, 'ракета "балістична', 7),
    (Reason.OPEN_BRACKET, "ракета (дрон", 7),
    (Reason.OPEN_BRACKET, "ракета дрон)", 11),
    (Reason.NO_WORD, "ракета 🚀", 7),
    (Reason.NO_WORD, 'ракета "🚀"', 7),
    (Reason.LONE_SIGN, "Путін - Трамп", 6),
    (Reason.LONE_SIGN, "~ Зеленський", 0),
    (Reason.SURGE_FIRST, "ракета surge:4/10", 7),
    (Reason.WILDCARD, "ракета п*р", 8),
    (Reason.SHORT_PREFIX, "дрон ра*", 5),
    (Reason.MATCHES_ALL, "ракета OR *", 10),
    (Reason.ONLY_NOT, "-ракета", 0),
    (Reason.OR_NOT, "дрон OR -ракета", 8),
    (Reason.FIELD_TOO_WIDE, "has:video lang:uk", 0),
    (Reason.NOT_ONE_WORD, "ракета дрон", 0),
    (Reason.STRIKE_FORM, "дрон =сталь!стали", 5),
    (Reason.NO_SUCH_FORM, "дрон сталь!стлаи", 5),
    (Reason.NEAR_OPERAND, "ракета NEAR/3 has:video", 7),
    (Reason.NEAR_DISTANCE, "ракета NEAR/99 дрон", 7),
    (Reason.REGEX_INVALID, "дрон /ракет[/", 11),
    (Reason.REGEX_INVALID, "дрон /(?=ракет)/", 6),
    (Reason.REGEX_BOUNDARY, r"дрон /ракета\b\d/", 5),
    (Reason.REGEX_NO_LITERAL, r"/\d+/", 0),
    (Reason.REGEX_TOO_LARGE, rf"/{r'[а-яіїєґ]{1,900}ракета' * 20}/", 0),
    (Reason.UNKNOWN_FIELD, "ракета chanel:@kpszsu", 7),
    (Reason.BAD_VALUE, "ракета lang:de", 7),
    (Reason.BAD_VALUE, "ракета has:sound", 7),
    (Reason.BAD_SHAPE, "ракета url:kyiv", 7),
    (Reason.BAD_SHAPE, "ракета channel:@№", 7),
    (Reason.BAD_VALUE, "place:Суджа~sure", 0),
    (Reason.NO_VALUE, "ракета channel: дрон", 7),
    (Reason.FIELD_SUFFIX, 'ракета channel:"kpszsu"~wide', 7),
    (Reason.UNKNOWN_CHANNEL, "ракета channel:@kpzsu", 7),
    (Reason.UNKNOWN_GROUP, "ракета group:monitor", 7),
    (Reason.UNKNOWN_GROUP, 'ракета group:"north sid"', 7),
    (Reason.UNKNOWN_PLACE, "ракета place:Нетакогоміста", 7),
    (Reason.NO_PLACES, "ракета place:Суджа", 7),
    (Reason.BAD_NEAR, "ракета near:Суджа", 7),
]


def refusal(reason: Reason, text: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        take(reason, text)
    return caught.value


def take(reason: Reason, text: str) -> None:
    if reason is Reason.NOT_ONE_WORD:
        word_forms(text)
    query = parse(text)
    check_fields(query, CHANNELS, GROUPS)
    check_strikes(query)
    accept(query, with_places=reason is not Reason.NO_PLACES)


def accept(query: Query, *, with_places: bool = True) -> None:
    Engine(PLACES if with_places else None).add(SubscriptionId(1), query)


def test_every_reason_is_tried():
    assert {reason for reason, _, _ in REFUSED} == set(Reason)


@pytest.mark.parametrize(("reason", "text", "position"), REFUSED)
def test_a_refusal_says_where_why_and_what_would_work(reason: Reason, text: str, position: int):
    error = refusal(reason, text)
    assert (error.reason, error.position) == (reason, position)
    said = {language: error.message(language) for language in LANGUAGES}
    assert len(set(said.values())) == len(LANGUAGES)
    for line in said.values():
        assert "\n" not in line
        assert "{" not in line.replace(text, "")
        assert str(position + 1) in line
        assert line.endswith(error.example)
    example = parse(error.example)
    check_strikes(example)
    accept(example)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("ракета chanel:@kpszsu", "channel:"),
        ("ракета lang:de", "uk, ru, en"),
        ("ракета channel:@kpzsu", "@kpszsu"),
        ("group:monitor", "monitors"),
        ("сталь!стлаи", "стали"),
    ],
)
def test_what_was_probably_meant_is_said(text: str, hint: str):
    error = refusal(Reason.EMPTY, text)
    assert error.hint == hint
    assert hint in error.message("uk")


@pytest.mark.parametrize(
    ("source", "position", "said"),
    [
        ("ракета (так", 1, "дужку ( не закрито"),
        ("ракета)", 1, "дужка ) не має пари"),
        ("ракета[так", 7, "дужку [ не закрито"),
        ("ракета**", 7, "два знаки повторення"),
        ("*ракета", 1, "нема чого повторювати"),
        ("ракета{1001}", 7, "щонайбільше 1000"),
        (r"(ракета)\1", 9, "зворотних посилань"),
        (r"ракета\q", 7, "нічого не означає"),
        ("ракета(?!ми)", 7, "не зазирає вперед"),
        ("(?<ракета", 1, "назвою групи"),
        ("ракета[я-а]", 8, "діапазоном"),
        ("(?>ракета)", 1, "RE2 не знає"),
    ],
)
def test_why_re2_refuses_a_pattern_is_said_in_ones_language(source: str, position: int, said: str):
    error = refusal(Reason.REGEX_INVALID, f"/{source}/")
    assert (error.reason, error.position) == (Reason.REGEX_INVALID, position)
    assert said in error.message("uk")
    refused = str(error.detail).partition(":")[0]
    assert all(refused not in error.message(language) for language in LANGUAGES)


def test_the_example_for_an_unknown_group_is_one_there_is():
    assert refusal(Reason.UNKNOWN_GROUP, 'group:"north sid"').example == 'group:"north side"'
