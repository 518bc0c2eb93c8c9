"""A person's own alerts: looked up for them alone, with what came of each attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.alert_cases import alert_of
from storage.records import Alert, AlertId, Outcome, PostId, SubscriberId
from storage.schema import alerts, deliveries, story_posts


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to hand an alert over; `detail` says why it was not."""

    target: str
    at: datetime
    outcome: Outcome
    detail: str | None


async def own(
    connection: AsyncConnection, alert_id: AlertId, subscriber_id: SubscriberId
) -> Alert | None:
    """Find a person's own alert; another's is None."""
    row = (
        await connection.execute(
            select(alerts).where(alerts.c.id == alert_id, alerts.c.subscriber_id == subscriber_id)
        )
    ).first()
    return alert_of(row) if row else None


async def told_together(
    connection: AsyncConnection, alert_id: AlertId, subscriber_id: SubscriberId
) -> list[AlertId]:
    """Give a person's alerts that one digest told with this one, in order; none if none did."""
    own = alerts.c.subscriber_id == subscriber_id
    digest = select(alerts.c.told_in).where(alerts.c.id == alert_id, own).scalar_subquery()
    rows = await connection.scalars(
        select(alerts.c.id).where(own, alerts.c.told_in == digest).order_by(alerts.c.id)
    )
    return [AlertId(number) for number in rows]


async def about(
    connection: AsyncConnection, subscriber_id: SubscriberId, post_id: PostId
) -> Alert | None:
    """Find what a person was or is owed about the story a post tells."""
    row = (
        await connection.execute(
            select(alerts)
            .outerjoin(story_posts, story_posts.c.story_id == alerts.c.story_id)
            .where(
                or_(alerts.c.post_id == post_id, story_posts.c.post_id == post_id),
                alerts.c.subscriber_id == subscriber_id,
            )
            .limit(1)
        )
    ).first()
    return alert_of(row) if row else None


async def deliveries_of(
    connection: AsyncConnection, alert_id: AlertId, limit: int
) -> list[Delivery]:
    """Give the latest attempts, the newest first."""
    rows = await connection.execute(
        select(deliveries)
        .where(deliveries.c.alert_id == alert_id)
        .order_by(deliveries.c.id.desc())
        .limit(limit)
    )
    return [Delivery(row.target, row.at, Outcome(row.outcome), row.detail) for row in rows]
