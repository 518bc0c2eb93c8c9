"""The file a gazetteer is opened from: tries and columns in one container, mapped into memory.

Layout: magic, version, length of the header, header (JSON: sections and facts about the build),
then the sections, each on a multiple of 8 bytes. Nothing in it depends on when or where it was
built, so the same facts give the same bytes.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage.failures import BadInput

MAGIC = b"EARSHOTP"
VERSION = 2
# How columns point at one another.
NONE = 0xFFFFFFFF
MANY = 0x80000000  # a form's base words stand in the overflow table
ADJECTIVE, ALIAS = 1, 2  # flags of a posting, which is place number << 2 | flags
_HEAD = struct.Struct("<8sII")


class ArtefactUnusable(BadInput, ValueError):
    """A gazetteer file cannot be used; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """An open file: `info` from the header, sections as bytes in place."""

    info: dict[str, Any]
    _sections: dict[str, tuple[int, int]]
    _view: memoryview

    def section(self, name: str) -> memoryview:
        """Return the bytes of a section; ArtefactUnusable when the file has none of that name."""
        if name not in self._sections:
            raise ArtefactUnusable(f"the gazetteer lacks its part {name!r}; build it anew")
        start, length = self._sections[name]
        return self._view[start : start + length]

    def column(self, name: str, code: str) -> memoryview:
        """Return a section as numbers of a `struct` code."""
        found: memoryview = self.section(name).cast(code)  # type: ignore[call-overload]  # typeshed wants a literal
        return found


def write_artefact(path: Path, info: dict[str, Any], sections: dict[str, bytes]) -> None:
    """Write the file whole or not at all: a reader sees the old one until the new is complete."""
    table: dict[str, tuple[int, int]] = {}
    at = 0
    for name in sorted(sections):
        table[name] = (at, len(sections[name]))
        at += -(-len(sections[name]) // 8) * 8
    header = json.dumps(
        {"info": info, "sections": table}, sort_keys=True, ensure_ascii=False
    ).encode()
    header += b" " * (-(_HEAD.size + len(header)) % 8)
    scratch = path.with_name(path.name + ".new")
    with scratch.open("wb") as out:
        out.write(_HEAD.pack(MAGIC, VERSION, len(header)) + header)
        for name in sorted(sections):
            out.write(sections[name] + bytes(-len(sections[name]) % 8))
        out.flush()
        os.fsync(out.fileno())
    scratch.replace(path)


def open_artefact(path: Path) -> Artefact:
    """Map a file; ArtefactUnusable when it is none, is cut short or is of another version."""
    try:
        with path.open("rb") as file:
            view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as fault:
        raise ArtefactUnusable(f"{path} cannot be opened as a gazetteer: {fault}") from fault
    if len(view) < _HEAD.size:
        raise ArtefactUnusable(f"{path} is no gazetteer: it is only {len(view)} bytes long")
    magic, version, length = _HEAD.unpack(view[: _HEAD.size])
    if magic != MAGIC:
        raise ArtefactUnusable(f"{path} is no gazetteer")
    if version != VERSION:
        raise ArtefactUnusable(
            f"{path} is a gazetteer of version {version}, not {VERSION}; run `earshot places build`"
        )
    try:
        header = json.loads(bytes(view[_HEAD.size : _HEAD.size + length]))
    except ValueError as fault:
        raise ArtefactUnusable(f"{path} is cut short or damaged") from fault
    first = _HEAD.size + length
    sections = {name: (first + start, size) for name, (start, size) in header["sections"].items()}
    if any(start + size > len(view) for start, size in sections.values()):
        raise ArtefactUnusable(f"{path} is cut short")
    return Artefact(header["info"], sections, view)


def key_char(base_id: int) -> str:
    """Return a base word's id as one character that UTF-8 can carry."""
    return chr(base_id + 0x21 if base_id + 0x21 < 0xD800 else base_id + 0x821)  # noqa: PLR2004 a threshold used once
