"""`earshot export`: the archive in a form that other tools open, and the bag for a court."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.operate.people import ACTOR
from bot.publish import log
from bot.publish.bag import BagWish, write_bag
from bot.publish.exports import ExportRefused, ExportWish, write_export
from bot.publish.exports.export import FORMATS, Ended, channel_ids
from bot.publish.manifest import write_manifest
from bot.publish.questions import Progress, Question
from bot.publish.signing import signing_key
from storage import audit, channels, cursors
from storage.database import Database
from storage.reading import reader
from storage.records import AuditEntry, Channel, PostId
from storage.records.exporting import Mark

BAG = "bag"
NAMES = (*FORMATS, BAG)
Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Exported:
    """What came of an export; `revisions` and `bytes` are not known of a bag."""

    path: Path
    format: str
    posts: int | None
    revisions: int | None
    bytes: int | None
    went_on: bool


def checked_target(
    format_name: str, given: Path | None, now: datetime, *, with_media: bool = False
) -> Path:
    """Say where to write: as told, or a name with the time. Raises ExportRefused."""
    if format_name not in NAMES:
        raise ExportRefused(f"there is no format {format_name!r}: choose of {', '.join(NAMES)}")
    if given is not None:
        return given
    suffix = "" if with_media or format_name == BAG else FORMATS[format_name].suffix
    return Path(f"earshot-{now:%Y%m%dT%H%M%SZ}{suffix}")


async def export(database: Database, wish: ExportWish, *, since_last: bool, told: Told) -> Exported:
    """Write an export and note that it was made.

    `since_last` leaves out what the last whole export of the same choice and form had. Raises
    ExportRefused, QueryError, UnknownChannelError, OSError.
    """
    async with database.reading() as connection:
        known = await channels.listed(connection, removed=True)
        if since_last:
            revision = await cursors.position(connection, f"export-{wish.choice}")
            deletion = await cursors.position(connection, f"export-{wish.choice}-deletions")
            wish = replace(wish, since_mark=Mark(revision, deletion))

    def work() -> Ended:
        with reader(database.path) as connection:
            return write_export(connection, known, wish, told)

    ended = await asyncio.to_thread(work)
    key = signing_key(database.path.parent)
    head = await log.sign(database, key)
    await asyncio.to_thread(write_manifest, wish.target, wish.in_words(), head, key)
    async with database.transaction() as connection:
        await cursors.advance(connection, f"export-{wish.choice}", ended.until.revision)
        await cursors.advance(connection, f"export-{wish.choice}-deletions", ended.until.deletion)
        await audit.add(connection, _entry(wish, str(ended.posts)))
    return Exported(
        wish.target, wish.format, ended.posts, ended.revisions, ended.bytes, ended.went_on
    )


async def export_bag(
    database: Database,
    folder: Path,
    wish: ExportWish,
    *,
    organisation: str | None,
    with_parquet: bool = False,
    told: Told,
) -> Exported:
    """Write a bag. Raises BagRefused, ExportRefused, QueryError, UnknownChannelError, OSError."""
    if wish.with_places:
        raise ExportRefused(
            "a bag holds what was posted, not what we read in it: leave out --with-places, and "
            "export that with --format parquet"
        )
    async with database.reading() as connection:
        known = await channels.listed(connection, removed=True)
    chosen = channel_ids(known, wish)
    ids = await asyncio.to_thread(_found, database, known, wish) if wish.query is not None else None
    bag = BagWish(
        target=wish.target,
        channels=tuple(item for item in known if chosen is None or item.id in chosen),
        since=wish.stretch.since,
        until=wish.stretch.until,
        post_ids=ids,
        organisation=organisation,
        media=wish.media,
        with_parquet=with_parquet,
    )
    path = await write_bag(database, signing_key(folder), bag, lambda _what, rows: told(rows, 0))
    async with database.transaction() as connection:
        await audit.add(connection, _entry(wish, ""))
    return Exported(path, BAG, None, None, None, went_on=False)


def _found(database: Database, known: list[Channel], wish: ExportWish) -> frozenset[PostId]:
    question = Question(wish.query or "", known, channels=wish.channels, groups=wish.groups)
    with reader(database.path) as connection:
        hits = question.found(connection, wish.stretch, Progress())
        return frozenset(hit.post.id for hit in hits)


def _entry(wish: ExportWish, posts: str) -> AuditEntry:
    detail = {"format": wish.format, "choice": wish.in_words(), "posts": posts}
    return AuditEntry(datetime.now(UTC), ACTOR, "exported", wish.target.name, detail)
