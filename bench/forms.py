"""How many forms of a word a query finds, and how many words that are none of its own.

    PYTHONPATH=. python bench/forms.py [--data FILE.jsonl.xz] [--words 1500] [--seed 1]

Recall, dictionary: every form pymorphy3 lists for nouns, verbs and adjectives sampled from it (the
same dictionary expands them: this finds faults of ours, not of the dictionary). Recall, held out:
the same while the dictionary is switched off and only endings are left to go by; the ending
statistics were learnt from that dictionary, so truly new words may do worse. Ukrainian toponyms,
which its dictionary does not mark, are the names of the shipped gazetteer that it knows. Typed in a
form: the same words, but the query is one of their other forms, picked at random; what is missed
then is mostly a form that is also another word's dictionary form. Precision: words of real posts
matched by a query whose likely lemmas (probability at least .1 by pymorphy3) are all others.
"""

from __future__ import annotations

import argparse
import json
import lzma
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pymorphy3

from bot.match import morphology
from bot.match.morphology import folded_word, forms, other_lemmas, paradigms
from bot.match.places import Gazetteer
from bot.text import words_of

NAME = "shared/data/text/telegram-posts-unlp2025.jsonl.xz"
DATA = next((p / NAME for p in Path(__file__).parents if (p / NAME).exists()), Path(NAME))
DICTIONARY = {"DictionaryAnalyzer"}  # pymorphy3's unit that looks words up
STARTS = "абвгдежзиклмнопрстуфхцчшюя"


def sampled(analyser: Any, words: int, random_: random.Random) -> dict[str, list[Any]]:
    """Paradigms' first parses by class: part of speech, and kind of name."""
    found: dict[str, list[Any]] = {}
    prefixes = [a + b for a in STARTS for b in STARTS]
    random_.shuffle(prefixes)
    wanted = ("NOUN", "VERB", "INFN", "ADJF", "Surn", "Geox", "Name")
    for prefix in prefixes:
        parses = list(analyser.iter_known_word_parses(prefix))
        for parse in random_.sample(parses, min(len(parses), 2000)):
            if parse.word != parse.normal_form or not parse.word.isalpha() or len(parse.word) < 4:
                continue
            for name in wanted:
                if (
                    name in str(parse.tag).replace(" ", ",").split(",")
                    and len(found.setdefault(name, [])) < words
                ):
                    found[name].append(parse)
        if all(len(found.get(name, ())) >= words for name in ("NOUN", "ADJF", "Surn")):
            break
    return found


def places_of(analyser: Any, words: int, random_: random.Random) -> list[Any]:
    """Nouns of the dictionary that name a place in Ukraine."""
    gazetteer = Gazetteer.open()
    here = [n for n in range(len(gazetteer)) if gazetteer.country(n) == "UA"]
    names = sorted({gazetteer.name(number, "uk").lower() for number in here})
    random_.shuffle(names)
    found = []
    for name in names:
        for parse in analyser.parse(name):
            if parse.is_known and parse.normal_form == name and name.isalpha():
                found.append(parse)
                break
        if len(found) == words:
            break
    return found


def recall(
    parses: list[Any], random_: random.Random | None = None
) -> tuple[int, int, Counter[str]]:
    """Forms found, forms there are, and the lemmas most missed; typed in any form if random."""
    hit = total = 0
    missed: Counter[str] = Counter()
    for parse in parses:
        spelt = sorted({form.word for form in parse.lexeme if form.word.isalpha()})
        expanded = forms(random_.choice(spelt) if random_ else parse.word)
        wanted = {folded_word(form.word) for form in parse.lexeme if form.word.isalpha()}
        hit += len(wanted & expanded)
        total += len(wanted)
        missed[parse.word] = len(wanted - expanded)
    return hit, total, missed


def bench_recall(words: int, seed: int, *, held_out: bool) -> None:
    title = "held out of the dictionary" if held_out else "in the dictionary"
    print(f"\nrecall of forms, words {title}")
    known = morphology._analyser  # noqa: SLF001 - the dictionary is what is switched off
    parsed = morphology._parsed  # noqa: SLF001 - as above
    for language in ("ru", "uk"):
        analyser = pymorphy3.MorphAnalyzer(lang=language)
        found = sampled(analyser, words, random.Random(seed))
        if language == "uk":
            found["Geox"] = places_of(analyser, words, random.Random(seed))
        morphology.kept().clear()  # forms of the other pass
        if held_out:
            without = pymorphy3.MorphAnalyzer(lang=language)
            units = without._units  # noqa: SLF001 - as above
            names = [type(unit[0]).__name__ for unit in units]
            without._units = [  # noqa: SLF001 - the dictionary's own unit goes
                unit for unit, name in zip(units, names, strict=True) if name not in DICTIONARY
            ]
            morphology._parsed = lambda word, asked: [  # noqa: SLF001 - a Parse asks the dictionary
                replace(reading, known=False) for reading in parsed(word, asked)
            ]
            chosen = {"ru": _Nothing(), "uk": _Nothing(), language: without}
            morphology._analyser = chosen.__getitem__  # noqa: SLF001 - as above
        for name, parses in sorted(found.items()):
            hit, total, missed = recall(parses)
            worst = ", ".join(word for word, count in missed.most_common(6) if count)
            counts = f"{total} forms, {len(parses)} words"
            print(f"  {language} {name}: {hit / total:.4f} of {counts}; {worst}")
            if not held_out:
                hit, total, missed = recall(parses, random.Random(seed))
                worst = ", ".join(word for word, count in missed.most_common(6) if count)
                print(f"  {language} {name}, typed in a form: {hit / total:.4f}; {worst}")
        morphology._parsed = parsed  # noqa: SLF001 - as above
        morphology._analyser = known  # noqa: SLF001 - and comes back
    morphology.kept().clear()  # the next pass asks anew


class _Nothing:
    """An analyser that knows no word."""

    def parse(self, _word: str) -> list[Any]:
        return []

    def word_is_known(self, _word: str) -> bool:
        return False


def bench_precision(data: Path, words: int, seed: int) -> None:
    if not data.exists():
        print(f"\nprecision: skipped, no data at {data}")
        return
    with lzma.open(data, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    counted = Counter(word for text in texts for word in words_of(text).words if len(word) > 3)
    lemmas = {lemmas[0] for word in counted if (lemmas := other_lemmas(word))}
    chosen = random.Random(seed).sample(sorted(lemmas), min(words, len(lemmas)))
    right = 0
    wrong: Counter[tuple[str, str]] = Counter()
    for lemma in chosen:
        own = {folded_word(lemma), *(folded_word(r.lemma) for r in paradigms(lemma))}
        for form in forms(lemma) & counted.keys():
            likely = {folded_word(other) for other in other_lemmas(form, least=0.1)}
            if likely and not likely & own:
                wrong[lemma, form] += counted[form]
            else:
                right += counted[form]
    total = right + wrong.total()
    print(f"\nprecision: {wrong.total()} of {total} matched words belong to other lemmas", end=" ")
    print(f"({wrong.total() / total:.2%}), {len(chosen)} queries; the commonest:")
    for (lemma, form), count in wrong.most_common(30):
        print(f"  {lemma} matched {form} ({', '.join(other_lemmas(form))}) {count} times")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--words", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    bench_recall(arguments.words, arguments.seed, held_out=False)
    bench_recall(arguments.words, arguments.seed, held_out=True)
    bench_precision(arguments.data, arguments.words, arguments.seed)


if __name__ == "__main__":
    main()
