"""Conjugation by the last letters, for verbs no dictionary has: задвухсотить, хаймарсити, мобикать.

Only classes that new verbs go into. A verb gets the forms of every class its ending allows: some
do not exist, and nobody writes them. Facts of the languages, measured by bench/forms.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_SHORTEST: Final = 5  # letters; shorter verbs are old, irregular and known
_I_AFTER_VOWEL: Final = "ю ешь ет ем ете ют й йте я"
_I_AFTER_CONSONANT: Final = "у ешь ет ем ете ут и ите ь ьте"
_II: Final = "ишь ит им ите и ите ь ьте й йте"
_PAST: Final = "л ла ло ли в вши"
_ACTIVE: Final = "ий ая ее ие его ему им ем ей ую ею их ими"
_PASSIVE: Final = "ый ая ое ые ого ому ым ом ой ую ою ых ыми"
_SHORT: Final = "_ а о ы"
_HUSHING: Final = "жчшщ"
_VOWELS: Final = "аеёиоуыэюяєії"
# What a stem's last consonants become: вносить вношу, любить люблю, освободить освобожденный.
_SOFTENED_RU: Final = {
    "ст": ("щ",), "ск": ("щ", "ст"), "с": ("ш",), "з": ("ж",), "д": ("ж", "жд"),
    "т": ("ч", "щ"), "к": ("ч",), "г": ("ж",), "х": ("ш",),
    "б": ("бл",), "п": ("пл",), "в": ("вл",), "м": ("мл",), "ф": ("фл",),
}  # fmt: skip
_SOFTENED_UK: Final = _SOFTENED_RU | {"д": ("дж",), "зд": ("ждж",), "т": ("ч",), "ск": ("щ",)}
_FUTURE: Final = "му меш ме мем мемо мете муть"
_PRESENT_UK: Final = "ю єш є єм ємо єте ють й ймо йте ючи"
_HARD_UK: Final = "у еш е ем емо ете уть и імо іть ь ьмо ьте учи"
_II_UK: Final = "иш ить им имо ите и імо іть ь ьмо ьте"
_PAST_UK: Final = "в ла ло ли вши"
_ADJECTIVE_UK: Final = "ий ого ому им ім а ої ій у ою е і их ими о"


def conjugated(word: str, language: str) -> tuple[str, ...]:
    """Return the forms an infinitive in lower case may have; none for what is no infinitive."""
    if len(word) < _SHORTEST or word[-3] not in _VOWELS:
        return ()
    if language == "ru" and word.endswith("ть"):
        return tuple(dict.fromkeys((word, *_russian(word[:-2]))))
    if language == "uk" and word.endswith("ти"):
        return tuple(dict.fromkeys((word, *_ukrainian(word[:-2]))))
    return ()


def _ended(stem: str, endings: str) -> Iterator[str]:
    return (stem + ending.strip("_") for ending in endings.split())


def _softened(stem: str, softened: dict[str, tuple[str, ...]]) -> list[str]:
    """Return what a stem becomes before -у and -ен, first by its last two consonants."""
    for size in (2, 1):
        if ends := softened.get(stem[-size:]):
            return [stem[:-size] + end for end in ends]
    return [stem]


def _russian(past: str) -> Iterator[str]:
    """Yield the forms of a verb by its stem of the past, which ends in a vowel: воева-."""
    stem, vowel = past[:-1], past[-1]
    yield from _ended(past, _PAST)
    yield from _ended(past + "вш", _ACTIVE)
    if vowel in "аяе":
        yield from _present(past, "ющ", _I_AFTER_VOWEL, "ем")
        yield from _passive(past + "н")
    if past.endswith(("ова", "ева")):
        for base in (past[:-3] + "у", past[:-3] + "ю"):
            yield from _present(base, "ющ", _I_AFTER_VOWEL, "ем")
    elif vowel in "ая":
        for base in _softened(stem, _SOFTENED_RU):
            yield from _present(base, "ущ", _I_AFTER_CONSONANT, "")
    if vowel in "ие" or (vowel == "а" and stem[-1] in _HUSHING):
        yield from _second(stem)
    if past.endswith("ну"):
        yield from _present(stem, "ущ", _I_AFTER_CONSONANT, "")
        yield from _passive(past + "т", is_double=False)
        yield from _ended(stem[:-1], "_ ла ло ли ши")  # сохнуть: сох, сохла
        yield from _ended(stem[:-1] + "ш", _ACTIVE)


def _present(base: str, active: str, endings: str, passive: str) -> Iterator[str]:
    yield from _ended(base, endings)
    yield from _ended(base + active, _ACTIVE)
    if passive:
        yield from _passive(base + passive, is_double=False)


def _second(stem: str) -> Iterator[str]:
    """Yield the forms in -ишь, -ят of a stem without its vowel: мобил-."""
    end = "а" if stem[-1] in _HUSHING else "я"
    yield from _ended(stem, _II)
    yield from (stem + end, stem + end + "т")
    yield from _ended(f"{stem}{end}щ", _ACTIVE)
    yield from _passive(stem + "им", is_double=False)
    for soft in _softened(stem, _SOFTENED_RU):
        yield soft + ("у" if soft[-1] in _HUSHING else "ю")
        yield from _passive(soft + "ен")


def _passive(short: str, *, is_double: bool = True) -> Iterator[str]:
    """Yield a passive participle by its short form; the н of the past is doubled in the long."""
    yield from _ended(short, _SHORT)
    yield from _ended(short + "н" * is_double, _PASSIVE)


def _ukrainian(past: str) -> Iterator[str]:
    stem, vowel = past[:-1], past[-1]
    yield from _ended(past + "ти", _FUTURE)
    yield from _ended(past, _PAST_UK)
    if vowel in "аяі":
        yield from _ended(past, _PRESENT_UK)
        yield from _ended(past + "н", _ADJECTIVE_UK)
    if past.endswith(("ува", "юва")):
        yield from _ended(past[:-2], _PRESENT_UK)
        for joint in ("ован", "ьован", "йован"):
            yield from _ended(past[:-3] + joint, _ADJECTIVE_UK)
    elif vowel in "ая":
        for base in _softened(stem, _SOFTENED_UK):
            yield from _ended(base, _HARD_UK)
    if vowel in "иїі" or (vowel == "а" and stem[-1] in _HUSHING):
        end = "а" if stem[-1] in _HUSHING else "я"
        yield from _ended(stem, _II_UK)
        yield from (f"{stem}{end}ть", f"{stem}{end}чи")
        for soft in _softened(stem, _SOFTENED_UK):
            yield soft + ("у" if soft[-1] in _HUSHING else "ю")
            yield from _ended(soft + "ен", _ADJECTIVE_UK)
    if past.endswith("ну"):
        yield from _ended(stem, _HARD_UK)
        yield from _ended(past + "т", _ADJECTIVE_UK)
