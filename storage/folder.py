"""The data folder: everything Earshot keeps, for its owner's eyes only, used by one process."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.failures import BadInput

_PRIVATE_FOLDER = 0o700
_OTHERS = 0o077


class FolderError(BadInput):
    """The data folder cannot be used as it is; the message says what to do."""


class DataFolder:
    """Where things lie under one `DATA_DIR`.

    Nothing is made or checked until `prepare`; paths can be asked for before that.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def database(self) -> Path:
        """The archive."""
        return self.root / "earshot.db"

    @property
    def sessions(self) -> Path:
        """Telethon's session files: whoever holds one is logged in."""
        return self.root / "sessions"

    @property
    def backups(self) -> Path:
        """Backups made on a timetable, and copies made before an upgrade or a repair."""
        return self.root / "backups"

    @property
    def media(self) -> Path:
        """Photos and files of posts, named by their content."""
        return self.root / "media"

    def media_file(self, sha256: bytes) -> Path:
        """Say where the file of this content is, or would be."""
        name = sha256.hex()
        return self.media / name[:2] / name[2:4] / name

    def keys(self) -> list[Path]:
        """Name the small secret files of this installation that an archive needs beside it."""
        return sorted(
            file
            for file in self.root.iterdir()
            if file.is_file() and (file.name == "secret" or file.suffix in {".key", ".pem"})
        )

    def session_files(self) -> list[Path]:
        """Name the session files there are."""
        return sorted(self.sessions.glob("*.session")) if self.sessions.is_dir() else []

    def session(self, name: str) -> Path:
        """Name the session file of an account or the bot."""
        return self.sessions / f"{name}.session"

    def prepare(self, *, is_restoring: bool = False) -> None:
        """Make the folders, and refuse them when other users could read the sessions.

        Refuses, too, to begin anew where an archive was: there are backups of it, and none is here.
        Raises FolderError with the command that mends it. Safe to repeat.
        """
        for folder in (self.root, self.sessions):
            _make_private(folder)
        if not is_restoring:
            self._refuse_lost_archive()
        for kind, files in (("session", self.sessions.iterdir()), ("key", self.keys())):
            for file in files:
                if file.is_dir():
                    raise FolderError(f"{file} is a folder, not a {kind} file: move it away")
                if stat.S_IMODE(file.stat().st_mode) & _OTHERS:
                    raise FolderError(
                        f"{kind} file {file} can be read by other users: run `chmod 600 {file}`"
                    )

    def _refuse_lost_archive(self) -> None:
        if self.database.exists() and self.database.stat().st_size:
            return
        backups = self.backups.glob("earshot-*") if self.backups.is_dir() else ()
        if newest := max(backups, default=None):
            raise FolderError(
                f"{self.database} is gone or empty, and there are backups of it: run "
                f"`earshot restore {newest} --replace`, or move {self.backups} away to begin anew"
            )

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for this process; the system lets go if we are killed.

        Raises FolderError when another process has it.
        """
        file = self.root / "lock"
        try:
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        except IsADirectoryError:
            raise FolderError(f"{file} is a folder, not a file: run `rmdir {file}`") from None
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FolderError(
                    f"another earshot is running on {self.root}: stop it, or choose "
                    "another folder with --data DIR"
                ) from None
            yield
        finally:
            os.close(descriptor)


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        is_empty = next(folder.iterdir(), None) is None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError
        if is_empty:
            folder.chmod(_PRIVATE_FOLDER)
    except FileExistsError:
        raise FolderError(f"{folder} is a file: choose a folder with --data DIR") from None
    except OSError as error:
        raise FolderError(
            f"cannot use the data folder {folder}: {error.strerror or 'no permission'}; make it "
            "readable and writable for this user, or choose another with --data DIR"
        ) from None
    if stat.S_IMODE(folder.stat().st_mode) & _OTHERS:
        raise FolderError(f"{folder} can be read by other users: run `chmod 700 {folder}`")
