from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.collect.allowance import HOUR, Allowance, free_at, hour_of, left
from bot.collect.polling import interval

NOW = datetime(2026, 11, 25, 12, 34, 56, tzinfo=UTC)
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(minutes=15)


def test_an_hours_allowance_is_free_again_at_the_next_hour():
    some = Allowance(10, 100)
    spent = {hour_of(NOW): 10}
    assert left(some, spent, NOW) == 0
    assert free_at(some, spent, NOW) == hour_of(NOW) + HOUR


def test_a_days_allowance_is_free_again_when_the_oldest_hour_is_forgotten():
    some = Allowance(60, 100)
    spent = {hour_of(NOW) - 20 * HOUR: 60, hour_of(NOW) - 3 * HOUR: 40}
    assert free_at(some, spent, NOW) == hour_of(NOW) + 4 * HOUR


@given(
    st.integers(1, 20),
    st.integers(1, 60),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), max_size=30),
)
def test_whatever_was_spent_neither_limit_is_passed(per_hour, per_day, history):
    some = Allowance(per_hour, per_day)
    spent = {}
    moment = NOW
    for minutes, calls in history:
        moment += timedelta(minutes=minutes)
        taken = min(calls, left(some, spent, moment))
        if taken:
            spent[hour_of(moment)] = spent.get(hour_of(moment), 0) + taken
        else:
            assert free_at(some, spent, moment) >= moment
        assert spent.get(hour_of(moment), 0) <= per_hour
        day = sum(n for hour, n in spent.items() if hour > hour_of(moment) - 24 * HOUR)
        assert day <= per_day


def times(*minutes_ago):
    return [NOW - timedelta(minutes=each) for each in sorted(minutes_ago, reverse=True)]


def look(posted):
    return interval(posted, NOW, shortest=SHORTEST, longest=LONGEST)


def test_a_channel_is_looked_at_in_its_own_rhythm():
    assert look(times(1, 2)) == SHORTEST, "nobody knows the rhythm yet"
    assert look(times(0, 1, 2, 3, 4, 5)) == SHORTEST, "it posts every minute"
    assert look(times(60, 70, 80, 90, 100, 110)) == timedelta(minutes=5), "half its usual pause"
    assert look(times(16, 100, 200, 300, 400)) == timedelta(minutes=2), "it has just posted"
    assert look(times(3000, 4000, 5000, 6000, 7000)) == LONGEST, "it hardly ever posts"
