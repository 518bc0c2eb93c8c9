from bot.operate.suggestions import suggestion
from storage.records import JudgedText, PostId


def judged(noise, useful=()):
    texts = [(text, False) for text in noise] + [(text, True) for text in useful]
    return [JudgedText(PostId(n), text, is_useful) for n, (text, is_useful) in enumerate(texts)]


DRAWS = [f"Розіграш дрона номер {n}, тисни" for n in range(9)] + [
    "Учасникам розіграшу дістанеться дрон",
    "Дрони на продаж",
]


def test_the_word_that_most_noise_has_and_no_useful_alert_is_suggested_in_all_its_forms():
    found = suggestion("дрон", judged(DRAWS, ["Дрон збито", "Дрони летять на Суми"]))
    assert (found.noise_with, found.noise, found.useful_with, found.useful) == (10, 11, 0, 2)
    assert found.word == "розіграш"
    assert found.query == f"дрон -{found.word}"


def test_an_or_is_kept_together():
    found = suggestion("дрон OR бпла", judged(DRAWS))
    assert found.query == f"(дрон OR бпла) -{found.word}"


def test_nothing_is_suggested_from_little_from_what_is_useful_too_or_from_the_query_itself():
    assert suggestion("дрон", judged(DRAWS[:2])) is None
    both = [f"Дрон зранку, випадок {n}" for n in range(20)]
    assert suggestion("дрон", judged(both[:5], both)) is None
    assert suggestion("дрон", judged(["дрон"] * 9)) is None
    assert suggestion("дрон", judged(["", "🚀", "1234 5678"] * 5)) is None
