"""The key that signs tree heads: made once, for its owner's eyes only, in the data folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from storage.folder import FolderError

_OTHERS = 0o077


class SigningKey:
    """An Ed25519 key; `public` is its 32 bytes that everybody may know."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Give the 64 bytes of the signature."""
        return self._private.sign(message)


def key_file(folder: Path) -> Path:
    """Say where the key of a data folder lies."""
    return folder / "log.key"


def signing_key(folder: Path) -> SigningKey:
    """Read the key of a data folder, made (0600, whole or not at all) at the first call.

    Raises FolderError for a key that others can read or that is none.
    """
    file = key_file(folder)
    if not file.exists():
        _make(file)
    if not file.is_file():
        raise FolderError(f"{file} is no file: move it away, or put the key back from a backup")
    if stat.S_IMODE(file.stat().st_mode) & _OTHERS:
        raise FolderError(
            f"the signing key {file} can be read by other users: run `chmod 600 {file}`"
        )
    try:
        private = serialization.load_pem_private_key(file.read_bytes(), None)
    except ValueError:
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise FolderError(f"{file} is no Ed25519 key: restore it from a backup of the data folder")
    return SigningKey(private)


def _make(file: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, pem)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.link(draft, file)  # unlike a rename it never takes the place of another's
    except FileExistsError:
        pass  # made by another process just now: that one is the key
    except OSError as error:
        raise FolderError(f"cannot write the signing key {file}: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)


def public_pem(public_key: bytes) -> str:
    """Write a public key as OpenSSL reads it."""
    key = Ed25519PublicKey.from_public_bytes(public_key)
    pem = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode()


def is_valid(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether a signature is this key's over the message."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
