"""Dates as people type them at a verb."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.operate.finding import in_zone
from bot.operate.times import UnreadableTime, time_of

KYIV = ZoneInfo("Europe/Kyiv")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=KYIV)),
        ("2026-01-31T09:30", datetime(2026, 1, 31, 9, 30, tzinfo=KYIV)),
        (" 2026-01-31 09:30:05 ", datetime(2026, 1, 31, 9, 30, 5, tzinfo=KYIV)),
        ("31.01.2026", datetime(2026, 1, 31, tzinfo=KYIV)),
        ("1.2.2026 9:05", datetime(2026, 2, 1, 9, 5, tzinfo=KYIV)),
        ("2026-01-31T09:30Z", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
        ("2026-01-31T09:30+01:00", datetime(2026, 1, 31, 8, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_in_the_zone_it_names_or_else_in_ours(typed, meant):
    assert in_zone(time_of(typed), KYIV) == meant


@pytest.mark.parametrize(
    "typed",
    [
        *("", "yesterday", "31/01/2026", "01-31-2026", "2026-13-01", "2026-02-30", "31.02.2026"),
        *("20260131", "2026", "12:30", "0001-01-01", "9999-12-31", "2026-01-31T25:00", "1.1.26"),
        *("2026-01-31T", "٢٠٢٦-٠١-٣١", "2026-01-31T09:30 or so"),
    ],
)
def test_what_is_no_time_is_told_with_the_forms_and_an_example(typed):
    with pytest.raises(UnreadableTime) as refusal:
        time_of(typed)
    said = str(refusal.value)
    assert repr(typed) in said
    assert "2026-01-31T09:30 or 31.01.2026" in said
    assert "--since" in said


@given(st.text(max_size=30))
def test_whatever_is_typed_is_a_time_or_refused(typed):
    try:
        read = time_of(typed)
    except UnreadableTime:
        return
    assert 1970 <= read.year < 3000


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2999, 12, 31)),  # noqa: DTZ001  # a zone is drawn
    st.none() | st.integers(-720, 720).map(lambda m: timezone(timedelta(minutes=m))),
)
def test_iso_is_read_back(time, zone):
    assert time_of(time.replace(tzinfo=zone).isoformat()) == time.replace(tzinfo=zone)
