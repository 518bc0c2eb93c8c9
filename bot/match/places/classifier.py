"""Is this stretch a place? Logistic regression over named features; weights in data/weights.json."""  # noqa: E501 a table row or pattern in one line

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from importlib import resources


class Classifier:
    """Weights by feature; a feature without a weight says nothing."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights = dict(weights)

    @classmethod
    def shipped(cls) -> Classifier:
        """Return the weights that come with Earshot (trained by bench/places_train.py)."""
        text = (resources.files("bot.match.places") / "data" / "weights.json").read_text("utf-8")
        return cls(json.loads(text))

    def probability(self, features: Iterable[str]) -> float:
        """How likely the stretch names a place, 0 to 1."""
        weights = self._weights
        score = 0.0
        for feature in features:
            score += weights.get(feature, 0.0)
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))
