"""Names across alphabets: the spellings a name may have, reduced to skeletons.

Tables: Ukrainian passport (KMU resolution 55, 2010), BGN/PCGN and passport for Russian, ISO 9
(diacritics folded), German and French press. Both directions, every inflected form.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from bot.match.given_names import counterparts
from bot.match.morphology import folded_word, forms, forms_by_ending
from bot.match.name_keys import NAME, spelled_key
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
_Y_ENDS: Final = re.compile(r"(.+[^aeiouyj])(?:y|i|yy|yi|iy|ij|yj|ii)").fullmatch
_YIV_ENDS: Final = re.compile(r"(.*[^aeiouyj])yiv").fullmatch  # Київ: и and ї
_K: Final = re.compile("k(?!$)")  # Victor, Eric, Clark
_LATIN_LETTER: Final = re.compile("[a-z]")
_BORDER: Final = {"ів": ("ов", "ев"), "їв": ("ев",), "ив": ("ов", "ев"), "ов": ("ів",)}
_LETTERS_MOST: Final = 3  # of a lead that is an abbreviation; a longer one is a word with forms
_ADJECTIVE_ENDS: Final = ("skyy", "skyi", "skiy", "skij", "skii", "skyj", "sky", "ski")


@lru_cache(maxsize=20_000)
def keys_of_name(name: str) -> frozenset[str]:
    """Return the keys a post's word may have to be this name in some form and spelling."""
    folded = folded_word(name)
    cyrillic: set[str] = set()
    latin: set[str] = set()
    if folded.isascii():
        spellings = _into_cyrillic(folded)
        latin |= {folded, *forms(folded)}
    else:
        spellings = {name.lower()}
        cyrillic.add(folded)
    for spelling in spellings | _across_the_border(spellings) | _translated(spellings | {folded}):
        inflected = forms(spelling)
        cyrillic |= inflected
        latin |= {written for form in inflected for written in latin_spellings(form)}
        latin |= {written + "s" for written in latin_spellings(folded_word(spelling))}
    latin |= {put for written in latin for put in (written.replace("k", "c"), _K.sub("c", written))}
    keys = {f"{NAME}{bones}" for bones in map(skeleton, cyrillic | latin) if bones}
    return frozenset(keys | {key for key in map(spelled_key, latin) if key})


def latin_spellings(word: str) -> set[str]:
    """Return a folded Cyrillic word by every table."""
    found = {"".join(system.get(char, char) for char in word) for system in _SYSTEMS}
    return found | {spelling.replace("kh", "h") for spelling in found}  # Shahed, Hezbollah


def _across_the_border(spellings: set[str]) -> set[str]:
    """Return Чернигов for Чернігів and back, Киев for Київ: one name, two languages."""
    found: set[str] = set()
    for spelling in spellings:
        for end, others in _BORDER.items():
            if len(spelling) > len(end) + 1 and spelling.endswith(end):
                found |= {spelling.removesuffix(end) + other for other in others}
    return found


def _translated(spellings: set[str]) -> set[str]:
    """Return Владимир for Володимир in whatever form it was typed, and back."""
    known = {form for typed in spellings for form in (typed, *forms(typed)) if counterparts(form)}
    return {other for name in known & spellings or known for other in counterparts(name)}


def _into_cyrillic(word: str) -> set[str]:
    """Cyrillic words a Latin spelling may stand for."""
    for ending in _ADJECTIVE_ENDS:
        if word.endswith(ending):
            backs = _backs(word.removesuffix(ending))
            return {back + end for back in backs for end in ("ский", "ський")}
    found = _backs(word)
    if match := _Y_ENDS(word):
        found |= {back + end for back in _backs(match[1]) for end in ("ый", "ий", "ій")}
    if match := _YIV_ENDS(word):
        found |= {back + "иїв" for back in _backs(match[1])}
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


def designation_spellings(lead: str, number: str) -> frozenset[str]:
    """Return a folded designation (с300, ка52, f16, шахед136) as it may be written, joined.

    In both alphabets, by look and by sound, with the forms of a lead that is a word (Гераней-2) and
    the English plural (F-16s).
    """
    found = {start + end for start in designation_leads(lead) for end in designation_tails(number)}
    return frozenset(found | {f"{word}s" for word in found if word.isascii() and word[-1] != "s"})


def designation_leads(lead: str) -> frozenset[str]:
    """Return what may stand before a designation's number."""
    if len(lead) > _LETTERS_MOST:
        found = {
            *forms(lead),
            *forms_by_ending(lead),
        }  # the dictionary has Іскандер in the singular
        found |= latin_spellings(lead) if not lead.isascii() else _backs(lead)
        if lead.isascii():
            found |= {form for back in _backs(lead) for form in forms(back)}
    else:
        found = _looks(lead)
        found |= latin_spellings(lead) if not lead.isascii() else {_back(lead, _BACK_ENGLISH)}
    # Ил-76 is Іл-76 across the border, Искандер Іскандер.
    return frozenset(_both_sides(found) - {""})


def designation_tails(number: str) -> frozenset[str]:
    """Return a designation's number and what follows it (90м, 95мс) in both alphabets."""
    found = _looks(number)
    found |= latin_spellings(number) if not number.isascii() else {_back(number, _BACK_ENGLISH)}
    return frozenset(found)


def _looks(letters: str) -> set[str]:
    latin, cyrillic = letters.translate(_LOOKS_LATIN), letters.translate(_LOOKS_CYRILLIC)
    of_one_script = {latin} if latin.isascii() else set()
    if not _LATIN_LETTER.search(cyrillic):
        of_one_script.add(cyrillic)
    return {letters} | of_one_script


def _both_sides(words: set[str]) -> set[str]:
    return words | {w.replace("и", "і") for w in words} | {w.replace("і", "и") for w in words}


_LOOKS_LATIN: Final = str.maketrans("авсенкмортхі", "abcehkmoptxi")
_LOOKS_CYRILLIC: Final = str.maketrans("abcehkmoptxi", "авсенкмортхі")
