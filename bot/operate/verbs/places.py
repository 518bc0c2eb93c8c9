"""The noun `earshot places`: which module has which of its verbs."""

from __future__ import annotations

import typer

from bot.operate.verbs.options import verbs_of

MODULES = {
    "find": "bot.operate.verbs.gazetteer",
    "tag": "bot.operate.verbs.gazetteer",
    "coverage": "bot.operate.verbs.gazetteer",
    "map": "bot.operate.verbs.mapping",
    "export": "bot.operate.verbs.mapping",
    "build": "bot.operate.verbs.gazetteer",
    "update": "bot.operate.verbs.gazetteer",
}


verbs = verbs_of("The gazetteer: find places, tag texts, draw maps, build a fuller one.", MODULES)


def add_to(app: typer.Typer) -> None:
    """Put the noun among those of `earshot`."""
    app.add_typer(verbs, name="places")
