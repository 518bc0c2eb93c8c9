"""What a refused field is offered instead: whole queries that are not refused."""

from __future__ import annotations

import pytest

from bot.match.errors import QueryError
from bot.match.query import check_fields, parse
from bot.match.repairs import Repair, repairs

CHANNELS = {
    "kpszsu": "Повітряні Сили ЗС України",
    "suspilne_news": "Суспільне Новини",
    "front_news": "Фронт",
    "17": "Без імені",
}
MANY = CHANNELS | {f"channel_{number}": "" for number in range(9)}
GROUPS = ("monitors", "north side")


def offered(text: str, channels: dict[str, str] = CHANNELS) -> tuple[Repair, ...]:
    try:
        check_fields(parse(text), channels, GROUPS)
    except QueryError as fault:
        return repairs(text, fault, channels, GROUPS)
    raise AssertionError(f"{text} is not refused")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("ракета channel:@kpzsu", "ракета channel:@kpszsu"),
        ("channel:суспільне OR ракета", "channel:@suspilne_news OR ракета"),
        ('дрон channel:"Повітряні сили" танк', "дрон channel:@kpszsu танк"),
        ("дрон channel:«Без імені»", "дрон channel:17"),
        ("дрон channel:https://t.me/front", "дрон channel:@front_news"),
        ("-(lang:ru дрон) lang:ua", "-(lang:ru дрон) lang:uk"),
        ("(дрон lang:)", "(дрон lang:uk)"),
        ("has:photos дрон", "has:photo дрон"),
        ("дрон -is:forwarded", "дрон -is:forward"),
        ("дрон -group:north", 'дрон -group:"north side"'),
        ("chanel:@kpszsu дрон", "channel:@kpszsu дрон"),
        ("from: дрон", "from:@front_news дрон"),
    ],
)
def test_the_likeliest_value_is_offered_first(text: str, first: str):
    found = offered(text)
    assert found[0].query == first
    for repair in found:
        assert repair.piece in repair.query
        check_fields(parse(repair.query, allow_scan=True), CHANNELS, GROUPS)


def test_channels_are_offered_with_the_titles_people_know():
    assert offered("дрон channel:@kpzsu")[0].title == "Повітряні Сили ЗС України"


def test_all_of_a_few_are_offered_and_of_many_only_the_like():
    assert len(offered("дрон channel:@zzzzqq")) == len(CHANNELS)
    assert offered("дрон channel:@zzzzqq", MANY) == ()
    assert len(offered("дрон channel:", MANY)) == 8
    assert [found.piece for found in offered("дрон channel:@kpz", MANY)] == ["channel:@kpszsu"]


@pytest.mark.parametrize("text", ["дрон url:kyiv", "near: дрон", "дрон OR", "place: дрон", "-дрон"])
def test_nothing_is_offered_where_nothing_is_known(text: str):
    assert offered(text) == ()
