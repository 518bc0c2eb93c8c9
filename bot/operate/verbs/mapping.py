"""The verbs of `earshot places` about the places of posts: a map, a file for map programs."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from bot.config import ArchiveSettings, load_settings
from bot.match import documents
from bot.operate import finding
from bot.operate.outcome import OutputUnwritable
from bot.operate.verbs.options import Data, Since, in_archive
from bot.publish import mapping
from bot.publish.mapping import MapFormat
from bot.publish.search import Wanted
from storage.database import Database
from storage.records import Stretch

Output = Annotated[Path | None, typer.Option("-o", "--output", help="File to write; else stdout.")]

verbs = typer.Typer()


def add_to(places: typer.Typer) -> None:
    """Put the verbs among those of `earshot places`."""
    places.add_typer(verbs)


@verbs.command("map", epilog="Example: earshot places map -o day.svg --hours 24")
def draw(
    query: Annotated[str, typer.Argument(help="Only posts it matches; else all.")] = "",
    data: Data = None,
    *,
    output: Output = None,
    hours: Annotated[float, typer.Option(min=0.1, help="How far back.")] = 24.0,
) -> None:
    """Draw where the posts of the last day were, over borders and rivers, offline.

    An SVG; a PNG if the file to write is called so.
    """
    since = datetime.now(UTC) - timedelta(hours=hours)

    async def work(database: Database) -> str:
        mentions = await mapping.mentions_since(database, since, query)
        return documents.picture(mentions, f"{query} {since:%Y-%m-%d %H:%M} UTC – now".strip())

    drawn = in_archive(data, work)
    if output is not None and output.suffix.lower() == ".png":
        _write(output, documents.picture_as_png(drawn))
    else:
        _write(output, drawn.encode())


@verbs.command("export", epilog="Example: earshot places export place:Суджа --format kml -o s.kml")
def export(
    query: str,
    data: Data = None,
    *,
    form: Annotated[MapFormat, typer.Option("--format", help="What to write.")] = MapFormat.GEOJSON,
    output: Output = None,
    since: Since = None,
    until: Since = None,
    limit: Annotated[int, typer.Option(min=1, help="Posts at most.")] = 10_000,
) -> None:
    """Write the places of the posts a query matches as GeoJSON or KML, newest post first."""
    zone = load_settings(ArchiveSettings, data).zone
    stretch = Stretch(*finding.stretch_of(since, until, zone))

    async def work(database: Database) -> list[str]:
        found = mapping.placed(database, Wanted(query, limit, stretch))
        return [piece async for piece in mapping.written(found, form)]

    _write(output, "".join(in_archive(data, work)).encode())


def _write(output: Path | None, content: bytes) -> None:
    """Write a file whole, or UTF-8 to stdout."""
    if output is None:
        sys.stdout.write(content.decode())
        return
    scratch = output.with_name(f".{output.name}.new")
    try:
        scratch.write_bytes(content)
        scratch.replace(output)
    except OSError as error:
        raise OutputUnwritable(output, error) from None
