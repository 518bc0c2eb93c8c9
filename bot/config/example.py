"""`config.example.env`: every setting with its meaning, unit, default and reason."""

from __future__ import annotations

import textwrap

from pydantic.fields import FieldInfo

from bot.config.fields import Settings, example_of, plain
from bot.config.sources import SECRETS


def example_env() -> str:
    """Write `config.example.env`: every setting with its meaning, unit, default and reason."""
    head = (
        "# Every setting of Earshot. Copy to .env and fill in, or let `earshot init` write it.\n"
        "# Lines that begin with # are defaults or examples; the environment wins over the file.\n"
        "# A secret may be put into a file of its own and named by NAME_FILE instead of NAME.\n"
    )
    # The class above first has the settings of its parent; people look for Telegram's first.
    order = sorted(Settings.model_fields, key=lambda name: not name.startswith("telegram_"))
    return head + "".join(_example_entry(name, Settings.model_fields[name]) for name in order)


def _example_entry(name: str, field: FieldInfo) -> str:
    lines = textwrap.wrap(str(field.description), width=98)
    if field.is_required():
        fact, assignment = "Required.", f"{name.upper()}="
    elif field.default is None:
        fact, assignment = "Not set by default.", f"# {name.upper()}={example_of(field)}"
    else:
        fact, assignment = "", f"# {name.upper()}={plain(field.default)}"
    if fact:
        lines.append(fact + (f" Example: {example_of(field)}" if field.is_required() else ""))
    if name in SECRETS:
        lines.append(f"Or the path of a file that holds it: {name.upper()}_FILE")
    return "\n" + "".join(f"# {line}\n" for line in lines) + assignment + "\n"
