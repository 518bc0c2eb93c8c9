"""The verbs of `earshot watch` about subscriptions and the archive."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from bot.config import ArchiveSettings, load_settings
from bot.match.query import parse
from bot.match.strikes import check_strikes
from bot.match.strikes import strike as striking
from bot.match.weighing import Weight
from bot.operate import choosing, finding, telling, trying, watching, weighing
from bot.operate.asking import BAD_LINES, reading
from bot.operate.listing import print_json, print_rows
from bot.operate.telling import Telling
from bot.operate.verbs.options import AsJson, Data, Owner, Since, in_archive
from bot.operate.verbs.words import Scan, warnings
from storage.database import Database
from storage.records import Rhythm, Subscription

Strike = Annotated[
    list[str] | None, typer.Option(help="A form that shall not count; may be repeated.")
]
COSTS = ("id", "subscriber_id", "cost_us", "dearest_us", "posts", "checked", "matched", "query")
When = Annotated[
    Rhythm | None, typer.Option("--rhythm", help="Tell at once, hourly, or in daily digests.")
]
Urgent = Annotated[
    bool | None,
    typer.Option("--urgent/--not-urgent", help="Come through quiet hours and the cap, or not."),
]
SurgeSize = Annotated[
    str | None,
    typer.Option(
        "--surge", metavar="N/MIN", help="Tell surges only: N channels in MIN minutes; off ends it."
    ),
]
COLUMNS = ("id", "subscriber_id", "state", "query")

TOLD = ("id", "rhythm", "urgent", "surge", "query")

verbs = typer.Typer()


def add_to(watch: typer.Typer) -> None:
    """Put the verbs among those of `earshot watch`."""
    watch.add_typer(verbs)


@verbs.command("list", epilog="Example: earshot watch list --person 3")
def list_all(
    data: Data = None,
    *,
    person: Owner = None,
    cost: Annotated[
        bool, typer.Option("--cost", help="Measure each on the newest 1,000 posts; dearest first.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show everybody's subscriptions, or one person's.

    With --cost: the microseconds an average post and the dearest one took, how many posts were
    checked against the query, and how many matched.
    """
    if cost:
        weighed = in_archive(data, lambda d: weighing.listed(d, person))
        print_rows(weighed, COSTS, as_json=as_json)
        return
    found = in_archive(data, lambda d: watching.listed(d, person))
    print_rows(found, COLUMNS, as_json=as_json)


@verbs.command("add", epilog="Example: earshot watch add 3 'ракета OR \"air raid\"'")
def add(
    person: int,
    query: str,
    data: Data = None,
    *,
    strike: Strike = None,
    rhythm: When = None,
    urgent: Urgent = None,
    surge: SurgeSize = None,
    scan: Scan = False,
    as_json: AsJson = False,
) -> None:
    """Watch for a query on a person's behalf; PERSON is the id in `people list`.

    `surge:4/10` before the query is the same as --surge 4/10.
    """
    told, wanted = _asked(query, strike, telling.telling(rhythm, surge, urgent=urgent))
    added, weight = in_archive(
        data, lambda d: _told(d, weighing.add(d, person, wanted, is_confirmed=scan), told)
    )
    _print(added, wanted, weight, as_json=as_json)


@verbs.command("edit", epilog="Example: earshot watch edit 12 'ракета OR дрон'")
def edit(
    subscription: int,
    query: str,
    data: Data = None,
    *,
    strike: Strike = None,
    scan: Scan = False,
    as_json: AsJson = False,
) -> None:
    """Give a subscription another query; `watch history` shows what it was before.

    SUBSCRIPTION is the id in `watch list`; `watch tell` changes how it is told.
    """
    told, wanted = _asked(query, strike, telling.Telling())
    changed, weight = in_archive(
        data, lambda d: _told(d, weighing.edit(d, subscription, wanted, is_confirmed=scan), told)
    )
    _print(changed, wanted, weight, as_json=as_json)


