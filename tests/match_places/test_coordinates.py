import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.match.places.coordinates import coordinates_in, point_of


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
    (point,) = coordinates_in(text)
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
