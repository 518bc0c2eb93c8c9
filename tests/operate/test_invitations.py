import pytest

from bot.operate.invitations import Wish, read_wish
from bot.operate.strangers import Strangers
from storage.records import Role


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("", Wish(Role.REPORTER, 7, 1)),
        ("Operator", Wish(Role.OPERATOR, 7, 1)),
        ("archivist 30 5", Wish(Role.ARCHIVIST, 30, 5)),
        ("boss", None),
        ("reporter 0", None),
        ("reporter 366", None),
        ("reporter -1", None),
        ("reporter 7 1001", None),
        ("reporter ٧", None),
        ("reporter 7 1 1", None),
    ],
)
def test_an_invite_is_read_or_refused(text, wish):
    assert read_wish(text) == wish


def test_a_stranger_is_answered_once_an_hour():
    strangers = Strangers()
    assert [strangers.may_answer(1, now) for now in (0, 1, 3599, 3600, 3601)] == [
        True,
        False,
        False,
        True,
        False,
    ]


def test_a_crowd_of_strangers_takes_no_more_memory_than_a_thousand():
    strangers = Strangers()
    for number in range(5000):
        strangers.may_answer(number, 0)
    assert len(strangers._answered) == 1000
