"""Rules of retention → old content taken out, its hashes left; a legal hold stops it.

What a subscription matched is kept, and so is all that is not in the log yet. Each step is one
transaction: killed anywhere, the next run goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from bot.publish.evidence.facts import content_sha256
from storage import audit, channels, clock, retention
from storage.database import Database
from storage.failures import Failure
from storage.folder import DataFolder
from storage.records import AuditEntry, Channel
from storage.retention import Hold

_AT_ONCE = 200
_MOST_WRONG = timedelta(days=1)  # of the clock: rules are in days

log = structlog.get_logger(__name__)


def channel_scope(channel: Channel) -> str:
    """Name the scope of one channel."""
    return f"channel {channel.id}"


def group_scope(name: str) -> str:
    """Name the scope of a group."""
    return f"group {name.lower()}"


def scopes_of(channel: Channel) -> list[str]:
    """Name every scope a channel is in, its own first."""
    return [channel_scope(channel), *(group_scope(name) for name in sorted(channel.groups))]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a channel's old posts: those before a time go, or why none do."""

    before: datetime | None
    reason: str


def verdict(
    channel: Channel, rules: Mapping[str, int], holds: Collection[Hold], now: datetime
) -> Verdict:
    """Decide for a channel. Its own rule wins over its groups', of which the longest counts."""
    scopes = scopes_of(channel)
    for hold in holds:
        if hold.scope in scopes:
            return Verdict(None, f"on legal hold since {hold.since:%Y-%m-%d}: {hold.reason}")
    own = rules.get(scopes[0])
    days = max((rules[scope] for scope in scopes[1:] if scope in rules), default=None)
    kept = own if own is not None else days
    if kept is None:
        return Verdict(None, "no rule: everything is kept")
    return Verdict(now - timedelta(days=kept), f"{kept} days are kept")


@dataclass(frozen=True, slots=True)
class Removed:
    """What a run took out of a channel, or would: revisions and files."""

    channel: str
    revisions: int
    files: int
    reason: str


class ClockWrong(Failure):
    """Nothing is removed by a clock that is known to be wrong by more than a day."""

    def __init__(self, ahead: timedelta) -> None:
        days = abs(ahead) / timedelta(days=1)
        side = "ahead of" if ahead > timedelta(0) else "behind"
        super().__init__(
            f"nothing is removed: the clock was {days:.1f} days {side} Telegram's when an account "
            "last compared them; set it right, and let `earshot run` compare them again"
        )


async def apply(
    database: Database,
    folder: DataFolder,
    *,
    actor: str,
    dry_run: bool = False,
    ahead: timedelta | None = None,
) -> list[Removed]:
    """Take out what the rules say. Safe to repeat; `dry_run` only counts.

    `ahead` is how far the clock here is ahead of Telegram's, None for what was last noted. Raises
    ClockWrong.
    """
    async with database.reading() as connection:
        listed = await channels.listed(connection, removed=True)
        ahead = await clock.ahead(connection) if ahead is None else ahead
    if abs(ahead) > _MOST_WRONG:
        raise ClockWrong(ahead)
    now = datetime.now(UTC)
    done = []
    for channel in listed:
        removed = await _apply_to(database, folder, channel, now, actor, dry_run=dry_run)
        done.append(removed)
    return done


async def _apply_to(
    database: Database,
    folder: DataFolder,
    channel: Channel,
    now: datetime,
    actor: str,
    *,
    dry_run: bool,
) -> Removed:
    revisions = files = 0
    while True:
        async with database.transaction() as connection:
            # Asked anew for each batch: a hold that is put meanwhile stops the next.
            said = verdict(
                channel,
                await retention.rules(connection),
                await retention.held(connection),
                now,
            )
            if said.before is None:
                break
            limit = 1_000_000 if dry_run else _AT_ONCE
            old = await retention.removable(connection, channel.id, said.before, limit)
            if dry_run or not old:
                revisions += len(old)
                break
            contents = {row.id: bytes.fromhex(content_sha256(row.facts)) for row in old}
            reason = f"retention: {said.reason}"
            touched = await retention.remove(connection, contents, at=now, reason=reason)
            loose = await retention.remove_media(connection, touched, now, reason)
            detail = {"revisions": str(len(old)), "files": str(len(loose)), "rule": said.reason}
            await audit.add(
                connection, AuditEntry(now, actor, "content removed", channel.reference, detail)
            )
        _unlink(folder, loose)
        revisions, files = revisions + len(old), files + len(loose)
        log.info("content removed", channel=channel.id, revisions=len(old), files=len(loose))
        database.bell.ring("log")
    return Removed(channel.name, revisions, files, said.reason)


def _unlink(folder: DataFolder, hashes: Sequence[bytes]) -> None:
    for sha256 in hashes:
        folder.media_file(sha256).unlink(missing_ok=True)
