"""The verbs of `earshot channels`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.config import Settings
from bot.operate import channel_list as listing
from bot.operate import covering
from bot.operate.asking import read_text
from bot.operate.listing import print_rows
from bot.operate.verbs.options import AsJson, Data, depth_or_default, in_archive, load, verbs_of

COVERAGE_COLUMNS = (
    "channel",
    "verdict",
    "newest",
    "held",
    "deleted",
    "gone",
    "unknown",
    "checked_at",
    "lag_median_s",
    "lag_worst_s",
)
COLUMNS = ("id", "reference", "state", "mode", "title", "groups", "reason", "lately")

verbs = verbs_of("The list of channels that are followed.")


@verbs.command("add", epilog="Example: earshot channels add @kyiv_news --group capital")
def add(
    references: Annotated[
        list[str], typer.Argument(help="@name, link, invite or number.", metavar="REF...")
    ],
    data: Data = None,
    *,
    poll: Annotated[bool, typer.Option("--poll", help="Read without joining.")] = False,
    depth: Annotated[int | None, typer.Option(min=0, help="Messages to read at first.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="A group to be in; repeatable.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Ask Telegram first; spends a look-up for each.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put channels on the list; a running Earshot begins to follow them within seconds."""
    wishes = [
        listing.wish(text, poll=poll, depth=depth_or_default(depth, data), groups=group or ())
        for text in references
    ]
    if check:
        asyncio.run(listing.check(load(Settings, data), wishes))
    added = in_archive(data, lambda database: listing.add(database, wishes))
    print_rows(added, COLUMNS, as_json=as_json)


@verbs.command("remove", epilog="Example: earshot channels remove @kyiv_news")
def remove(
    references: Annotated[list[str], typer.Argument(metavar="REF...")],
    data: Data = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Take channels off the list; what was stored of them stays."""
    removed = in_archive(data, lambda database: listing.remove(database, references))
    print_rows(removed, COLUMNS, as_json=as_json)


@verbs.command("list", epilog="Example: earshot channels list --json")
def list_all(data: Data = None, *, as_json: AsJson = False) -> None:
    """Show the channels on the list and how each stands."""
    print_rows(in_archive(data, listing.listed), COLUMNS, as_json=as_json)


@verbs.command("import", epilog="Example: earshot channels import list.txt")
def import_file(file: Path, data: Data = None, *, as_json: AsJson = False) -> None:
    """Add the channels of a text file: a line each, as @name poll depth=500 group=north."""
    wishes = listing.parse_list(read_text(file), depth_or_default(None, data))
    added = in_archive(data, lambda database: listing.add(database, wishes))
    print_rows(added, COLUMNS, as_json=as_json)


@verbs.command("export", epilog="Example: earshot channels export > list.txt")
def export(data: Data = None) -> None:
    """Write the list as a text file that `channels import` reads."""
    for channel in in_archive(data, listing.listed):
        typer.echo(listing.list_line(channel))


@verbs.command("coverage", epilog="Example: earshot channels coverage --channel @kyiv_news")
def coverage(
    data: Data = None,
    *,
    channel: Annotated[
        str | None, typer.Option(help="Only this one, in full: @name, link or number.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove what is held: every id held, gone or unknown, blind periods, last check, lag."""
    proven = in_archive(data, lambda database: covering.prove(database, channel))
    if channel is not None and not as_json:
        typer.echo(covering.as_text(proven[0]))
        return
    print_rows(proven, COVERAGE_COLUMNS, as_json=as_json)
