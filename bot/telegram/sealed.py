"""Session files that give little away: no phone numbers or names, and keys sealed by a passphrase.

Whoever reads a plain session file is logged in. With a passphrase the key in it is encrypted
(AES-256-GCM under a scrypt key, RFC 7914), so that a stolen disk or backup logs nobody in. The
running process holds the key in memory, as it must.
"""

from __future__ import annotations

import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from telethon.crypto import AuthKey
from telethon.sessions import SQLiteSession

from storage.failures import BadInput
from storage.trouble import trouble_of

_MAGIC = b"earshot-sealed-1:"
_SALT = 16
_NONCE = 12
_SCRYPT_COST = 1 << 15  # 32 MiB and about a tenth of a second for each guess
_NO_PHONE_OR_NAME = (None, None)


class SessionSealed(BadInput):
    """A sealed session file cannot be opened with the passphrase there is; says what to do."""


class SessionDamaged(BadInput):
    """A session file cannot be read."""

    def __init__(self, path: str | None) -> None:
        super().__init__(
            f"{path} is damaged: put a copy back, or remove it and run `earshot login` (for the "
            "bot, remove it and start again)"
        )


class Session(SQLiteSession):  # type: ignore[misc]  # telethon publishes no types
    """Telethon's session file, sealed if there is a passphrase.

    Raises SessionSealed and SessionDamaged.
    """

    _auth_key: AuthKey | None

    def __init__(self, path: str | None = None, passphrase: str | None = None) -> None:
        self._path = path
        self._seal = Seal(passphrase) if passphrase else None
        try:
            super().__init__(path)
        except Exception as error:
            trouble = trouble_of(error)
            if trouble and trouble.is_lasting:
                raise SessionDamaged(path) from error
            raise
        self._load_key()
        if self._seal and self._auth_key:
            self._execute("PRAGMA secure_delete = ON")  # a key stored plain before leaves no trace
            self._update_session_table()
            self.save()

    def set_dc(self, dc_id: int, server_address: str, port: int) -> None:
        """Say which data centre the key is for; Telethon reads the key anew from the file."""
        super().set_dc(dc_id, server_address, port)
        self._load_key()

    def _load_key(self) -> None:
        stored = self._auth_key.key if self._auth_key else None
        if not stored or not stored.startswith(_MAGIC):
            return
        if self._seal is None:
            raise SessionSealed(f"{self._path} is sealed: set SESSION_PASSPHRASE_FILE")
        try:
            self._auth_key = AuthKey(data=self._seal.opened(stored))
        except InvalidTag:
            raise SessionSealed(
                f"{self._path} is sealed with another passphrase: correct SESSION_PASSPHRASE, or "
                "remove the file and run `earshot login`"
            ) from None

    def _update_session_table(self) -> None:
        plain = self._auth_key
        if self._seal and plain:
            self._auth_key = AuthKey(data=self._seal.sealed(plain.key))
        try:
            super()._update_session_table()
        finally:
            self._auth_key = plain

    def _entities_to_rows(self, tlo: Any) -> list[tuple[Any, ...]]:
        """Keep what calls need of people and channels, and not what tells who they are."""
        rows = super()._entities_to_rows(tlo) or []
        return [(*row[:3], *_NO_PHONE_OR_NAME) for row in rows]


class Seal:
    """Encrypts short secrets under a passphrase. Deriving a key is slow on purpose, done once."""

    def __init__(self, passphrase: str) -> None:
        self._passphrase = passphrase.encode()
        self._salt = os.urandom(_SALT)
        self._keys: dict[bytes, AESGCM] = {}

    def sealed(self, secret: bytes) -> bytes:
        """Encrypt; twice the same gives two different results."""
        nonce = os.urandom(_NONCE)
        box = self._key(self._salt).encrypt(nonce, secret, _MAGIC)
        return _MAGIC + self._salt + nonce + box

    def opened(self, sealed: bytes) -> bytes:
        """Decrypt. Raises cryptography's InvalidTag for another passphrase or a changed byte."""
        body = sealed.removeprefix(_MAGIC)
        salt, nonce, box = body[:_SALT], body[_SALT : _SALT + _NONCE], body[_SALT + _NONCE :]
        return self._key(salt).decrypt(nonce, box, _MAGIC)

    def _key(self, salt: bytes) -> AESGCM:
        if salt not in self._keys:
            kdf = Scrypt(salt=salt, length=32, n=_SCRYPT_COST, r=8, p=1)
            self._keys[salt] = AESGCM(kdf.derive(self._passphrase))
        return self._keys[salt]
