"""`earshot verify`, and the verbs of `earshot log`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.config import ArchiveSettings
from bot.operate import evidence
from bot.operate.asking import read_text
from bot.operate.listing import print_json, print_rows
from bot.operate.outcome import FAILED
from bot.operate.verbs.options import AsJson, Data, in_archive, load, verbs_of
from storage.folder import DataFolder

COLUMNS = ("signed_at", "size", "root", "key", "is_time_stamped")

verbs = verbs_of("The log that proves what is kept: signed heads and the key.")


def add_to(app: typer.Typer) -> None:
    """Put the noun, and the verb of its own, among those of `earshot`."""
    app.add_typer(verbs, name="log")
    app.command("verify", epilog="Example: earshot verify ./data --head head-2026-01-31.txt")(
        verify
    )


def verify(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A data folder, a bag, or an export.")
    ],
    *,
    head: Annotated[
        Path | None, typer.Option(help="A signed head that was kept elsewhere: a file.")
    ] = None,
    tsa: Annotated[
        Path | None, typer.Option(help="Root certificates of time-stamping servers: a PEM file.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Check that nothing was changed; say what holds and what does not. Needs no settings."""
    if tsa:
        read_text(tsa)  # unreadable: told at once
    report = evidence.verify(path, read_text(head) if head else None, tsa)
    if as_json:
        print_json(report)
    else:
        for line in report.lines():
            typer.echo(line)
    return 0 if report.is_whole else FAILED


@verbs.command("list", epilog="Example: earshot log list --json")
def list_all(data: Data = None, *, as_json: AsJson = False) -> None:
    """Show the signed heads, oldest first."""
    print_rows(in_archive(data, evidence.heads), COLUMNS, as_json=as_json)


@verbs.command("sign", epilog="Example: earshot log sign > head-2026-01-31.txt")
def sign(data: Data = None, *, as_json: AsJson = False) -> None:
    """Sign a head of all that is kept now; keep what it prints where nobody here can change it."""
    settings = load(ArchiveSettings, data)
    folder = DataFolder(settings.data_dir)
    signed = in_archive(
        data, lambda database: evidence.sign(database, folder, settings.timestamp_url)
    )
    if as_json:
        print_json(signed)
    else:
        typer.echo(signed.note, nl=False)


@verbs.command("key", epilog="Example: earshot log key > earshot-log.pem")
def key(data: Data = None) -> None:
    """Print the public half of the signing key, by which others check what this archive signs."""
    folder = DataFolder(load(ArchiveSettings, data).data_dir)
    folder.prepare()
    typer.echo(evidence.public_key(folder), nl=False)
