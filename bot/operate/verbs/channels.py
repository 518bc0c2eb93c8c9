"""The verbs of `earshot channels`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bot.config import Settings
from bot.operate import channel_file, channel_plan, covering
from bot.operate import channel_list as listing
from bot.operate.asking import asked_yes, read_text
from bot.operate.channel_plan import Change
from bot.operate.listing import print_json, print_rows
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
STATE_COLUMNS = ("id", "at", "actor", "act")
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

MODULES = {"hold": "bot.operate.verbs.holds", "release": "bot.operate.verbs.holds"}

verbs = verbs_of("The list of channels that are followed.", MODULES)


def add_to(app: typer.Typer) -> None:
    """Put the noun, and the verb of its own, among those of `earshot`."""
    app.add_typer(verbs, name="channels")
    app.command(epilog="Example: earshot backfill @kyiv_news --depth 5000")(backfill)


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
        from bot.operate import channel_check  # noqa: PLC0415  # only this talks to Telegram

        asyncio.run(channel_check.check(load(Settings, data), wishes))
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


@verbs.command("comments", epilog="Example: earshot channels comments @kyiv_news")
def comments(
    reference: Annotated[str, typer.Argument(metavar="REF")],
    data: Data = None,
    *,
    off: Annotated[bool, typer.Option("--off", help="Stop following them.")] = False,
) -> None:
    """Follow a channel's group for comments with it; what is said there is `is:comment`."""
    channel = in_archive(
        data, lambda database: listing.with_comments(database, reference, wanted=not off)
    )
    typer.echo(f"{channel.name}: comments are {'no longer ' if off else ''}followed")


@verbs.command("list", epilog="Example: earshot channels list --json")
def list_all(data: Data = None, *, as_json: AsJson = False) -> None:
    """Show the channels on the list and how each stands."""
    print_rows(in_archive(data, listing.listed), COLUMNS, as_json=as_json)


@verbs.command("import", epilog="Example: earshot channels import list.txt")
def import_file(file: Path, data: Data = None, *, as_json: AsJson = False) -> None:
    """Add the channels of a file: TOML, or a line each, as @name poll depth=500 group=north."""
    wishes = listing.parse_list(read_text(file), depth_or_default(None, data))
    added = in_archive(data, lambda database: listing.add(database, wishes))
    print_rows(added, COLUMNS, as_json=as_json)


@verbs.command("export", epilog="Example: earshot channels export > channels.toml")
def export(data: Data = None) -> None:
    """Write the list as one TOML file, which `plan`, `apply` and `import` read."""
    typer.echo(channel_file.exported(in_archive(data, listing.listed)), nl=False)


@verbs.command("plan", epilog="Example: earshot channels plan channels.toml")
def plan_file(file: Path, data: Data = None, *, as_json: AsJson = False) -> None:
    """Show what applying a TOML file would add, change and remove; changes nothing."""
    text, depth = read_text(file), depth_or_default(None, data)
    _show(in_archive(data, lambda d: channel_plan.planned(d, text, depth)), as_json=as_json)


@verbs.command("apply", epilog="Example: earshot channels apply channels.toml --yes")
def apply_file(file: Path, data: Data = None, *, yes: Yes = False, as_json: AsJson = False) -> None:
    """Make the list what a TOML file says: show the changes, ask, and make them all or none."""
    text, depth = read_text(file), depth_or_default(None, data)
    changes = in_archive(data, lambda d: channel_plan.planned(d, text, depth))
    if _is_confirmed(changes, yes=yes, as_json=as_json):
        in_archive(data, lambda d: channel_plan.apply(d, text, depth))


@verbs.command("history", epilog="Example: earshot channels history --limit 5")
def list_history(
    data: Data = None,
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the states the list has been in, newest first; `rollback` takes their numbers."""
    found = in_archive(data, lambda d: channel_plan.history(d, limit))
    print_rows(found, STATE_COLUMNS, as_json=as_json)


@verbs.command("rollback", epilog="Example: earshot channels rollback 7 --yes")
def roll_back(number: int, data: Data = None, *, yes: Yes = False, as_json: AsJson = False) -> None:
    """Make the list what it was in state NUMBER of `history`: show the changes, ask, make them."""
    found = in_archive(data, lambda d: channel_plan.state(d, number))
    changes = in_archive(data, lambda d: channel_plan.planned(d, found.content, 0))
    if _is_confirmed(changes, yes=yes, as_json=as_json):
        in_archive(data, lambda d: channel_plan.roll_back(d, number))


def _show(changes: Sequence[Change], *, as_json: bool) -> None:
    if as_json:
        print_json(list(changes))
        return
    for change in changes:
        typer.echo(change.line)
    typer.echo(f"{len(changes)} changes" if changes else "nothing to change")


def _is_confirmed(changes: Sequence[Change], *, yes: bool, as_json: bool) -> bool:
    """Show the changes; say whether there are any and they are wanted."""
    _show(changes, as_json=as_json)
    return bool(changes) and (yes or asked_yes("Make these changes?", instead="--yes"))


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


def backfill(
    channel: str,
    data: Data = None,
    *,
    depth: Annotated[int, typer.Option(min=1, help="How many older messages to read.")] = 1000,
) -> None:
    """Ask for older messages of a channel; a run reads them, now or at its next start."""
    asked = in_archive(data, lambda d: listing.read_back(d, channel, depth))
    typer.echo(f"{asked.name}: up to {depth} older messages will be read")
