"""The installation's secret: 32 random bytes in the data folder, born with it, never changed.

Send keys are derived from it, so that two installations with one bot do not refuse each other's
messages.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

_LENGTH = 32


def installation_secret(folder: Path) -> bytes:
    """Read the secret of a data folder, made (0600, whole or not at all) at the first call."""
    file = folder / "secret"
    if not file.exists():
        _make(file)
    return file.read_bytes()


def _make(file: Path) -> None:
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, secrets.token_bytes(_LENGTH))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.rename(file)
