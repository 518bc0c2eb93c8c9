"""Trains the shipped weights of the place classifier; run by a developer.

    PYTHONPATH=. python bench/places_train.py

Trained on factRuEval-2016 `dev` (../shared/data/text) and the training half of our own judged
posts and news (tests/data/places_*_train.jsonl) only. Candidates that overlap a judged place are
places, those inside an organisation's name are left out. Needs numpy.
"""

from __future__ import annotations

import json
import lzma
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from bot.match.places import Gazetteer, Tagger
from bot.match.places.classifier import Classifier

ROOT = Path(__file__).resolve().parent.parent
SHARED = (
    Path("/work/shared/data/text")
    if Path("/work/shared/data/text").exists()
    else ROOT.parent / "shared/data/text"
)
WEIGHTS = ROOT / "bot/match/places/data/weights.json"
RARE = 4  # a feature seen less often gets no weight
STRENGTH = 1.0  # of the quadratic penalty


def documents() -> list[tuple[dict, float]]:
    found = []
    with lzma.open(SHARED / "factrueval-2016.jsonl.xz", "rt") as lines:
        found += [(row, 1.0) for row in map(json.loads, lines) if row["split"] == "dev"]
    for name, weight in (("places_posts_train", 2.0), ("places_news_train", 1.5)):
        own = ROOT / f"tests/data/{name}.jsonl"
        found += [(row, weight) for row in map(json.loads, own.read_text("utf-8").splitlines())]
    return found


def samples() -> tuple[list[list[str]], list[int], list[float]]:
    tagger = Tagger(Gazetteer.open(), classifier=Classifier({}))
    features, labels, importance = [], [], []
    for row, weight in documents():
        spans = [(s["start"], s["end"]) for s in row["spans"]]
        other = [(s[0], s[1]) for s in row.get("other", [])]
        tokens = tagger._recogniser.tokens(row["text"])  # noqa: SLF001 the trainer looks inside
        for candidate in tagger.weighed(row["text"], tokens):
            start, end = tokens[candidate.first].start, tokens[candidate.last - 1].end
            hit = any(s < end and start < e for s, e in spans)
            if not hit and any(s < end and start < e for s, e in other):
                continue
            features.append(candidate.features)
            labels.append(int(hit))
            importance.append(weight)
    return features, labels, importance


def trained(
    features: list[list[str]], labels: list[int], importance: list[float]
) -> dict[str, float]:
    seen = Counter(feature for row in features for feature in set(row))
    names = sorted(name for name, count in seen.items() if count >= RARE)
    index = {name: at for at, name in enumerate(names)}
    matrix = np.zeros((len(features), len(names)), dtype=np.float64)
    for at, row in enumerate(features):
        for feature in row:
            if feature in index:
                matrix[at, index[feature]] = 1.0
    wanted, weight = np.array(labels, dtype=np.float64), np.array(importance)
    weights = np.zeros(len(names))
    for _ in range(40):  # Newton's steps
        probability = 1 / (1 + np.exp(-np.clip(matrix @ weights, -30, 30)))
        gradient = matrix.T @ (weight * (probability - wanted)) + STRENGTH * weights
        curve = weight * probability * (1 - probability)
        hessian = (matrix * curve[:, None]).T @ matrix + STRENGTH * np.eye(len(names))
        step = np.linalg.solve(hessian, gradient)
        weights -= step
        if np.abs(step).max() < 1e-6:
            break
    return {
        name: round(float(weights[at]), 4) for name, at in index.items() if abs(weights[at]) > 1e-3
    }


def main() -> int:
    features, labels, importance = samples()
    weights = trained(features, labels, importance)
    WEIGHTS.write_text(
        json.dumps(weights, ensure_ascii=False, indent=0, sort_keys=True) + "\n", "utf-8"
    )
    print(len(labels), "candidates,", sum(labels), "places,", len(weights), "weights")
    return 0


if __name__ == "__main__":
    sys.exit(main())
