"""`earshot media`: what is held and why not, the rules, and where a picture was used before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.collect.media.pictures import ALIKE, NotLookedAt, difference, picture_hash
from bot.collect.media.read import PictureReader
from bot.collect.media.rules import channel_scope, group_scope
from bot.config.media import kinds_of
from bot.notify.compose import link_to
from bot.operate.channel_list import named
from bot.operate.people import ACTOR
from storage import audit, channels, media
from storage.database import Connection, Database
from storage.failures import BadInput
from storage.folder import DataFolder
from storage.records import AuditEntry, Fetch, Media, MediaRule


class MediaError(BadInput):
    """A wish about media cannot be followed; the message says why and how to write it."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many attachments stand how, and why."""

    state: str
    reason: str | None
    count: int
    megabytes: float


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as a person reads it."""

    scope: str
    fetch: str
    kinds: tuple[str, ...]
    most_mb: float


@dataclass(frozen=True, slots=True)
class SamePicture:
    """A post that shows a picture like the one asked for; `bits` differ of 64."""

    bits: int
    channel: str
    message_id: int
    link: str | None
    sha256: str
    state: str


async def tallies(database: Database) -> list[Tally]:
    """Count what is held, wanted and refused, with the reasons."""
    async with database.reading() as connection:
        return [
            Tally(state.value, reason, count, round(length / 1e6, 1))
            for state, reason, count, length in await media.counts(connection)
        ]


async def rules(database: Database) -> list[RuleRow]:
    """Give the rules that win over the settings."""
    async with database.reading() as connection:
        found = await media.rules(connection)
        names = {channel_scope(item): item.name for item in await channels.listed(connection)}
    return [
        RuleRow(
            names.get(scope, scope),
            rule.fetch.value,
            tuple(sorted(rule.kinds)),
            rule.most_bytes / 1e6,
        )
        for scope, rule in found.items()
    ]


async def set_rule(database: Database, wanted: str, fetch: str, kinds: str, most_mb: float) -> str:
    """Set the rule of a channel or group (`group:north`); `default` takes it away. Names it.

    Raises MediaError and UnknownChannelError.
    """
    try:
        rule = (
            None
            if fetch == "default"
            else MediaRule(Fetch(fetch), kinds_of(kinds), int(most_mb * 1e6))
        )
    except ValueError as error:
        raise MediaError(f"cannot set that rule: {error}") from None
    async with database.transaction() as connection:
        scope, name = await scope_of(connection, wanted)
        await media.set_rule(connection, scope, rule)
        detail = {"fetch": fetch, "kinds": kinds, "most_mb": f"{most_mb:g}"}
        now = datetime.now(UTC)
        await audit.add(connection, AuditEntry(now, ACTOR, "media rule set", name, detail))
    database.bell.ring("media")
    return name


async def scope_of(connection: Connection, wanted: str) -> tuple[str, str]:
    """Find what a rule is for: a channel, or a group written `group:name`. Gives scope and name.

    Raises MediaError and UnknownChannelError.
    """
    listed = await channels.listed(connection, removed=True)
    kind, _, name = wanted.partition(":")
    if kind == "group" and name:
        if not any(name.lower() in channel.groups for channel in listed):
            raise MediaError(f"no channel is in a group {name!r}: see `earshot channels list`")
        return group_scope(name), f"group {name.lower()}"
    channel = named(wanted, listed)
    return channel_scope(channel), channel.reference


@dataclass(frozen=True, slots=True)
class PicturesRead:
    """What reading came to: pictures looked at, and posts whose text has words of theirs now."""

    looked_at: int
    with_words: int
    program: str


async def read_pictures(
    database: Database, folder: DataFolder, languages: str, told: Callable[[int], None]
) -> PicturesRead:
    """Read what the fetched pictures say that were not read yet. Raises ReadingMissing."""
    reader = PictureReader(database, folder, languages)
    looked_at = 0
    while count := await reader.step():
        looked_at += count
        told(looked_at)
    return PicturesRead(looked_at, reader.with_words, reader.program)


async def same_picture(database: Database, wanted: str) -> list[SamePicture]:
    """Find posts with a picture like that of a file or of a post (@channel/123), most alike first.

    Raises MediaError, UnknownChannelError and PicturesMissing.
    """
    async with database.reading() as connection:
        pictures = await media.pictures(connection)
        asked = (
            [_looked_at(Path(wanted))]
            if Path(wanted).is_file()  # noqa: ASYNC240  # one look before anything else
            else await _pictures_of_post(connection, wanted)
        )
        alike = {}
        for file in pictures:
            bits = min(difference(file.phash or 0, one) for one in asked)
            if bits <= ALIKE:
                alike[file.sha256] = bits
        found = await media.of_files(connection, alike)
        homes = await channels.by_ids(connection, {item.channel_id for item in found})
    rows = [
        SamePicture(
            alike[item.sha256 or b""],
            homes[item.channel_id].name,
            item.message_id,
            link_to(homes[item.channel_id], item.message_id),
            (item.sha256 or b"").hex(),
            item.state.value,
        )
        for item in found
    ]
    return sorted(rows, key=lambda row: (row.bits, row.channel, row.message_id))


def _looked_at(file: Path) -> int:
    try:
        return picture_hash(file)
    except NotLookedAt as error:
        raise MediaError(f"{file}: {error}") from None


async def _pictures_of_post(connection: Connection, wanted: str) -> list[int]:
    reference, _, number = wanted.removeprefix("https://t.me/").rpartition("/")
    if not reference or not number.isdecimal():
        raise MediaError(
            f"{wanted!r} is neither a file nor a post: write photo.jpg or @channel/123"
        )
    channel = named(reference, await channels.listed(connection, removed=True))
    files = {file.sha256: file.phash for file in await media.pictures(connection)}
    shown = await media.of_messages(connection, channel.id, [int(number)])
    found = [phash for item in shown if (phash := files.get(item.sha256 or b"")) is not None]
    if not found:
        raise MediaError(f"{wanted}: no picture of that post is held{_why(shown)}")
    return found


def _why(shown: Iterable[Media]) -> str:
    reasons = [f"{item.state.value}: {item.reason}" for item in shown if item.reason]
    return f" ({'; '.join(reasons)})" if reasons else ""
