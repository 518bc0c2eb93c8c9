"""What operators are told of the state of things, in short lines."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from storage import alerts, channels, posts, subscribers, subscriptions
from storage.database import Database


async def health(database: Database, now: datetime) -> str:
    """Tell of channels, posts, people and alerts."""
    async with database.reading() as connection:
        listed = await channels.listed(connection)
        stored = await posts.counts(connection)
        owed = await alerts.counts(connection)
        oldest = await alerts.oldest_owed(connection)
        people = await subscribers.count(connection)
        queries = await subscriptions.count(connection)
    states = Counter(channel.state.value for channel in listed)
    lines = [
        "Channels: " + (", ".join(f"{n} {state}" for state, n in states.items()) or "none"),
        "Stored: " + ", ".join(f"{n} {what}" for what, n in stored.items()),
        f"People: {people}, queries: {queries}",
        "Alerts: " + ", ".join(f"{n} {state}" for state, n in owed.items()),
    ]
    if oldest:
        lines.append(f"Longest waiting alert: {(now - oldest).total_seconds():.0f} s")
    lines += [f"{channel.name}: {channel.reason}" for channel in listed if channel.reason][:20]
    return "\n".join(lines)
