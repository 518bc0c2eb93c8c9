"""Backups: a whole copy of the archive with its keys, checked before it counts, and the way back.

A backup is a folder: the database, the installation's keys, on request the sessions, and a
manifest with the SHA-256 of each. It is made under a temporary name and renamed when every file
is on the disk, so that what bears a backup's name is whole. All functions block: call them in a
thread.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from storage.failures import BadInput
from storage.folder import DataFolder

MANIFEST = "manifest.json"
DATABASE = "earshot.db"
_FORMAT = 1
_FILE_NAME = re.compile(r"(sessions/)?[\w-][\w.-]*", re.ASCII)  # no path out of the folder
_PREFIX = "earshot-"
_STAMP = "%Y%m%dT%H%M%S%fZ"
_BUSY_TIMEOUT_S = 60


class BackupError(BadInput):
    """A backup cannot be made, used or restored; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup; `files` maps the name of each to its SHA-256 in hexadecimal."""

    path: Path
    made_at: datetime
    schema: str
    bytes: int
    files: dict[str, str]


def make_backup(
    folder: DataFolder, destination: Path, now: datetime, *, sessions: bool = False
) -> Backup:
    """Copy the archive, in use or not, into a new folder under `destination`.

    Media are copied once into `destination`/media, unless that is inside the data folder: a copy
    on the same disk protects from nothing. Raises BackupError; what is half made is removed.
    """
    if not folder.database.exists():
        raise BackupError(f"there is no archive in {folder.root}: nothing to back up")
    final = destination / f"{_PREFIX}{now.astimezone(UTC):{_STAMP}}"
    draft = destination / f".{final.name}.part"
    with _explained(destination, "write a backup to"):
        destination.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_drafts(destination)
        draft.mkdir(mode=0o700)
        try:
            _copy_database(folder.database, draft / DATABASE)
            _copy_private(folder.keys(), draft)
            if sessions:
                _copy_private(folder.session_files(), draft / "sessions")
            if not destination.resolve().is_relative_to(folder.root.resolve()):
                _copy_media(folder.media, destination / "media")
            _write_manifest(draft, now)
            draft.rename(final)
            _to_disk(destination)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    return read_backup(final)


def read_backup(path: Path) -> Backup:
    """Read what a backup says of itself. Raises BackupError when it is none."""
    manifest = path / MANIFEST
    try:
        said = json.loads(manifest.read_text())
        if said["format"] > _FORMAT:
            raise BackupError(f"{path} was made by a newer Earshot: upgrade Earshot")
        return Backup(
            path=path,
            made_at=datetime.fromisoformat(said["made_at"]),
            schema=said["schema"],
            bytes=sum((path / name).stat().st_size for name in said["files"]),
            files={_within(name): digest for name, digest in said["files"].items()},
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise BackupError(
            f"{path} is not a whole backup ({_what(error)}): name a folder that "
            "`earshot backup` made"
        ) from None


def _within(name: str) -> str:
    """Refuse a name that leads out of a backup's folder. Raises ValueError."""
    if not _FILE_NAME.fullmatch(name):
        raise ValueError(f"it lists {name!r}")
    return name


def backups_in(destination: Path) -> list[Backup]:
    """Give the whole backups in a folder, oldest first; others are passed over."""
    found = []
    for path in sorted(destination.glob(f"{_PREFIX}*")) if destination.is_dir() else ():
        try:
            found.append(read_backup(path))
        except BackupError:
            continue
    return found


def faults_of(backup: Backup) -> list[str]:
    """Read every byte of a backup and say what is wrong with it, a line each; none: it is good."""
    faults = []
    for name, digest in backup.files.items():
        try:
            if _sha256(backup.path / name) != digest:
                faults.append(f"{name} is not what was backed up")
        except OSError as error:
            faults.append(f"{name} cannot be read: {_what(error)}")
    return faults or database_faults(backup.path / DATABASE, is_still=True)


def database_faults(path: Path, *, is_still: bool = False) -> list[str]:
    """Say what SQLite finds wrong with a database: structure, indexes, references.

    `is_still` says that nobody writes it, and leaves no file beside it.
    """
    try:
        with closing(_opened(path, is_still=is_still)) as connection:
            rows = connection.execute("PRAGMA integrity_check(20)").fetchall()
            faults = [str(row[0]) for row in rows if row[0] != "ok"]
            dangling = connection.execute("PRAGMA foreign_key_check").fetchmany(20)
            faults += [f"a row of {row[0]} names a missing row of {row[2]}" for row in dangling]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return faults


def thin_out(destination: Path, keep: int) -> list[Path]:
    """Remove all but the newest `keep` backups; give what was removed."""
    extra = backups_in(destination)[:-keep] if keep > 0 else []
    for backup in extra:
        shutil.rmtree(backup.path)
    return [backup.path for backup in extra]


