"""Countries by their English adjectives and nouns of nations, such as "Iranian"."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def nations() -> dict[str, str]:
    """Map English adjectives and nouns of nations to ISO codes."""
    table = resources.files("bot.match.places") / "data" / "demonyms.csv"
    lines = (line.partition(",") for line in table.read_text("utf-8").splitlines()[1:])
    return {word.lower(): code for code, _, words in lines for word in words.split()}
