"""The verbs of `earshot people targets`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.config import ArchiveSettings, load_settings
from bot.notify.ways import Ways
from bot.operate import target_list as targets
from bot.operate.listing import print_json, print_rows
from bot.operate.outcome import FAILED
from bot.operate.verbs.options import AsJson, Data, in_archive, verbs_of
from storage.records import TargetKind

COLUMNS = ("id", "person", "kind", "label", "works", "reason", "not_taken", "added_at")
NOT_TAKEN_COLUMNS = ("target", "label", "what", "attempts", "owed_at", "reason")

verbs = verbs_of("Where else a person's alerts go: e-mail, chats, webhooks, a feed.")


def add_to(people: typer.Typer) -> None:
    """Put the noun among those of `earshot people`."""
    people.add_typer(verbs, name="targets")


def _folder(data: Path | None) -> Path:
    return load_settings(ArchiveSettings, data).data_dir


@verbs.command(
    "add", epilog="Example: earshot people targets add 3 webhook --address-file hook.txt"
)
def add(
    person: int,
    kind: TargetKind,
    data: Data = None,
    *,
    label: Annotated[str, typer.Option(help="What to call it.")] = "",
    address_file: Annotated[
        Path | None, typer.Option(help="Read the address here; - is stdin; else it is asked for.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add a target for a person. The address is a secret, so it is no argument.

    For `apprise` the address is an Apprise URL, for `webhook` an https URL; a `feed` needs none.
    A Telegram group or channel (`chat`) is added in the bot, which looks at rights: /targets.
    """
    address = "" if kind is TargetKind.FEED else _address(address_file)
    folder = _folder(data)
    made = in_archive(
        data, lambda d: targets.add(d, folder, person, kind, address=address, label=label)
    )
    if as_json:
        print_json(made)
        return
    print_rows([made.target], COLUMNS, as_json=False)
    if made.secret:
        typer.echo(f"The secret that signs it, shown once: {made.secret}")
    if made.file:
        typer.echo(f"The feed: {made.file} (hand out /feeds under a secret address of yours)")


def _address(file: Path | None) -> str:
    if file is None:
        return str(typer.prompt("Address", hide_input=True, err=True))
    try:
        return sys.stdin.readline() if str(file) == "-" else file.read_text().strip()
    except OSError as error:
        template = "cannot read {file}: {error}"
        raise targets.BadTargetError(template, file=file, error=error.strerror) from None


@verbs.command("list", epilog="Example: earshot people targets list 3 --json")
def list_all(person: int, data: Data = None, *, as_json: AsJson = False) -> None:
    """Show a person's targets and whether they work; PERSON is the id in `people list`."""
    print_rows(in_archive(data, lambda d: targets.listed(d, person)), COLUMNS, as_json=as_json)


@verbs.command("dead", epilog="Example: earshot people targets dead 3")
def dead(person: int, data: Data = None, *, as_json: AsJson = False) -> None:
    """Show what a person's targets did not take in the end, and why; PERSON as for `list`."""
    found = in_archive(data, lambda d: targets.not_taken(d, person))
    print_rows(found, NOT_TAKEN_COLUMNS, as_json=as_json)


@verbs.command("retry", epilog="Example: earshot people targets retry 7")
def retry(target: int, data: Data = None) -> None:
    """Owe a target anew what it did not take; a run sends it."""
    count = in_archive(data, lambda d: targets.retry(d, target))
    typer.echo(f"{count} to be tried again")


@verbs.command("remove", epilog="Example: earshot people targets remove 7")
def remove(target: int, data: Data = None, *, as_json: AsJson = False) -> None:
    """Use a target no more; its address is forgotten, and a feed's file deleted."""
    folder = _folder(data)
    gone = in_archive(data, lambda d: targets.remove(d, folder, target))
    print_rows([gone], COLUMNS, as_json=as_json)


@verbs.command("test", epilog="Example: earshot people targets test 7")
def try_out(target: int, data: Data = None, *, as_json: AsJson = False) -> int:
    """Send a test message to a target now; the exit code is 1 unless it was taken."""
    settings = load_settings(ArchiveSettings, data)
    came = in_archive(
        data,
        lambda d: targets.try_out(
            d, Ways(settings.data_dir, settings.targets_may_be_private), target
        ),
    )
    if as_json:
        print_json(came)
    else:
        typer.echo(came.outcome + (f": {came.reason}" if came.reason else ""))
    return 0 if came.outcome == "sent" else FAILED
