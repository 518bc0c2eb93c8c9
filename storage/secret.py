"""The installation's secret: 32 random bytes in the data folder, born with it, never changed.

Send keys are derived from it, so that two installations with one bot do not refuse each other's
messages.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from storage.folder import FolderError

_LENGTH = 32
_MEND = (
    "put it back from a backup, or remove it: a new one is made, buttons shown so far do nothing "
    "any more, and what was being sent in the moment of a crash may come twice"
)


def installation_secret(folder: Path) -> bytes:
    """Read the secret of a data folder, made (0600, whole or not at all) at the first call.

    Raises FolderError for a file that holds none: with an empty one anybody could seal buttons.
    """
    file = folder / "secret"
    if not file.exists():
        _make(file)
    try:
        secret = file.read_bytes()
    except OSError as error:
        raise FolderError(f"cannot read {file}: {error.strerror}; {_MEND}") from None
    if len(secret) != _LENGTH:
        raise FolderError(f"{file} does not hold {_LENGTH} bytes: {_MEND}")
    return secret


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
