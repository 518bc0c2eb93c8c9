"""The one live line a running Earshot shows on a terminal, fed by telemetry alone."""

from __future__ import annotations

import asyncio

from rich.console import Console
from rich.live import Live
from rich.text import Text

from bot.telemetry import AlertOutcome, Tally, Telemetry

_REFRESH_S = 0.5


async def show_status(telemetry: Telemetry) -> None:
    """Show the line on stderr until cancelled; log lines appear above it."""
    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as live:
        while True:
            live.update(_line(telemetry), refresh=True)
            await asyncio.sleep(_REFRESH_S)


def _line(telemetry: Telemetry) -> Text:
    missing = [part.name for part in telemetry.health.parts if not part.is_ready]
    mark = Text("● ", style="red" if missing else "green")
    return mark + Text(status_line(telemetry.tally, missing), overflow="ellipsis", no_wrap=True)


def status_line(tally: Tally, not_ready: list[str]) -> str:
    """Write a tally as one line."""
    sent = tally.alerts.get(AlertOutcome.SENT, 0)
    up = sum(tally.connections.values())
    facts = [
        f"connections {up}/{len(tally.connections)}",
        f"posts {tally.posts}",
        f"edits {tally.revisions}",
        f"deleted {tally.deletions}",
        f"hits {tally.hits}",
        f"alerts {sent}",
    ]
    facts += [f"waiting in {queue} {rows}" for queue, rows in tally.waiting.items() if rows]
    if tally.flood_s:
        facts.append(f"told to wait {tally.flood_s:.0f} s")
    if not_ready:
        facts.append(f"not ready: {', '.join(not_ready)}")
    return " · ".join(facts)
