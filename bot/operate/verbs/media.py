"""The verbs of `earshot media`."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.config import ArchiveSettings, load_settings
from bot.operate import media
from bot.operate.listing import print_rows
from bot.operate.verbs.options import AsJson, Data, in_archive, verbs_of
from storage.folder import DataFolder

TALLY_COLUMNS = ("state", "count", "megabytes", "reason")
RULE_COLUMNS = ("scope", "fetch", "kinds", "most_mb")
SAME_COLUMNS = ("bits", "channel", "message_id", "state", "link")

verbs = verbs_of("Photos and files of posts: what is held, what is fetched.")


def add_to(app: typer.Typer) -> None:
    """Put the noun among those of `earshot`."""
    app.add_typer(verbs, name="media")


@verbs.command("list", epilog="Example: earshot media list --json")
def list_all(data: Data = None, *, as_json: AsJson = False) -> None:
    """Count photos and files by how they stand: held, wanted, refused, and why."""
    print_rows(in_archive(data, media.tallies), TALLY_COLUMNS, as_json=as_json)


@verbs.command("rules", epilog="Example: earshot media rules --json")
def rules(data: Data = None, *, as_json: AsJson = False) -> None:
    """Show the rules of channels and groups; the rest follows MEDIA_FETCH and its kin."""
    print_rows(in_archive(data, media.rules), RULE_COLUMNS, as_json=as_json)


@verbs.command("rule", epilog="Example: earshot media rule @kyiv_news all --kinds photo")
def rule(
    scope: Annotated[str, typer.Argument(help="A channel, or group:NAME.")],
    fetch: Annotated[str, typer.Argument(help="none, hits, all, or default to take it away.")],
    data: Data = None,
    *,
    kinds: Annotated[
        str, typer.Option(help="With commas: photo, video, document.")
    ] = "photo,video,document",
    most_mb: Annotated[float, typer.Option(min=0.001, help="Megabytes of the largest file.")] = 20,
) -> None:
    """Say of which posts of a channel or group photos and files are fetched."""
    name = in_archive(data, lambda found: media.set_rule(found, scope, fetch, kinds, most_mb))
    typer.echo(f"{name}: {fetch}")


@verbs.command("read", epilog="Example: earshot media read --languages ukr+eng")
def read(
    data: Data = None,
    *,
    languages: Annotated[
        str, typer.Option(help="As Tesseract names them, with plus signs.")
    ] = "ukr+rus+eng",
) -> None:
    """Read the text in fetched pictures now; a run does so by itself if OCR_LANGUAGES is set."""
    folder = DataFolder(load_settings(ArchiveSettings, data).data_dir)

    def told(looked_at: int) -> None:
        typer.echo(f"{looked_at} pictures looked at", err=True)

    done = in_archive(data, lambda found: media.read_pictures(found, folder, languages, told))
    typer.echo(f"{done.looked_at} pictures read by {done.program}, {done.with_words} have words")


@verbs.command("same", epilog="Example: earshot media same photo.jpg")
def same(
    picture: Annotated[
        str, typer.Argument(metavar="FILE|POST", help="A file, or a post as @channel/123.")
    ],
    data: Data = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Find posts that show the same picture, also scaled or saved anew; most alike first."""
    found = in_archive(data, lambda archive: media.same_picture(archive, picture))
    print_rows(found, SAME_COLUMNS, as_json=as_json)
