"""The verbs of `earshot places` that need the gazetteer alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bar

from bot.config import ArchiveSettings, load_settings
from bot.match.json_lines import BadLine
from bot.match.places import Gazetteer, PlaceUnknown, Tagger
from bot.match.places import tools as place_tools
from bot.match.tagging import tag_lines
from bot.operate.asking import BAD_LINES, FileUnreadableError, reading
from bot.operate.listing import print_json, print_rows
from bot.operate.verbs.options import AsJson

Limit = Annotated[int, typer.Option(help="How many at most.", min=1)]
File = Annotated[Path | None, typer.Option(help="Gazetteer to use instead of that of PLACES_FILE.")]

verbs = typer.Typer()


def add_to(places: typer.Typer) -> None:
    """Put the verbs among those of `earshot places`."""
    places.add_typer(verbs)


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
