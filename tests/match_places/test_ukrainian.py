import pytest

from bot.match.places.ukrainian import ukrainian_spellings

WRITTEN = [
    ("Рыльск", "Рильськ"),
    ("Шебекино", "Шебекіно"),
    ("Севск", "Сєвськ"),
    ("Новошахтинск", "Новошахтинськ"),
    ("Тёткино", "Тьоткіно"),
    ("Ейск", "Єйськ"),
    ("Мозырь", "Мозир"),
    ("Клинцы", "Клинці"),
    ("Щёлково", "Щолково"),
    ("Малая Локня", "Мала Локня"),
    ("Русское Поречное", "Русскоє Поречноє"),
    ("Нехотеевка", "Нехотеївка"),
    ("Журавлёвка", "Журавлівка"),
    ("Великие Луки", "Велікі Луки"),
    ("Шереметьево", "Шереметьєво"),
]


@pytest.mark.parametrize(("russian", "ukrainian"), WRITTEN)
def test_a_russian_name_is_known_as_ukrainian_posts_spell_it(russian, ukrainian):
    assert ukrainian in ukrainian_spellings(russian)
    assert len(ukrainian_spellings(russian)) <= 12


@pytest.mark.parametrize("name", ["Льгов", "Таганрог", "", "-", " ", "Усть-Луга"])
def test_a_name_spelled_alike_has_no_other(name):
    assert ukrainian_spellings(name) == set()


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Вибухи у Рильську та Тьоткіно", "Ryl’sk, Kursk Oblast"),
        ("Атаковано аеродром у Новошахтинську", "Novoshakhtinsk, Rostov Oblast"),
        ("Пожежа в Шебекіно після обстрілу", "Shebekino, Belgorod Oblast"),
    ],
)
def test_ukrainian_posts_name_russian_towns(tagger, gazetteer, text, label):
    found = [gazetteer.place(m.place_id).label for m in tagger.tag(text, "uk") if m.place_id]
    assert label in found
