"""What a query being typed can go on with."""

from __future__ import annotations

import pytest

from bot.match.completion import completions
from bot.match.query import field_names, parse

CHANNELS = ("kpszsu", "kyiv_news", "front_news")
GROUPS = ("monitors", "north side")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ракета ch", ("ракета channel:",)),
        ("ракета channel:@k", ("ракета channel:@kpszsu", "ракета channel:@kyiv_news")),
        ("ракета -has:p", ("ракета -has:photo", "ракета -has:poll")),
        ("ракета has:v", ("ракета has:video",)),
        ("(ракета OR lang:", tuple(f"(ракета OR lang:{v}" for v in ("uk", "ru", "en"))),
        ("group:no", ('group:"north side"',)),
        ("from:@fr", ("from:@front_news",)),
        ("ракета N", ("ракета NOT", "ракета NEAR/5")),
        ("place:Суджа~", ("place:Суджа~wide", "place:Суджа~strict")),
        ("ракета", ()),
        ("ракета ", ()),
        ('"has:', ()),
        ("", ()),
    ],
)
def test_the_last_piece_is_completed(text: str, wanted: tuple[str, ...]):
    assert completions(text, CHANNELS, GROUPS) == wanted


@pytest.mark.parametrize("name", field_names())
def test_every_completed_value_parses(name: str):
    for whole in completions(f"ракета {name}:", CHANNELS, GROUPS):
        parse(whole)


def test_every_field_is_offered():
    offered = {whole for name in field_names() for whole in completions(name[0])}
    assert {f"{name}:" for name in field_names()} <= offered
