"""Signed tree heads: how many leaves, their root, when, by which key (C2SP signed notes).

    earshot/5f1d…            the key's name: it carries the SHA-256 of the public key
    1234                     leaves
    (base64)                 root
    2026-01-31T10:00:00.000000+00:00

    — earshot/5f1d… (base64 of four bytes of the key's id and the Ed25519 signature)

What is signed is everything before the empty line, line ends included.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

_LINES = 6
_SIGNED_LINES = 4
_KEY_ID = 4
_SIGNATURE = 64
_ED25519 = b"\1"

SignatureCheck = Callable[[bytes, bytes, bytes], bool]  # (public key, signed bytes, signature)


class HeadError(ValueError):
    """A file is not a signed tree head; the message says what it lacks."""


@dataclass(frozen=True)
class Head:
    """A tree head as it is signed; `signed_at` is ISO 8601 in UTC, `public_key` 32 bytes."""

    size: int
    root: bytes
    signed_at: str
    name: str

    @property
    def body(self) -> bytes:
        """The bytes that are signed."""
        root = base64.b64encode(self.root).decode()
        return f"{self.name}\n{self.size}\n{root}\n{self.signed_at}\n".encode()


def key_name(public_key: bytes) -> str:
    """Name a key after itself."""
    return f"earshot/{hashlib.sha256(public_key).hexdigest()[:32]}"


def key_id(public_key: bytes) -> bytes:
    """Give the four bytes by which a signed note names its key."""
    name = key_name(public_key).encode()
    return hashlib.sha256(name + b"\n" + _ED25519 + public_key).digest()[:_KEY_ID]


def note(head: Head, public_key: bytes, signature: bytes) -> str:
    """Write a signed head as a note."""
    signed = base64.b64encode(key_id(public_key) + signature).decode()
    return f"{head.body.decode()}\n— {head.name} {signed}\n"


def parse_note(text: object) -> tuple[Head, bytes]:
    """Read a note: the head and its signature. Raises HeadError."""
    if not isinstance(text, str) or any("\ud800" <= char <= "\udfff" for char in text):
        raise HeadError("it is no text")
    lines = text.split("\n")
    if len(lines) != _LINES + 1 or lines[_SIGNED_LINES] or lines[-1]:
        raise HeadError("it is not six lines with the fifth of them empty")
    name, size, root, signed_at = lines[:_SIGNED_LINES]
    dash, _, rest = lines[-2].partition(" ")
    signer, _, signed = rest.partition(" ")
    try:
        head = Head(int(size), base64.b64decode(root, validate=True), signed_at, name)
        packed = base64.b64decode(signed, validate=True)
    except (ValueError, binascii.Error):
        raise HeadError("its size, root or signature cannot be read") from None
    if dash != "—" or signer != name or len(packed) != _KEY_ID + _SIGNATURE:
        raise HeadError("its last line is no signature of the key it names")
    return head, packed[_KEY_ID:]


def is_signed_by(public_key: bytes, head: Head, signature: bytes, check: SignatureCheck) -> bool:
    """Say whether this key signed the head."""
    return head.name == key_name(public_key) and check(public_key, head.body, signature)
