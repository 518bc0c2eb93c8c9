"""What the archive holds against what the server had: counts and texts, and whether work waits."""

from __future__ import annotations

from dataclasses import dataclass

from bot.match.worker import CURSOR
from bot.notify.dispatch import DELETIONS, EDITS, HITS
from bot.sandbox.world import World
from storage import alert_changes, alerts, channels, cursors, history, posts
from storage.alert_changes import Change
from storage.database import Connection, Database
from storage.records import AlertState, ChannelState, Post

_CHANGES = {Change.EDITS: EDITS, Change.DELETIONS: DELETIONS}

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Tally:
    """Messages ever made, revisions (first texts and edits), messages gone."""

    messages: int
    revisions: int
    deletions: int


@dataclass(frozen=True, slots=True)
class ArchiveVerdict:
    """The archive beside the server; an album is one post of several messages.

    `missing` counts messages that are not there at all, `altered` those whose last text differs.
    """

    posts: int
    held: Tally
    had: Tally
    missing: int
    altered: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing, altered or invented."""
        return self.held == self.had and not self.missing and not self.altered


def truth(world: World, edits: int) -> Tally:
    """Count what the server had; `edits` is how many were made."""
    made = sum(channel.history.next_id - 1 for channel in world.channels.values())
    alive = sum(channel.history.count for channel in world.channels.values())
    return Tally(made, made + edits, made - alive)


async def held(connection: Connection) -> Tally:
    """Count what is stored."""
    counts = await posts.counts(connection)
    return Tally(counts["messages"], counts["revisions"], counts["deletions"])


async def nothing_waits(database: Database) -> bool:
    """Say whether every stage has worked off what it had: no hit and no alert can follow."""
    async with database.reading() as connection:
        after = await cursors.position(connection, CURSOR)
        if (await posts.revisions_waiting(connection, after)).rows:
            return False
        if (await alerts.hit_posts(connection, await cursors.position(connection, HITS), 1))[0]:
            return False
        newest = await alert_changes.newest(connection, _CHANGES.keys())
        ranges = {
            kind: (await cursors.position(connection, name), newest[kind])
            for kind, name in _CHANGES.items()
        }
        if await alert_changes.among(connection, ranges):
            return False
        states = await alerts.counts(connection)
    return not (states[AlertState.OWED] or states[AlertState.LEASED])


async def all_followed(database: Database, count: int) -> bool:
    """Say whether so many channels are followed and their histories read."""
    async with database.reading() as connection:
        listed = await channels.listed(connection)
        left = await history.left(connection)
    done = [channel for channel in listed if channel.state is ChannelState.FOLLOWED]
    return len(done) == count and not left


async def judge(database: Database, world: World, edits: int) -> ArchiveVerdict:
    """Compare message by message."""
    stored = await _last_texts(database)
    async with database.reading() as connection:
        count = (await posts.counts(connection))["posts"]
        held_now = await held(connection)
    missing = altered = 0
    for channel in world.channels.values():
        for number in range(1, channel.history.next_id):
            last = stored.get((channel.id, number))
            message = channel.history.get(number)
            missing += last is None
            altered += last is not None and message is not None and message.text not in last
    return ArchiveVerdict(count, held_now, truth(world, edits), missing, altered)


async def _last_texts(database: Database) -> dict[tuple[int, int], str]:
    """Give the last stored text of each message, by Telegram's channel id and message id."""
    async with database.reading() as connection:
        listed = await channels.listed(connection, removed=True)
        telegram_ids = {channel.id: channel.telegram_id or 0 for channel in listed}
        texts = {}
        for post in await _all_posts(connection):
            for revision in await posts.revisions_of(connection, post.id):
                texts[telegram_ids[post.channel_id], revision.message_id] = revision.text
    return texts


async def _all_posts(connection: Connection) -> list[Post]:
    found: list[Post] = []
    page: list[Post] = []
    while page or not found:
        page = await posts.newest_first(
            connection,
            before=(found[-1].posted_at, found[-1].id) if found else None,
            since=None,
            until=None,
            channel_ids=None,
            limit=_PAGE,
        )
        if not page:
            break
        found.extend(page)
    return found
