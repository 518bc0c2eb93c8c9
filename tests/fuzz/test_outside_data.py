"""Everything that parses what others write: whatever comes, an answer or a named refusal in time.

FUZZ_EXAMPLES sets how many inputs each parser gets (default 300); a failure prints its input and
how to repeat it.
"""

import os
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from telethon import types

from bot.collect.normalise import from_update, message_of_raw
from bot.config import Settings, SettingsError, load_settings
from bot.match.errors import QueryError
from bot.match.query import parse
from bot.operate.channel_list import BadListError, parse_list
from bot.operate.commands import command_of
from bot.operate.presses import wish_of
from bot.telegram.account import BadReference, parse_reference
from bot.telegram.messages import TEXT_LIMIT, clipped, utf16_length

fuzzed = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "300")),
    deadline=1000,  # milliseconds: the promise is "no hang over a second"
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
DATE = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
# Files and callers may hand over lone surrogates, which no text on the wire can hold.
anything = st.text(st.characters(exclude_categories=()), max_size=300)
hostile = st.one_of(
    anything,
    st.text(
        "\u202e\u2066\u2069\u200b\u200d\ufeff\ufe0f\u0301'\"<>&()[]{}=+-@#/:*~|\\\x00\n\t аб0",
        max_size=120,
    ),
)
number = st.integers(-(2**31), 2**31 - 1)
ENTITY_KINDS = (
    types.MessageEntityBold,
    types.MessageEntityUrl,
    types.MessageEntitySpoiler,
    types.MessageEntityHashtag,
)
entities = st.lists(
    st.one_of(
        *(st.builds(kind, offset=number, length=number) for kind in ENTITY_KINDS),
        st.builds(types.MessageEntityTextUrl, offset=number, length=number, url=hostile),
    ),
    max_size=12,
)


@fuzzed
@given(hostile, entities, number, st.booleans())
def test_no_message_is_too_odd_to_be_read(text, marks, number_, is_edit):
    message = types.Message(
        id=number_, peer_id=types.PeerChannel(77), date=DATE, message=text, entities=marks
    )
    kind = types.UpdateEditChannelMessage if is_edit else types.UpdateNewChannelMessage
    try:
        raw_can_be_written = bool(bytes(message))
    except UnicodeEncodeError:
        raw_can_be_written = False  # no such text can come over the wire
    if raw_can_be_written:
        _, _, seen = from_update(kind(message=message, pts=1, pts_count=1))
        assert 0 <= seen.body_length <= len(seen.text)
        assert message_of_raw(seen.raw).text == seen.text


@fuzzed
@given(st.binary(max_size=400))
def test_bytes_that_are_no_message_are_refused_by_name(noise):
    with pytest.raises(ValueError, match="bytes"):
        message_of_raw(noise)


@pytest.mark.parametrize("seed", range(5))
def test_a_message_with_changed_bytes_is_read_or_refused(seed):
    chance = random.Random(seed)
    whole = bytes(
        types.Message(
            id=5,
            peer_id=types.PeerChannel(77),
            date=DATE,
            message="ракета " * 20,
            entities=[types.MessageEntityBold(0, 6)],
            media=types.MessageMediaContact("1", "a", "b", "", 5),
        )
    )
    for _ in range(400):
        changed = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        try:
            assert message_of_raw(bytes(changed)).raw
        except ValueError:
            continue


@fuzzed
@given(hostile)
def test_an_invite_link_is_understood_or_refused_by_name(text):
    try:
        assert str(parse_reference(text))
    except BadReference as refusal:
        assert str(refusal)


@fuzzed
@given(st.one_of(st.binary(max_size=64), hostile.map(lambda t: t.encode(errors="ignore")[:64])))
def test_callback_data_is_a_wish_of_ours_or_nothing(data):
    wish = wish_of(data)
    assert wish is None or all(number >= 0 for number in wish.numbers)


@fuzzed
@given(hostile)
def test_any_text_is_a_command_or_none(text):
    name, rest = command_of(text, "earshot_bot")
    assert name or not rest


@fuzzed
@given(hostile)
def test_a_channel_file_is_read_or_refused_with_its_line(text):
    try:
        parse_list(text, 10)
    except (BadListError, BadReference) as refusal:
        assert str(refusal)


@fuzzed
@given(hostile)
def test_a_query_is_read_or_refused_with_a_message_in_every_language(text):
    try:
        normal = parse(text).normal
        assert parse(normal).normal == normal
    except QueryError as refusal:
        for language in ("en", "uk", "ru"):
            assert refusal.message(language)


@fuzzed
@given(st.dictionaries(st.sampled_from(sorted(Settings.model_fields)), hostile, max_size=8))
def test_settings_are_taken_or_every_mistake_is_named(tmp_path_factory, values):
    folder = Path(tmp_path_factory.mktemp("settings"))
    lines = [f"{name.upper()}={value!r}\n" for name, value in values.items()]
    (folder / ".env").write_text("".join(lines), errors="replace")
    try:
        assert load_settings(Settings, folder)
    except SettingsError as refusal:
        assert refusal.mistakes
        assert all("\n" not in mistake for mistake in refusal.mistakes)


@fuzzed
@given(anything)
def test_any_text_is_cut_to_what_a_message_may_hold(text):
    assert utf16_length(clipped(text * 30)) <= TEXT_LIMIT
