import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.notify.difference import Kind, is_material, word_difference, write_difference
from bot.telegram.messages import Style, TextBuilder

OLD = (
    "За даними міської влади, унаслідок обстрілу центру поранено три людини, усі вони вже в "
    "лікарні і стан їхній стабільний"
)
NEW = OLD.replace("три людини", "сім людей")


def test_only_what_changed_is_shown_with_a_few_words_around():
    builder = TextBuilder()
    write_difference(builder, word_difference(OLD, NEW), 400)
    text = builder.build()
    assert "центру поранено три людини, сім людей, усі вони" in text.text
    said = {
        style: [
            text.text[mark.offset : mark.offset + mark.length]
            for mark in text.marks
            if mark.style is style
        ]
        for style in (Style.STRIKE, Style.BOLD)
    }
    assert said == {Style.STRIKE: ["три людини,"], Style.BOLD: ["сім людей,"]}
    assert "стабільний" not in text.text


@pytest.mark.parametrize(
    ("old", "new", "is_said"),
    [
        ("Поранено 3 людини", "Поранено 7 людей", True),
        (OLD, OLD + "!", False),
        (OLD, OLD.replace("обстрілу", "обстрілів"), False),
        (OLD, "Зовсім інше повідомлення", True),
        (OLD, OLD, False),
    ],
)
def test_numbers_and_many_words_are_material_and_a_correction_is_not(old, new, is_said):
    assert is_material(old, new) is is_said


@given(st.text(max_size=200), st.text(max_size=200))
def test_nothing_is_added_that_was_not_written(old, new):
    found = word_difference(old, new)
    before, after = old.split(), new.split()
    for stretch in found:
        words = stretch.text.split()
        match stretch.kind:
            case Kind.REMOVED:
                assert all(word in before for word in words)
            case Kind.ADDED | Kind.KEPT:
                assert all(word in after for word in words)
