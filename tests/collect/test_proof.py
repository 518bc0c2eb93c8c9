from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.collect.proof import look_again_after

MINUTE = timedelta(minutes=1)


def test_a_refusal_of_a_minute_costs_minutes_and_one_of_months_four_calls_a_day():
    assert look_again_after(timedelta(0)) == MINUTE
    assert look_again_after(timedelta(hours=1)) == timedelta(hours=1)
    assert look_again_after(timedelta(days=90)) == timedelta(hours=6)


@given(st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_channel_that_opens_is_seen_before_it_was_closed_twice_as_long(closed_for):
    at, looks = timedelta(0), 0
    while at < closed_for:
        at += look_again_after(at)
        looks += 1
    assert at <= max(MINUTE, min(2 * closed_for, closed_for + timedelta(hours=6)))
    assert looks <= 12 + closed_for / timedelta(hours=6)
