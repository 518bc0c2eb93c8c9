"""A private Atom feed: a file with a secret name, for any web server to hand out.

RFC 4287. Written whole and put in place at once, newest first; taking the target away deletes it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

ENTRIES = 100
_ATOM = "http://www.w3.org/2005/Atom"
_TITLE = 100
_ALLOWED = {*range(0x20, 0xD800), *range(0xE000, 0xFFFE), 0x9, 0xA, 0xD}


@dataclass(frozen=True, slots=True)
class Entry:
    """One message in the feed; `name` is unique in it and has no colon."""

    name: str
    text: str
    links: tuple[str, ...]
    at: datetime


def with_entry(before: bytes | None, feed_id: str, entry: Entry) -> bytes:
    """Give a feed with an entry at its top; one of the same name is not repeated.

    A file that is no feed of ours any more is written anew.
    """
    try:
        held = [] if before is None else _read(before)
    except (ET.ParseError, LookupError, ValueError):
        held = []
    older = [item for item in held if item.name != entry.name]
    return _written(feed_id, [entry, *older][:ENTRIES])


def _read(content: bytes) -> list[Entry]:
    found = []
    for node in ET.fromstring(content).iterfind(f"{{{_ATOM}}}entry"):  # noqa: S314  # our own file
        texts = {child.tag.rpartition("}")[2]: child.text or "" for child in node}
        links = [child.get("href", "") for child in node.iterfind(f"{{{_ATOM}}}link")]
        name = texts["id"].rpartition(":")[2]
        at = datetime.fromisoformat(texts["updated"])
        found.append(Entry(name, texts["content"], tuple(links), at))
    return found


def _written(feed_id: str, entries: Sequence[Entry]) -> bytes:
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed")
    _add(feed, "id", f"urn:earshot:{feed_id}")
    _add(feed, "title", "Earshot")
    _add(feed, "updated", entries[0].at.isoformat())
    author = ET.SubElement(feed, f"{{{_ATOM}}}author")
    _add(author, "name", "Earshot")
    for entry in entries:
        node = ET.SubElement(feed, f"{{{_ATOM}}}entry")
        _add(node, "id", f"urn:earshot:{feed_id}:{entry.name}")
        _add(node, "title", entry.text.strip().partition("\n")[0][:_TITLE] or "…")
        _add(node, "updated", entry.at.isoformat())
        _add(node, "content", entry.text).set("type", "text")
        for link in entry.links:
            ET.SubElement(node, f"{{{_ATOM}}}link", href=_clean(link))
    return bytes(ET.tostring(feed, encoding="utf-8", xml_declaration=True))


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    node = ET.SubElement(parent, f"{{{_ATOM}}}{name}")
    node.text = _clean(text)
    return node


def _clean(text: str) -> str:
    """Take out what XML cannot hold."""
    return "".join(char for char in text if ord(char) in _ALLOWED or ord(char) > 0xFFFF)  # noqa: PLR2004  # beyond the first plane


def path_of(folder: Path, name: str) -> Path:
    """Name the file of a feed."""
    return folder / "feeds" / f"{name}.atom"


def put(path: Path, content: bytes) -> None:
    """Put a file in place as a whole; whoever reads it has the old one or the new one."""
    path.parent.mkdir(mode=0o711, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.chmod(0o644)
    os.replace(fresh, path)  # noqa: PTH105  # says what it does: replaces
