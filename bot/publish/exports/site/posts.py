"""A post as the site shows it: its texts cut at links, and what each edit changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

from bot.publish.exports.copies import size_in_words
from bot.publish.exports.facts import entities_of, iso, link_to
from storage.records.exporting import Exported, ExportedMedia

_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
_TOKENS_MOST = 3000  # of both states together; comparing longer ones would take seconds
_SAFE = re.compile(r"(?:https?|tg)://\S+", re.IGNORECASE)
_UNSHOWN = dict.fromkeys([*range(9), *range(11, 32), 127], "\ufffd")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text: `href` of a link; `change` in a comparison: "added", "removed"."""

    text: str
    href: str = ""
    change: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """A former state of a message, compared with the one that followed."""

    number: int
    seen_at: str
    sha256: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A photo or file: `path` and `thumb` from the site's root, "" when there is none."""

    name: str  # its kind, the sender's name for it, its size
    path: str
    thumb: str
    why: str  # it is not here
    says: str  # what was read from a picture, ""
    sha256: str


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message: its latest state and, oldest first, what the former ones were."""

    number: int
    pieces: tuple[Piece, ...]
    author: str
    origin: str
    has: tuple[str, ...]
    posted_at: str
    edited_at: str
    deleted_at: str
    is_removed: bool
    link: str
    source: str
    account: str
    seen_at: str
    sha256: str
    revision: int
    former: tuple[State, ...]
    files: tuple[ShownFile, ...]


@dataclass(frozen=True, slots=True)
class ShownPost:
    """A post: one message, or those of an album; `month` is as 2026-03."""

    anchor: str
    day: str
    time: str
    month: str
    messages: tuple[ShownMessage, ...]
    text: str  # of all its messages, to be sought in


def shown(revisions: Sequence[Exported]) -> ShownPost:
    """Turn the revisions of a post into what is shown."""
    messages, former = [], []
    for revision in revisions:
        if not revision.is_last:
            former.append(revision)
            continue
        messages.append(_message(revision, former))
        former = []
    posted = iso(revisions[0].posted_at) or ""
    return ShownPost(
        anchor=f"m{revisions[0].message_id}",
        day=posted[:10],
        time=posted[11:16],
        month=posted[:7],
        messages=tuple(messages),
        text="\n".join(_texts(revisions)),
    )


def _texts(revisions: Sequence[Exported]) -> Iterator[str]:
    """Give what of a post can be sought: its texts, and what its pictures say."""
    last = [revision for revision in revisions if revision.is_last]
    yield from (revision.text for revision in last)
    yield from (item.says for revision in last for item in revision.media if item.says)


def _message(last: Exported, former: list[Exported]) -> ShownMessage:
    return ShownMessage(
        number=last.message_id,
        pieces=tuple(_linked(last)),
        author=last.author or "",
        origin=last.origin_name or last.origin or "",
        has=tuple(last.has.split()),
        posted_at=iso(last.posted_at) or "",
        edited_at=iso(last.edited_at) or "",
        deleted_at=iso(last.deleted_at) or "",
        is_removed=bool(last.is_removed),
        link=link_to(last.channel, last.message_id) or "",
        source=last.source,
        account=last.account or "",
        seen_at=iso(last.seen_at) or "",
        sha256=last.sha256.hex(),
        revision=last.number,
        former=tuple(
            State(
                before.number,
                iso(before.seen_at) or "",
                before.sha256.hex(),
                tuple(compared(clean(before.text), clean(after.text))),
            )
            for before, after in pairwise([*former, last])
        ),
        files=tuple(_file(item) for item in last.media),
    )


def _file(item: ExportedMedia) -> ShownFile:
    known = [item.kind, *([clean(item.name)] if item.name else []), size_in_words(item.length)]
    return ShownFile(
        name=", ".join(known),
        path=item.path or "",
        thumb=item.thumb or "",
        why="" if item.path else clean(item.reason or f"{item.state}, not copied"),
        says=clean(item.says or ""),
        sha256=item.sha256.hex() if item.sha256 else "",
    )


def _linked(revision: Exported) -> Iterator[Piece]:
    text, done = revision.text, 0
    for entity in sorted(entities_of(revision), key=_offset):
        start, end = entity["offset"], entity["offset"] + entity["length"]
        href = entity.get("url") or (text[start:end] if entity["type"] == "url" else "")
        if start < done or end <= start or not _SAFE.fullmatch(str(href)):
            continue
        if start > done:
            yield Piece(clean(text[done:start]))
        yield Piece(clean(text[start:end]), href=str(href))
        done = end
    if done < len(text):
        yield Piece(clean(text[done:]))


def _offset(entity: dict[str, Any]) -> int:
    return int(entity["offset"])


def compared(before: str, after: str) -> Iterator[Piece]:
    """Say word by word what an edit took out and put in; joined without "added" it is `before`."""
    one, other = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(one) + len(other) > _TOKENS_MOST:
        yield Piece(before, change="removed")
        yield Piece(after, change="added")
        return
    for act, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if act == "equal":
            yield Piece("".join(one[a:b]))
            continue
        if b > a:
            yield Piece("".join(one[a:b]), change="removed")
        if d > c:
            yield Piece("".join(other[c:d]), change="added")


def clean(text: str) -> str:
    """Put a sign for what HTML cannot hold."""
    return text.translate(_UNSHOWN).encode("utf-8", "replace").decode()
