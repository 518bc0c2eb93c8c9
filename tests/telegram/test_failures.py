import pytest
from telethon import errors

from bot.telegram.client import FloodWait, Later, Never, SignedOut, sorted_failure


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.MessageNotModifiedError(None), "MESSAGE_NOT_MODIFIED"),
        (errors.UserIsBlockedError(None), "USER_IS_BLOCKED"),
        (errors.UserAlreadyParticipantError(None), "USER_ALREADY_PARTICIPANT"),
        (errors.UsernameNotOccupiedError(None), "USERNAME_NOT_OCCUPIED"),
        (errors.RPCError(None, "NEVER_HEARD_OF", 400), "NEVER_HEARD_OF"),
    ],
)
def test_a_refusal_keeps_telegrams_own_name_for_the_reason(error, code):
    failure = sorted_failure(error)
    assert isinstance(failure, Never)
    assert failure.code == code


def test_waits_and_outages_are_for_later_and_lost_sessions_are_signed_out():
    assert isinstance(sorted_failure(errors.FloodWaitError(None, capture=7)), FloodWait)
    assert isinstance(sorted_failure(ConnectionError("cut")), Later)
    assert isinstance(sorted_failure(errors.AuthKeyUnregisteredError(None)), SignedOut)
