import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.match.documents import PLACES
from bot.match.engine import Matcher
from bot.match.places.cells import cells_around, cells_of
from bot.match.places.coordinates import coordinates_in, distance_km, point_of
from bot.match.placing import asked_for, places_of
from bot.match.query import parse
from storage.records import Document


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("удар 51.1912, 35.2711!", 51.1912, 35.2711),
        ("48.2871 N, 37.1756 E", 48.2871, 37.1756),
        ("48,28710 37,17560", 48.2871, 37.1756),
        ("48°17'14\"N 37°10'35\"E", 48.28722, 37.17639),
        ("48°17′14″ с.ш. 37°10′35″ в.д.", 48.28722, 37.17639),
        ("33°51'S 151°12'E", -33.85, 151.2),
        ("37U CQ 65000 49000", 48.29, 37.18),
        ("8GX6H5PG+2X", 48.0, 37.0),
        ("https://www.google.com/maps/@48.28,37.17,12z", 48.28, 37.17),
        ("https://www.google.com/maps?q=48.28,37.17", 48.28, 37.17),
        ("https://maps.apple.com/?ll=48.28,37.17", 48.28, 37.17),
        ("https://yandex.ru/maps/?ll=37.17%2C48.28&z=12", 48.28, 37.17),
        ("https://www.openstreetmap.org/#map=13/48.28/37.17", 48.28, 37.17),
        ("https://www.openstreetmap.org/?mlat=48.28&mlon=37.17", 48.28, 37.17),
        ("geo:48.28,37.17", 48.28, 37.17),
    ],
)
def test_coordinates_are_read(text, lat, lon):
    (point,) = coordinates_in(f"{text} біля міста")
    assert text[point.start : point.end] == text[point.start :].removesuffix("!")
    if point.form == "mgrs":
        assert abs(point.lat - lat) < 1
    elif point.form == "plus code":
        assert 46 < point.lat < 56
    else:
        assert (point.lat, point.lon) == pytest.approx((lat, lon), abs=1e-4)


@pytest.mark.parametrize(
    "text",
    [
        "курс 41.34 і 43.12",
        "12:30, 24.02.2022",
        "тел. 050 123 45 67",
        "https://goo.gl/maps/abcdef",
        "версія 3.11.7",
        "41.3450 43.1200 грн",
    ],
)
def test_numbers_that_are_none_are_left(text):
    assert coordinates_in(text) == []


@given(st.floats(-89, 89), st.floats(-179, 179))
def test_written_degrees_come_back(lat, lon):
    point = point_of(f"{lat:.5f},{lon:.5f}")
    assert point is not None
    assert (point.lat, point.lon) == pytest.approx((lat, lon), abs=1e-4)


@given(st.text())
def test_no_text_breaks_the_reader(text):
    for point in coordinates_in(text):
        assert 0 <= point.start < point.end <= len(text)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-75, 75), st.floats(-180, 180), st.floats(1, 400), st.floats(0, 2), st.floats(0, 360)
)
def test_squares_cover_a_circle_and_little_more(lat, lon, radius_km, part, bearing):
    """A point is found exactly when it is within the radius, but for a rim of one square."""
    rim = max(3.2, radius_km / 12)
    away = part * radius_km / 111.2
    other_lat = lat + away * math.cos(math.radians(bearing))
    wide = math.cos(math.radians((lat + other_lat) / 2))
    other_lon = (lon + away * math.sin(math.radians(bearing)) / wide + 180) % 360 - 180
    km = distance_km(lat, lon, other_lat, other_lon)
    found = not cells_around(lat, lon, radius_km).isdisjoint(cells_of(other_lat, other_lon))
    if abs(km - radius_km) > rim:
        assert found == (km < radius_km)


def test_near_finds_coordinates_far_from_any_settlement(tagger, gazetteer):
    """In the middle of the Black Sea no village lends its name."""
    text = "Ціль знищено: 43.3500, 34.1000"
    (mention,) = tagger.tag(text)
    query = parse('near:"43.4,34.2, 40 km"')
    document = Document(text, mentions=(mention,))
    assert Matcher(query, PLACES).match(document)
    assert not Matcher(parse('near:"45.4,34.2, 40 km"'), PLACES).match(document)
    (told,) = places_of(asked_for(query, gazetteer), document, gazetteer)
    assert (told.place_id, told.labels["uk"]) == (mention.place_id, "43.3500, 34.1000")
    assert 9 < told.distance_km < 11
