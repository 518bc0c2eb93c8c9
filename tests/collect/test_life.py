from datetime import UTC, datetime, timedelta

import pytest

from bot.collect.life import changes, is_flooding, is_silent, restricted_as
from storage.records import ChannelEventKind as Kind
from storage.records import ChannelId, SeenChannel

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
BEFORE = SeenChannel(777, "Front", "front_news", None, has_comments=False)


def told(now):
    found = changes(ChannelId(1), BEFORE, now, NOW)
    return [(event.kind, event.before, event.after) for event in found]


def test_what_is_different_about_a_channel_is_an_event_each():
    assert told(BEFORE) == []
    now = SeenChannel(777, "Front II", None, "copyright", has_comments=True)
    assert told(now) == [
        (Kind.RENAMED, "Front", "Front II"),
        (Kind.NAME_CHANGED, "@front_news", None),
        (Kind.RESTRICTED, None, "copyright"),
        (Kind.LINKED, None, None),
    ]


@pytest.mark.parametrize(
    ("restriction", "kind"),
    [
        (
            "terms: This channel can't be displayed because it violates local laws.",
            Kind.RESTRICTED_BY_COUNTRY,
        ),
        ("country: Not shown.", Kind.RESTRICTED_BY_COUNTRY),
        ("legal: This channel is not available in your country.", Kind.RESTRICTED_BY_COUNTRY),
        ("copyright: It was reported by a country club.", Kind.RESTRICTED),
        ("porn: This channel can't be displayed.", Kind.RESTRICTED),
        ("no reason given", Kind.RESTRICTED),
        (None, Kind.UNRESTRICTED),
    ],
)
def test_a_restriction_by_country_is_a_kind_of_its_own(restriction, kind):
    assert restricted_as(restriction) is kind


def every(minutes, count, until=NOW):
    return [until - timedelta(minutes=minutes * n) for n in reversed(range(count))]


def test_silence_is_measured_by_the_channels_own_habit():
    hourly = every(60, 40, until=NOW - timedelta(hours=5))
    assert is_silent(hourly, NOW)
    daily = every(24 * 60, 40, until=NOW - timedelta(hours=50))
    assert not is_silent(daily, NOW)
    busy = every(1, 60, until=NOW - timedelta(minutes=90))
    assert not is_silent(busy, NOW), "under two hours it is nothing"
    assert not is_silent(every(60, 5, until=NOW - timedelta(days=30)), NOW), "no habit yet"


def test_a_night_without_posts_is_no_silence_for_a_channel_that_sleeps():
    days = [
        NOW.replace(hour=hour) - timedelta(days=day)
        for day in range(9, 0, -1)
        for hour in range(8, 20)
    ]
    assert not is_silent(days, NOW.replace(hour=8, minute=30))


def test_a_flood_is_many_times_the_habit():
    usual = every(60, 100, until=NOW - timedelta(minutes=30))
    burst = [NOW - timedelta(seconds=10 * n) for n in reversed(range(40))]
    assert is_flooding([*usual, *burst], NOW)
    assert not is_flooding(usual, NOW)
    busy = [NOW - timedelta(seconds=15 * n) for n in reversed(range(200))]
    assert not is_flooding(busy, NOW), "it always posts so much"
