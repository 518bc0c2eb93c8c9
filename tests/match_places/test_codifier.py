import pytest

from bot.match.places.codifier import katottg
from bot.match.places.facts import Fact
from bot.match.places.importers import SourceRefused
from bot.match.places.kinds import Kind

HEAD = (
    "Перший рівень;Другий рівень;Третій рівень;Четвертий рівень;Додатковий рівень;Категорія;Назва"
)
ROWS = """O1;;;;;O;Сумська
O1;P1;;;;P;Північний
O1;P1;H1;;;H;Верхня
O1;P1;H1;C1;;C;Верхнє
O1;P1;H1;C2;;C;Новоселівка
O1;P1;H1;C3;;C;Загублене
O1;P1;H2;;;H;Нижня
O1;P1;H2;C4;;C;Нижнє
O1;P1;H2;C5;;C;Новоселівка"""


def table(tmp_path, text):
    path = tmp_path / "katottg.csv"
    path.write_text(f"{HEAD}\n{text}\n", "utf-8")
    return path


def settlement(place_id, name, lat, lon, language="uk"):
    return Fact(place_id, Kind.SETTLEMENT, lat, lon, "UA", "t:r", 0, [(language, name)])


def known():
    return [
        Fact("t:r", Kind.REGION, 51.0, 34.0, "UA", "country:UA", 0, [("uk", "Сумська область")]),
        settlement("wof:1", "Верхнє", 51.5, 34.0),
        settlement("wof:2", "Nyzhnie", 51.3, 34.0, "en"),
        settlement("wof:3", "Новоселівка", 51.51, 34.02),
        settlement("wof:4", "Новоселівка", 51.31, 34.01),
    ]


def test_namesakes_go_to_the_community_they_are_near(tmp_path):
    found = {fact.id: fact for fact in katottg(table(tmp_path, ROWS), known())}
    assert (found["katottg:C2"].lat, found["katottg:C5"].lat) == (51.51, 51.31)
    assert found["katottg:C4"].lat == 51.3  # known in Latin letters alone
    assert found["katottg:C1"].parent == "katottg:H1"
    assert found["katottg:P1"].name("uk") == "Північний район"


def test_a_settlement_no_source_has_stands_in_the_middle_of_its_community(tmp_path):
    found = {fact.id: fact for fact in katottg(table(tmp_path, ROWS), known())}
    assert found["katottg:C3"].lat == pytest.approx(51.505)


def test_a_far_namesake_is_another_place(tmp_path):
    far = [*known()[:3], settlement("wof:9", "Загублене", 47.0, 34.0)]
    found = {fact.id: fact for fact in katottg(table(tmp_path, ROWS), far)}
    assert found["katottg:C3"].lat > 51


@pytest.mark.parametrize("text", ["a;b;c", "O1;;;;;O"])
def test_what_is_no_codifier_is_refused_in_one_line(tmp_path, text):
    with pytest.raises(SourceRefused) as raised:
        list(katottg(table(tmp_path, text), known()))
    assert "\n" not in str(raised.value)
