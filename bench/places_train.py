"""Trains the shipped weights of the place classifier; run by a developer.

    PYTHONPATH=. python bench/places_train.py

Trained on factRuEval-2016 `dev` (../shared/data/text) and the training half of our own judged
posts and news (tests/data/places_*_train.jsonl) only. Candidates that overlap a judged place are
places, those inside an organisation's name are left out. Needs scikit-learn.
"""

from __future__ import annotations

import json
import lzma
import sys
import zlib
from collections import Counter
from pathlib import Path

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from bot.match.places import Gazetteer, Tagger
from bot.match.places.classifier import Classifier
from bot.match.places.recognise import Recogniser, Word, unknown_info

ROOT = Path(__file__).resolve().parent.parent
SHARED = (
    Path("/work/shared/data/text")
    if Path("/work/shared/data/text").exists()
    else ROOT.parent / "shared/data/text"
)
WEIGHTS = ROOT / "bot/match/places/data/weights.json"
RARE = 2  # a feature seen less often gets no weight
FORGOTTEN = 0.04  # the weight of words that are only played unknown
LEAST = 0.02  # a weight below it is left out
STRENGTH = 4.0  # of the quadratic penalty


def documents() -> list[tuple[dict, float]]:
    found = []
    with lzma.open(SHARED / "factrueval-2016.jsonl.xz", "rt") as lines:
        found += [(row, 1.0) for row in map(json.loads, lines) if row["split"] == "dev"]
    for name, weight in (
        ("places_posts_train", 2.0),
        ("places_news_train", 1.5),
        ("places_prose_train", 1.5),
        ("places_wire_train", 1.5),
    ):
        own = ROOT / f"tests/data/{name}.jsonl"
        found += [(row, weight) for row in map(json.loads, own.read_text("utf-8").splitlines())]
    return found


class Forgetful(Recogniser):
    """Knows only every other word of the gazetteer, so that the rest teaches what unknown names look like."""  # noqa: E501 a sentence

    def __init__(self, gazetteer: Gazetteer, half: int) -> None:
        super().__init__(gazetteer)
        self._half = half

    def has_forgotten(self, fold: str) -> bool:
        """Whether words with this beginning are in the half that is forgotten."""
        return zlib.crc32(fold[:4].encode()) % 2 == self._half

    def _learn(self, surface: str) -> Word:
        fold, shape, info, cue, _, begins = super()._learn(surface)
        if info is not None and info.bases and self.has_forgotten(fold):
            info = unknown_info(fold) if shape != "lower" else None
        self._words[surface] = (fold, shape, info, cue, surface, begins)
        return self._words[surface]


Sample = tuple[list[str], int, float]  # features, whether it is a place, weight


def taggers(gazetteer: Gazetteer) -> list[Tagger]:
    found = [Tagger(gazetteer, classifier=Classifier({})) for _ in range(3)]
    for half, tagger in enumerate(found[1:]):
        tagger._recogniser = Forgetful(gazetteer, half)  # noqa: SLF001 the trainer looks inside
    return found


def samples(row: dict, weight: float, among: list[Tagger]) -> list[Sample]:
    spans = [(s["start"], s["end"]) for s in row["spans"]]
    other = [(s[0], s[1]) for s in row.get("other", [])]
    found = []
    for tagger in among:
        recogniser = tagger._recogniser  # noqa: SLF001 the trainer looks inside
        tokens = recogniser.tokens(row["text"])
        forgets = isinstance(recogniser, Forgetful)
        for candidate in tagger.weighed(row["text"], tokens):
            first = tokens[candidate.first]
            if forgets and (candidate.sequences or not recogniser.has_forgotten(first.fold)):
                continue
            start, end = first.start, tokens[candidate.last - 1].end
            hit = any(s < end and start < e for s, e in spans)
            if hit or not any(s < end and start < e for s, e in other):
                features = list(candidate.features)
                if candidate.manner:
                    features += [candidate.manner + feature for feature in candidate.features]
                found.append((features, int(hit), weight * (FORGOTTEN if forgets else 1.0)))
    return found


def trained(found: list[Sample]) -> dict[str, float]:
    seen = Counter(feature for features, *_ in found for feature in set(features))
    vectors = DictVectorizer()
    matrix = vectors.fit_transform(
        {feature: 1.0 for feature in features if seen[feature] >= RARE} for features, *_ in found
    )
    model = LogisticRegression(C=1 / STRENGTH, fit_intercept=False, max_iter=2000, tol=1e-5)
    model.fit(matrix, [label for _, label, _ in found], [weight for *_, weight in found])
    weights = dict(zip(vectors.get_feature_names_out(), map(float, model.coef_[0]), strict=True))
    return {name: round(w, 3) for name, w in sorted(weights.items()) if abs(w) >= LEAST}


def main() -> int:
    among = taggers(Gazetteer.open())
    found = [sample for row, weight in documents() for sample in samples(row, weight, among)]
    weights = trained(found)
    WEIGHTS.write_text(
        json.dumps(weights, ensure_ascii=False, indent=0, sort_keys=True) + "\n", "utf-8"
    )
    places = sum(label for _, label, _ in found)
    print(len(found), "candidates,", places, "places,", len(weights), "weights")
    return 0


if __name__ == "__main__":
    sys.exit(main())
