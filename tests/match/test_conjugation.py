"""Verbs that no dictionary has get the forms that people write of them."""

import pytest

from bot.match.conjugation import conjugated


@pytest.mark.parametrize(
    ("infinitive", "language", "forms"),
    [
        ("забайрактарить", "ru", "забайрактарил забайрактарят забайрактаренный забайрактарив"),
        ("отскринить", "ru", "отскриню отскриненный отскринь отскриним"),
        ("кринжевать", "ru", "кринжую кринжует кринжевала кринжующий"),
        ("загуглити", "uk", "загуглив загуглять загуглений загуглю загуглила"),
        ("заскамувати", "uk", "заскамую заскамували заскамований заскамує"),
        ("кринжувати", "uk", "кринжуватиму кринжує кринжуючи"),
    ],
)
def test_a_new_verb_has_the_forms_of_its_class(infinitive, language, forms):
    assert {infinitive, *forms.split()} <= set(conjugated(infinitive, language))


@pytest.mark.parametrize(
    ("word", "language"), [("сеть", "ru"), ("радость", "ru"), ("зустріч", "uk")]
)
def test_what_is_no_infinitive_is_left_alone(word, language):
    assert conjugated(word, language) == ()
