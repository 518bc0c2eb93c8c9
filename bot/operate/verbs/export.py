"""`earshot export`."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.config import ArchiveSettings, load_settings
from bot.operate import exporting, finding
from bot.operate.listing import print_json
from bot.operate.verbs.options import AsJson, Data, Since, in_archive
from bot.publish.exports import ExportRefused, ExportWish, Revisions
from storage.database import Database
from storage.folder import DataFolder
from storage.records import Stretch

_TOLD_EVERY_S = 1.0


def add_to(app: typer.Typer) -> None:
    """Put the verb beside the others."""
    app.command(epilog="Example: earshot export --format csv --channel @kyiv_news -o january.csv")(
        export
    )


def export(
    data: Data = None,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File or folder to write; must be new.")
    ] = None,
    format_name: Annotated[
        str, typer.Option("--format", help=f"One of {', '.join(exporting.NAMES)}.")
    ] = "jsonl",
    channel: Annotated[list[str] | None, typer.Option(help="Only this one; repeatable.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="Only this group; repeatable.")] = None,
    since: Since = None,
    until: Since = None,
    query: Annotated[str | None, typer.Option(help="Only posts that match.")] = None,
    revisions: Annotated[
        Revisions, typer.Option(help="Every state of a message, or the last only.")
    ] = Revisions.ALL,
    since_last: Annotated[
        bool, typer.Option("--since-last", help="Only what is new since the same export before.")
    ] = False,
    with_media: Annotated[
        bool, typer.Option("--with-media", help="Photos and files too, in a folder with the posts.")
    ] = False,
    with_places: Annotated[
        bool, typer.Option("--with-places", help="The places that each text names, as columns.")
    ] = False,
    organisation: Annotated[
        str | None, typer.Option(help="Whose bag it is, for its bag-info.txt.")
    ] = None,
    with_parquet: Annotated[
        bool, typer.Option("--with-parquet", help="The tables of a bag as Parquet, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write posts to a file or folder for other tools; broken off, the same command goes on."""
    settings = load_settings(ArchiveSettings, data)
    wish = ExportWish(
        target=exporting.checked_target(
            format_name, output, datetime.now(UTC), with_media=with_media
        ),
        format=format_name,
        channels=tuple(channel or ()),
        groups=tuple(group or ()),
        stretch=Stretch(*finding.stretch_of(since, until, settings.zone)),
        query=query,
        revisions=revisions,
        media=DataFolder(settings.data_dir) if with_media else None,
        with_places=with_places,
    )
    is_bag = format_name == exporting.BAG
    if is_bag and (since_last or revisions is Revisions.LAST):
        raise ExportRefused("a bag holds every revision: leave out --since-last and --revisions")
    if organisation and not is_bag:
        raise ExportRefused("--organisation is for bags: use it with --format bag")
    if with_parquet and not is_bag:
        raise ExportRefused("--with-parquet is for bags: use --format parquet, or --format bag")
    told = _Progress()

    async def act(database: Database) -> exporting.Exported:
        if is_bag:
            return await exporting.export_bag(
                database,
                settings.data_dir,
                wish,
                organisation=organisation,
                with_parquet=with_parquet,
                told=told,
            )
        return await exporting.export(database, wish, since_last=since_last, told=told)

    try:
        ended = in_archive(data, act)
    except OSError as error:
        raise ExportRefused(
            f"cannot write {wish.target}: {error.strerror or error}; mend that and repeat the "
            "command: it goes on where it stopped"
        ) from None
    finally:
        told.end()
    if as_json:
        print_json(ended)
        return
    counted = "" if ended.posts is None else f": {ended.posts} posts, {ended.revisions} revisions"
    typer.echo(f"{ended.path}{counted}{' (went on with what was begun)' * ended.went_on}")


class _Progress:
    """A line on stderr: rewritten on a terminal, else now and then."""

    def __init__(self) -> None:
        self._began = self._last = time.monotonic()
        self._is_open = False

    def __call__(self, done: int, of: int) -> None:
        now = time.monotonic()
        if now - self._last < _TOLD_EVERY_S:
            return
        self._last = now
        share = f" of {of}" if of else ""
        line = f"{done}{share} posts, {done / (now - self._began):.0f}/s"
        if sys.stderr.isatty():
            typer.echo(f"\r{line}", nl=False, err=True)
            self._is_open = True
        else:
            typer.echo(line, err=True)

    def end(self) -> None:
        """Leave the line."""
        if self._is_open:
            typer.echo(err=True)
