"""The verbs that start everything: `earshot run` and `earshot demo`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.config import Settings
from bot.operate.allocator import keep_memory_low
from bot.operate.stopping import run_until_signal
from bot.operate.verbs.options import AsJson, Data, load


def add_to(app: typer.Typer) -> None:
    """Put the verbs among those of `earshot`."""
    app.command(epilog="Example: earshot run --data /srv/earshot")(run)
    app.command(epilog="Example: earshot demo --speed 2 --keep morning")(demo)


def run(data: Data = None) -> int:
    """Follow the channels and alert the subscribers until stopped (Ctrl-C or SIGTERM)."""
    settings = load(Settings, data)
    keep_memory_low()
    from bot import app as wiring  # noqa: PLC0415  # the other verbs need not wait for it

    work = wiring.run(settings, live_status=sys.stderr.isatty())
    return asyncio.run(run_until_signal(work))


def demo(
    *,
    speed: Annotated[float, typer.Option(min=0.1, help="How many times faster than told.")] = 1.0,
    keep: Annotated[Path | None, typer.Option(help="Leave the data folder here.")] = None,
    posts: Annotated[
        Path | None, typer.Option(help="Play these posts (JSON Lines) instead of the script.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Play a scripted morning on a Telegram of its own: no account, no network, under a minute."""
    from bot import demo as demonstration  # noqa: PLC0415  # the other verbs need no sandbox
    from bot.telemetry import set_up_logging  # noqa: PLC0415  # the same

    set_up_logging("ERROR", as_json=not sys.stderr.isatty())
    work = demonstration.demo(speed=speed, keep=keep, posts=posts, as_json=as_json)
    return asyncio.run(work)
