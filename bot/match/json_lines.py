"""JSON Lines → records with an id, or why a line cannot be used; for every verb that reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was passed over: `number` counts from 1, `why` says what is wrong with it."""

    source: str
    number: int
    why: str

    def __str__(self) -> str:
        return f"{self.source}, line {self.number}: {self.why}"


class LineUnusable(ValueError):
    """Why a line cannot be used."""


def record_of(line: bytes) -> dict[str, object] | None:
    """Read one line; an empty one is None. Raises LineUnusable."""
    try:
        written = line.decode("utf-8").removeprefix("\ufeff").strip()
        record = json.loads(written) if written else None
    except UnicodeDecodeError:
        raise LineUnusable("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise LineUnusable(f"not JSON ({error.msg} at character {error.pos + 1})") from None
    except RecursionError:
        raise LineUnusable("brackets are nested too deep") from None
    except ValueError as error:  # a number of thousands of digits
        raise LineUnusable(str(error)) from None
    if record is None and not written:
        return None
    if not isinstance(record, dict):
        raise LineUnusable("not an object in braces")
    if "id" not in record:
        raise LineUnusable("has no 'id'")
    return record


def text_of(record: dict[str, object], name: str) -> str:
    """Read a text of a record. Raises LineUnusable."""
    if name not in record:
        raise LineUnusable(f"has no {name!r}")
    value = record[name]
    if not isinstance(value, str):
        raise LineUnusable(f"{name!r} must be text")
    return value
