import io
import json

import exports
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.collect.imports import scan as scanning
from bot.collect.imports.scan import Broken, Chat, Record, scan

TEXTS = st.text(alphabet='ab"\\{}[],: \n\u00e9\U0001f525', max_size=30)


def found(data: bytes):
    return list(scan(io.BytesIO(data)))


def as_bytes(content, **how):
    return json.dumps(content, ensure_ascii=False, **how).encode()


@given(
    st.lists(TEXTS, max_size=8), st.sampled_from([{"indent": 1}, {}, {"separators": (",", ":")}])
)
def test_every_message_is_found_whatever_its_text_looks_like(texts, how):
    messages = [exports.record(n, text) for n, text in enumerate(texts, 1)]
    data = as_bytes(exports.account(exports.chat(messages), exports.chat([], 77)), **how)
    chats = [item.header["id"] for item in found(data) if isinstance(item, Chat)]
    records = [item for item in found(data) if isinstance(item, Record)]
    assert chats == [1234567890, 77]
    assert [item.content for item in records] == messages
    assert all(data[item.offset : item.offset + len(item.raw)] == item.raw for item in records)
    assert all(item.line == data.count(b"\n", 0, item.offset) + 1 for item in records)


@pytest.mark.parametrize("size", [1, 7, 100, 1000])
def test_the_size_of_what_is_read_at_once_changes_nothing(size, monkeypatch):
    data = as_bytes(exports.account(exports.chat(exports.many(30)), exports.chat([])), indent=1)
    whole = found(data)
    monkeypatch.setattr(scanning, "_CHUNK", size)
    assert found(data) == whole


DAMAGE = {
    "a quote is missing": lambda raw: raw.replace(b'"type"', b'"type', 1),
    "a brace is missing": lambda raw: raw[:-1],
    "there is a brace too many": lambda raw: raw + b"}",
    "a bracket is missing": lambda raw: raw.replace(b"[", b" ", 1),
    "a bracket stands where none may": lambda raw: raw.replace(b'"message"', b'"message"]', 1),
    "bytes are no UTF-8": lambda raw: raw.replace(b"message", b"m\xff\xfessage", 1),
    "half of it is gone": lambda raw: raw[: len(raw) // 2],
    "all of it is gone": lambda raw: raw[:0],
    "zeros": lambda raw: bytes(len(raw)),
    "a comma is missing": lambda raw: raw.replace(b",", b" ", 1),
}


@pytest.mark.parametrize("how", [{"indent": 1}, {}])
@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("number", [1, 5, 12])
def test_damage_of_one_message_costs_that_message_alone(damage, number, how):
    messages = exports.many(12)
    data = as_bytes(exports.account(exports.chat(messages), exports.chat(messages, 78)), **how)
    victim = [item for item in found(data) if isinstance(item, Record)][number - 1]
    broken = (
        data[: victim.offset] + DAMAGE[damage](victim.raw) + data[victim.offset + len(victim.raw) :]
    )
    got = found(broken)
    chats = [item.header["id"] for item in got if isinstance(item, Chat)]
    ids = [item.content["id"] for item in got if isinstance(item, Record)]
    assert chats == [1234567890, 78], "no message changes its chat"
    kept = [n for n in range(1, 13) if n != number]
    if damage == "there is a brace too many":  # the message itself is as it was
        kept = list(range(1, 13))
    assert ids == kept + list(range(1, 13))
    last = victim.line + victim.raw.count(b"\n")
    faults = [item for item in got if isinstance(item, Broken)]
    assert all(victim.line <= item.line <= last for item in faults)


def test_a_file_that_ends_in_the_middle_gives_what_came_before_and_says_so():
    data = as_bytes(exports.chat(exports.many(10)), indent=1)
    got = found(data[: data.index(b'"id": 8') + 20])
    assert [item.content["id"] for item in got if isinstance(item, Record)] == list(range(1, 8))
    assert isinstance(got[-1], Broken)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_to_their_end(data):
    found(data)
    found(b'{"id": 7, "messages": [' + data)
