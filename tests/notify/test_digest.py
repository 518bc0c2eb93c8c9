"""What a digest shows of each story."""

from dataclasses import replace
from datetime import timedelta

from test_compose import ALERT, NOW, case, styled

from bot.notify.digest import digest
from bot.telegram.messages import Style
from bot.translation import Voice
from storage.records import Held, Span

LONG = "Зведення за добу: " + "слово " * 200 + "і тоді пуск ракети з півночі" + " слово" * 50
AT = LONG.index("ракети")


def held(text, *spans, minutes=0):
    made = case(text, *spans)
    alert = replace(ALERT, reason=Held.HOURLY.value, owed_at=NOW + timedelta(minutes=minutes))
    return replace(made, alert=alert)


def test_the_stretch_with_the_match_is_shown_and_the_match_is_bold():
    (part,) = digest([held(LONG, Span(AT, AT + 6))], NOW, Voice()).parts
    assert "… " in part.text
    assert "пуск ракети з півночі" in part.text
    assert "Зведення" not in part.text
    assert "ракети" in styled(part, Style.BOLD)


def test_a_match_near_the_beginning_is_shown_from_there():
    (part,) = digest([held("Пуск ракети\nз півночі", Span(5, 11))], NOW, Voice()).parts
    assert "Пуск ракети з півночі" in part.text
    assert "…" not in part.text


def test_when_things_came_is_drawn_unless_they_came_at_once():
    at_once = digest([held("один"), held("два", minutes=2)], NOW, Voice()).parts[0].text
    over_hours = digest([held("один"), held("два", minutes=200)], NOW, Voice()).parts[0].text
    assert "█" not in at_once
    assert "█··········█" in over_hours
