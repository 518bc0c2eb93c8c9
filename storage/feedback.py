"""Feedback: which of their alerts people found useful, and which noise."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import (
    AlertId,
    JudgedText,
    PostId,
    Precision,
    SubscriberId,
    SubscriptionId,
)
from storage.schema import alerts, feedback, hits, posts, story_posts, subscriptions


async def judge(
    connection: AsyncConnection,
    alert_id: AlertId,
    subscriber_id: SubscriberId,
    *,
    is_useful: bool,
    at: datetime,
) -> list[SubscriptionId]:
    """Keep what a person thinks of their own alert, for each of their queries that it matched.

    The last word counts. Gives those queries; none for an alert that is not theirs.
    """
    rows = (
        await connection.execute(
            select(hits.c.subscription_id, alerts.c.post_id)
            .join(subscriptions, subscriptions.c.id == hits.c.subscription_id)
            .join(story_posts, story_posts.c.post_id == hits.c.post_id)
            .join(alerts, alerts.c.story_id == story_posts.c.story_id)
            .where(
                alerts.c.id == alert_id,
                alerts.c.subscriber_id == subscriber_id,
                subscriptions.c.subscriber_id == subscriber_id,
            )
            .distinct()
            .order_by(hits.c.subscription_id)
        )
    ).all()
    if rows:
        new = [
            {
                "subscription_id": row.subscription_id,
                "post_id": row.post_id,
                "is_useful": int(is_useful),
                "at": at,
            }
            for row in rows
        ]
        statement = insert(feedback)
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=["subscription_id", "post_id"],
                set_={"is_useful": statement.excluded.is_useful, "at": statement.excluded.at},
            ),
            new,
        )
    return [SubscriptionId(row.subscription_id) for row in rows]


async def precisions(
    connection: AsyncConnection, ids: Collection[SubscriptionId]
) -> dict[SubscriptionId, Precision]:
    """Count what was judged of each of these queries."""
    useful = func.sum(feedback.c.is_useful)
    noise = func.sum(case((feedback.c.is_useful == 0, 1), else_=0))
    rows = await connection.execute(
        select(feedback.c.subscription_id, useful.label("useful"), noise.label("noise"))
        .where(feedback.c.subscription_id.in_(list(ids)))
        .group_by(feedback.c.subscription_id)
    )
    found = {
        SubscriptionId(row.subscription_id): Precision(int(row.useful), int(row.noise))
        for row in rows
    }
    return {number: found.get(number, Precision()) for number in ids}


async def judged_texts(
    connection: AsyncConnection, subscription_id: SubscriptionId, limit: int
) -> list[JudgedText]:
    """Give the texts of what was judged last of one query."""
    rows = await connection.execute(
        select(feedback.c.post_id, posts.c.text, feedback.c.is_useful)
        .join(posts, posts.c.id == feedback.c.post_id)
        .where(feedback.c.subscription_id == subscription_id)
        .order_by(feedback.c.at.desc(), feedback.c.id.desc())
        .limit(limit)
    )
    return [JudgedText(PostId(row.post_id), row.text, bool(row.is_useful)) for row in rows]
