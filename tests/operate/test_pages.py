from datetime import UTC, datetime, timedelta

from hostile import fits, hostile, voices
from hypothesis import given
from hypothesis import strategies as st

from bot.operate import house, pages, setting_pages, texts
from bot.operate.buttons import Wish, button, wish_of
from bot.operate.commands import command_of
from bot.operate.pages import page_at
from bot.operate.people import Person
from bot.telegram.messages import clipped, utf16_length
from bot.translation import Voice
from storage.activity import Activity
from storage.records import (
    Channel,
    ChannelId,
    ChannelState,
    FollowMode,
    Role,
    Routing,
    Subscriber,
    SubscriberId,
    SubscriberState,
    Subscription,
    SubscriptionId,
    SubscriptionState,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@given(
    queries=st.lists(hostile, min_size=1, max_size=pages.QUERIES_A_PAGE),
    number=st.integers(1, 2**53),
    total=st.integers(8, 10**9),
    page=st.integers(-5, 10**15),
    voice=voices,
)
def test_a_page_of_queries_fits_a_message_whatever_is_in_them(queries, number, total, page, voice):
    rows = [
        Subscription(
            SubscriptionId(number), SubscriberId(1), query, query, SubscriptionState.PAUSED, NOW
        )
        for query in queries
    ]
    fits(pages.queries(rows, page_at(page, pages.QUERIES_A_PAGE, total), voice))


@given(
    texts_=st.lists(hostile, min_size=1, max_size=pages.ROWS_A_PAGE), reason=hostile, voice=voices
)
def test_pages_of_channels_and_people_fit_too(texts_, reason, voice):
    page = page_at(1, pages.ROWS_A_PAGE, 10**6)
    lively = Activity(NOW - timedelta(days=400), 10**6, 1e6)
    channels = [
        Channel(
            ChannelId(1),
            text,
            FollowMode.JOIN,
            ChannelState.UNREACHABLE,
            None,
            None,
            text,
            frozenset(),
            reason,
            NOW,
            0,
        )
        for text in texts_
    ]
    fits(pages.channels(channels, page, voice, {ChannelId(1): lively}, NOW))
    people = [
        Person(SubscriberId(1), 1, text, Role.OPERATOR, SubscriberState.ACTIVE, "UTC", "en", NOW)
        for text in texts_
    ]
    fits(pages.people(people, page, voice))
    for person in people:
        fits(house.card(person, voice, NOW))


@given(number=st.integers(-(10**9), 10**9), size=st.integers(1, 50), total=st.integers(0, 10**6))
def test_the_nearest_page_there_is_is_shown(number, size, total):
    page = page_at(number, size, total)
    assert 0 <= page.number < page.count
    assert page.offset == 0 or page.offset < total
    if 0 <= number < page.count:
        assert page.number == number


@given(st.binary(max_size=64))
def test_any_data_is_read_or_refused(data):
    wish = wish_of(data)
    if wish:
        assert all(number >= 0 for number in wish.numbers)


def test_data_of_our_buttons_are_read_and_others_refused():
    assert wish_of(b"l:3") == Wish("l", (3,))
    assert wish_of(b"ld:3:17") == Wish("ld", (3, 17))
    assert wish_of(button("x", "st", 3, 0).data) == Wish("st", (3, 0))
    for data in (b"", b":1", b"ld:3:4:5:6", b"ld:-1:2", b"l:1e3", b"l:" + b"9" * 40):
        assert wish_of(data) is None


@given(
    section=st.sampled_from(setting_pages.Section),
    language=st.sampled_from(["en", "uk", "ru"]),
    cap=st.none() | st.integers(1, 1000),
    snoozed=st.booleans(),
    zone=hostile,
)
def test_settings_fit_a_message_and_every_choice_has_its_button(
    section, language, cap, snoozed, zone
):
    person = Subscriber(
        SubscriberId(1), 1, 1, "O", Role.REPORTER, SubscriberState.ACTIVE, zone, language, NOW
    )
    until = NOW + timedelta(days=3) if snoozed else None
    rules = Routing(SubscriberId(1), is_paused=snoozed, snoozed_until=until, cap_per_hour=cap)
    fits(setting_pages.overview(person, rules, 3, NOW))
    choices = setting_pages.choices(section, Voice(language), NOW)
    fits(choices)
    buttons = [one for row in choices.buttons for one in row]
    assert len(buttons) == setting_pages.choices_in(section) + 1
    assert all(one.label for one in buttons)


@given(text=hostile, limit=st.integers(1, 200))
def test_a_clipped_text_keeps_the_limit_and_its_beginning(text, limit):
    cut = clipped(text, limit)
    assert utf16_length(cut) <= limit
    assert utf16_length(text) > limit or cut == text


@given(hostile)
def test_what_is_said_fits_a_message(text):
    fits(texts.said(Voice("uk"), texts.WATCHING, normal=text, number=1))
    fits(texts.said(Voice("uk"), texts.NO_SUCH_CHANNEL, given=text * 3))


def test_commands_are_read_as_people_write_them():
    for text, expected in {
        "/watch ракета OR дрон": ("watch", "ракета OR дрон"),
        "  /WATCH@Earshot_Bot   a b ": ("watch", "a b"),
        "/watch\nракета": ("watch", "ракета"),
        "/watch@other_bot a": ("", ""),
        "watch a": ("", ""),
        "/": ("", ""),
        "": ("", ""),
    }.items():
        assert command_of(text, "earshot_bot") == expected
