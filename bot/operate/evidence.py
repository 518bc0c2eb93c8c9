"""`earshot verify` and `earshot log`: what is proved, signed heads, and proofs, for people."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.collect.stored import stored_message
from bot.publish import log as keeping
from bot.publish.bag.parquet import check_tables
from bot.publish.evidence.bag import check_bag
from bot.publish.evidence.heads import key_name
from bot.publish.evidence.report import Report
from bot.publish.manifest import check_export, exported_by, is_manifest, manifest_path
from bot.publish.signing import is_valid, public_pem, signing_key
from bot.publish.verify_archive import verify_archive
from storage import log
from storage.database import Database
from storage.failures import BadInput
from storage.folder import DataFolder
from storage.records import SignedHead


class UnknownEvidenceError(BadInput):
    """There is nothing at that path that can be verified; the message says what can."""


@dataclass(frozen=True, slots=True)
class HeadRow:
    """A signed head, as a person or a program reads it; `note` is what to keep elsewhere."""

    size: int
    root: str
    signed_at: datetime
    key: str
    is_time_stamped: bool
    note: str


def verify(path: Path, head: str | None, roots: Path | None = None) -> Report:
    """Check whatever lies at the path. `roots` are certificates of time-stamping servers.

    Raises UnknownEvidenceError and DatabaseError.
    """
    try:
        return _verified(path, head, roots)
    except OSError as error:
        raise UnknownEvidenceError(
            f"cannot read {error.filename or path}: {error.strerror}; nothing is said of the rest"
        ) from None


def _verified(path: Path, head: str | None, roots: Path | None) -> Report:
    if path.is_file() and path.suffix == ".db":
        return verify_archive(path, stored_message, head, roots)
    if (path / "bagit.txt").exists() or (path / "manifest-sha256.txt").exists():
        return check_bag(path, head, is_valid, check_tables)
    if is_manifest(path) or manifest_path(path).is_file():
        return check_export(exported_by(path) if is_manifest(path) else path, head)
    database = DataFolder(path).database
    if database.is_file():
        return verify_archive(database, stored_message, head, roots)
    what = "nothing" if not path.exists() else "neither a data folder nor a bag"
    raise UnknownEvidenceError(
        f"there is {what} at {path}: give a data folder (with earshot.db), such as ./data, a "
        "bag (with bagit.txt), or an export beside its manifest"
    )


async def sign(database: Database, folder: DataFolder, server: str | None) -> HeadRow:
    """Sign a head of all that is kept, and have it time-stamped if a server is named.

    Raises StampRefused and StampsMissing; the head is signed and kept even so.
    """
    signed = await keeping.sign(database, signing_key(folder.root))
    stamped = await keeping.stamp_newest(database, server) if server else None
    return _head_row(stamped or signed)


async def heads(database: Database) -> list[HeadRow]:
    """Give the signed heads, oldest first."""
    async with database.reading() as connection:
        return [_head_row(signed) for signed in await log.heads(connection)]


def _head_row(signed: SignedHead) -> HeadRow:
    return HeadRow(
        size=signed.size,
        root=base64.b64encode(signed.root).decode(),
        signed_at=signed.signed_at,
        key=key_name(signed.public_key),
        is_time_stamped=signed.token is not None,
        note=keeping.note_of(signed),
    )


def public_key(folder: DataFolder) -> str:
    """Give the public half of the signing key, for safekeeping elsewhere; made if there is none.

    Raises FolderError.
    """
    return public_pem(signing_key(folder.root).public)
