"""Lists for people and for programs: a table on a terminal, tabs elsewhere, JSON when asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


def plain(value: Any) -> Any:
    """Turn records into what JSON knows: UTC times in ISO 8601, sets sorted."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return _plain_leaf(value)


def _plain_leaf(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case Enum():
            return value.value
        case bytes():
            return value.hex()
        case Path():
            return str(value)
    return value


def print_json(value: Any) -> None:
    """Write one JSON document to stdout."""
    json.dump(plain(value), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def print_rows(records: Sequence[Any], columns: Sequence[str], *, as_json: bool) -> None:
    """Write records to stdout: every field as JSON, or the named ones as a table."""
    if as_json:
        print_json(list(records))
        return
    rows = [[_cell(plain(getattr(record, name))) for name in columns] for record in records]
    if not sys.stdout.isatty():
        sys.stdout.writelines("\t".join(row) + "\n" for row in rows)
        return
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        value = ", ".join(str(item) for item in value)
    return " ".join(str(value).split())
