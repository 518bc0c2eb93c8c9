"""Russian place names as Ukrainian posts spell them: by the orthography, and as they are heard.

Льгов stays, Рыльск is Рильськ, Шебекино Шебекіно, Севск Севськ or Сєвськ, Лебедевка Лебедевка,
Лебедєвка, Лебедівка or Лєбєдєвка. GeoNames mostly has the Russian spelling in the place of the
Ukrainian one. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, product

_MOST = 12  # spellings of one name
_HARD = "бвгджзклмнпрстфхц"
_VOWEL = "аеёиоуыэюяє"
_LETTERS = str.maketrans({"ы": "и", "э": "е", "Э": "Е", "ъ": "'", "И": "І"})
_RULES: tuple[tuple[str, str], ...] = (  # in order; the case of the first letter is kept
    ("(?<=[жчшщ])ё", "о"),
    (f"(?<=[{_HARD}])ё", "ьо"),
    ("ё", "йо"),
    ("^е|(?<=[аеёиоуыэюяь])е", "є"),
    ("(?<=[бпвмф])ь(?=[єюяї])", "'"),
    (f"(?<=[{_VOWEL}ь])и", "ї"),
    ("([сцз])к(?=$|ий$|ая$|оє$|иє$)", r"\1ьк"),
    ("ыє$|иє$", "і"),
    ("ая$", "а"),
    ("оє$", "е"),
    ("(?<=[цч])ы$", "і"),
    ("ый$", "ий"),
    ("(?<=[рш])ь$", ""),
)
# Where и stays и, written ы until the end: after ж, ч, ш, щ, ц, in Slavic suffixes, plurals in -ки.
_KEPT = re.compile(
    "(?<=[жчшщц])и(?!$)|(?<=ьк)ий$|(?<=[гкх])и$|и(?=й$)"
    "|и(?=нськ|цьк|чськ|щ|ца$|ци$|ни?ц|к$|ха$|чі$|нка$)|(?<=^пр)и|(?<=^ст)и"
)


def ukrainian_spellings(name: str) -> set[str]:
    """Return how Ukrainian writes a name of Russia or Belarus that Russian writes so."""
    parts = re.split("([ -])", name)
    choices = [[part] if part in " -" else list(_spellings(part)) for part in parts]
    found = islice(product(*choices), _MOST)
    return {"".join(one) for one in found} - {name}


def _spellings(word: str) -> Iterator[str]:
    """Yield the spellings of a word, the likeliest first, each once."""
    plain = _by_rules(word.lower())
    heard = re.sub(f"(?<=[{_HARD}])ев(?=$|о$|е$|а$|к|ськ)", "єв", plain)
    softened = re.sub("^([бвдзлмнпрст])е", r"\1є", heard)
    native = re.sub(f"(?<=[{_VOWEL}])[еє]вка$", "ївка", plain)
    native = re.sub("ь?[оеє]вка$", "івка", native)
    throughout = re.sub("(?<=[бвдзлмнпрст])е", "є", heard)
    bare = _by_rules(re.sub("ое$", "оё", word.lower())).removesuffix("йо") + "є"
    kept = [plain, heard, softened, native, throughout] + [bare] * word.lower().endswith("ое")
    first = str.upper if word[:1].isupper() else str
    yield from dict.fromkeys(first(one[:1]) + one[1:] for one in kept)


def _by_rules(word: str) -> str:
    for pattern, put in _RULES:
        word = re.sub(pattern, put, word)
    word = _KEPT.sub("ы", word).replace("и", "і")
    return word.translate(_LETTERS)
