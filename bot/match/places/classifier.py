"""Is this stretch a place? Logistic regression over named features; weights in data/weights.json."""  # noqa: E501 a table row or pattern in one line

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from importlib import resources

from bot.match.places.tokens import KNOWN, SMALL, UNKNOWN, Part


class Classifier:
    """Weights by feature; a feature without a weight says nothing.

    A feature of an unknown word or of a small place's name has its common weight and one of its
    own (with `UNKNOWN` or `SMALL` before it); they are added up here, once.
    """

    _MOST = 1 << 16

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights = {manner: dict(weights) for manner in (KNOWN, UNKNOWN, SMALL)}
        for name, weight in weights.items():
            for manner in (UNKNOWN, SMALL):
                if name.startswith(manner):
                    plain = name.removeprefix(manner)
                    self._weights[manner][plain] = weight + weights.get(plain, 0.0)
        self._summed: dict[str, dict[Part, float]] = {manner: {} for manner in self._weights}

    @classmethod
    def shipped(cls) -> Classifier:
        """Return the weights that come with Earshot (trained by bench/places_train.py)."""
        text = (resources.files("bot.match.places") / "data" / "weights.json").read_text("utf-8")
        return cls(json.loads(text))

    def score(self, parts: Iterable[Part], manner: str = KNOWN) -> float:
        """Return the log odds that the stretch with these features names a place."""
        summed = self._summed[manner]
        score = 0.0
        for part in parts:
            known = summed.get(part)
            if known is None:
                known = self._sum(part, manner)
            score += known
        return score

    def _sum(self, part: Part, manner: str) -> float:
        summed, weight = self._summed[manner], self._weights[manner].get
        if len(summed) >= self._MOST:
            summed.clear()
        total = summed[part] = sum(weight(feature, 0.0) for feature in part)
        return total


def probability(score: float) -> float:
    """Return log odds as a probability, 0 to 1."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))
