from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.operate import texts
from bot.translation import Voice, language_of, zone_of
from bot.translation.phrases import DAYS

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("n", "en", "uk", "ru"),
    [
        (1, "1 day", "1 день", "1 день"),
        (2, "2 days", "2 дні", "2 дня"),
        (5, "5 days", "5 днів", "5 дней"),
        (11, "11 days", "11 днів", "11 дней"),
        (21, "21 days", "21 день", "21 день"),
        (22, "22 days", "22 дні", "22 дня"),
        (112, "112 days", "112 днів", "112 дней"),
    ],
)
def test_numbers_take_the_form_their_language_asks_for(n, en, uk, ru):
    said = [Voice(language).count(DAYS, n) for language in ("en", "uk", "ru")]
    assert said == [en, uk, ru]


def test_each_language_says_its_own():
    assert "private" in Voice("en").text(texts.STRANGER)
    assert "закритий" in Voice("uk").text(texts.STRANGER)
    assert "закрытый" in Voice("ru").text(texts.STRANGER)
    assert Voice("xx").text(texts.STRANGER) == texts.STRANGER


def test_what_is_not_known_is_said_as_it_was_stored():
    assert Voice("uk").known("ok") == "гаразд"
    assert Voice("uk").known("CHANNEL_PRIVATE {x}") == "CHANNEL_PRIVATE {x}"
    assert Voice("uk").known("") == ""


def test_a_time_has_its_date_unless_it_is_today_and_its_year_unless_it_is_this_one():
    kyiv = ZoneInfo("Europe/Kyiv")
    clock = Voice("uk", kyiv).clock
    assert clock(NOW, NOW) == "12:00"
    assert clock(NOW - timedelta(days=1), NOW) == "1 берез., 12:00"
    assert clock(NOW - timedelta(days=365), NOW) == "2 берез. 2025, 12:00"
    assert Voice("ru", kyiv).clock(NOW - timedelta(days=1), NOW) == "1 марта, 12:00"
    assert Voice("en", kyiv).clock(NOW - timedelta(days=1), NOW) == "1 Mar, 12:00"
    # Near midnight the reader's day counts, not that of UTC.
    late = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
    assert clock(late, NOW) == "3 берез., 00:30"


def test_a_length_is_said_in_its_largest_unit():
    voice = Voice("uk")
    assert voice.span(timedelta(seconds=20)) == "1 хвилину"  # as in “за 1 хвилину”
    assert voice.span(timedelta(minutes=90)) == "90 хвилин"
    assert voice.span(timedelta(hours=3)) == "3 години"
    assert voice.span(timedelta(days=7)) == "7 днів"


def test_clients_languages_become_ours():
    assert [language_of(code) for code in ("uk-UA", "ru_RU", "EN", "pl", "")] == [
        "uk",
        "ru",
        "en",
        "en",
        "en",
    ]
    assert language_of("", "uk") == "uk"


def test_an_unknown_zone_is_utc():
    assert zone_of("Nowhere/Land") is UTC
    assert zone_of("../etc/passwd") is UTC
