"""Names across alphabets: the spellings a name may have, reduced to skeletons.

Tables: Ukrainian passport (KMU resolution 55, 2010), BGN/PCGN and passport for Russian, ISO 9
(diacritics folded), German and French press. Both directions, every inflected form.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from bot.match.morphology import folded_word, forms
from bot.text import skeleton

_PLAIN: Final = dict(zip("абвдезиклмнопрстуфыэ", "abvdeziklmnoprstufye", strict=True)) | {
    "ь": "",
    "ъ": "",
    "'": "",
    "ё": "yo",
    "й": "y",
    "ю": "yu",
    "я": "ya",
}
_ENGLISH: Final = {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch"}
_SYSTEMS: Final[tuple[dict[str, str], ...]] = (
    _PLAIN | _ENGLISH | {"г": "h", "и": "y", "і": "i", "ї": "i", "є": "ie"},
    _PLAIN | _ENGLISH | {"г": "g", "і": "i", "ї": "yi", "є": "ye"},
    _PLAIN
    | {"г": "g", "ж": "z", "х": "h", "ц": "c", "ч": "c", "ш": "s", "щ": "s", "і": "i"}
    | {"ї": "i", "є": "e"},
    _PLAIN
    | {"г": "g", "в": "w", "ж": "sch", "х": "ch", "ц": "z", "ч": "tsch", "ш": "sch"}
    | {"щ": "schtsch", "і": "i", "ї": "ji", "є": "je"},
    _PLAIN
    | {"г": "h", "в": "w", "ж": "sh", "з": "s", "х": "ch", "ц": "z", "ч": "tsch"}
    | {"ш": "sch", "щ": "schtsch", "і": "i", "ї": "ji", "є": "je"},
    _PLAIN
    | {"г": "g", "ж": "j", "х": "kh", "ц": "ts", "ч": "tch", "ш": "ch", "щ": "chtch"}
    | {"у": "ou", "і": "i", "ї": "i", "є": "ie"},
)
# Latin to Cyrillic, longest first; good enough to find a paradigm, the skeleton does the rest.
_BACK_ENGLISH: Final = {
    "shch": "щ", "zgh": "зг", "zh": "ж", "kh": "х", "ts": "ц", "ch": "ч", "sh": "ш", "ya": "я",
    "ia": "я", "yu": "ю", "iu": "ю", "ye": "е", "ie": "е", "yo": "е", "yi": "и", "iy": "ий",
    "x": "кс", "ph": "ф", "ck": "к", "ou": "у",
}  # fmt: skip
_BACK_GERMAN: Final = {
    "schtsch": "щ", "tsch": "ч", "sch": "ш", "ch": "х", "z": "ц", "ja": "я", "ju": "ю",
    "je": "е", "w": "в", "ei": "ей",
}  # fmt: skip
_BACK_FRENCH: Final = {"chtch": "щ", "tch": "ч", "ch": "ш", "kh": "х", "j": "ж", "ou": "у"}
_BACK_LETTERS: Final = dict(
    zip("abcdefghijklmnopqrstuvwyz", "абкдефгхийклмнопкрстуввиз", strict=True)
)
_ADJECTIVE_ENDS: Final = ("skyy", "skyi", "skiy", "skij", "skii", "skyj", "sky", "ski")


@lru_cache(maxsize=20_000)
def name_skeletons(name: str) -> frozenset[str]:
    """Return the skeletons a post's word may have to be this name in some form and spelling."""
    folded = folded_word(name)
    found = {skeleton(folded)}
    if folded.isascii():
        spellings = _into_cyrillic(folded)
        found |= {skeleton(form) for form in forms(folded)}
    else:
        spellings = {name.lower()}
    for spelling in spellings:
        inflected = forms(spelling)
        found |= {skeleton(form) for form in inflected}
        found |= {skeleton(latin) for form in inflected for latin in latin_spellings(form)}
        found |= {skeleton(latin + "s") for latin in latin_spellings(folded_word(spelling))}
    return frozenset(found - {""})


def latin_spellings(word: str) -> set[str]:
    """Return a folded Cyrillic word by every table."""
    return {"".join(system.get(char, char) for char in word) for system in _SYSTEMS}


def _into_cyrillic(word: str) -> set[str]:
    """Cyrillic words a Latin spelling may stand for."""
    found: set[str] = set()
    for ending in _ADJECTIVE_ENDS:
        if word.endswith(ending):
            stem = word.removesuffix(ending)
            return {back + "ский" for back in _backs(stem)} | {
                back + "ський" for back in _backs(stem)
            }
    found |= _backs(word)
    return found


def _backs(word: str) -> set[str]:
    found = {_back(word, table) for table in (_BACK_ENGLISH, _BACK_GERMAN, _BACK_FRENCH)}
    # h and g are both г in Ukrainian names, г or х in Russian ones.
    return found | {back.replace("х", "г") for back in found if "h" in word}


def _back(word: str, table: dict[str, str]) -> str:
    out: list[str] = []
    at = 0
    while at < len(word):
        for size in range(min(7, len(word) - at), 0, -1):
            piece = word[at : at + size]
            letter = table.get(piece) or (_BACK_LETTERS.get(piece) if size == 1 else None)
            if letter:
                out.append(letter)
                at += size
                break
        else:
            out.append(word[at])
            at += 1
    return "".join(out)


def designation_spellings(word: str) -> set[str]:
    """Return a folded designation (letters and digits: с300, ка52, f16) in both alphabets."""
    found = {word, word.translate(_LOOKS_LATIN), word.translate(_LOOKS_CYRILLIC)}
    found |= latin_spellings(word) if not word.isascii() else {_back(word, _BACK_ENGLISH)}
    found |= {word.replace("и", "і"), word.replace("і", "и")}  # Ил-76 is Іл-76 across the border
    return {spelling for spelling in found if spelling}


_LOOKS_LATIN: Final = str.maketrans("авсенкмортхі", "abcehkmoptxi")
_LOOKS_CYRILLIC: Final = str.maketrans("abcehkmoptxi", "авсенкмортхі")
