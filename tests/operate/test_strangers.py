from hypothesis import given
from hypothesis import strategies as st

from bot.operate.strangers import Strangers


def test_a_stranger_is_answered_once_and_again_only_after_being_quiet():
    strangers = Strangers()
    assert strangers.may_answer(1, 0)
    assert not any(strangers.may_answer(1, moment) for moment in (1, 30, 80, 130))
    assert strangers.may_answer(1, 200)


def test_one_stranger_does_not_silence_another():
    strangers = Strangers()
    assert strangers.may_answer(1, 0)
    assert not strangers.may_answer(1, 1)
    assert strangers.may_answer(2, 1)


@given(st.lists(st.integers(0, 10**6), max_size=50))
def test_a_crowd_takes_few_turns_in_all(people):
    strangers = Strangers()
    answered = sum(strangers.may_answer(person, 0.0) for person in people)
    assert answered <= 20


def test_memory_is_bounded():
    strangers = Strangers()
    for person in range(20_000):
        strangers.may_answer(person, person / 1000)
    assert len(strangers) <= 4096
