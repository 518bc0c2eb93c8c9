"""Trains how names look (bot/match/places/data/looks.json); run by a developer.

    PYTHONPATH=. python bench/places_looks.py

Trained on the forms of the gazetteer's names of one word and on the forms of first names,
surnames and patronymics (people.trie, made of the dictionaries, and the census tables of `names`);
no text is read. Needs names and scikit-learn.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from importlib import resources
from pathlib import Path

import marisa_trie
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from bot.match.places import Gazetteer
from bot.match.places.looks import pieces
from bot.match.places.marks import GEO

DATA = Path(__file__).resolve().parent.parent / "bot/match/places/data"
SAMPLE = 60_000  # forms of each kind
RARE = 12
LEAST = 0.08  # a weight below it is left out


def places(gazetteer: Gazetteer) -> list[str]:
    found = []
    for form in gazetteer._forms.iterkeys(""):  # noqa: SLF001 the trainer looks inside
        info = gazetteer.word(form)
        if info and info.sequences and not info.marks & ~GEO:
            found.append(form)
    return found


def persons() -> list[str]:
    """Return forms of persons' names, the English ones from the census tables of `names`."""
    found = list(marisa_trie.Trie().load(str(DATA / "people.trie")).keys())
    for table in ("male.first", "female.first", "all.last"):
        rows = resources.files("names").joinpath(f"dist.{table}").read_text("utf-8").split("\n")
        found += [row.split()[0].lower() for row in rows if row]
    return found


def rows_of(
    draw: random.Random, people: list[str], named: list[str], size: int
) -> list[tuple[str, int]]:
    size = min(size, len(people), len(named))
    print(size, "of", len(named), "forms of places and", len(people), "of persons")
    return [(form, 1) for form in draw.sample(named, size)] + [
        (form, 0) for form in draw.sample(people, size)
    ]


def main() -> int:
    draw = random.Random(1)
    people = sorted(set(persons()))
    known = set(people)
    named = [form for form in places(Gazetteer.open()) if form not in known]
    rows = []
    for cyrillic in (True, False):
        rows += rows_of(
            draw,
            [form for form in people if (form[0] >= "а") == cyrillic],
            [form for form in named if (form[0] >= "а") == cyrillic],
            SAMPLE,
        )
    draw.shuffle(rows)
    counted = Counter(piece for form, _ in rows for piece in set(pieces(form)))
    features = [{p: 1 for p in pieces(form) if counted[p] >= RARE} for form, _ in rows]
    kept = len(rows) * 9 // 10
    vectors = DictVectorizer()
    matrix = vectors.fit_transform(features)
    labels = [label for _, label in rows]
    model = LogisticRegression(C=0.3, max_iter=300)
    model.fit(matrix[:kept], labels[:kept])
    print(f"right on the tenth held out: {model.score(matrix[kept:], labels[kept:]):.3f}")
    weights = dict(zip(vectors.get_feature_names_out(), model.coef_[0], strict=True))
    shown = {name: round(float(w), 2) for name, w in weights.items() if abs(w) >= LEAST}
    shown[""] = round(float(model.intercept_[0]), 2)
    lines = ",\n".join(
        f"{json.dumps(name, ensure_ascii=False)}:{shown[name]}" for name in sorted(shown)
    )
    (DATA / "looks.json").write_text("{" + lines + "}\n", "utf-8")
    print(len(shown), "weights")
    return 0


if __name__ == "__main__":
    sys.exit(main())
