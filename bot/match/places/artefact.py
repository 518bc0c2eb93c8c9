"""The file a gazetteer is opened from: tries and columns in one container, compressed.

Layout: magic, version, length of the header, header (JSON: sections and facts about the build),
then the sections, each a zstd frame with a checksum. Nothing in it depends on when or where it was
built, so the same facts give the same bytes. Compressed it is a third of its size, and what is
read of it at random would be all in memory soon anyhow.
"""

from __future__ import annotations

import json
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zstandard

from storage.failures import BadInput

MAGIC = b"EARSHOTP"
VERSION = 3
# How columns point at one another.
NONE = 0xFFFFFFFF
MANY = 0x80000000  # a form's base words stand in the overflow table
ADJECTIVE, ALIAS = 1, 2  # flags of a posting, which is place number << 2 | flags
_HEAD = struct.Struct("<8sII")
_LEVEL = 12  # 19 saves a tenth more and takes ten times as long


class ArtefactUnusable(BadInput, ValueError):
    """A gazetteer file cannot be used; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """An open file: `info` from the header, sections as they are asked for."""

    info: dict[str, Any]
    _path: Path
    _sections: dict[str, tuple[int, int]]
    _data: memoryview

    def section(self, name: str) -> bytes:
        """Return the bytes of a section; ArtefactUnusable when there is none or it is damaged."""
        if name not in self._sections:
            raise ArtefactUnusable(f"the gazetteer lacks its part {name!r}; build it anew")
        start, length = self._sections[name]
        try:
            return zstandard.ZstdDecompressor().decompress(self._data[start : start + length])
        except zstandard.ZstdError as fault:
            raise ArtefactUnusable(f"{self._path} is damaged: {fault}") from fault

    def column(self, name: str, code: str) -> memoryview:
        """Return a section as numbers of a `struct` code."""
        found: memoryview = memoryview(self.section(name)).cast(code)  # type: ignore[call-overload]  # typeshed wants a literal
        return found


def write_artefact(path: Path, info: dict[str, Any], sections: dict[str, bytes]) -> None:
    """Write the file whole or not at all: a reader sees the old one until the new is complete."""
    table: dict[str, tuple[int, int]] = {}
    compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    frames = [compressor.compress(sections[name]) for name in sorted(sections)]
    at = 0
    for name, frame in zip(sorted(sections), frames, strict=True):
        table[name] = (at, len(frame))
        at += len(frame)
    header = json.dumps(
        {"info": info, "sections": table}, sort_keys=True, ensure_ascii=False
    ).encode()
    scratch = path.with_name(path.name + ".new")
    with scratch.open("wb") as out:
        out.write(_HEAD.pack(MAGIC, VERSION, len(header)) + header)
        out.writelines(frames)
        out.flush()
        os.fsync(out.fileno())
    scratch.replace(path)


def open_artefact(path: Path) -> Artefact:
    """Read a file; ArtefactUnusable when it is none, is cut short or is of another version."""
    try:
        data = memoryview(path.read_bytes())
    except OSError as fault:
        raise ArtefactUnusable(f"{path} cannot be opened as a gazetteer: {fault}") from fault
    if len(data) < _HEAD.size:
        raise ArtefactUnusable(f"{path} is no gazetteer: it is only {len(data)} bytes long")
    magic, version, length = _HEAD.unpack(data[: _HEAD.size])
    if magic != MAGIC:
        raise ArtefactUnusable(f"{path} is no gazetteer")
    if version != VERSION:
        raise ArtefactUnusable(
            f"{path} is a gazetteer of version {version}, not {VERSION}; run `earshot places build`"
        )
    try:
        header = json.loads(bytes(data[_HEAD.size : _HEAD.size + length]))
        first, info = _HEAD.size + length, dict(header["info"])
        sections = {
            name: (first + start, taken) for name, (start, taken) in header["sections"].items()
        }
        is_cut = any(start + taken > len(data) for start, taken in sections.values())
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as fault:
        raise ArtefactUnusable(f"{path} is cut short or damaged") from fault
    if is_cut:
        raise ArtefactUnusable(f"{path} is cut short")
    return Artefact(info, path, sections, data)


def key_char(base_id: int) -> str:
    """Return a base word's id as one character that UTF-8 can carry."""
    return chr(base_id + 0x21 if base_id + 0x21 < 0xD800 else base_id + 0x821)  # noqa: PLR2004 a threshold used once
