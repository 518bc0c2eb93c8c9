import random
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from bot.match.places import PlaceUnknown
from bot.match.places.build import shared
from bot.match.places.coordinates import distance_km
from bot.match.places.facts import read_facts
from bot.match.places.names import word_forms
from bot.match.places.spelling import name_words
from storage.records import PlaceId

NAME = re.compile("[А-ЯІЇЄҐЁ][А-Яа-яІіЇїЄєҐґЁё'’ -]{2,}")


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
        if place_id.startswith("cell:"):
            continue
        place = gazetteer.place(place_id)
        assert distance_km(51.19, 35.27, place.lat, place.lon) <= 30


def test_unknown_names_come_with_suggestions(gazetteer):
    with pytest.raises(LookupError, match="did you mean") as raised:
        gazetteer.place_ids("Суджжжа")
    assert "Суджа" in raised.value.suggestions
    assert "Sudzha" in gazetteer.suggestions("Sudzhaaa")
    with pytest.raises(PlaceUnknown):
        gazetteer.place(PlaceId("gn:0"))


def names_of(gazetteer):
    """All Cyrillic names of the default facts that the gazetteer holds: place, language, name."""
    data = Path(str(resources.files("bot.match.places") / "data"))
    for table in ("facts.tsv.xz", "front.tsv.xz"):
        for fact in read_facts(data / table):
            number = gazetteer.number(PlaceId(fact.id))
            for lang, name in fact.names:
                if number is not None and lang in {"ru", "uk"} and NAME.fullmatch(name):
                    yield number, lang, name


def test_every_form_of_every_name_leads_back_to_its_place(gazetteer):
    """A sample of 5,000 Russian and Ukrainian names, of one word and of several.

    Every form of every word stands in a text once, the n-th beside the n-th of the other words.
    """
    drawn = random.Random(4)
    known = list(names_of(gazetteer))
    long = [entry for entry in known if len(name_words(entry[2])) > 1]
    lost = []
    for number, lang, name in drawn.sample(known, 3500) + drawn.sample(long, 1500):
        words = name_words(name)
        bases = words if len(words) == 1 else [shared(word) for word in words]
        every = [sorted(word_forms(word, lang)) for word in bases]
        for at in range(max(map(len, every))):
            said = [forms[at % len(forms)].capitalize() for forms in every]
            if not leads_to(gazetteer, said, number):
                lost.append((name, " ".join(said)))
    assert not lost, (len(lost), lost[:20])


def leads_to(gazetteer, said, number):
    infos = [gazetteer.word(word) for word in said]
    if None in infos or (len(infos) > 1 and not infos[0].starts_long):
        return False
    keys = [""]
    for info in infos:
        keys = gazetteer.continued(keys, info)
    whole = [found for key in keys if (found := gazetteer.sequence(key)) is not None]
    return any(posting >> 2 == number for found in whole for posting in gazetteer.named(found))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Бої за Часів Яр і під Великою Новосілкою", ["Часів Яр", "Великою Новосілкою"]),
        ("Обстріляли Малу Токмачку", ["Малу Токмачку"]),
        ("в Старом Осколе и Ростове-на-Дону", ["Старом Осколе", "Ростове-на-Дону"]),
        ("рейс из Порт-о-Пренса", ["Порт-о-Пренса"]),
    ],
)
def test_names_of_several_words_are_found_in_every_form(tagger, text, found):
    assert [mention.surface for mention in tagger.tag(text)] == found


def test_opening_reads_no_dictionary():
    """Start-up and memory depend on it: the analysers are for building only."""
    code = "import sys, bot.match.places; bot.match.places.Gazetteer.open(); sys.exit('pymorphy3' in sys.modules)"  # noqa: E501 a table row or pattern in one line
    done = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603 our interpreter
    assert done.returncode == 0
