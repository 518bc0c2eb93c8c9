"""Fetch GeoNames' files: resumable, checked, never half a file under its final name."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from storage.failures import Failure

OFFICIAL = (
    "https://download.geonames.org/export/dump/"  # GeoNames' own address, the setting's default
)
_BLOCK = 1 << 16
_TIMEOUT_S = 60.0


class DownloadFailed(Failure, OSError):
    """A file could not be fetched; what came is kept and the next run goes on from there."""


def wanted_files(countries: Iterable[str]) -> list[str]:
    """Return the names of the files for some countries, by their ISO codes."""
    return [
        *(f"{code.upper()}.zip" for code in countries),
        "alternateNamesV2.zip",
        "admin1CodesASCII.txt",
        "admin2Codes.txt",
    ]


def fetch(
    name: str, folder: Path, base: str = OFFICIAL, tell: Callable[[str, int], None] | None = None
) -> Path:
    """Fetch one file into the folder and return its path; DownloadFailed when it stays incomplete.

    A part left by an earlier try is continued where the server allows it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target, part = folder / name, folder / f"{name}.part"
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(  # noqa: S310 the setting's address
        base + name, headers={"Range": f"bytes={have}-"} if have else {}
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 the setting's address
            if have and answer.status != http.HTTPStatus.PARTIAL_CONTENT:
                have = 0
            length = answer.headers.get("Content-Length")
            whole = have + int(length) if length else None
            with part.open("ab" if have else "wb") as out:
                while block := answer.read(_BLOCK):
                    out.write(block)
                    have += len(block)
                    if tell:
                        tell(name, have)
    except urllib.error.HTTPError as fault:
        fault.close()
        if fault.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink()  # what we had is not a beginning of what there is now
            return fetch(name, folder, base, tell)
        raise DownloadFailed(f"{base}{name}: the server answers {fault.code}") from fault
    except (OSError, http.client.HTTPException) as fault:
        raise DownloadFailed(f"{base}{name}: {fault}; run it again to go on") from fault
    if whole is not None and have != whole:
        raise DownloadFailed(f"{base}{name}: {have} of {whole} bytes came; run it again to go on")
    if name.endswith(".zip"):
        _check(part)
    part.replace(target)
    return target


def _check(part: Path) -> None:
    try:
        with zipfile.ZipFile(part) as archive:
            broken = archive.testzip()
    except zipfile.BadZipFile as fault:
        part.unlink()
        raise DownloadFailed(f"{part.stem} is no zip file; it was thrown away") from fault
    if broken:
        part.unlink()
        raise DownloadFailed(f"{part.stem} is damaged at {broken}; it was thrown away")
