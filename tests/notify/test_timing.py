from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.notify.timing import (
    first_telling,
    free_from,
    is_quiet,
    next_full_hour,
    next_time_of_day,
    quiet_ends,
)
from storage.records import QuietHours, Rhythm, Routing, SubscriberId

KYIV = ZoneInfo("Europe/Kyiv")
NIGHT = QuietHours(time(23), time(7))
ME = SubscriberId(1)
ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Kyiv",
        "America/New_York",
        "Australia/Lord_Howe",  # the clock moves by half an hour
        "Asia/Kathmandu",  # a quarter of an hour off
        "America/Sao_Paulo",  # its clocks moved at midnight
        "Pacific/Apia",  # left a day out
    )
]
moments = st.floats(1.26e9, 1.9e9).map(lambda stamp: datetime.fromtimestamp(stamp, UTC))
clocks = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
quiets = st.builds(QuietHours, clocks, clocks)


def kyiv(*fields, fold=0):
    return datetime(*fields, tzinfo=KYIV, fold=fold)


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        (kyiv(2026, 1, 5, 22, 59), False),
        (kyiv(2026, 1, 5, 23), True),
        (kyiv(2026, 1, 6, 6, 59), True),
        (kyiv(2026, 1, 6, 7), False),
    ],
)
def test_quiet_hours_reach_past_midnight(moment, quiet):
    assert is_quiet(NIGHT, moment, KYIV) is quiet
    if quiet:
        assert quiet_ends(NIGHT, moment, KYIV) == kyiv(2026, 1, 6, 7)


def test_a_daily_digest_comes_at_its_time_of_day_on_both_sides_of_a_change_of_clocks():
    for day in (28, 29, 30):  # put forward on the 29th of March 2026
        after = kyiv(2026, 3, day, 1)
        assert next_time_of_day([time(9)], after, KYIV) == kyiv(2026, 3, day, 9)
    # 03:30 does not exist that night; what is given is not skipped to the next day
    assert next_time_of_day([time(3, 30)], kyiv(2026, 3, 29, 1), KYIV) < kyiv(2026, 3, 29, 5)


@given(moments, st.sampled_from(ZONES), quiets)
def test_quiet_hours_that_hold_end_within_a_day_and_a_half_at_a_moment_that_is_not_quiet(
    moment, zone, quiet
):
    if is_quiet(quiet, moment, zone):
        end = quiet_ends(quiet, moment, zone)
        assert moment < end <= moment + timedelta(days=2, hours=1)
        assert not is_quiet(quiet, end, zone)


rules = st.builds(
    Routing,
    st.just(ME),
    quiet=st.none() | quiets,
    snoozed_until=st.none() | moments,
    digest_times=st.lists(clocks, min_size=1, max_size=4).map(tuple),
)


@given(moments, st.sampled_from(ZONES), rules, st.sampled_from(Rhythm))
def test_what_is_told_later_is_told_at_a_moment_that_is_free(now, zone, rules, rhythm):
    told = first_telling(rhythm, rules, now, zone)
    assert told >= now
    assert rules.snoozed_until is None or told >= rules.snoozed_until
    assert not is_quiet(rules.quiet, told, zone)
    assert free_from(rules, told, zone) == told
    if rhythm is not Rhythm.NOW:
        assert told > now
    urgent = first_telling(rhythm, rules, now, zone, is_urgent=True)
    assert now <= urgent <= told


@given(moments, st.sampled_from(ZONES))
def test_the_next_full_hour_is_less_than_an_hour_and_a_half_away(now, zone):
    found = next_full_hour(now, zone)
    assert now < found <= now + timedelta(minutes=90)
