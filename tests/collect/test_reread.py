from datetime import UTC, datetime, timedelta

import pytest

from bot.collect.reread import due, rungs
from bot.config import Settings
from bot.config.reading import timetable

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
STEPS = ((3600.0, 900.0), (86_400.0, 10_800.0))


def test_each_rung_looks_at_the_ages_the_one_before_does_not():
    first, second = rungs(STEPS)
    assert (first.min_age, first.max_age) == (timedelta(0), timedelta(hours=1))
    assert (second.min_age, second.max_age) == (timedelta(hours=1), timedelta(days=1))
    assert second.every == timedelta(hours=3)


def test_a_rung_is_due_when_never_climbed_or_its_interval_is_over():
    first, second = rungs(STEPS)
    assert due((first, second), {}, NOW) == (first, second)
    asked = {first.max_age: NOW - timedelta(minutes=15), second.max_age: NOW - timedelta(hours=2)}
    assert due((first, second), asked, NOW) == (first,)
    assert due((first, second), dict.fromkeys(asked, NOW), NOW) == ()


def test_a_timetable_is_read_in_seconds():
    assert timetable("1h/15m 1d/3h") == STEPS
    assert timetable("") == ()


@pytest.mark.parametrize("text", ["1h", "1h/0m", "1d/3h 1h/15m", "1h/15m 1h/20m", "1w/1h", "x/y"])
def test_a_timetable_that_cannot_be_meant_is_refused(text):
    with pytest.raises(ValueError, match=r"write|ascend"):
        timetable(text)


def test_the_default_timetable_falls():
    steps = timetable(Settings.model_fields["reread_timetable"].default)
    intervals = [interval for _, interval in steps]
    assert intervals == sorted(intervals)
