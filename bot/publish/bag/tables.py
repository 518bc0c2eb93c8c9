"""The rows of a bag: JSON Lines that the log proves, and the same revisions as CSV for people."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import AsyncIterator, Mapping

from bot.publish.evidence.bag import cell
from bot.publish.evidence.facts import CONTENT, KINDS, content_sha256
from storage import slices
from storage.database import Connection
from storage.records import Channel, ChannelId, LeafKind, PostId
from storage.slices import Slice, SlicedRow

_AT_ONCE = 200

_LEAF = ("leaf", "leaf_hash")
REVISION_COLUMNS = (
    *(*_LEAF, *KINDS["revision"], *CONTENT, "raw", "posted_at", "link", "account_label"),
    *("title", "username"),
)
READABLE_COLUMNS = (
    *("id", "title", "username", "message", "number", "posted_at", "edited_at", "seen_at"),
    *("source", "account_label", "author", "text", "link", "raw_sha256"),
)
CHANNEL_COLUMNS = ("channel", "telegram_id", "username", "title", "reference")


def columns_of(kind: LeafKind) -> tuple[str, ...]:
    """Give the columns of a kind's table."""
    if kind is LeafKind.FILE:
        return *_LEAF, *KINDS["file"], "path"
    if kind is LeafKind.PICTURE_TEXT:
        return *_LEAF, *KINDS["picture_text"], "text"
    return REVISION_COLUMNS if kind is LeafKind.REVISION else (*_LEAF, *KINDS[kind.value])


async def rows(
    connection: Connection, kind: LeafKind, wanted: Slice
) -> AsyncIterator[dict[str, object]]:
    """Give the rows of a kind's table in the order of their leaves."""
    if kind is not LeafKind.REVISION:
        async for found in slices.rows(connection, kind, wanted):
            yield {**_leaf(found), **found.row.facts, **found.row.more}
        return
    channels = {channel.id: channel for channel in wanted.channels}
    labels = await slices.labels(connection)
    batch: list[SlicedRow] = []
    async for found in slices.rows(connection, kind, wanted):
        batch.append(found)
        if len(batch) == _AT_ONCE:
            for row in await _revisions(connection, batch, channels, labels):
                yield row
            batch.clear()
    for row in await _revisions(connection, batch, channels, labels):
        yield row


async def _revisions(
    connection: Connection,
    batch: list[SlicedRow],
    channels: Mapping[ChannelId, Channel],
    labels: Mapping[int, str],
) -> list[dict[str, object]]:
    raws = await slices.raws(connection, [item.row.id for item in batch])
    posted = await slices.posted_at(connection, {item.post_id for item in batch if item.post_id})
    made = []
    for item in batch:
        facts = item.row.facts
        channel = channels[ChannelId(int(str(facts["channel"])))]
        is_removed = item.row.removed is not None
        content = {name: None if is_removed else facts[name] for name in CONTENT}
        at = posted[item.post_id or PostId(0)]
        values = {
            **_leaf(item),
            **facts,
            **content,
            "content_sha256": item.row.removed or content_sha256(facts),
            "raw": None if is_removed else base64.b64encode(raws[item.row.id]).decode(),
            "posted_at": at.isoformat(timespec="microseconds"),
            "link": link(channel, int(str(facts["message"]))),
            "account_label": labels.get(int(str(facts["account"] or 0))),
            "title": channel.title,
            "username": channel.username,
        }
        made.append(values)
    return made


def _leaf(found: SlicedRow) -> dict[str, object]:
    return {"leaf": found.position, "leaf_hash": found.hash.hex()}


def link(channel: Channel, message_id: int) -> str | None:
    """Give where Telegram shows a message of a public channel."""
    return f"https://t.me/{channel.username}/{message_id}" if channel.username else None


def json_line(values: Mapping[str, object]) -> bytes:
    """Write a row as a line of JSON, its names sorted."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def csv_line(values: Mapping[str, object]) -> bytes:
    """Write a revision as a line for people: no cell can be taken for a formula."""
    return csv_cells([cell(values[name]) for name in READABLE_COLUMNS])


def csv_cells(cells: list[str]) -> bytes:
    """Write cells as a line of CSV."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode()
