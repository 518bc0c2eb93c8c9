from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.notify.snippet import clean
from bot.operate.draft_pages import bars
from bot.operate.full_text import told_in_full
from bot.publish.backtest import Day
from bot.telegram.messages import TEXT_LIMIT, OutgoingFile, utf16_length
from bot.translation import Voice
from storage.records import (
    Channel,
    ChannelId,
    ChannelState,
    FollowMode,
    Post,
    PostId,
    Revision,
    RevisionId,
    Source,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
CHANNEL = Channel(
    ChannelId(1),
    "@front",
    FollowMode.JOIN,
    ChannelState.FOLLOWED,
    7,
    "front",
    "Front",
    frozenset(),
    None,
    NOW,
    0,
)
hostile = st.one_of(
    st.text(max_size=4096),
    st.sampled_from(
        ["🚀" * 2048, "\u202e" * 4096, "e" + "\u0301" * 4095, "a\n" * 2048, "<b>" * 1300, "\ud800"]
    ),
)


def post(text):
    return Post(
        PostId(9),
        ChannelId(1),
        12,
        None,
        NOW,
        NOW,
        None,
        None,
        Source.LIVE,
        text,
        "uk",
        frozenset(),
        frozenset(),
        None,
        None,
        None,
    )


def revision(number, text):
    return Revision(
        RevisionId(number), PostId(9), 12, number, None, NOW, Source.LIVE, text, "[]", b""
    )


@given(
    texts=st.lists(hostile, min_size=1, max_size=4), language=st.sampled_from(["en", "uk", "ru"])
)
def test_whatever_a_post_holds_it_is_told_within_limits_and_whole(texts, language):
    revisions = [revision(number, text) for number, text in enumerate(texts, start=1)]
    told = told_in_full(post(texts[-1]), CHANNEL, revisions, [], voice=Voice(language), now=NOW)
    assert 1 <= len(told) <= 3
    for item in told:
        if isinstance(item, OutgoingFile):
            held = item.content.decode()
            assert all(clean(text) in held for text in texts)
            assert utf16_length(item.caption) <= 1024
            continue
        assert 0 < utf16_length(item.text) <= TEXT_LIMIT
        for mark in item.marks:
            assert 0 <= mark.offset < mark.offset + mark.length <= utf16_length(item.text)
    if not isinstance(told[0], OutgoingFile):
        whole = "".join(item.text for item in told)
        words = [
            word for word in clean(texts[-1]).split() if len(word) < 500
        ]  # longer ones are cut
        assert all(word in whole for word in words)


def test_an_unedited_post_is_told_once():
    (only,) = told_in_full(post("дрон"), CHANNEL, [revision(1, "дрон")], [], voice=Voice(), now=NOW)
    assert only.text.count("дрон") == 1
    edited = [revision(1, "дрон"), revision(2, "дрони")]
    (both,) = told_in_full(post("дрони"), CHANNEL, edited, [], voice=Voice(), now=NOW)
    assert "Revision 1" in both.text
    deleted = replace(post("дрон"), deleted_at=NOW)
    (kept,) = told_in_full(deleted, CHANNEL, [revision(1, "дрон")], [], voice=Voice(), now=NOW)
    assert "copy kept" in kept.text


@given(st.lists(st.integers(0, 10**6), max_size=40))
def test_bars_have_a_sign_a_day_the_fullest_for_the_most(counts):
    days = [Day(NOW.date(), count) for count in counts]
    drawn = bars(days)
    assert len(drawn) == min(30, len(counts))
    for sign, count in zip(drawn, counts[-30:], strict=True):
        assert (sign == "·") is (count == 0)
    if counts and max(counts) and max(counts) in counts[-30:]:
        assert "█" in drawn
