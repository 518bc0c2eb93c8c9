"""Everything that parses what others write: whatever comes, an answer or a named refusal in time.

FUZZ_EXAMPLES sets how many inputs each parser gets (default 300); a failure prints its input and
how to repeat it.
"""

import random
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import tomli_w
from budget import fuzzed
from hypothesis import example, given
from hypothesis import strategies as st
from telethon import types

from bot.collect.normalise import changed_channel, from_update, message_of_raw, seen_channel
from bot.config import Settings, SettingsError, load_settings
from bot.match.errors import QueryError
from bot.match.places.coordinates import coordinates_in
from bot.match.query import parse
from bot.notify.likeness import fingerprint
from bot.operate.channel_file import BadFileError, entries_of
from bot.operate.channel_list import BadListError, parse_list
from bot.operate.commands import command_of
from bot.operate.finding import BadKey, key_of
from bot.operate.hours import digest_times_of, length_of, quiet_of
from bot.operate.presses import wish_of
from bot.operate.target_list import _fault
from bot.telegram.messages import TEXT_LIMIT, clipped, utf16_length
from bot.telegram.proxy import BadProxy, check
from bot.telegram.reference import BadReference, parse_reference
from bot.telegram.seal import Seal
from bot.text.cut import Cut
from storage.records import TargetKind

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


def _written_toml(value):
    return tomli_w.dumps(value if isinstance(value, dict) else {"channel": value})


def analysed(text):
    return Cut(text).forms, fingerprint(text)


def command_of_bot(text):
    return command_of(text, "earshot_bot")


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
@example("0!A\x1bµ")  # its pieces, put together, fold to other letters
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


UPDATES = st.one_of(
    st.builds(
        types.UpdateDeleteChannelMessages,
        channel_id=number,
        messages=st.lists(number, max_size=200),
        pts=number,
        pts_count=number,
    ),
    st.builds(types.UpdateChannel, channel_id=number),
    st.builds(types.UpdateChannelTooLong, channel_id=number, pts=number),
    st.builds(types.UpdateUserTyping, user_id=number, action=st.none()),
    st.builds(
        types.UpdateNewChannelMessage,
        message=st.builds(
            types.MessageService,
            id=number,
            peer_id=st.builds(types.PeerChannel, channel_id=number),
            date=st.just(DATE),
            action=st.one_of(
                st.builds(types.MessageActionChatEditTitle, title=hostile),
                st.builds(types.MessageActionChannelMigrateFrom, title=hostile, chat_id=number),
                st.builds(types.MessageActionPinMessage),
            ),
        ),
        pts=number,
        pts_count=number,
    ),
    st.builds(
        types.UpdateEditChannelMessage,
        message=st.builds(types.MessageEmpty, id=number),
        pts=number,
        pts_count=number,
    ),
)


@fuzzed
@given(UPDATES)
def test_every_kind_of_update_is_read_or_passed_over(update):
    changed = changed_channel(update)
    assert changed is None or isinstance(changed, int)
    assert from_update(update) is None or not isinstance(update, types.UpdateChannel)


@fuzzed
@given(
    st.builds(
        types.Channel,
        id=number,
        title=hostile,
        photo=st.none(),
        date=st.just(DATE),
        username=st.one_of(st.none(), hostile),
        restricted=st.booleans(),
        restriction_reason=st.lists(
            st.builds(types.RestrictionReason, platform=hostile, reason=hostile, text=hostile),
            max_size=3,
        ),
    )
)
def test_a_channel_is_read_however_it_calls_itself(entity):
    seen = seen_channel(entity)
    assert seen.title == str(entity.title)
    assert bool(seen.restriction) == bool(entity.restricted)


@fuzzed
@given(
    st.binary(max_size=64),
    st.integers(min_value=1, max_value=2**40),
    st.integers(min_value=1, max_value=2**40),
    st.binary(max_size=8),
)
def test_a_forged_button_opens_to_nothing(noise, person, other, data):
    seal = Seal(b"secret")
    assert seal.opened(noise, person) == b""
    sealed = seal.sealed(data, person)
    assert seal.opened(sealed, person) == data
    if other != person:
        assert seal.opened(sealed, other) == b""


toml = st.recursive(
    st.one_of(hostile, st.booleans(), st.integers(-(2**40), 2**40), st.floats(allow_nan=False)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["channel", "reference", "mode", "depth", "groups", "x"]), inner
        ),
    ),
    max_leaves=12,
)


@fuzzed
@given(st.one_of(hostile.map(lambda text: "[[channel]]\n" + text), st.builds(_written_toml, toml)))
def test_a_channel_file_in_toml_is_read_or_refused_by_name(text):
    try:
        entries = entries_of(text, 10)
    except BadFileError as refusal:
        assert str(refusal)
    else:
        assert all(entry.depth >= 0 for entry in entries)


@fuzzed
@given(st.one_of(hostile, hostile.map(lambda text: "socks5://" + text)))
def test_a_proxy_is_understood_or_refused_by_name(text):
    try:
        assert check(text, None)
    except BadProxy as refusal:
        assert str(refusal)


@fuzzed
@given(st.one_of(hostile, hostile.map(lambda text: "https://" + text)))
def test_a_targets_address_is_taken_or_refused_by_name(text):
    for kind in (TargetKind.WEBHOOK, TargetKind.APPRISE):
        fault = _fault(kind, text.strip())
        assert fault is None or str(fault)


WHERE = st.text("0123456789.,°'\"′″-+NSEWЮ СШnsew UTM37Q/@?=&:hgoolemapsr", max_size=200)


@fuzzed
@given(st.one_of(hostile, WHERE, WHERE.map(lambda text: f"https://maps.google.com/?q={text}")))
def test_coordinates_in_any_text_lie_on_the_earth(text):
    for point in coordinates_in(text):
        assert -90 <= point.lat <= 90
        assert -180 <= point.lon <= 180
        assert 0 <= point.start <= point.end <= len(text)


@pytest.mark.parametrize(
    "part", ["0", "49.1,", "N 4", "37U", "48°", "https://maps.", "\u0301", "a\u200b"]
)
@pytest.mark.parametrize("read", [coordinates_in, analysed, command_of_bot])
def test_a_text_as_long_as_telegram_sends_is_read_within_a_second(part, read):
    text = (part * 4096)[:4096]
    began = time.process_time()  # the promise, whatever else the machine does
    read(text)
    assert time.process_time() - began < 1


@fuzzed
@given(hostile)
def test_hours_lengths_and_page_keys_are_read_or_not(text):
    quiet_of(text)
    digest_times_of(text)
    length_of(text)
    try:
        key_of(text)
    except BadKey as refusal:
        assert str(refusal)


@fuzzed
@given(anything)
def test_any_text_is_cut_to_what_a_message_may_hold(text):
    assert utf16_length(clipped(text * 30)) <= TEXT_LIMIT
