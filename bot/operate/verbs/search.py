"""`earshot search`: the archive in the language of alerts."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.config import ArchiveSettings, load_settings
from bot.operate import finding
from bot.operate.listing import print_json, print_rows
from bot.operate.outcome import OutputUnwritable
from bot.operate.verbs.options import AsJson, Data, Since, in_archive
from bot.publish.indexer import catch_up
from bot.publish.search import Order, Wanted
from bot.publish.timeline import svg
from storage.database import Database
from storage.fulltext import IndexUnwritable
from storage.records import Stretch

FOUND_COLUMNS = ("posted_at", "channel", "link", "snippet")
_CATCH_UP_S = 5.0


def add_to(app: typer.Typer) -> None:
    """Put the verb beside the others."""
    app.command(epilog="Example: earshot search 'fire -drill' --since 2026-01-31 --limit 5")(search)


def search(
    query: str,
    data: Data = None,
    *,
    limit: Annotated[int, typer.Option(min=1, help="Posts at most.")] = 20,
    channel: Annotated[list[str] | None, typer.Option(help="Only this one; repeatable.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="Only this group; repeatable.")] = None,
    since: Since = None,
    until: Since = None,
    before: Annotated[str | None, typer.Option(help="Go on from the end of a page.")] = None,
    order: Annotated[Order, typer.Option(help="Newest first, or best first.")] = Order.NEWEST,
    facets: Annotated[
        bool, typer.Option("--facets", help="Count all by channel, language and time.")
    ] = False,
    picture: Annotated[
        Path | None, typer.Option(help="Write the counts over time to this SVG file.")
    ] = None,
    within: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds after which to stop with what there is.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Search the archive in the language of alerts, newest first."""
    zone = load_settings(ArchiveSettings, data).zone
    wanted = Wanted(
        query,
        limit=limit,
        stretch=Stretch(*finding.stretch_of(since, until, zone)),
        channels=tuple(channel or ()),
        groups=tuple(group or ()),
        before=finding.key_of(before) if before else None,
        order=order,
        within_s=within,
    )
    with_facets = facets or picture is not None

    async def act(database: Database) -> finding.FoundPage:
        with suppress(IndexUnwritable):  # what is not indexed is searched all the same
            await asyncio.to_thread(catch_up, database.path, _CATCH_UP_S)
        return await finding.find(database, wanted, zone, with_facets=with_facets)

    page = in_archive(data, act)
    if picture and page.facets:
        _write(picture, svg(page.normal, page.facets.bars, page.facets.unit, datetime.now(zone)))
    if as_json:
        print_json(page)
        return
    print_rows(page.found, FOUND_COLUMNS, as_json=False)
    if facets and page.facets:
        typer.echo()
        for line in finding.facet_lines(page.facets, shutil.get_terminal_size().columns):
            typer.echo(line)
    for note in finding.notes(page):
        typer.echo(f"earshot: {note}", err=True)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputUnwritable(path, error) from None
