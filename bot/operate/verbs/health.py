"""`earshot doctor`: what is wrong, before a run or in one."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from bot.operate import doctor as doctors
from bot.operate import live as living
from bot.operate.listing import print_json
from bot.operate.outcome import FAILED
from bot.operate.verbs.options import AsJson, Data
from bot.telemetry import set_up_logging


def add_to(app: typer.Typer) -> None:
    """Put the verb among those of `earshot`."""
    app.command(epilog="Example: earshot doctor --live")(doctor)


def doctor(
    data: Data = None,
    *,
    live: Annotated[
        bool, typer.Option("--live", help="The health of a run that goes on, worst first.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Check settings, folder, database, sessions, bot token, clock and disk; say how to mend."""
    set_up_logging("ERROR", as_json=not sys.stderr.isatty())
    if live:
        return living.show(asyncio.run(living.look(data)), as_json=as_json)
    findings = asyncio.run(doctors.examine(data))
    if as_json:
        print_json(findings)
    else:
        for finding in findings:
            mend = f"\n         mend: {finding.mend}" if finding.mend else ""
            typer.echo(f"{finding.verdict.value:<4} {finding.check}: {finding.detail}{mend}")
    return FAILED if doctors.needs_mending(findings) else 0
