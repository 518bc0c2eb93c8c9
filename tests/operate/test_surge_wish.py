import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.operate.surge_wish import MOST_CHANNELS, MOST_MINUTES, Wish, wished
from storage.records import Surge


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("ракета Суми", Wish("ракета Суми")),
        ("ракета surge:4/10", Wish("ракета surge:4/10")),
        ("surge: Куп'янськ", Wish("Куп'янськ", Surge(3, 10))),
        ("SURGE:4/10 Куп'янськ OR ракета", Wish("Куп'янськ OR ракета", Surge(4, 10))),
        ("surge:Куп'янськ", Wish("Куп'янськ", Surge(3, 10))),
        ("surge:", None),
        ("surge:4/10", None),
        ("surge:4 ракета", None),
        ("surge:1/10 ракета", None),
        ("surge:4/0 ракета", None),
        ("surge:51/10 ракета", None),
        ("surge:4/1441 ракета", None),
        ("surge:4/10/9 ракета", None),
    ],
)
def test_a_wish_is_read_or_refused(text, wish):
    assert wished(text) == wish


@given(st.text(), st.integers(2, MOST_CHANNELS), st.integers(1, MOST_MINUTES))
def test_what_is_written_is_read_again(query, channels, minutes):
    wish = Wish(query.strip(), Surge(channels, minutes))
    assert wished(wish.text) == (wish if wish.query else None)
