import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.match.places import ChannelPrior, Gazetteer, Tagger, Watch
from bot.match.places.build import build
from bot.match.places.coordinates import distance_km
from bot.match.places.facts import Fact
from bot.match.places.kinds import Kind
from tests.match_places.conftest import small_world

POSTS = Path(__file__).parent.parent / "data" / "places_posts_train.jsonl"


def surfaces(mentions):
    return [mention.surface for mention in mentions]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Раздоловка-Весёлое: продвижение", ["Раздоловка", "Весёлое"]),
        ("Бахмут/Соледар: тиск ворога", ["Бахмут", "Соледар"]),
        ("Бої на Куп'янському напрямку", ["Куп'янському"]),
        ("Pokrovsk direction is quiet", ["Pokrovsk"]),
        ("в москві паніка, росія мовчить", ["москві", "росія"]),
        ("обстріл курської області", ["курської області"]),
        ("Взрывы в Су́мах", ["Су́мах"]),
        ("Взрывы в Cумах", ["Cумах"]),  # the first letter is Latin
        ("пишет @kharkiv_news https://t.me/kursk_life/12", []),
        ("Зеленский выступил с обращением", []),
        ("Бригада «Азов» відпочиває", []),
        ("Мир во всём мире", []),
        ("Київський ринок чекає на донецьку компанію", []),
        ("Боєць на псевдо Херсон повернувся", []),
        ("Разом із Володимиром Жуковим працює Анатолія Близнюк", []),
    ],
)
def test_recognition(tagger, text, found):
    assert surfaces(tagger.tag(text)) == found


def test_text_cut_into_words_is_read_as_if_it_were_not(tagger):
    written = 'Голова (с. Моринці, Черкаська область), Іван Мороз: "Бої під Бахмутом". Суми, Ромни.'
    cut = written
    for sign in '().,:"':
        cut = cut.replace(sign, f" {sign} ")
    cut = " ".join(cut.split())
    assert surfaces(tagger.tag(cut)) == surfaces(tagger.tag(written))
    assert "Ромни" in surfaces(tagger.tag(written))


def test_a_region_beside_the_name_decides_which_is_meant(tagger, gazetteer):
    for text, region in (
        ("Село Новоселівка Сумської області", "Sumy Oblast"),
        ("У Дзержинске Нижегородской области", "Nizhegorodskaya oblast'"),
    ):
        mention = tagger.tag(text)[0]
        assert gazetteer.place(mention.place_id).admin1 == region


@pytest.mark.parametrize(
    ("text", "name", "inside"),
    [
        ("Донецька область: удар по населеному пункту Ольховатка.", "Ольховатка", "Donetsk Oblast"),
        ("Біля міста Скадовськ триває бій. Під обстрілом Олексіївка.", "Олексіївка", "Kherson"),
        ("Shahed drones heading from Kherson Oblast towards Kryvyi Rih.", "Kryvyi Rih", "Dnipro"),
    ],
)
def test_a_region_or_town_of_the_post_decides_for_villages_but_not_for_cities(
    tagger, gazetteer, text, name, inside
):
    meant = next(one.place_id for one in tagger.tag(text) if one.surface == name)
    assert (gazetteer.place(meant).admin1 or "").startswith(inside)


def test_a_name_unknown_in_its_region_is_unknown_to_us(tmp_path):
    world = Gazetteer.open(built(tmp_path, [fact for fact in small_world() if fact.id != "t:n"]))
    mention = Tagger(world).tag("Обстріляно село Новоселівка Сумської області.")[0]
    assert (mention.surface, mention.place_id) == ("Новоселівка", None)


def test_coordinates_are_mentions_with_a_place_of_their_own(tagger, gazetteer):
    mention = tagger.tag("Удар: 51.1912, 35.2711, уточнюється")[0]
    assert mention.place_id == "point:51.19120,35.27110"
    assert gazetteer.place(mention.alternatives[0][0]).names["en"] == "Sudzha"


def test_the_prior_of_a_channel_tips_the_scales(tmp_path):
    world = Gazetteer.open(built(tmp_path, small_world()))
    tagger = Tagger(world)
    text = "У селі Новоселівка чути вибухи."
    for region, place in (("t:north", "t:n"), ("t:south", "t:s")):
        assert tagger.tag(text, channel_prior=ChannelPrior({region: 40.0}))[0].place_id == place
    said = ChannelPrior().judged("Новоселівка", "t:s", right=True)
    assert tagger.tag(text, channel_prior=said)[0].place_id == "t:s"


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.sampled_from(["😀", "🇺🇦", "e\u0301", "\u200b", "𝕏", "—", " ", "\n", "й", "ї", "👨‍👩‍👧"]),
        max_size=12,
    ),
    st.integers(0, 12),
)
def test_offsets_are_code_points_of_the_text(tagger, noise, at):
    text = "".join(noise[:at]) + " Бої за Бахмут і Су́мы " + "".join(noise[at:])
    for mention in tagger.tag(text):
        assert text[mention.start : mention.end] == mention.surface
    assert {"Бахмут", "Су́мы"} <= set(surfaces(tagger.tag(text)))


