"""The files of a bag (RFC 8493) against its manifests, which must be exactly as we write them."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from .report import Report

ALGORITHMS = ("sha256", "sha512")
DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
GONE = "this file is gone"
_CHUNK = 1 << 20
_LINE = re.compile(r"([0-9a-f]+)  ([^\x00-\x1f]+)")


def check_files(bag: Path, report: Report) -> None:
    """Check that every file is listed with its hashes, and nothing else is there."""
    before = report.count
    if _text(bag / "bagit.txt", report) not in (DECLARATION, None):
        report.fail("bagit.txt", "it is not the declaration of a bag of version 1.0")
    present = set(_files(bag, report))
    listed = _listed(bag, report)
    tag_manifests = {f"tagmanifest-{algorithm}.txt" for algorithm in ALGORITHMS}
    for path in sorted(present - listed.keys() - tag_manifests):
        report.fail(path, "this file was added: no manifest names it")
    for path in sorted(listed):
        for algorithm in listed[path].keys() ^ set(ALGORITHMS):
            kind = "manifest" if path.startswith("data/") else "tagmanifest"
            report.fail(f"{kind}-{algorithm}.txt", f"it does not name {path}, the other does")
        if path not in present:
            report.fail(path, GONE)
            continue
        found = digests(bag / path)
        for algorithm in listed[path]:
            if listed[path][algorithm] != found[algorithm]:
                report.fail(path, f"this file was changed, or its line in the {algorithm} manifest")
    report.check(f"{len(listed)} files have the SHA-256 and SHA-512 the manifests say", before)


def _listed(bag: Path, report: Report) -> dict[str, dict[str, str]]:
    """Give the hashes of each file that the manifests name."""
    listed: dict[str, dict[str, str]] = {}
    for algorithm in ALGORITHMS:
        for kind in ("manifest", "tagmanifest"):
            name = f"{kind}-{algorithm}.txt"
            for path, digest in _entries(bag / name, algorithm, report):
                if path.startswith("data/") == (kind == "manifest"):
                    listed.setdefault(path, {})[algorithm] = digest
                else:
                    report.fail(name, f"{path} does not belong into it")
    return listed


def _files(bag: Path, report: Report) -> Iterator[str]:
    """Give the files of a bag; a link could lead outside it."""
    for folder, folders, names in os.walk(bag, onerror=_refuse):
        for name in [*folders, *names]:
            path = Path(folder, name)
            inside = path.relative_to(bag).as_posix()
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                report.fail(inside, "this is neither a file nor a folder")
            elif path.is_file():
                yield inside


def _refuse(error: OSError) -> None:
    raise error


def _entries(manifest: Path, algorithm: str, report: Report) -> Iterator[tuple[str, str]]:
    text = _text(manifest, report)
    if text is None:
        return
    if not text.endswith("\n"):
        report.fail(manifest.name, "it does not end with a line end")
    last = ""
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        match = _LINE.fullmatch(line)
        where = f"{manifest.name}, line {number}"
        if not match or len(match[1]) != hashlib.new(algorithm).digest_size * 2:
            report.fail(where, "this is no line of a manifest")
            continue
        digest, path = match[1], match[2]
        if ".." in path.split("/") or path.startswith("/"):
            report.fail(where, "it names a file outside the bag")
            continue
        if path <= last:
            report.fail(where, "it is not in the order of paths, or there twice")
        last = path
        yield path, digest


def _text(path: Path, report: Report) -> str | None:
    if not path.is_file():
        report.fail(path.name, GONE if not path.exists() else "this is no file")
        return None
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        report.fail(path.name, "this file is no UTF-8 text")
    return None


def digests(path: Path) -> dict[str, str]:
    """Hash a file with each of the algorithms."""
    hashes = {algorithm: hashlib.new(algorithm) for algorithm in ALGORITHMS}
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            for hash_ in hashes.values():
                hash_.update(chunk)
    return {algorithm: hash_.hexdigest() for algorithm, hash_ in hashes.items()}
