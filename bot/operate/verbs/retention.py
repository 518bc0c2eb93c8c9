"""The verbs of `earshot retention`."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.config import ArchiveSettings, load_settings
from bot.operate import retaining
from bot.operate.listing import print_rows
from bot.operate.verbs.options import AsJson, Data, in_archive, verbs_of
from storage.folder import DataFolder

COLUMNS = ("scope", "days", "on_hold_since", "reason")
REMOVED_COLUMNS = ("channel", "revisions", "files", "reason")
Scope = Annotated[str, typer.Argument(help="A channel, or group:NAME.")]

verbs = verbs_of("How long posts are kept; without a rule, everything is.")


def add_to(app: typer.Typer) -> None:
    """Put the noun among those of `earshot`."""
    app.add_typer(verbs, name="retention")


@verbs.command("list", epilog="Example: earshot retention list --json")
def list_all(data: Data = None, *, as_json: AsJson = False) -> None:
    """Show the rules and the legal holds."""
    print_rows(in_archive(data, retaining.listed), COLUMNS, as_json=as_json)


@verbs.command("set", epilog="Example: earshot retention set group:front 365")
def set_rule(
    scope: Scope,
    days: Annotated[int, typer.Argument(min=1, help="Days that are kept, since posting.")],
    data: Data = None,
) -> None:
    """Keep a channel's or group's posts for so many days; what subscriptions matched stays."""
    name = in_archive(data, lambda database: retaining.set_rule(database, scope, days))
    typer.echo(f"{name}: {days} days are kept, and what subscriptions matched")


@verbs.command("clear", epilog="Example: earshot retention clear @kyiv_news")
def clear(scope: Scope, data: Data = None) -> None:
    """Keep everything of a channel or group from now on."""
    name = in_archive(data, lambda database: retaining.set_rule(database, scope, None))
    typer.echo(f"{name}: everything is kept")


@verbs.command("run", epilog="Example: earshot retention run --dry-run")
def run(
    data: Data = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove now what the rules say; a running Earshot does so every hour."""
    folder = DataFolder(load_settings(ArchiveSettings, data).data_dir)
    done = in_archive(data, lambda database: retaining.run(database, folder, dry_run=dry_run))
    print_rows(done, REMOVED_COLUMNS, as_json=as_json)
