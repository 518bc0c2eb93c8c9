import random
import re
import subprocess
import sys

import pytest

from bot.match.places import PlaceUnknown
from bot.match.places.facts import read_facts
from bot.match.places.gazetteer import distance_km
from bot.match.places.names import word_forms
from bot.match.places.spelling import name_words
from storage.records import PlaceId


@pytest.mark.parametrize(
    ("asked", "label"),
    [
        ("Суджа", "Sudzha"),
        ("в Судже".split()[1], "Sudzha"),  # noqa: SIM905 a word list reads better
        ("Куп'янська", "Kupiansk"),
        ("Купʼянську", "Kupiansk"),
        ("Харкові", "Kharkiv"),
        ("Kharkov", "Kharkiv"),
        ("Нью-Йорке, США", "New York"),
        ("Artemivsk, Ukraine", "Bakhmut"),
        ("Артёмовске", "Bakhmut"),
        ("Штатах", "United States"),
        ("Полтавщині", "Poltava Oblast"),
        ("Краснодарского края", "Krasnodar Krai"),
        ("gn:486816", "Sudzha"),
    ],
)
def test_a_place_is_found_in_any_language_and_form(gazetteer, asked, label):
    assert gazetteer.find(asked, 1)[0].names["en"].startswith(label)


def test_homonyms_come_with_what_they_lie_in(gazetteer):
    labels = [place.label for place in gazetteer.find("Покровск", 5)]
    assert len(labels) > 1
    assert any("Donetsk Oblast" in label for label in labels)


def test_a_region_takes_in_all_its_descendants(gazetteer):
    inside = gazetteer.place_ids("Курская область")
    sudzha = gazetteer.find("Суджа", 1)[0]
    assert sudzha.id in inside
    assert gazetteer.place_ids("Донбас") > gazetteer.place_ids("Донецька область")
    assert gazetteer.place_ids("Россия") > inside


def test_near_works_for_names_and_coordinates(gazetteer):
    by_name, by_point = gazetteer.near_ids("Sudzha", 30), gazetteer.near_ids("51.19,35.27", 30)
    assert gazetteer.find("Суджа", 1)[0].id in by_point
    assert len(by_name & by_point) > 20
    for place_id in by_point:
        place = gazetteer.place(place_id)
        assert distance_km(51.19, 35.27, place.lat, place.lon) <= 30


def test_unknown_names_come_with_suggestions(gazetteer):
    with pytest.raises(LookupError, match="did you mean") as raised:
        gazetteer.place_ids("Суджжжа")
    assert "Суджа" in raised.value.suggestions
    assert "Sudzha" in gazetteer.suggestions("Sudzhaaa")
    with pytest.raises(PlaceUnknown):
        gazetteer.place(PlaceId("gn:0"))


def test_every_form_of_every_name_leads_back_to_its_place(gazetteer):
    """A sample of 5,000 Russian and Ukrainian names of one word, all forms of each."""
    from importlib import resources  # noqa: PLC0415 the peer is optional
    from pathlib import Path  # noqa: PLC0415 the peer is optional

    facts = read_facts(Path(str(resources.files("bot.match.places") / "data" / "facts.tsv.xz")))
    names = [
        (fact.id, lang, name)
        for fact in facts
        for lang, name in fact.names
        if lang in {"ru", "uk"} and re.fullmatch("[А-ЯІЇЄҐЁ][а-яіїєґё'’]{2,}", name)
    ]
    names = [
        entry
        for entry in names
        if not entry[0].startswith("gn:") or gazetteer.number(PlaceId(entry[0])) is not None
    ]
    lost = []
    for place_id, lang, name in random.Random(4).sample(names, 5000):
        number = gazetteer.number(PlaceId(place_id))
        for form in word_forms(name_words(name)[0], lang):
            info = gazetteer.word(form.capitalize())
            if info is None or not any(
                posting >> 2 == number for s in info.sequences for posting in gazetteer.named(s)
            ):
                lost.append((name, form))
    assert not lost, lost[:20]


def test_opening_reads_no_dictionary():
    """Start-up and memory depend on it: the analysers are for building only."""
    code = "import sys, bot.match.places; bot.match.places.Gazetteer.open(); sys.exit('pymorphy3' in sys.modules)"  # noqa: E501 a table row or pattern in one line
    done = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603 our interpreter
    assert done.returncode == 0
