import shutil

import pytest

from bot.match.places import ArtefactUnusable, Gazetteer
from bot.match.places.build import FactsContradict, build
from bot.match.places.facts import Fact, fact_of, line_of
from bot.match.places.kinds import Kind
from bot.match.places.merge import merged
from bot.match.places.tables import with_tables
from tests.match_places.conftest import small_world


def test_same_facts_same_bytes(tmp_path):
    build(small_world(), tmp_path / "a", ["x"])
    build(reversed(small_world()), tmp_path / "b", ["x"])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_fact_survives_its_line():
    for fact in small_world():
        again = fact_of(line_of(fact))
        assert (again.id, again.kind, again.parent, sorted(again.names)) == (
            fact.id,
            fact.kind,
            fact.parent,
            sorted(fact.names),
        )


def test_two_places_with_one_id_are_refused_and_the_old_file_stays(tmp_path):
    path = tmp_path / "g"
    build(small_world(), path, ["x"])
    before = path.read_bytes()
    twice = [*small_world(), Fact("t:n", Kind.SETTLEMENT, 50, 30, "UA", "", 0, [("uk", "Інше")])]
    with pytest.raises(FactsContradict, match="two places have the id t:n"):
        build(twice, path, ["x"])
    assert path.read_bytes() == before


def test_a_circle_of_parents_is_refused(tmp_path):
    facts = [
        Fact("t:a", Kind.REGION, 50, 30, "UA", "t:b", 0, [("uk", "Аа")]),
        Fact("t:b", Kind.REGION, 50, 30, "UA", "t:a", 0, [("uk", "Бб")]),
    ]
    with pytest.raises(FactsContradict, match="circle"):
        build(facts, tmp_path / "g", ["x"])


def test_towns_are_shown_by_their_common_names():
    town = Fact("gn:535334", Kind.SETTLEMENT, 51.63, 35.28, "RU", "", 23_500,
                [("en", "L’govskiy"), ("ru", "Льговский")])  # fmt: skip
    other = Fact("gn:500059", Kind.SETTLEMENT, 51.57, 34.68, "RU", "", 16_000, [("en", "Ryl’sk")])
    known = {fact.id: fact for fact in with_tables([town, other])}
    shown = [known["gn:535334"].name(language) for language in ("en", "ru", "uk")]
    assert shown == ["Lgov", "Льгов", "Льгов"]
    assert known["gn:500059"].name("en") == "Rylsk"


def test_duplicates_are_joined_and_homonyms_kept():
    one = Fact("gn:1", Kind.SETTLEMENT, 49.71, 37.61, "UA", "", 27_000, [("en", "Kupiansk")])
    same = Fact("katottg:2", Kind.SETTLEMENT, 49.72, 37.60, "UA", "", 0, [("uk", "Куп'янськ")])
    far = Fact("katottg:3", Kind.SETTLEMENT, 51.0, 34.0, "UA", "", 0, [("uk", "Куп'янськ")])
    joined = merged([one, same, far])
    assert [(fact.id, fact.aliases) for fact in joined] == [
        ("gn:1", ["katottg:2"]),
        ("katottg:3", []),
    ]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda data: data[: len(data) // 2], "cut short"),
        (lambda data: b"PK\x03\x04" + data[4:], "no gazetteer"),
        (lambda data: data[:8] + b"\x63\0\0\0" + data[12:], "version 99"),
        (lambda data: data[:30], "cut short"),
        (lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], "is damaged"),
        (lambda _: b"", "only 0 bytes long"),
    ],
)
def test_an_unusable_file_is_refused_in_one_line(tmp_path, spoil, says):
    build(small_world(), tmp_path / "good", ["x"])
    (tmp_path / "bad").write_bytes(spoil((tmp_path / "good").read_bytes()))
    with pytest.raises(ArtefactUnusable, match=says) as raised:
        Gazetteer.open(tmp_path / "bad")
    assert "\n" not in str(raised.value)
    shutil.rmtree(tmp_path)
