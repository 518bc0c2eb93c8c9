"""How a name looks: whether its letters are rather a place's or a person's.

Weights of beginnings, endings and runs of three letters in data/looks.json, learnt from the
gazetteer's names and the dictionaries' persons in every form (bench/places_looks.py).
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from importlib import resources

_ENDINGS = (1, 2, 3, 4)
_BEGINNING = 3
STEPS = 6  # the score is told in whole steps from -STEPS to STEPS


def pieces(fold: str) -> list[str]:
    """Return the parts of a folded word that are weighed."""
    found = [f"{fold[-length:]}$" for length in _ENDINGS if length < len(fold)]
    found.append("^" + fold[:_BEGINNING])
    found += [fold[at : at + 3] for at in range(len(fold) - 2)]
    return found


@cache
def _weights() -> dict[str, float]:
    text = (resources.files("bot.match.places") / "data" / "looks.json").read_text("utf-8")
    weights: dict[str, float] = json.loads(text)
    return weights


@lru_cache(maxsize=1 << 15)
def look(fold: str) -> int:
    """Return the step a word is on: above zero it looks like a place, below like a person."""
    weights = _weights()
    score = weights[""] + sum(weights.get(piece, 0.0) for piece in pieces(fold))
    return max(-STEPS, min(STEPS, round(score)))
