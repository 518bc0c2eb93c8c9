"""Some channels and a stretch of time → a bag: written file by file, killed anywhere and resumed.

What a bag shows is what the archive held when its head was signed. The folder has another name
until it is whole; beside it lies a journal of what is done, by which a later attempt goes on.
"""

from __future__ import annotations

import asyncio
import base64
import heapq
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata, resources
from pathlib import Path, PurePosixPath
from typing import Any

from bot.publish import log as keeping
from bot.publish.bag import parquet, tables, texts
from bot.publish.bag.files import BagFiles, Written
from bot.publish.bag.slicing import Shown, lines, shown_heads
from bot.publish.dating import time_of_making
from bot.publish.evidence.bag import HEADS, KEY, LOG, READABLE, TABLES
from bot.publish.evidence.manifests import ALGORITHMS, DECLARATION
from bot.publish.signing import SigningKey
from storage import log
from storage.database import Connection, Database
from storage.failures import BadInput
from storage.folder import DataFolder
from storage.records import Channel, LeafKind, PostId, SignedHead
from storage.slices import Slice

Progress = Callable[[str, int], None]  # what is written, how many rows of it so far
_TOLD_EVERY = 1000
_CHUNK = 1 << 20


class BagRefused(BadInput):
    """The bag cannot be written there; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class BagWish:
    """What is wanted in a bag, and where. `post_ids` narrows to some posts, None does not."""

    target: Path
    channels: tuple[Channel, ...]
    since: datetime | None = None
    until: datetime | None = None
    post_ids: frozenset[PostId] | None = None
    organisation: str | None = None
    media: DataFolder | None = None  # where the files are that go along; None: none do
    with_parquet: bool = False  # the tables as Parquet, too


async def write_bag(
    database: Database, key: SigningKey, wish: BagWish, told: Progress = lambda _what, _rows: None
) -> Path:
    """Sign a head, and write the bag of what it holds. Raises BagRefused, OSError (disk full).

    Begun again after anything, with the same wish, it goes on with what was begun.
    """
    target = wish.target
    if target.exists():
        raise BagRefused(f"{target} is there already: choose another name with -o")
    if not target.parent.is_dir():
        raise BagRefused(f"there is no folder {target.parent}: make it, or choose another with -o")
    begun, journal = (
        target.with_name(f".{target.name}.part"),
        target.with_name(f".{target.name}.journal"),
    )
    head = await _head(database, key, wish, journal)
    begun.mkdir(exist_ok=True)
    async with database.reading() as connection:
        await _fill(connection, head, wish, BagFiles(begun, journal), told)
    begun.rename(target)
    journal.unlink()
    return target


async def _head(database: Database, key: SigningKey, wish: BagWish, journal: Path) -> SignedHead:
    """Give the head the bag shows: a new one, or that of the attempt that goes on."""
    begun = _begun_size(journal, wish)
    if begun is not None:
        async with database.reading() as connection:
            return next(head for head in await log.heads(connection) if head.size == begun)
    signed = await keeping.sign(database, key)
    _begin(journal, wish, signed.size)
    return signed


def _begun_size(journal: Path, wish: BagWish) -> int | None:
    """Read the size of the log that an attempt under way shows; None when there is none."""
    try:
        begun = json.loads(journal.read_text(encoding="utf-8").partition("\n")[0])
    except (FileNotFoundError, ValueError):  # killed before its first line was whole
        return None
    if begun["wish"] != _as_text(wish):
        raise BagRefused(
            f"another export to {wish.target} is half done: repeat that one to finish it, or "
            f"delete {journal} and {journal.with_suffix('.part')}"
        )
    return int(begun["size"])


def _begin(journal: Path, wish: BagWish, size: int) -> None:
    first = json.dumps({"wish": _as_text(wish), "size": size})
    journal.write_text(first + "\n", encoding="utf-8")


def _as_text(wish: BagWish) -> str:
    ids = sorted(wish.post_ids) if wish.post_ids is not None else None
    channels = [channel.id for channel in wish.channels]
    return repr(
        (channels, wish.since, wish.until, ids, wish.organisation, bool(wish.media))
        + (("parquet",) if wish.with_parquet else ())
    )


async def _fill(
    connection: Connection, head: SignedHead, wish: BagWish, files: BagFiles, told: Progress
) -> None:
    wanted = Slice(head.size, wish.channels, wish.since, wish.until, wish.post_ids)
    heads = shown_heads(await log.heads(connection), head)
    for kind in LeafKind:
        await _write_table(connection, kind, wanted, files, _Telling(wish, told))
    _write_readable(files)
    await _write_log(connection, wanted, [signed.size for signed in heads], files)
    files.write(
        f"data/{HEADS}",
        b"".join(
            tables.json_line({"leaf": signed.size, "note": keeping.note_of(signed)})
            for signed in heads
        ),
    )
    for signed in heads:
        if signed.token is not None:
            files.write(f"data/stamps/head-{signed.size}.txt", keeping.note_of(signed).encode())
            files.write(f"data/stamps/head-{signed.size}.tsr", signed.token)
    files.write(f"data/{KEY}", base64.b64encode(head.public_key) + b"\n")
    files.write("data/channels.jsonl", b"".join(_channel_lines(wanted)))
    has_rows = {item.path.removeprefix("data/") for item in files.written if item.length}
    described = {
        TABLES[kind.value]: tables.columns_of(kind)
        for kind in LeafKind
        if TABLES[kind.value] in has_rows
    }
    described["channels.jsonl"] = tables.CHANNEL_COLUMNS
    copies = _write_parquet(described, files) if wish.with_parquet else []
    described[READABLE] = tables.READABLE_COLUMNS
    package = texts.data_package(described, copies, head.signed_at.date())
    files.write("data/datapackage.json", package)
    _write_tags(wanted, head, wish, files)


@dataclass(frozen=True, slots=True)
class _Telling:
    wish: BagWish
    told: Progress


async def _copy_file(wish: BagWish, row: Mapping[str, object], files: BagFiles) -> str | None:
    """Put the file of a row into the bag, once; None when it does not go along."""
    sha256 = str(row["sha256"])
    source = wish.media.media_file(bytes.fromhex(sha256)) if wish.media else None
    path = f"media/{sha256[:2]}/{sha256}"
    if source is None or not (files.has(f"data/{path}") or await asyncio.to_thread(source.exists)):
        return None
    if not files.has(f"data/{path}"):
        with files.writing(f"data/{path}") as sink, source.open("rb") as file:
            while chunk := file.read(_CHUNK):
                sink.write(chunk)
    return path


async def _write_table(
    connection: Connection, kind: LeafKind, wanted: Slice, files: BagFiles, way: _Telling
) -> None:
    path = f"data/{TABLES[kind.value]}"
    if files.has(path):
        return
    count = 0
    with files.writing(path) as sink:
        async for row in tables.rows(connection, kind, wanted):
            if kind is LeafKind.FILE:
                row["path"] = await _copy_file(way.wish, row, files)
            sink.write(tables.json_line(row))
            count += 1
            if count % _TOLD_EVERY == 0:
                way.told(path, count)
    way.told(path, count)


def _write_readable(files: BagFiles) -> None:
    """Write the revisions anew for people."""
    path = f"data/{READABLE}"
    if files.has(path):
        return
    with files.writing(path) as sink:
        sink.write(b"\xef\xbb\xbf" + tables.csv_cells(list(tables.READABLE_COLUMNS)))
        for values in _rows_of(files, LeafKind.REVISION):
            sink.write(tables.csv_line(values))


def _write_parquet(described: Mapping[str, Sequence[str]], files: BagFiles) -> list[Written]:
    """Write the tables once more as Parquet; give what was written."""
    paths = []
    for name, columns in sorted(described.items()):
        path = f"data/{PurePosixPath(name).stem}{parquet.SUFFIX}"
        paths.append(path)
        if not files.has(path):
            with files.writing(path) as sink:
                parquet.write_table(_lines_of(files, name), columns, sink)
    return [item for item in files.written if item.path in paths]


def _rows_of(files: BagFiles, kind: LeafKind) -> Iterator[dict[str, Any]]:
    return _lines_of(files, TABLES[kind.value])


def _lines_of(files: BagFiles, name: str) -> Iterator[dict[str, Any]]:
    with (files.folder / "data" / name).open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


async def _write_log(
    connection: Connection, wanted: Slice, sizes: Sequence[int], files: BagFiles
) -> None:
    path = f"data/{LOG}"
    if files.has(path):
        return
    shown = heapq.merge(*(_shown(files, kind) for kind in LeafKind))
    with files.writing(path) as sink:
        async for line in lines(connection, shown, [*sizes, wanted.size]):
            sink.write(line)


def _shown(files: BagFiles, kind: LeafKind) -> Iterator[Shown]:
    for values in _rows_of(files, kind):
        yield Shown(values["leaf"], kind.value, values["id"], bytes.fromhex(values["leaf_hash"]))


def _channel_lines(wanted: Slice) -> Iterator[bytes]:
    for channel in wanted.channels:
        names = {"telegram_id": channel.telegram_id, "username": channel.username}
        yield tables.json_line(
            {"channel": channel.id, **names, "title": channel.title, "reference": channel.reference}
        )


def _write_tags(wanted: Slice, head: SignedHead, wish: BagWish, files: BagFiles) -> None:
    """Write what is not payload: the manifests, what the bag says of itself, the verifier."""
    payload = [item for item in files.written if item.path.startswith("data/")]
    for algorithm in ALGORITHMS:
        files.write(f"manifest-{algorithm}.txt", _manifest(payload, algorithm))
    files.write("bagit.txt", DECLARATION.encode())
    files.write("README.txt", texts.readme(wanted, head))
    for module in sorted(resources.files("bot.publish.evidence").iterdir(), key=lambda m: m.name):
        if module.name.endswith(".py"):
            files.write(f"verify/{module.name}", module.read_bytes())
    revisions = sum(1 for _ in _rows_of(files, LeafKind.REVISION))
    made = texts.Provenance(
        wish.organisation, f"Earshot {metadata.version('earshot')}", time_of_making().date()
    )
    held = texts.Payload(len(payload), sum(item.length for item in payload), revisions)
    files.write("bag-info.txt", texts.bag_info(wanted, head, made, held))
    tags = [item for item in files.written if not item.path.startswith(("data/", "tagmanifest-"))]
    for algorithm in ALGORITHMS:
        files.write(f"tagmanifest-{algorithm}.txt", _manifest(tags, algorithm))


def _manifest(files: Sequence[Written], algorithm: str) -> bytes:
    return "".join(f"{item.digests[algorithm]}  {item.path}\n" for item in files).encode()