@verbs.command("tell", epilog="Example: earshot watch tell 12 --rhythm daily --surge 4/10")
def tell(
    subscription: int,
    data: Data = None,
    *,
    rhythm: When = None,
    urgent: Urgent = None,
    surge: SurgeSize = None,
    as_json: AsJson = False,
) -> None:
    """Show how a subscription is told, or change it; SUBSCRIPTION is the id in `watch list`."""
    wanted = telling.telling(rhythm, surge, urgent=urgent)
    found = in_archive(data, lambda d: telling.tell(d, subscription, wanted))
    shown = _Told.of(found)
    print_rows([found] if as_json else [shown], TOLD, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Told:
    """How a subscription is told, as a row."""

    id: int
    rhythm: Rhythm
    urgent: str
    surge: str
    query: str

    @classmethod
    def of(cls, found: Subscription) -> _Told:
        size = found.surge
        surge = f"{size.channels}/{size.minutes}" if size else "every story"
        urgent = "urgent" if found.is_urgent else "not urgent"
        return cls(found.id, found.rhythm, urgent, surge, found.query)


def _asked(query: str, strike: list[str] | None, told: Telling) -> tuple[Telling, str]:
    """Read a query as typed, `surge:` before it and all; give how to tell it, and the query."""
    plain, size = telling.without_surge(query)
    choosing.refuse_doubt(plain)
    if size and told.surge is None and not told.is_every:
        told = replace(told, surge=telling.telling(None, size, urgent=None).surge)
    return told, _struck(plain, strike)


async def _told(
    database: Database, watched: Awaitable[tuple[Subscription, Weight | None]], wanted: Telling
) -> tuple[Subscription, Weight | None]:
    """Watch, then change how it is told."""
    subscription, weight = await watched
    return await telling.tell(database, subscription.id, wanted), weight


def _print(watched: Subscription, query: str, weight: Weight | None, *, as_json: bool) -> None:
    """Show a subscription; what it costs, if it needs a scan, and what to mind go to stderr."""
    if weight is not None:
        typer.echo(weighing.told(watched.normal, weight), err=True)
    for careful in warnings(query):
        typer.echo(careful, err=True)
    print_rows([watched], COLUMNS, as_json=as_json)


@verbs.command("history", epilog="Example: earshot watch history 12")
def history(subscription: int, data: Data = None, *, as_json: AsJson = False) -> None:
    """Show what a subscription was before it was edited, the latest first."""
    found = in_archive(data, lambda d: watching.former(d, subscription))
    print_rows(found, ("until", "query"), as_json=as_json)


@verbs.command("strike", epilog="Example: earshot watch strike 12 стали сталей")
def strike_out(
    subscription: int,
    forms: list[str],
    data: Data = None,
    *,
    restore: Annotated[bool, typer.Option("--restore", help="Put them back.")] = False,
    as_json: AsJson = False,
) -> None:
    """Strike forms out of a subscription's words; SUBSCRIPTION is the id in `watch list`."""
    changed = in_archive(
        data, lambda d: watching.strike_forms(d, subscription, forms, restore=restore)
    )
    print_rows([changed], COLUMNS, as_json=as_json)


@verbs.command("remove", epilog="Example: earshot watch remove 12")
def remove(subscription: int, data: Data = None, *, as_json: AsJson = False) -> None:
    """Stop watching; SUBSCRIPTION is the id in `watch list`."""
    removed = in_archive(data, lambda d: watching.remove(d, subscription))
    print_rows([removed], COLUMNS, as_json=as_json)


@verbs.command("test", epilog="Example: earshot watch test 'fire -drill' --since 2026-01-31")
def try_out(
    query: str,
    text: Annotated[str | None, typer.Argument(help="Try it on this.")] = None,
    data: Data = None,
    *,
    file: Annotated[
        Path | None,
        typer.Option("--text", help="Or on a file: .jsonl of posts, else one text."),
    ] = None,
    since: Since = None,
    until: Since = None,
    limit: Annotated[int, typer.Option(min=0, help="Posts shown at most.")] = 10,
    strike: Strike = None,
    scan: Scan = False,
    as_json: AsJson = False,
) -> int:
    """Say what a query would match, by which words, and why not the rest.

    Of a text, of a file, or without either of the archive's posts.
    """
    wanted = parse(_struck(query, strike), allow_scan=scan)
    check_strikes(wanted)
    tried: trying.TriedPosts | trying.TriedText
    if text is not None:
        tried = trying.on_text(wanted, text)
    elif file is not None:
        tried = reading(file, lambda path: trying.on_file(wanted, path, limit))
    else:
        zone = load_settings(ArchiveSettings, data).zone
        first, last = finding.stretch_of(since, until, zone)
        tried = in_archive(
            data,
            lambda d: trying.on_archive(d, wanted, since=first, until=last, limit=limit),
        )
    if as_json:
        print_json(tried)
    else:
        for line in trying.told(tried):
            typer.echo(line)
    for careful in warnings(wanted.normal):
        typer.echo(careful, err=True)
    bad = tried.bad_lines if isinstance(tried, trying.TriedPosts) else ()
    for passed_over in bad:
        typer.echo(f"earshot: {passed_over}", err=True)
    return BAD_LINES if bad else 0


@verbs.command("complete", epilog="Example: earshot watch complete 'ракета channel:@k'")
def complete(query: str, data: Data = None, *, as_json: AsJson = False) -> None:
    """Show how the last piece of a query can go on: fields, values, channels, groups."""
    found = in_archive(data, lambda d: watching.completed(d, query))
    if as_json:
        print_json(found)
        return
    for whole in found:
        typer.echo(whole)


def _struck(query: str, forms: list[str] | None) -> str:
    """Strike forms out of a query as typed."""
    return striking(parse(query, allow_scan=True), forms).normal if forms else query
