from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.notify.compose import compose
from bot.telegram.messages import TEXT_LIMIT, Style, utf16_length
from storage.alert_cases import AlertCase, Match
from storage.records import (
    Alert,
    AlertId,
    AlertState,
    Channel,
    ChannelId,
    ChannelState,
    FollowMode,
    HitPlace,
    PlaceId,
    Post,
    PostId,
    Role,
    Source,
    Span,
    StoryId,
    StoryPost,
    Subscriber,
    SubscriberId,
    SubscriberState,
    Subscription,
    SubscriptionId,
    SubscriptionState,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
CHANNEL = Channel(
    id=ChannelId(1),
    reference="@front_news",
    mode=FollowMode.JOIN,
    state=ChannelState.FOLLOWED,
    telegram_id=777,
    username="front_news",
    title="Front News",
    groups=frozenset(),
    reason=None,
    added_at=NOW,
    backfill_depth=0,
)
READER = Subscriber(
    SubscriberId(1),
    5,
    6,
    "Olena",
    Role.REPORTER,
    SubscriberState.ACTIVE,
    "Europe/Kyiv",
    "en",
    NOW,
)
ALERT = Alert(
    AlertId(41),
    SubscriberId(1),
    StoryId(9),
    PostId(9),
    AlertState.OWED,
    1,
    0,
    None,
    0,
    None,
    NOW,
    None,
)


def post(text, **changed):
    made = Post(
        id=PostId(9),
        channel_id=ChannelId(1),
        message_id=12,
        grouped_id=None,
        posted_at=NOW - timedelta(minutes=5),
        first_seen_at=NOW - timedelta(minutes=5),
        edited_at=None,
        deleted_at=None,
        source=Source.LIVE,
        text=text,
        lang="uk",
        has=frozenset(),
        marks=frozenset(),
        origin=None,
        origin_name=None,
        reply_to=None,
    )
    return replace(made, **changed)


def subscription(number=3, query="ракета", state=SubscriptionState.ACTIVE):
    return Subscription(SubscriptionId(number), SubscriberId(1), query, query, state, NOW)


def case(text, *spans, **changed):
    made = AlertCase(
        alert=ALERT,
        sent_hash=None,
        subscriber=READER,
        post=post(text),
        channel=CHANNEL,
        matches=(Match(subscription(), spans, is_current=True),),
        first_text=text,
        latest_text=text,
        edited_at=None,
    )
    return replace(made, **changed)


def styled(message, style):
    units = message.text.encode("utf-16-le")
    return [
        units[2 * mark.offset : 2 * (mark.offset + mark.length)].decode("utf-16-le")
        for mark in message.marks
        if mark.style is style
    ]


def test_an_alert_tells_channel_local_time_match_query_and_link():
    message = compose(case("🚀🚀 пуск ракети", Span(8, 14)), NOW)
    assert "Front News (@front_news)" in message.text
    assert "11:55" in message.text
    assert "ракети" in styled(message, Style.BOLD)
    assert "https://t.me/front_news/12" in message.text
    labels = [button.label for row in message.buttons for button in row]
    assert labels[:3] == ["Open post", "👍 Useful", "👎 Noise"]
    assert {
        "💤 Snooze",
        "🔇 Mute @front_news",
        "Pause this query",
        "✎ Edit query",
        "⋯ More",
    } <= set(labels)
    data = [button.data for row in message.buttons[1:] for button in row]
    own = [item.endswith(b":41") for item in data]
    assert sum(own) == len(own) - 1  # all but the one that edits the query
    assert not data[0].endswith(b":1")


def test_an_alert_by_place_tells_place_distance_certainty_and_the_runner_up():
    placed = HitPlace(
        "Судже",
        PlaceId("gn:1"),
        {"en": "Sudzha, Kursk Oblast", "uk": "Суджа, Курська область"},
        51.19,
        35.27,
        0.934,
        "Суми",
        29.6,
        {"en": "Sudzha, Far Away"},
        0.04,
    )
    match = Match(subscription(), (Span(9, 14),), is_current=True, places=(placed,))
    message = compose(case("Взрывы в Судже", matches=(match,)), NOW)
    shown = message.text.replace("\u2068", "").replace("\u2069", "")
    assert "Судже: Sudzha, Kursk Oblast, 30 km from Суми, 93 % sure" in shown
    assert "or Sudzha, Far Away, 4 %" in shown
    assert "openstreetmap.org/?mlat=51.19000&mlon=35.27000" in shown
    said = compose(
        replace(case("Взрывы", matches=(match,)), subscriber=replace(READER, language="uk")), NOW
    )
    assert "Суджа, Курська область" in said.text
    assert utf16_length(message.text) <= TEXT_LIMIT


def test_the_date_is_shown_unless_it_was_today_for_the_reader():
    message = compose(case("ракета", Span(0, 6)), NOW + timedelta(days=1))
    assert "2 Mar, 11:55" in message.text


def test_an_edit_shows_both_texts_and_finds_the_match_again():
    edited = case(
        "Уточнення: ракета збита",
        matches=(Match(subscription(), (Span(0, 6),), is_current=False),),
        first_text="ракета летить",
        latest_text="Уточнення: ракета збита",
        edited_at=NOW,
    )
    message = compose(edited, NOW)
    assert "Edited 12:00" in message.text
    assert "".join(styled(message, Style.STRIKE)) == "ракета летить"
    assert styled(message, Style.BOLD).count("ракета") == 2


def test_a_given_highlighter_finds_the_spans_of_the_new_text():
    edited = case(
        "ракетами",
        matches=(Match(subscription(), (Span(0, 6),), is_current=False),),
        first_text="ракета",
        latest_text="ракетами",
    )
    message = compose(edited, NOW, lambda _query, found: [Span(0, len(found.text))])
    assert "ракетами" in styled(message, Style.BOLD)


def test_a_deleted_post_keeps_its_text_and_loses_its_button():
    gone = case("ракета", Span(0, 6))
    message = compose(replace(gone, post=replace(gone.post, deleted_at=NOW)), NOW)
    assert "Deleted, seen 12:00; copy kept" in message.text
    assert "ракета" in message.text
    assert "Open post" not in [button.label for row in message.buttons for button in row]


def test_a_private_channel_is_linked_by_its_number():
    hidden = case("ракета", channel=replace(CHANNEL, username=None))
    assert "https://t.me/c/777/12" in compose(hidden, NOW).text


def test_a_paused_query_gets_a_button_to_resume():
    paused = subscription(state=SubscriptionState.PAUSED)
    message = compose(case("ракета", matches=(Match(paused, (), is_current=True),)), NOW)
    labels = [button.label for row in message.buttons for button in row]
    assert "Resume this query" in labels
    assert "Pause this query" not in labels


@given(
    st.text(max_size=6000),
    st.text(max_size=2000),
    st.text(max_size=300),
    st.text(min_size=1, max_size=3000),
    st.lists(st.tuples(st.integers(-5, 6000), st.integers(-5, 6000)), max_size=10),
)
def test_whatever_is_in_a_post_fits_and_marks_stay_inside(text, before, title, query, ends):
    spans = tuple(Span(a, b) for a, b in ends)
    matches = tuple(
        Match(subscription(number, query), spans, is_current=number % 2 == 0) for number in range(5)
    )
    hostile = case(
        text,
        matches=matches,
        first_text=before,
        channel=replace(CHANNEL, title=title),
        edited_at=NOW,
    )
    message = compose(hostile, NOW)
    length = utf16_length(message.text)
    assert message.text
    assert length <= TEXT_LIMIT
    assert all(m.offset >= 0 and m.length > 0 for m in message.marks)
    assert all(m.offset + m.length <= length for m in message.marks)
    assert all(len(b.data or b"") <= 64 for row in message.buttons for b in row)
    message.text.encode()


def test_emoji_alone_still_fit():
    text = "👩🏽‍🚒" * 2000
    edited = case(text, first_text=text + "!", latest_text=text)
    assert utf16_length(compose(edited, NOW).text) <= TEXT_LIMIT


def test_a_post_that_came_late_says_by_how_much_and_one_in_time_does_not():
    posted = NOW - timedelta(minutes=5)
    late = post("x", first_seen_at=posted + timedelta(minutes=72), source=Source.GAP)
    assert "⏱ Late by 72 minutes: it was missed live" in compose(case("x", post=late), NOW).text
    slow = post("x", first_seen_at=posted + timedelta(minutes=3))
    assert "⏱ Late by 3 minutes\n" in compose(case("x", post=slow), NOW).text
    assert "Late" not in compose(case("x", post=post("x", source=Source.GAP)), NOW).text


def telling(number, minutes, *, is_forward=False):
    return StoryPost(
        PostId(number),
        StoryId(9),
        number,
        NOW - timedelta(minutes=minutes),
        ChannelId(number),
        f"@channel_{number}",
        f"channel_{number}",
        number,
        is_forward,
    )


def test_a_story_says_who_was_first_and_how_many_say_it_by_themselves():
    story = (telling(3, 9), telling(9, 5), telling(4, 2, is_forward=True))
    text = compose(replace(case("Пуск"), story=story), NOW).text
    assert "also in 2 channels · first 11:51 in \u2068@channel_3\u2069 · 2 independent" in text
    own = (telling(9, 5), telling(4, 2, is_forward=True))
    assert (
        "also in 1 channel · first here · 1 independent"
        in compose(replace(case("Пуск"), story=own), NOW).text
    )
    assert "also in" not in compose(replace(case("Пуск"), story=own[:1]), NOW).text
