"""How a setting is described: meaning, unit and reason in words, and an example."""

from __future__ import annotations

from typing import Any

from pydantic import Field


def setting(default: Any, meaning: str, *, example: str, **limits: Any) -> Any:
    """Describe a setting: meaning, unit and reason in words, and an example that is accepted."""
    return Field(default, description=meaning, examples=[example], **limits)