def restore(backup: Backup, folder: DataFolder, now: datetime, *, replace: bool) -> Path | None:
    """Put a backup in the place of the archive; give where the former archive went, if any.

    The caller holds the folder's lock. The backup is checked whole before anything is moved.
    Raises BackupError.
    """
    faults = faults_of(backup)
    if faults:
        raise BackupError(f"{backup.path} is damaged ({faults[0]}): restore another backup")
    if folder.database.exists() and not replace:
        raise BackupError(
            f"{folder.root} holds an archive: add --replace, which keeps it under backups, or "
            "choose another folder with --data DIR"
        )
    with _explained(folder.root, "restore into"):
        draft = folder.root / f".{DATABASE}.restored"
        shutil.copyfile(backup.path / DATABASE, draft)
        draft.chmod(0o600)
        _to_disk(draft)
        aside = _set_aside(folder, backup, now)
        for name in backup.files.keys() - {DATABASE}:
            target = folder.root / name
            target.parent.mkdir(mode=0o700, exist_ok=True)
            _copy_file(backup.path / name, target)
        _copy_media(backup.path.parent / "media", folder.media)
        draft.rename(folder.database)
        _to_disk(folder.root)
    return aside


def set_aside(files: Iterable[Path], root: Path, aside: Path) -> Path | None:
    """Move what exists of these files under `aside`, keeping their places below `root`."""
    moved = False
    for file in files:
        if file.exists():
            target = aside / file.relative_to(root)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.rename(target)
            moved = True
    return aside if moved else None


def database_files(database: Path) -> list[Path]:
    """Name the database with what SQLite keeps beside it."""
    return [database, *(database.with_name(f"{database.name}{end}") for end in ("-wal", "-shm"))]


def _set_aside(folder: DataFolder, backup: Backup, now: datetime) -> Path | None:
    replaced = [folder.root / name for name in backup.files if name != DATABASE]
    aside = folder.backups / f"replaced-{now.astimezone(UTC):{_STAMP}}"
    return set_aside([*database_files(folder.database), *replaced], folder.root, aside)


def _copy_database(source: Path, target: Path) -> None:
    """Copy through SQLite, which reads every row and so does not copy damage unnoticed."""
    try:
        with closing(_opened(source)) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.OperationalError as error:
        raise BackupError(
            f"cannot copy the archive {source}: {error}; free some disk space, then try again"
        ) from None
    except sqlite3.DatabaseError as error:
        raise BackupError(
            f"the archive {source} is damaged ({error}): run `earshot repair`"
        ) from None
    faults = database_faults(target, is_still=True)
    if faults:
        raise BackupError(f"the archive {source} is damaged ({faults[0]}): run `earshot repair`")
    target.chmod(0o600)
    _to_disk(target)


def _opened(path: Path, *, is_still: bool = False) -> sqlite3.Connection:
    if not path.exists():
        raise BackupError(f"there is no database {path}")
    address = path.resolve().as_uri() + ("?mode=ro&immutable=1" if is_still else "?mode=rw")
    return sqlite3.connect(address, uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None)


def _copy_private(files: Iterable[Path], target: Path) -> None:
    for file in files:
        target.mkdir(mode=0o700, exist_ok=True)
        _copy_file(file, target / file.name)


def _copy_file(source: Path, target: Path) -> None:
    draft = target.with_name(f".{target.name}.copy")
    shutil.copyfile(source, draft)
    draft.chmod(0o600)
    _to_disk(draft)
    draft.rename(target)


def _copy_media(source: Path, target: Path) -> None:
    """Copy the media that are not there yet: their names are their content's hash."""
    for file in sorted(source.rglob("*")) if source.is_dir() else ():
        copy = target / file.relative_to(source)
        if file.is_file() and not copy.exists():
            copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _copy_file(file, copy)


def _write_manifest(draft: Path, now: datetime) -> None:
    names = sorted(str(file.relative_to(draft)) for file in draft.rglob("*") if file.is_file())
    with closing(_opened(draft / DATABASE, is_still=True)) as connection:
        schema = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    manifest = {
        "format": _FORMAT,
        "made_at": now.astimezone(UTC).isoformat(),
        "schema": schema,
        "files": {name: _sha256(draft / name) for name in names},
    }
    file = draft / MANIFEST
    file.write_text(json.dumps(manifest, indent=1) + "\n")
    file.chmod(0o600)
    _to_disk(file)


def _remove_drafts(destination: Path) -> None:
    """Clear what a killed backup left."""
    for draft in destination.glob(f".{_PREFIX}*.part"):
        shutil.rmtree(draft)


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _explained(place: Path, act: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupError(
            f"cannot {act} {place}: {_what(error)}; check its permissions and the disk's space"
        ) from None


def _what(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
