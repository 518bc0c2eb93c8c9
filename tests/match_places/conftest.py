import pytest

from bot.match.places import Gazetteer, Tagger
from bot.match.places.facts import Fact
from bot.match.places.kinds import Kind


@pytest.fixture(scope="session")
def gazetteer():
    return Gazetteer.open()


@pytest.fixture(scope="session")
def tagger(gazetteer):
    return Tagger(gazetteer)


def small_world():
    """Two oblasts of an invented country with a village of one name in each."""
    return [
        Fact(
            "country:UA",
            Kind.COUNTRY,
            49.0,
            32.0,
            "UA",
            "",
            40_000_000,
            [("uk", "Україна"), ("ru", "Украина")],
        ),
        Fact(
            "t:north",
            Kind.REGION,
            51.0,
            34.0,
            "UA",
            "country:UA",
            1_000_000,
            [("uk", "Сумська область")],
        ),
        Fact(
            "t:south",
            Kind.REGION,
            46.0,
            33.0,
            "UA",
            "country:UA",
            1_000_000,
            [("uk", "Херсонська область")],
        ),
        Fact(
            "t:city",
            Kind.SETTLEMENT,
            50.9,
            34.8,
            "UA",
            "t:north",
            270_000,
            [("uk", "Суми"), ("ru", "Сумы")],
        ),
        Fact("t:n", Kind.SETTLEMENT, 51.1, 34.9, "UA", "t:north", 900, [("uk", "Новоселівка")]),
        Fact("t:s", Kind.SETTLEMENT, 46.2, 33.1, "UA", "t:south", 900, [("uk", "Новоселівка")]),
    ]
