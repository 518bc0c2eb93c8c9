"""Queries as people write them: other quotes, operators and fields of their own language, links."""

from __future__ import annotations

import pytest

from bot.match.asides import Meant, asides
from bot.match.query import parse
from bot.operate.verbs.words import warnings

WRITTEN = [
    ("ракета АБО дрон", "ракета OR дрон"),
    ("ракета ИЛИ дрон", "ракета OR дрон"),
    ("(ракета|дрон) Київ", '"ракета дрон" Київ'),  # one piece, as with any sign inside
    ("(ракета | дрон) Київ", "(ракета OR дрон) Київ"),
    ("ракета || дрон", "ракета OR дрон"),
    ("ракета & Київ && дрон", "ракета Київ дрон"),
    ("ракета НЕ навчання", "ракета -навчання"),
    ("ракета НЕ (навчання АБО тренування)", "ракета -(навчання OR тренування)"),
    ("ПУТІН НЕ ПРИЇДЕ", "ПУТІН Не ПРИЇДЕ"),  # shouted, not an operator
    ('"НЕ" приїде', '"НЕ" приїде'),
    ("НЕБО", "НЕБО"),
    ("дрон near/3 Київ", "дрон NEAR/3 Київ"),
    ("'балістична загроза'", '"балістична загроза"'),
    ("‘балістична загроза’ Київ", '"балістична загроза" Київ'),
    ("'місто' м'яч rock'n'roll 'n", "місто м'яч rock'n'roll n"),
    ("ракета, дрон; шахед!", "ракета дрон шахед"),
    ("ракета —навчання", "ракета -навчання"),
    ("канал:@kpszsu Мова:укр ракета", "channel:@kpszsu lang:uk ракета"),
    ("місце:Суджа має:фото", "place:Суджа has:photo"),
    ("место:Суджа -есть:видео", "place:Суджа -has:video"),
    ('біля:"Суджа, 30 км"', 'near:"Суджа, 30 km"'),
    ('near:"Суджа 30 км"', 'near:"Суджа, 30 km"'),
    ('near:"51.2, 35.3 10km"', 'near:"51.2, 35.3, 10 km"'),
    ("від:@kpszsu є:переслане ракета", "from:@kpszsu is:forward ракета"),
    ("увага: ракета", "увага ракета"),
    ("КИЇВ:ракета", '"КИЇВ ракета"'),
    ("https://t.me/kpszsu/12345", "@kpszsu"),
    ("t.me/s/kpszsu", "@kpszsu"),
    ("t.me/joinchat/abc", "url:t.me"),
    ("https://www.pravda.com.ua/news/2026/", "url:pravda.com.ua"),
]


@pytest.mark.parametrize(("written", "normal"), WRITTEN)
def test_what_people_write_is_understood(written: str, normal: str):
    assert parse(written).normal == normal
    assert parse(normal).normal == normal


def test_a_channel_too_wide_alone_is_refused_with_its_own_value_in_the_example():
    with pytest.raises(ValueError, match="Try: ракета has:photo"):
        parse("has:photo")


def test_words_that_read_like_operators_are_told_and_still_looked_for():
    query = parse("ракета або дрон и не місто (a or b) OR =or")
    assert [(aside.word, aside.meant) for aside in asides(query)] == [
        ("або", Meant.OR),
        ("и", Meant.AND),
        ("не", Meant.NOT),
        ("or", Meant.OR),
    ]
    assert asides(parse('"або" =не дрон')) == ()
    assert asides(parse("або")) == ()
    (said,) = warnings("ракета або дрон")
    assert "“або” is looked for as a word" in said