@pytest.fixture(scope="module")
def bare_world(tmp_path_factory):
    return Gazetteer.open(built(tmp_path_factory.mktemp("world"), small_world()))


@settings(max_examples=15, deadline=None)
@given(st.text("абвгдклмнорст", min_size=6, max_size=10), st.floats(44, 52), st.floats(22, 40))
def test_adding_a_place_changes_no_other_mention(tmp_path_factory, bare_world, name, lat, lon):
    folder = tmp_path_factory.mktemp("worlds")
    added = Fact(
        "t:new", Kind.SETTLEMENT, lat, lon, "UA", "t:north", 500, [("uk", name.capitalize())]
    )
    before = Tagger(bare_world)
    after = Tagger(Gazetteer.open(built(folder, [*small_world(), added])))
    text = (
        f"Бої за Суми, Новоселівка Херсонської області, в Україні. У селі {name.capitalize()} тихо."
    )
    here = text.index("У селі")
    assert [(m.start, m.end, m.place_id) for m in before.tag(text) if m.end < here] == [
        (m.start, m.end, m.place_id) for m in after.tag(text) if m.end < here
    ]


def built(folder, facts):
    path = folder / f"{len(facts)}.places"
    build(facts, path, ["test"])
    return path


@pytest.mark.parametrize(("lang", "least"), [("uk", 0.93), ("ru", 0.93), ("en", 0.93)])
def test_own_posts_are_read_well(tagger, lang, least):
    right = wrong = missed = 0
    for line in POSTS.read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["lang"] != lang:
            continue
        mentions = tagger.tag(row["text"], lang)
        for m in mentions:
            hit = any(s["start"] < m.end and m.start < s["end"] for s in row["spans"])
            right += hit
            wrong += not hit and not any(s < m.end and m.start < e for s, e, _ in row["other"])
        missed += sum(
            not any(s["start"] < m.end and m.start < s["end"] for m in mentions)
            for s in row["spans"]
        )
    score = 2 * right / (2 * right + wrong + missed)
    assert score >= least, f"{lang}: F1 {100 * score:.1f}"


def test_sumy_and_kharkiv_lie_apart():
    assert 140 < distance_km(50.91, 34.80, 49.99, 36.23) < 150


def test_a_nation_that_is_waited_for_is_not_passed_over(tagger, gazetteer):
    watch = Watch(gazetteer, ["country:IR"])
    text = "Iranian officials said nothing on Monday."
    assert watch.could_touch(text)
    assert [mention.place_id for mention in tagger.tag(text, "en", waited_for=watch)] == [
        "country:IR"
    ]


def test_watching_misses_nothing_that_tagging_finds(tagger, gazetteer):
    places = [
        gazetteer.find(name, 1)[0].id
        for name in ("Суджа", "Покровськ", "Куп'янськ", "Курская область", "Москва", "Мирноград")
    ]
    watch = Watch(gazetteer, places)
    quiet = 0
    for line in POSTS.read_text("utf-8").splitlines():
        text = json.loads(line)["text"]
        whole = tagger.tag(text)
        named = {mention.place_id for mention in whole}
        if watch.could_touch(text):
            waited = tagger.tag(text, waited_for=watch)
            assert waited == (whole if waited else ())
            assert waited or not named.intersection(places), text
            continue
        quiet += 1
        assert not named.intersection(places), text
    assert quiet > 100


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Тиск на Мелітопольському напрямку", "Melitopol"),
        ("На Кременское направление перебросили резерв", "Kreminna"),
        ("Хлопці з Мелітопольського шпиталю", "Melitopol"),
        ("Полонений родом з Алтайського краю", "Altai Krai"),
        ("Тиша на Мелітопольщині", "Melitopol"),
    ],
)
def test_an_adjective_or_a_land_leads_to_its_place(tagger, gazetteer, text, label):
    (mention,) = tagger.tag(text)
    assert gazetteer.place(mention.place_id).names["en"] == label


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Шахеди над Сілаївкою, далі на Бережани", ["Сілаївкою", "Бережани"]),
        ("Встретились на Аскольдовой Могиле под Бенрате", ["Аскольдовой Могиле", "Бенрате"]),
        ("Гроссмейстер Топалов обыграл Нисипяну", []),
        ("Розмова з Віктором про Залужного", []),
    ],
)
def test_company_and_letters_tell_places_no_gazetteer_has(tagger, text, found):
    assert surfaces(tagger.tag(text)) == found
