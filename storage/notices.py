"""Notices: messages to subscribers that are no alerts, written out and waiting to be sent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import subscribers
from storage.records import (
    AlertId,
    AlertState,
    ChannelId,
    Notice,
    NoticeId,
    NoticeKind,
    Priority,
    Subscriber,
    SubscriberId,
)
from storage.schema import alerts, channels, notices, posts
from storage.schema import subscribers as subscriber_table


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice about to be written; `key` names what it is about."""

    key: str
    subscriber_id: SubscriberId
    kind: NoticeKind
    body: str
    due_at: datetime
    priority: Priority = Priority.NEW
    reason: str | None = None
    reply_to: AlertId | None = None
    file_name: str | None = None
    file: bytes | None = None


@dataclass(frozen=True, slots=True)
class About:
    """The post that a notice is about."""

    telegram_channel_id: int | None
    channel_id: ChannelId
    message_id: int


@dataclass(frozen=True, slots=True)
class NoticeCase:
    """A notice, its reader, the reader's message it answers and the post that one shows, if any."""

    notice: Notice
    subscriber: Subscriber
    reply_to: int | None
    about: About | None = None


async def add(connection: AsyncConnection, new: NewNotice, now: datetime) -> NoticeId | None:
    """Owe a notice; None when one with its key was written before."""
    found = await connection.scalar(
        insert(notices)
        .values(
            key=new.key,
            subscriber_id=new.subscriber_id,
            kind=new.kind,
            body=new.body,
            file_name=new.file_name,
            file=new.file,
            reply_to=new.reply_to,
            state=AlertState.OWED,
            reason=new.reason,
            priority=new.priority,
            attempts=0,
            owed_at=now,
            due_at=new.due_at,
        )
        .on_conflict_do_nothing()
        .returning(notices.c.id)
    )
    return None if found is None else NoticeId(found)


async def cases(connection: AsyncConnection, ids: Collection[NoticeId]) -> list[NoticeCase]:
    """Read what is needed to send these, in the order of their ids."""
    rows = (
        await connection.execute(
            select(
                notices,
                alerts.c.remote_id.label("answered"),
                posts.c.channel_id,
                posts.c.message_id,
                channels.c.telegram_id,
            )
            .outerjoin(alerts, alerts.c.id == notices.c.reply_to)
            .outerjoin(posts, posts.c.id == alerts.c.post_id)
            .outerjoin(channels, channels.c.id == posts.c.channel_id)
            .where(notices.c.id.in_(list(ids)))
            .order_by(notices.c.id)
        )
    ).all()
    people = await connection.execute(
        select(subscriber_table).where(
            subscriber_table.c.id.in_({row.subscriber_id for row in rows})
        )
    )
    found = {row.id: subscribers.of_row(row) for row in people}
    return [
        NoticeCase(_of_row(row), found[row.subscriber_id], row.answered, _about(row))
        for row in rows
    ]


def _about(row: Row[Any]) -> About | None:
    if row.channel_id is None:
        return None
    return About(row.telegram_id, ChannelId(row.channel_id), row.message_id)


async def of(connection: AsyncConnection, subscriber_id: SubscriberId) -> list[Notice]:
    """Give all notices to a person, oldest first."""
    rows = await connection.execute(
        select(notices).where(notices.c.subscriber_id == subscriber_id).order_by(notices.c.id)
    )
    return [_of_row(row) for row in rows]


def _of_row(row: Row[Any]) -> Notice:
    return Notice(
        id=NoticeId(row.id),
        key=row.key,
        subscriber_id=SubscriberId(row.subscriber_id),
        kind=NoticeKind(row.kind),
        body=row.body,
        file_name=row.file_name,
        file=row.file,
        reply_to=None if row.reply_to is None else AlertId(row.reply_to),
        state=AlertState(row.state),
        reason=row.reason,
        priority=Priority(row.priority),
        attempts=row.attempts,
        owed_at=row.owed_at,
        sent_at=row.sent_at,
    )
