import pytest

from bot.operate.operating import _wanted_invite
from storage.records import Role


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ("", (Role.REPORTER, 7, 1)),
        ("operator", (Role.OPERATOR, 7, 1)),
        ("Archivist 2", (Role.ARCHIVIST, 2, 1)),
        ("3 20", (Role.REPORTER, 3, 20)),
        ("reporter 30 100", (Role.REPORTER, 30, 100)),
        ("reporter 31", None),
        ("reporter 0", None),
        ("reporter 1 101", None),
        ("reporter -1", None),
        ("reporter 1 1 1", None),
        ("king", None),
        ("reporter ²", None),
        ("9" * 5000, None),
    ],
)
def test_an_invite_is_read_or_refused(arguments, wanted):
    assert _wanted_invite(arguments) == wanted
