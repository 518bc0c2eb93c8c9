"""What a format of exports is, and which there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from storage.records.exporting import Exported, ExportedAs


class Writer(Protocol):
    """Writes one export; what it is given decides every byte, but for the time of export."""

    def add(self, revisions: Sequence[Exported]) -> None:
        """Write the revisions of one post: its messages in order, each message's in order."""

    def saved(self) -> int:
        """Bring all that was added to the disk; give how many bytes of the file are good."""

    def finish(self) -> None:
        """Write the end and close."""

    def abandon(self) -> None:
        """Close, as it is to be gone on with later."""


Begin = Callable[[Path, ExportedAs, int, int], Writer]
"""Begins, or goes on with, a file: its path, what it says of itself, its good bytes, the channel
last written (0: none)."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format: how to begin it, whether it is a folder, whether it can go on in its middle.

    One that cannot begins anew from the same rows, to the same bytes.
    """

    begin: Begin
    suffix: str
    inside: str = ""  # its file's name when media go along and it lies in a folder with them
    is_folder: bool = False
    has_places: bool = True  # it can say which places a text names
    goes_on: bool = True
