import json
import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from bot.match.places import Gazetteer, Tagger, importers, maps, tools
from bot.match.places import mentions as mentions_out
from bot.match.places.build import build
from bot.match.places.codifier import katottg
from bot.match.places.importers import SourceRefused
from bot.match.places.raster import png_of
from bot.match.tagging import tag_lines
from tests.match_places.conftest import small_world

SHARED = next(
    (
        path
        for path in (
            Path(__file__).parents[3] / "shared/data/places",
            Path("/work/shared/data/places"),
        )
        if path.exists()
    ),
    None,
)
needs_shared = pytest.mark.skipif(SHARED is None, reason="../shared/data/places is absent")


def tagged(tagger, gazetteer, *lines):
    bad = []
    written = [line.encode("utf-8", "surrogatepass") for line in lines]
    found = list(map(json.loads, tag_lines(tagger, gazetteer, written, bad.append)))
    return found, bad


def test_tag_writes_one_line_for_each(tagger, gazetteer):
    (first, second), bad = tagged(
        tagger,
        gazetteer,
        '{"id": 7, "text": "Взрывы в Судже 😀"}',
        "",
        '{"id": "b", "text": "тихо", "lang": "ru"}',
    )
    (mention,) = first["mentions"]
    assert (first["id"], mention["surface"], mention["start"], mention["end"]) == (
        7,
        "Судже",
        9,
        14,
    )
    assert (mention["name"], mention["kind"], mention["country"]) == ("Sudzha", "settlement", "RU")
    assert second == {"id": "b", "mentions": []}
    assert not bad


def test_a_bad_line_is_reported_by_number_and_costs_no_other(tagger, gazetteer):
    found, bad = tagged(
        tagger,
        gazetteer,
        "nonsense",
        '{"id": 1, "text": "Взрывы в Судже"}',
        '{"id": 2}',
        '{"id": 3, "text": 5}',
        "[1]",
        '{"text": "без id"}',
        '{"id": 4, "text": "Ніч у Сумах \\ud83d", "lang": "xx"}',
        '{"id": 5, "text": "Ранок у Сумах", "lang": 7}',
    )
    assert [row["id"] for row in found] == [1, 4, 5]
    assert all(row["mentions"] for row in found)
    assert [line.number for line in bad] == [1, 3, 4, 5, 6]
    assert all("\n" not in str(line) for line in bad)


def test_unknown_places_have_null_coordinates(tagger, gazetteer):
    (row,), _ = tagged(tagger, gazetteer, '{"id": 1, "text": "Обстріляно село Вигаданівка."}')
    (mention,) = row["mentions"]
    assert (mention["surface"], mention["lat"], mention["place_id"]) == ("Вигаданівка", None, None)


def test_coverage_names_what_is_missing(gazetteer):
    assert tools.coverage(gazetteer, ["Суджа", "", "Вигаданівка"]) == (2, ["Вигаданівка"])


def test_exports_for_maps(tagger, gazetteer):
    mentions = tagger.tag("Взрывы в Судже")
    (feature,) = mentions_out.geojson(mentions, gazetteer)["features"]
    assert feature["geometry"]["coordinates"] == [
        pytest.approx(35.27, abs=0.01),
        pytest.approx(51.19, abs=0.01),
    ]
    assert "<name>Sudzha</name>" in mentions_out.kml(mentions, gazetteer)


def geonames_row(**changed: str):
    row = [
        "1",
        "Testove",
        "Testove",
        "Тестове,Тестово",
        "50.0",
        "30.0",
        "P",
        "PPL",
        "UA",
        "",
        "13",
        "3205",
        "",
        "",
        "500",
        "",
        "150",
        "Europe/Kyiv",
        "2024-01-01",
    ]
    for column, value in changed.items():
        row[int(column[1:])] = value
    return "\t".join(row)


def zipped(path, name, text):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, text)
    return path


