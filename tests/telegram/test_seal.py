import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.messages import CALLBACK_LIMIT
from bot.telegram.seal import PAYLOAD_LIMIT, Seal

SEAL = Seal(b"s" * 32)
people = st.integers(1, 2**52)


@given(data=st.binary(max_size=PAYLOAD_LIMIT), person=people)
def test_what_was_sealed_for_a_person_opens_for_them_and_fits_a_button(data, person):
    sealed = SEAL.sealed(data, person)
    assert len(sealed) <= CALLBACK_LIMIT
    assert SEAL.opened(sealed, person) == data


@given(data=st.binary(min_size=1, max_size=PAYLOAD_LIMIT), owner=people, other=people)
def test_it_opens_for_nobody_else_and_under_no_other_secret(data, owner, other):
    sealed = SEAL.sealed(data, owner)
    if other != owner:
        assert SEAL.opened(sealed, other) == b""
    assert Seal(b"t" * 32).opened(sealed, owner) == b""


@given(sent=st.binary(max_size=80), person=people)
def test_what_a_client_makes_up_is_nothing(sent, person):
    assert SEAL.opened(sent, person) == b""


@given(data=st.binary(min_size=1, max_size=PAYLOAD_LIMIT), at=st.integers(0, 200), person=people)
def test_a_changed_byte_breaks_it(data, at, person):
    sealed = bytearray(SEAL.sealed(data, person))
    sealed[at % len(sealed)] ^= 1
    assert SEAL.opened(bytes(sealed), person) == b""


def test_data_too_long_for_a_button_is_a_bug_of_ours():
    with pytest.raises(ValueError, match="at most 53 fit"):
        SEAL.sealed(b"x" * 54, 1)
