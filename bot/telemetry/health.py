"""Whether the parts of a running Earshot are in order: `app` writes it, /readyz reads it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the process and whether it does its work; `detail` says why not."""

    name: str
    is_ready: bool
    detail: str


class Health:
    """The parts that must all be ready before the process is; unknown until first reported.

    Name the parts when the process starts, so that one which never came up is seen.
    """

    def __init__(self, expected: Iterable[str] = ()) -> None:
        self._parts = {name: Part(name, is_ready=False, detail="starting") for name in expected}

    def expect(self, *names: str) -> None:
        """Add parts that must report before the process is ready. Safe to repeat."""
        for name in names:
            self._parts.setdefault(name, Part(name, is_ready=False, detail="starting"))

    def ready(self, name: str, detail: str = "ok") -> None:
        """Say that a part does its work."""
        self._parts[name] = Part(name, is_ready=True, detail=detail)

    def not_ready(self, name: str, detail: str) -> None:
        """Say that a part does not do its work, and why."""
        self._parts[name] = Part(name, is_ready=False, detail=detail)

    def forget(self, name: str) -> None:
        """Take a part out that is no longer wanted."""
        self._parts.pop(name, None)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every part, by name."""
        return tuple(sorted(self._parts.values(), key=lambda part: part.name))

    @property
    def is_ready(self) -> bool:
        """Whether there are parts and all do their work."""
        return bool(self._parts) and all(part.is_ready for part in self._parts.values())
