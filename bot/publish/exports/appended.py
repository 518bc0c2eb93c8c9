"""A file that grows from its beginning to its end and is cut back to what is known to be good."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

_BUFFER = 1 << 20


class Appended:
    """A file under way: everything beyond `good` bytes is dropped when it is opened."""

    def __init__(self, path: Path, good: int) -> None:
        self._file: BinaryIO = path.open("r+b" if good else "wb", buffering=_BUFFER)
        self._file.truncate(good)
        self._file.seek(good)
        self.write = self._file.write

    def saved(self) -> int:
        """Bring all to the disk and give its length."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def close(self) -> None:
        """Close it; what is not on the disk by then is written."""
        self._file.close()

    def drop(self) -> None:
        """Close it, whatever became of what was not saved."""
        try:
            self._file.close()
        except OSError:  # the disk that was full still is
            return
