"""The counters and gauges of one running Earshot, in a registry of its own.

Stages call the methods; /metrics and the status line read. Labels are few and known beforehand:
never a channel, a person or a text.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

import prometheus_client as prometheus

from bot.telemetry.health import Health
from storage.records import Source

_LAG_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300)


class AlertOutcome(StrEnum):
    """What became of one attempt to deliver an alert."""

    SENT = "sent"
    UPDATED = "updated"  # a message they have was edited
    LATER = "later"  # to be tried again
    DEAD = "dead"  # refused for good, the reason is in the row
    HELD = "held"  # not owed after all: too old, paused


@dataclass(frozen=True, slots=True)
class Tally:
    """What was done since the start, for the status line."""

    posts: int = 0
    revisions: int = 0
    deletions: int = 0
    hits: int = 0
    alerts: dict[AlertOutcome, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)  # queue → rows
    connections: dict[str, bool] = field(default_factory=dict)
    flood_s: float = 0.0


class Telemetry:
    """Counts what the stages do; one for each app, so that two in a process do not mix."""

    def __init__(self) -> None:
        self.registry = prometheus.CollectorRegistry()
        self.health = Health()
        self._done: Counter[str] = Counter()
        self._outcomes: Counter[AlertOutcome] = Counter()
        self._waiting: dict[str, int] = {}
        self._connections: dict[str, bool] = {}
        self._flood_s = 0.0
        registry = self.registry
        self._posts = prometheus.Counter(
            "earshot_posts_stored", "New posts stored.", ["source"], registry=registry
        )
        self._revisions = prometheus.Counter(
            "earshot_revisions_stored",
            "Revisions stored after the first of a message.",
            ["source"],
            registry=registry,
        )
        self._deletions = prometheus.Counter(
            "earshot_deletions_stored", "Deletions marked.", ["source"], registry=registry
        )
        self._media = prometheus.Counter(
            "earshot_media_files", "Files fetched and dropped.", ["act"], registry=registry
        )
        self._media_bytes = prometheus.Counter(
            "earshot_media_fetched_bytes", "Bytes of files fetched.", registry=registry
        )
        self._hits = prometheus.Counter(
            "earshot_hits_found", "Queries that matched a post.", registry=registry
        )
        self._alerts = prometheus.Counter(
            "earshot_alert_deliveries",
            "Attempts to deliver an alert.",
            ["outcome"],
            registry=registry,
        )
        self._flood = prometheus.Counter(
            "earshot_flood_wait_seconds",
            "Seconds Telegram told us to wait.",
            ["kind"],
            registry=registry,
        )
        self._failures = prometheus.Counter(
            "earshot_failures", "Failures a stage got over.", ["stage"], registry=registry
        )
        self._queue_rows = prometheus.Gauge(
            "earshot_queue_rows", "Rows waiting for a stage.", ["queue"], registry=registry
        )
        self._queue_age = prometheus.Gauge(
            "earshot_queue_age_seconds",
            "Age of the oldest row waiting for a stage.",
            ["queue"],
            registry=registry,
        )
        self._lag = prometheus.Histogram(
            "earshot_live_lag_seconds",
            "From a post's time at Telegram to its being stored, live posts only.",
            buckets=_LAG_BUCKETS_S,
            registry=registry,
        )
        self._connection = prometheus.Gauge(
            "earshot_connected",
            "Whether a connection to Telegram stands.",
            ["connection"],
            registry=registry,
        )
        self._channels = prometheus.Gauge(
            "earshot_channels", "Channels on the list.", ["state"], registry=registry
        )

        self._unknown = prometheus.Gauge(
            "earshot_coverage_unknown_ids",
            "Message ids between the oldest and the newest that nobody has accounted for.",
            registry=registry,
        )
        self._with_holes = prometheus.Gauge(
            "earshot_coverage_channels_with_holes",
            "Channels with such ids.",
            registry=registry,
        )
        self._check_age = prometheus.Gauge(
            "earshot_oldest_check_age_seconds",
            "Since the followed channel that waits longest was looked at.",
            registry=registry,
        )
        self._blind_open = prometheus.Gauge(
            "earshot_blind_periods_open", "Blind periods that last now.", registry=registry
        )
        self._clock_ahead = prometheus.Gauge(
            "earshot_clock_ahead_seconds",
            "How far the clock here is ahead of Telegram's; 0 within half a minute.",
            registry=registry,
        )
        self._blind = prometheus.Counter(
            "earshot_blind_seconds", "Seconds of blind periods that ended.", registry=registry
        )
        self._accounts = prometheus.Gauge(
            "earshot_accounts", "Accounts on the list.", ["state"], registry=registry
        )

    def posts_stored(self, source: Source, count: int = 1) -> None:
        """Count posts that were not held before."""
        self._posts.labels(source.value).inc(count)
        self._done["posts"] += count

    def revisions_stored(self, source: Source, count: int = 1) -> None:
        """Count further states of messages that were held already."""
        self._revisions.labels(source.value).inc(count)
        self._done["revisions"] += count

    def deletions_stored(self, source: Source, count: int = 1) -> None:
        """Count messages newly marked as deleted."""
        self._deletions.labels(source.value).inc(count)
        self._done["deletions"] += count

    def media_fetched(self, length: int) -> None:
        """Count a file that was fetched."""
        self._media.labels("fetched").inc()
        self._media_bytes.inc(length)

    def media_dropped(self, count: int) -> None:
        """Count files that were dropped to make room."""
        self._media.labels("dropped").inc(count)

    def hits_found(self, count: int) -> None:
        """Count new hits."""
        self._hits.inc(count)
        self._done["hits"] += count

    def alert_delivered(self, outcome: AlertOutcome, count: int = 1) -> None:
        """Count attempts to deliver, by what became of them."""
        self._alerts.labels(outcome.value).inc(count)
        self._outcomes[outcome] += count

    def flood_waited(self, kind: str, seconds: float) -> None:
        """Add a wait Telegram imposed on one kind of call: resolve, join, history, send, other."""
        self._flood.labels(kind).inc(seconds)
        self._flood_s += seconds

    def failed(self, stage: str) -> None:
        """Count a failure after which the stage goes on."""
        self._failures.labels(stage).inc()

    def queue_measured(self, queue: str, rows: int, oldest_s: float) -> None:
        """Set how many rows wait for a stage and how old the oldest is (0 when none)."""
        self._queue_rows.labels(queue).set(rows)
        self._queue_age.labels(queue).set(oldest_s)
        self._waiting[queue] = rows

    def live_lag_measured(self, seconds: float) -> None:
        """Add how long a live post took to be stored; clocks that differ may give less than 0."""
        self._lag.observe(max(seconds, 0.0))

    def connection_changed(self, name: str, *, is_up: bool) -> None:
        """Set whether a connection stands: `bot`, or the label of an account."""
        self._connection.labels(name).set(is_up)
        self._connections[name] = is_up

    def channels_counted(self, states: dict[str, int]) -> None:
        """Set how many channels there are in each state."""
        for state, count in states.items():
            self._channels.labels(state).set(count)

    def coverage_measured(
        self, *, unknown_ids: int, channels: int, check_age_s: float, blind_open: int
    ) -> None:
        """Set what is not accounted for, and how long the longest-waiting channel waits."""
        self._unknown.set(unknown_ids)
        self._with_holes.set(channels)
        self._check_age.set(check_age_s)
        self._blind_open.set(blind_open)

    def clock_compared(self, ahead_s: float) -> None:
        """Set how far the clock here is ahead of Telegram's."""
        self._clock_ahead.set(ahead_s)

    def blind_ended(self, seconds: float) -> None:
        """Add a blind period that is over."""
        self._blind.inc(max(seconds, 0.0))

    def accounts_counted(self, states: dict[str, int]) -> None:
        """Set how many accounts there are in each state."""
        self._accounts.clear()
        for state, count in states.items():
            self._accounts.labels(state).set(count)

    @property
    def tally(self) -> Tally:
        """What was done since the start."""
        return Tally(
            posts=self._done["posts"],
            revisions=self._done["revisions"],
            deletions=self._done["deletions"],
            hits=self._done["hits"],
            alerts=dict(self._outcomes),
            waiting=dict(self._waiting),
            connections=dict(self._connections),
            flood_s=self._flood_s,
        )

    def exposition(self) -> bytes:
        """Give the metrics in Prometheus' text format."""
        return prometheus.generate_latest(self.registry)
