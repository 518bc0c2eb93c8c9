"""What was seen → rows: decides what is new, changed or known, and writes it in one transaction.

`decide` is pure. Storing the same sight twice changes nothing; an older sight never replaces a
newer one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.collect.coverage import Ranges, with_range
from bot.collect.normalise import message_of_raw
from bot.telemetry import Telemetry
from bot.text import language
from storage import comments, derived, history, picture_texts, posts
from storage.database import Connection
from storage.derived import StoredRevision
from storage.hidden_links import hidden_links
from storage.records import (
    AccountId,
    ChannelId,
    Has,
    IdRange,
    Is,
    KnownMessage,
    NewRevision,
    PictureText,
    Post,
    PostId,
    SeenDeletion,
    SeenMessage,
    Source,
)
from storage.schema import post_id

MessageKey = tuple[ChannelId, int]
AlbumKey = tuple[ChannelId, int]


@dataclass(frozen=True, slots=True)
class Sight:
    """How a batch was seen."""

    source: Source
    account_id: AccountId | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What a further sight of a stored post adds to it."""

    edited_at: datetime | None = None
    has: frozenset[Has] = frozenset()
    marks: frozenset[Is] = frozenset()


@dataclass(slots=True)
class Plan:
    """What is to be written for a batch."""

    posts: dict[PostId, Post] = field(default_factory=dict)
    revisions: list[NewRevision] = field(default_factory=list)
    changes: dict[PostId, Change] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stored:
    """What a batch came to."""

    posts: int = 0
    revisions: int = 0  # beyond the first of each message
    deletions: int = 0


def decide(
    seen: Sequence[tuple[ChannelId, SeenMessage]],
    known: Mapping[MessageKey, KnownMessage],
    albums: Mapping[AlbumKey, PostId],
    sight: Sight,
) -> Plan:
    """Say what to write for messages in the order they were seen.

    `known` and `albums` are what is stored of these messages and their albums.
    """
    plan = Plan()
    latest = dict(known)
    homes = dict(albums)
    for channel_id, message in seen:
        key = (channel_id, message.message_id)
        before = latest.get(key)
        if before is None:
            home = _home(channel_id, message, homes)
            _add_first(plan, home, channel_id, message, sight)
        elif _is_news(message, before):
            home = before.post_id
            _add_change(plan, home, message)
        else:
            continue
        number = before.number + 1 if before else 1
        plan.revisions.append(
            NewRevision(
                post_id=home,
                channel_id=channel_id,
                number=number,
                seen_at=sight.seen_at,
                source=sight.source,
                account_id=sight.account_id,
                message=message,
            )
        )
        latest[key] = KnownMessage(home, number, message.content_hash, message.edited_at)
    return plan


def _home(channel_id: ChannelId, message: SeenMessage, homes: dict[AlbumKey, PostId]) -> PostId:
    """Find the post a new message is part of: an album's messages share one."""
    own = post_id(channel_id, message.message_id)
    if message.grouped_id is None:
        return own
    return homes.setdefault((channel_id, message.grouped_id), own)


def _is_news(message: SeenMessage, before: KnownMessage) -> bool:
    if message.content_hash == before.content_hash:
        return False
    if before.edited_at is None:
        return True
    return message.edited_at is not None and message.edited_at >= before.edited_at


def _add_first(
    plan: Plan, home: PostId, channel_id: ChannelId, message: SeenMessage, sight: Sight
) -> None:
    if home != post_id(channel_id, message.message_id):
        _add_change(plan, home, message)
        return
    plan.posts[home] = new_post(home, channel_id, message, sight)


def new_post(home: PostId, channel_id: ChannelId, message: SeenMessage, sight: Sight) -> Post:
    """Give the post that a message makes at first."""
    return Post(
        id=home,
        channel_id=channel_id,
        message_id=message.message_id,
        grouped_id=message.grouped_id,
        posted_at=message.posted_at,
        first_seen_at=sight.seen_at,
        edited_at=message.edited_at if Is.EDITED in message.marks else None,
        deleted_at=None,
        source=sight.source,
        text=message.text,
        lang=language(message.text),
        has=message.has,
        marks=message.marks,
        origin=message.origin,
        origin_name=message.origin_name,
        reply_to=message.reply_to,
        origin_id=message.origin_id,
        origin_message_id=message.origin_message_id,
        links=hidden_links([(message.text, message.entities)]),
    )


def _add_change(plan: Plan, home: PostId, message: SeenMessage) -> None:
    change = plan.changes.get(home, Change())
    plan.changes[home] = Change(
        edited_at=message.edited_at or change.edited_at,
        has=change.has | message.has,
        marks=change.marks | message.marks,
    )


