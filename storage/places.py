"""Places in rows: why hits matched, readers' verdicts, what each channel writes about."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.place_priors import assembled
from storage.records import (
    AlertId,
    ChannelId,
    HitPlace,
    NewHit,
    PlaceId,
    PlacePrior,
    SubscriberId,
    SubscriptionId,
)
from storage.schema import (
    alerts,
    channel_regions,
    hit_places,
    place_verdicts,
    posts,
    subscriptions,
)


async def add_of_hits(connection: AsyncConnection, fresh: Iterable[NewHit]) -> None:
    """Write the places of hits that were just added, in their transaction."""
    rows = [
        {
            "post_id": hit.post_id,
            "subscription_id": hit.subscription_id,
            "position": position,
            "surface": place.surface,
            "place_id": place.place_id,
            "labels": json.dumps(dict(place.labels), ensure_ascii=False),
            "lat": place.lat,
            "lon": place.lon,
            "confidence": place.confidence,
            "centre": place.centre,
            "distance_km": place.distance_km,
            "runner_up": json.dumps(dict(place.runner_up), ensure_ascii=False)
            if place.runner_up
            else None,
            "runner_up_confidence": place.runner_up_confidence,
        }
        for hit in fresh
        for position, place in enumerate(hit.places)
    ]
    if rows:
        await connection.execute(insert(hit_places), rows)


async def of_alerts(
    connection: AsyncConnection, ids: Collection[AlertId]
) -> Mapping[tuple[int, int], Sequence[HitPlace]]:
    """Give the places that made the hits of some alerts, by (alert, subscription), in order."""
    found: defaultdict[tuple[int, int], list[HitPlace]] = defaultdict(list)
    rows = await connection.execute(
        select(alerts.c.id.label("alert_id"), hit_places)
        .join(subscriptions, subscriptions.c.subscriber_id == alerts.c.subscriber_id)
        .join(
            hit_places,
            (hit_places.c.subscription_id == subscriptions.c.id)
            & (hit_places.c.post_id == alerts.c.post_id),
        )
        .where(alerts.c.id.in_(ids))
        .order_by(hit_places.c.position)
    )
    for row in rows:
        found[row.alert_id, row.subscription_id].append(_of_row(row))
    return found


def _of_row(row: Row[Any]) -> HitPlace:
    return HitPlace(
        row.surface,
        PlaceId(row.place_id),
        json.loads(row.labels),
        row.lat,
        row.lon,
        row.confidence,
        row.centre,
        row.distance_km,
        json.loads(row.runner_up) if row.runner_up else None,
        row.runner_up_confidence,
    )


async def judge(
    connection: AsyncConnection,
    subscriber_id: SubscriberId,
    subscription_id: SubscriptionId,
    alert_id: AlertId,
    *,
    is_right: bool,
    judged_at: datetime,
) -> HitPlace | None:
    """Note a reader's verdict on the first place of an alert of theirs; a second one replaces it.

    None for an alert that is not theirs or has no place.
    """
    row = (
        await connection.execute(
            select(hit_places, posts.c.channel_id)
            .join(posts, posts.c.id == hit_places.c.post_id)
            .join(alerts, alerts.c.post_id == hit_places.c.post_id)
            .join(subscriptions, subscriptions.c.id == hit_places.c.subscription_id)
            .where(
                alerts.c.id == alert_id,
                alerts.c.subscriber_id == subscriber_id,
                subscriptions.c.subscriber_id == subscriber_id,
                hit_places.c.subscription_id == subscription_id,
                hit_places.c.position == 0,
            )
        )
    ).first()
    if row is None:
        return None
    written = {
        "subscriber_id": subscriber_id,
        "post_id": row.post_id,
        "surface": row.surface.casefold(),
        "place_id": row.place_id,
        "channel_id": row.channel_id,
        "is_right": int(is_right),
        "judged_at": judged_at,
    }
    changed = {"is_right": int(is_right), "judged_at": judged_at}
    await connection.execute(
        upsert(place_verdicts)
        .values(written)
        .on_conflict_do_update(index_elements=list(place_verdicts.primary_key), set_=changed)
    )
    return _of_row(row)


async def learn(
    connection: AsyncConnection, counts: Mapping[tuple[ChannelId, PlaceId], int]
) -> None:
    """Add to what is known of channels; once for each post, in the transaction of its cursor."""
    for (channel_id, region_id), mentions in counts.items():
        written = upsert(channel_regions).values(
            channel_id=channel_id, region_id=region_id, mentions=mentions
        )
        await connection.execute(
            written.on_conflict_do_update(
                index_elements=list(channel_regions.primary_key),
                set_={"mentions": channel_regions.c.mentions + mentions},
            )
        )


async def priors(
    connection: AsyncConnection, ids: Collection[ChannelId] | None = None
) -> Mapping[ChannelId, PlacePrior]:
    """Give what is known of some channels, or of all; one of which nothing is has no entry."""
    learnt = select(
        channel_regions.c.channel_id, channel_regions.c.region_id, channel_regions.c.mentions
    )
    judged = select(
        place_verdicts.c.channel_id,
        place_verdicts.c.surface,
        place_verdicts.c.place_id,
        place_verdicts.c.is_right,
    )
    if ids is not None:
        learnt = learnt.where(channel_regions.c.channel_id.in_(ids))
        judged = judged.where(place_verdicts.c.channel_id.in_(ids))
    return assembled(
        [(row[0], row[1], row[2]) for row in await connection.execute(learnt)],
        [(row[0], row[1], row[2], row[3]) for row in await connection.execute(judged)],
    )
