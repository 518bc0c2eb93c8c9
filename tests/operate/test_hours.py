from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.operate.hours import clock_of, digest_times_of, length_of, next_time, quiet_of
from storage.records import QuietHours

KYIV = ZoneInfo("Europe/Kyiv")


def test_times_of_day_are_read_as_people_write_them():
    assert [clock_of(text) for text in ("9", "09:00", "9.30", "23:59", " 7:05 ")] == [
        time(9),
        time(9),
        time(9, 30),
        time(23, 59),
        time(7, 5),
    ]
    assert [clock_of(text) for text in ("24", "9:60", "", "nine", "-1", "9:5")] == [None] * 6


def test_digest_times_come_sorted_and_at_most_six():
    assert digest_times_of("18:00, 9") == (time(9), time(18))
    assert digest_times_of("9 09:00") == (time(9),)
    assert digest_times_of("1 2 3 4 5 6 7") is None
    assert digest_times_of("9 noon") is None
    assert digest_times_of("") is None


def test_quiet_hours_are_a_stretch_of_the_day():
    for text in ("23:00-07:00", "23 - 7", "23:00–7:00", "23 7"):
        assert quiet_of(text) == QuietHours(time(23), time(7))
    for text in ("", "23", "23-23", "23-7-8", "off", "a-b"):
        assert quiet_of(text) is None


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("3 год", timedelta(hours=3)),
        ("2 дні", timedelta(days=2)),
        ("1 тиждень", timedelta(weeks=1)),
        ("2 недели", timedelta(weeks=2)),
        ("1 week", timedelta(weeks=1)),
        ("40 хвилин", timedelta(minutes=40)),
        ("0h", None),
        ("999w", None),
        ("h", None),
        ("2 eons", None),
    ],
)
def test_lengths_are_read_in_three_languages(text, length):
    assert length_of(text) == length


def test_the_next_morning_is_the_readers_also_across_a_change_of_clocks():
    evening = datetime(2026, 3, 28, 21, 0, tzinfo=UTC)  # 23:00 in Kyiv, summer time comes at 3:00
    assert next_time(time(7), evening, KYIV) == datetime(2026, 3, 29, 4, 0, tzinfo=UTC)
    before = datetime(2026, 3, 28, 4, 0, tzinfo=UTC)
    assert next_time(time(7), before, KYIV) == datetime(2026, 3, 28, 5, 0, tzinfo=UTC)
    at = datetime(2026, 3, 28, 5, 0, tzinfo=UTC)
    assert next_time(time(7), at, KYIV) == datetime(2026, 3, 29, 4, 0, tzinfo=UTC)
    # An hour that the clocks leave out still comes.
    assert next_time(time(3, 30), evening, KYIV) > evening