async def write(
    connection: Connection, seen: Sequence[tuple[ChannelId, SeenMessage]], sight: Sight
) -> Stored:
    """Write what is new of these messages, in the caller's transaction."""
    if not seen:
        return Stored()
    known = await posts.known_messages(
        connection, [(channel_id, message.message_id) for channel_id, message in seen]
    )
    albums = await posts.albums(
        connection,
        {(channel_id, message.grouped_id) for channel_id, message in seen if message.grouped_id},
    )
    groups = await comments.groups_among(connection, {channel_id for channel_id, _ in seen})
    if groups:
        seen = [(key, _as_comment(message) if key in groups else message) for key, message in seen]
    plan = decide(seen, known, albums, sight)
    await posts.add_posts(connection, list(plan.posts.values()))
    await posts.add_revisions(connection, plan.revisions)
    await retell(connection, plan.changes)
    return Stored(posts=len(plan.posts), revisions=sum(new.number > 1 for new in plan.revisions))


def _as_comment(message: SeenMessage) -> SeenMessage:
    """Mark what was said in a group for comments; the channel's own posts come there forwarded."""
    if Is.FORWARD in message.marks:
        return message
    return replace(message, marks=message.marks | {Is.COMMENT})


async def retell(connection: Connection, changes: Mapping[PostId, Change]) -> None:
    """Derive the changed posts again from their messages' latest revisions and pictures."""
    if not changes:
        return
    stored = await posts.by_ids(connection, changes.keys())
    parts = await posts.parts(connection, changes.keys())
    said = await _said_by_pictures(connection, changes.keys())
    await posts.update_posts(
        connection,
        [
            changed(
                post,
                changes[post.id],
                parts.get(post.id, []),
                [picture.text for picture in said.get(post.id, ())],
            )
            for post in stored.values()
        ],
    )


async def _said_by_pictures(
    connection: Connection, ids: Collection[PostId]
) -> dict[PostId, list[PictureText]]:
    """Give what the pictures say that the messages of these posts show now."""
    said = await picture_texts.of_posts(connection, ids)
    if not said:
        return {}
    stored = await derived.revisions_by_post(connection, said.keys())
    found = {}
    for number, texts in said.items():
        files = {item.message_id: _file_of(item) for item in stored[number]}
        known = {message: file for message, file in files.items() if file is not None}
        found[number] = picture_texts.shown(texts, known)
    return found


def _file_of(stored: StoredRevision) -> int | None:
    try:
        return message_of_raw(stored.raw).file_id
    except ValueError:  # the record of a file, which names no picture, or removed by retention
        return None


def changed(
    post: Post,
    change: Change,
    parts: Sequence[tuple[str, str]],
    pictures: Sequence[str] = (),
) -> Post:
    """Give a post with what a change adds and the text and entities of its messages, in order.

    What its pictures say comes after that.
    """
    own = [text for text, _ in parts if text]
    text = "\n".join([*own, *pictures])
    marks = post.marks | change.marks
    return replace(
        post,
        text=text,
        picture_text_at=len("\n".join([*own, ""])) if pictures else None,
        links=hidden_links(parts),
        lang=language(text),
        has=post.has | change.has,
        marks=marks,
        edited_at=(change.edited_at or post.edited_at) if Is.EDITED in marks else post.edited_at,
    )


async def write_deletions(
    connection: Connection,
    deletions: Iterable[tuple[ChannelId, SeenDeletion]],
    sight: Sight,
) -> Stored:
    """Mark what Telegram says is gone, in the caller's transaction."""
    ended = 0
    for channel_id, deletion in deletions:
        ended += len(
            await posts.mark_deleted(
                connection,
                channel_id,
                deletion.message_ids,
                seen_at=sight.seen_at,
                source=sight.source,
            )
        )
    return Stored(deletions=ended)


async def account_for(
    connection: Connection, stretches: Mapping[ChannelId, Iterable[IdRange]]
) -> Mapping[ChannelId, tuple[Ranges, Ranges]]:
    """Add stretches to what is covered of channels; give each one's ranges before and after."""
    before = await history.ranges(connection, list(stretches))
    changed = {}
    for channel_id, added in stretches.items():
        after = before[channel_id]
        for stretch in added:
            after = with_range(after, stretch)
        changed[channel_id] = (before[channel_id], after)
    await history.set_ranges(connection, changed)
    return changed


def count(telemetry: Telemetry, source: Source, *batches: Stored) -> None:
    """Add what batches came to, once their transaction is committed."""
    for stored in batches:
        telemetry.posts_stored(source, stored.posts)
        telemetry.revisions_stored(source, stored.revisions)
        telemetry.deletions_stored(source, stored.deletions)