def test_geonames_dumps_are_read_with_alternate_names(tmp_path):
    dump = zipped(tmp_path / "UA.zip", "UA.txt", geonames_row() + "\n")
    names = zipped(
        tmp_path / "alternateNamesV2.zip",
        "alternateNamesV2.txt",
        "9\t1\tuk\tТестове\t1\t\t\t\n8\t1\tfr\tTestové\t\t\t\t\n",
    )
    codes = tmp_path / "admin1CodesASCII.txt"
    codes.write_text("UA.13\tKyiv Oblast\tKyiv Oblast\t703446\n")
    (fact,) = importers.geonames([dump], names, [codes])
    assert (fact.id, fact.parent, fact.name("uk"), fact.name("ru")) == (
        "gn:1",
        "gn:703446",
        "Тестове",
        "Тестово",
    )


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_bytes(b"not a zip"), "no zip file"),
        (lambda path: zipped(path, "other.txt", "x"), "holds no UA.txt"),
        (lambda path: zipped(path, "UA.txt", "a\tb\n"), "2 columns, not 19"),
        (lambda path: zipped(path, "UA.txt", geonames_row(c0="name") + "\n"), "no GeoNames id"),
        (
            lambda path: (
                zipped(path, "UA.txt", geonames_row() * 500),
                path.write_bytes(path.read_bytes()[:200]),
            ),
            "no zip file",
        ),
    ],
)
def test_a_broken_or_foreign_dump_is_refused_in_one_line(tmp_path, make, says):
    path = tmp_path / "UA.zip"
    make(path)
    with pytest.raises(SourceRefused, match=says) as raised:
        list(importers.geonames([path], None, []))
    assert "\n" not in str(raised.value)


def test_a_table_of_ones_own(tmp_path):
    table = tmp_path / "places.csv"
    table.write_text(
        "id,kind,lat,lon,country,parent,en,ru,uk\nmy:1,settlement,50,30,UA,,Testove,Тестово,Тестове|Інше\n",
        "utf-8",
    )
    (fact,) = importers.extra(table)  # noqa: S610 not Django
    assert fact.names == [("en", "Testove"), ("ru", "Тестово"), ("uk", "Тестове"), ("uk", "Інше")]
    table.write_text("a,b\n1,2\n")
    with pytest.raises(SourceRefused, match="columns must be"):
        list(importers.extra(table))  # noqa: S610 not Django


@needs_shared
def test_shared_sources_are_read():
    wof = list(importers.whos_on_first(SHARED / "wof-admin-ua.jsonl.xz"))
    assert len(wof) > 34_000
    assert (
        sum(1 for _ in importers.postal(SHARED / "geonames-postal-ru.tsv.xz", {"курская": "r"}))
        > 300
    )
    known = [*small_world(), *wof]
    assert sum(1 for _ in katottg(SHARED / "katottg-2025-05-16.csv", known)) > 1_500


def test_a_map_shows_dots_over_borders_and_rivers(tmp_path):
    build(small_world(), tmp_path / "g", ["x"])
    world = Gazetteer.open(tmp_path / "g")
    mentions = Tagger(world).tag("Бої за Суми, у Сумах тихо. Удар: 50.9, 34.9; 51.1912, 35.2711")
    drawn = maps.svg_map(mentions, world, title="A day")
    root = ET.fromstring(drawn)  # noqa: S314 our own document
    tags = Counter(element.tag.rpartition("}")[2] for element in root.iter())
    assert "Сумы 2" in drawn
    assert tags["circle"] >= 2
    assert tags["polyline"] > 3
    assert "no places" in maps.svg_map([], world)
    picture = Image.open(BytesIO(png_of(drawn)))
    assert (picture.format, picture.width) == ("PNG", int(root.attrib["width"]))
    dot = next(element for element in root.iter() if element.tag.endswith("circle"))
    red, green, blue = picture.getpixel(
        (int(float(dot.attrib["cx"])), int(float(dot.attrib["cy"])))
    )
    assert red > green + 40
    assert red > blue + 40
    assert Image.open(BytesIO(png_of(maps.svg_map([], world)))).height == 60


def test_a_map_is_not_widened_by_one_far_mention(tmp_path):
    build(small_world(), tmp_path / "g", ["x"])
    world = Gazetteer.open(tmp_path / "g")
    far = Tagger(world).tag("Удар: 38.8977, -77.0365")
    drawn = maps.svg_map([*Tagger(world).tag("Бої за Суми. " * 30), *far], world)
    assert "mentions beyond the map: 1" in drawn
    assert drawn.count("<circle") == 1
