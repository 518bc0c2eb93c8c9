"""Files that are imported: how far, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """A file known by the SHA-256 of all of it; `position` is how many bytes are worked off.

    `merged` are messages that were known already, or older than what is known of them.
    """

    sha256: bytes
    name: str
    started_at: datetime
    finished_at: datetime | None = None
    position: int = 0
    posts: int = 0
    revisions: int = 0
    merged: int = 0
    broken: int = 0
