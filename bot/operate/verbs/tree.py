"""Words of the command line → the module that has each verb, loaded when its verb is asked for.

A verb needs a part of Earshot; loading all of it for each would make every command wait. A module
of verbs has `add_to`, which puts exactly the words that a table gives it into a Typer app.
"""

from __future__ import annotations

from collections import UserDict
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup


class _Verbs(UserDict[str, Any]):
    """Commands by their words; a module is loaded when one of its commands is taken out."""

    def __init__(self, loaded: Mapping[str, Any], modules: Mapping[str, str]) -> None:
        super().__init__()
        self.data = {**loaded, **modules}
        self._loaded = dict(loaded)

    def __getitem__(self, word: str) -> Any:
        if word not in self._loaded:
            app = typer.Typer(pretty_exceptions_enable=False)
            import_module(self.data[word]).add_to(app)
            self._loaded |= typer.main.get_group(app).commands
        return self._loaded[word]


def group_of(modules: Mapping[str, str]) -> type[TyperGroup]:
    """Make a kind of group that has these words too, each of the module it names, in this order."""

    class Group(TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            self.commands = _Verbs(self.commands, modules)

        def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # Typer's signature
            return list(self.commands)

    return Group
