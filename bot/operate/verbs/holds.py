"""The verbs of legal holds, among those of `earshot channels`."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.operate import retaining
from bot.operate.verbs.options import Data, in_archive

Scope = Annotated[str, typer.Argument(help="A channel, or group:NAME.")]


def add_to(channels: typer.Typer) -> None:
    """Put the verbs among those of `earshot channels`."""
    channels.command(
        "hold", epilog="Example: earshot channels hold @kyiv_news --reason 'case 12/26'"
    )(hold)
    channels.command("release", epilog="Example: earshot channels release @kyiv_news")(release)


def hold(
    scope: Scope,
    data: Data = None,
    *,
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")] = "not stated",
) -> None:
    """Put a channel or group on legal hold: retention removes nothing of it until released."""
    name = in_archive(data, lambda database: retaining.hold(database, scope, reason))
    typer.echo(f"{name}: on hold")


def release(scope: Scope, data: Data = None) -> None:
    """End a legal hold."""
    name = in_archive(data, lambda database: retaining.release(database, scope))
    typer.echo(f"{name}: released")
