"""The noun `earshot watch`: which module has which of its verbs."""

from __future__ import annotations

import typer

from bot.operate.verbs.options import verbs_of

MODULES = {
    "list": "bot.operate.verbs.subscriptions",
    "add": "bot.operate.verbs.subscriptions",
    "edit": "bot.operate.verbs.subscriptions",
    "tell": "bot.operate.verbs.subscriptions",
    "history": "bot.operate.verbs.subscriptions",
    "strike": "bot.operate.verbs.subscriptions",
    "remove": "bot.operate.verbs.subscriptions",
    "test": "bot.operate.verbs.subscriptions",
    "complete": "bot.operate.verbs.subscriptions",
    "match": "bot.operate.verbs.words",
    "forms": "bot.operate.verbs.words",
    "explain": "bot.operate.verbs.words",
}


verbs = verbs_of("Standing queries: whose posts matching what are alerted.", MODULES)


def add_to(app: typer.Typer) -> None:
    """Put the noun among those of `earshot`."""
    app.add_typer(verbs, name="watch")
