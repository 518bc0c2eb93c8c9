"""The log: what is a leaf of it, and its signed heads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LeafKind(StrEnum):
    """What a leaf stands for: each a table of rows that are only ever added."""

    REVISION = "revision"
    DELETION = "deletion"
    COVERAGE = "coverage"
    STATEMENT = "statement"
    AUDIT = "audit"
    REMOVAL = "removal"
    FILE = "file"
    PICTURE_TEXT = "picture_text"


@dataclass(frozen=True, slots=True)
class NewLeaf:
    """A leaf about to be appended; `position` counts from 0."""

    position: int
    kind: LeafKind
    row_id: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class LogNode:
    """The hash of a whole subtree of 2**level leaves, the `position`th of its level."""

    level: int
    position: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A signed head that is kept; `token` is a time-stamping server's answer, None without."""

    size: int
    root: bytes
    signed_at: datetime
    public_key: bytes
    signature: bytes
    token: bytes | None = None
