"""The verbs of `earshot places`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bar

from bot.config import ArchiveSettings, load_settings
from bot.match import documents
from bot.match.lines import BadLine
from bot.match.places import Gazetteer, PlaceUnknown, Tagger
from bot.match.places import tools as place_tools
from bot.match.tagging import tag_lines
from bot.operate import finding
from bot.operate.analysing import BAD_LINES, FileUnreadableError, reading
from bot.operate.listing import print_json, print_rows
from bot.operate.outcome import OutputUnwritable
from bot.operate.verbs.options import AsJson, Data, Since, in_archive, verbs_of
from bot.publish import mapping
from bot.publish.mapping import MapFormat
from bot.publish.search import Wanted
from storage.database import Database
from storage.records import Stretch

Limit = Annotated[int, typer.Option(help="How many at most.", min=1)]
File = Annotated[Path | None, typer.Option(help="Gazetteer to use instead of that of PLACES_FILE.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="File to write; else stdout.")]

verbs = verbs_of("The gazetteer: find places, tag texts, draw maps, build a fuller one.")


def _opened(file: Path | None) -> Gazetteer:
    """Open the gazetteer named, or that of the settings."""
    return Gazetteer.open(file or load_settings(ArchiveSettings, None).places_file)


@verbs.command("find", epilog="Example: earshot places find Суджа")
def find(name: str, gazetteer: File = None, *, limit: Limit = 10, as_json: AsJson = False) -> None:
    """Show the places of a name, the likeliest first; NAME may be an id or "name, oblast"."""
    opened = _opened(gazetteer)
    found = place_tools.find(opened, name, limit)
    if not found:
        raise PlaceUnknown(name, opened.suggestions(name))
    print_rows(found, ("label", "kind", "lat", "lon", "id"), as_json=as_json)


@verbs.command("tag", epilog="Example: earshot places tag < posts.jsonl")
def tag(gazetteer: File = None) -> int:
    """Find places in JSON Lines {id, text, lang?} on stdin; write a line {id, mentions} each.

    A line that cannot be used is named on stderr and passed over; the exit code is then 2.
    """
    opened = _opened(gazetteer)
    countries = load_settings(ArchiveSettings, None).places_countries.upper().split(",")
    bad: list[BadLine] = []

    def report(line: BadLine) -> None:
        bad.append(line)
        typer.echo(f"earshot: {line}", err=True)

    tagger = Tagger(opened, country_of_interest=[code.strip() for code in countries])
    write = sys.stdout.buffer.write
    for line in tag_lines(tagger, opened, sys.stdin.buffer, report):
        write(line.encode() + b"\n")
    sys.stdout.buffer.flush()
    return BAD_LINES if bad else 0


@verbs.command("coverage", epilog="Example: earshot places coverage names.txt")
def coverage(names: Path, gazetteer: File = None, *, as_json: AsJson = False) -> None:
    """Say how many names of a list, one a line, the gazetteer knows, and which not."""
    lines = reading(names, lambda path: path.read_text(encoding="utf-8").splitlines())
    count, missing = place_tools.coverage(_opened(gazetteer), lines)
    if as_json:
        print_json({"names": count, "missing": missing})
        return
    typer.echo(f"{count - len(missing)} of {count} known")
    for name in missing:
        typer.echo(name)


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
    stretch = Stretch(finding.in_zone(since, zone), finding.in_zone(until, zone))

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


@verbs.command("build", epilog="Example: earshot places build --extra mine.csv -o mine.places")
def build(
    output: Annotated[Path, typer.Option("-o", "--output", help="Gazetteer to write.")],
    *,
    geonames: Annotated[list[Path] | None, typer.Option(help="GeoNames dump or table.")] = None,
    wof: Annotated[Path | None, typer.Option(help="Who's On First, JSON Lines.")] = None,
    katottg: Annotated[Path | None, typer.Option(help="Codifier of Ukraine, CSV.")] = None,
    postal: Annotated[Path | None, typer.Option(help="GeoNames postal codes.")] = None,
    extra: Annotated[Path | None, typer.Option(help="Places of your own, CSV.")] = None,
) -> None:
    """Build a gazetteer from the shipped facts and these sources; takes minutes.

    PLACES_FILE names the one to use. If anything is wrong with a source, the old file stays.
    """
    sources = place_tools.Sources(tuple(geonames or ()), wof, katottg, postal, extra)
    for file in (*sources.geonames, wof, katottg, postal, extra):
        if file is not None and not file.is_file():
            raise FileUnreadableError(f"there is no file {file}")
    with _progress() as show:
        counts = place_tools.build_from(sources, output, show)
    typer.echo(", ".join(f"{count} {what}" for what, count in counts.items()))


@verbs.command("update", epilog="Example: earshot places update -o fuller.places --country UA")
def update(
    output: Annotated[Path, typer.Option("-o", "--output", help="Gazetteer to write.")],
    *,
    country: Annotated[
        list[str] | None, typer.Option(help="ISO 3166 code; repeatable; else PLACES_COUNTRIES.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where downloads are kept.")] = Path("geonames"),
) -> None:
    """Fetch GeoNames' dumps of these countries (resumed if broken off) and build from them."""
    wanted = country or load_settings(ArchiveSettings, None).places_countries.split(",")
    codes = [code.strip().upper() for code in wanted]
    with _progress() as show:
        counts = place_tools.update(folder, codes, output, progress=show)
    typer.echo(", ".join(f"{count} {what}" for what, count in counts.items()))


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("building", total=None)

        def show(step: str, done: int, total: int) -> None:
            bar.update(task, description=step, completed=done, total=total)

        yield show
