from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judged_stories import pairs

from bot.notify.likeness import SKETCH, WINDOW, difference, fingerprint

NEAR = timedelta(minutes=5)
LONG = (
    "Уночі ворог атакував Миколаїв ударними безпілотниками. Пошкоджено три приватні будинки, "
    "вибито вікна у школі. За попередньою інформацією, обійшлося без постраждалих."
)


@pytest.mark.parametrize("held_out", [False, True])
def test_judged_pairs_are_told_apart(held_out):
    """None that is judged two stories is taken for one, and nine in ten copies are found."""
    wrong, found, wanted = [], 0, 0
    for one, other, is_same in pairs(held_out=held_out):
        reason = difference(
            fingerprint(one.text), fingerprint(other.text), abs(one.after - other.after)
        )
        wanted += is_same
        found += is_same and reason is None
        if reason is None and not is_same:
            wrong.append((one.text, other.text))
    assert not wrong
    assert found >= 0.9 * wanted


@pytest.mark.parametrize(
    ("copy", "reason"),
    [
        (f"⚡️{LONG}\n\nПідписатись на канал @south", None),
        (LONG.upper(), None),
        (LONG.replace("і", "i").replace("о", "o"), None),
        (LONG.replace(" ", " \u200b"), None),
        (LONG[:95], None),
        (LONG.replace("Миколаїв", "Херсон"), "another name"),
        (LONG.replace("три", "чотири"), "other numbers"),
        (f"Спростування: {LONG}", "turned round"),
        ("Зовсім інша новина про погоду в Карпатах на ці вихідні дні", "different words"),
    ],
)
def test_what_copies_change_is_forgiven_and_what_makes_another_story_is_not(copy, reason):
    assert difference(fingerprint(LONG), fingerprint(copy), NEAR) == reason


def test_short_calls_are_one_story_for_minutes_only_and_only_if_they_name_something():
    call, general = fingerprint("Ракета курсом на Полтаву!"), fingerprint("Тривога!")
    assert difference(call, call, NEAR) is None
    assert difference(call, call, timedelta(hours=1)) == "too far apart in time"
    assert difference(general, general, NEAR) == "too short to tell"


@given(st.text(max_size=300), st.text(max_size=300), st.timedeltas(timedelta(0), 2 * WINDOW))
def test_any_texts_are_compared_and_the_order_does_not_matter(one, other, apart):
    first, second = fingerprint(one), fingerprint(other)
    assert len(first.sketch) <= SKETCH
    assert (difference(first, second, apart) is None) == (difference(second, first, apart) is None)
