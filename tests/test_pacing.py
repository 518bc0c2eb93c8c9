from hypothesis import given
from hypothesis import strategies as st

from bot.pacing import LastSecond, TokenBucket, backoff_s


@given(
    rate=st.floats(0.1, 100),
    burst=st.integers(1, 10),
    gaps=st.lists(st.floats(0, 5), min_size=1, max_size=60),
)
def test_a_bucket_lets_no_more_through_than_burst_and_rate_allow(rate, burst, gaps):
    bucket, now, turns = TokenBucket(rate, burst), 0.0, []
    for gap in gaps:
        now += gap
        turns.append(now + bucket.take(now))
    for first in range(len(turns)):
        for last in range(first, len(turns)):
            allowed = burst + rate * (turns[last] - turns[first])
            assert last - first + 1 <= allowed + 1e-6


def test_a_burst_goes_at_once_and_the_rest_waits_its_turn():
    bucket = TokenBucket(1, 3)
    assert [bucket.take(10.0) for _ in range(5)] == [0, 0, 0, 1, 2]


def test_a_pause_lets_nothing_through_before_its_end():
    bucket = TokenBucket(1, 3)
    bucket.pause(25.0)
    assert bucket.take(20.0) == 5


@given(attempt=st.integers(1, 10_000), chance=st.floats(0, 1))
def test_backoff_grows_to_its_ceiling_and_never_over(attempt, chance):
    assert 0.5 <= backoff_s(attempt, chance, first_s=1, ceiling_s=300) <= 300


@given(st.lists(st.floats(0, 0.3), max_size=60), st.integers(1, 5))
def test_no_second_holds_more_than_the_last_one_may(gaps, most):
    second, now, sent = LastSecond(most), 100.0, []
    for gap in gaps:
        now += gap
        now += second.delay_s(now)
        assert second.delay_s(now) <= 1e-9
        second.take(now)
        sent.append(now)
    for number, at in enumerate(sent):
        assert sum(at <= other < at + 1 - 1e-6 for other in sent[number:]) <= most
