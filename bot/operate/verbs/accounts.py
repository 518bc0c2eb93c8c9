"""The verbs of `earshot accounts`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.config import Settings
from bot.operate import account_list
from bot.operate.listing import print_rows
from bot.operate.login import LoginWishes
from bot.operate.verbs.options import (
    AsJson,
    CodeFile,
    Data,
    PasswordFile,
    Phone,
    in_archive,
    load,
    verbs_of,
)
from storage.records import AccountState

COLUMNS = ("label", "state", "channels", "most_channels", "day", "waits", "proxy", "reason")
MOVES = ("channel", "from_label", "to_label", "why")

Label = Annotated[str, typer.Argument(help="Your name for the account.", metavar="LABEL")]

verbs = verbs_of("The accounts that follow channels; one is enough to begin with.")


def add_to(app: typer.Typer) -> None:
    """Put the noun among those of `earshot`."""
    app.add_typer(verbs, name="accounts")


@verbs.command("list", epilog="Example: earshot accounts list --json")
def list_all(data: Data = None, *, as_json: AsJson = False) -> None:
    """Show the accounts, what they read, what they spent today and what Telegram limits."""
    print_rows(in_archive(data, account_list.listed), COLUMNS, as_json=as_json)


@verbs.command("add", epilog="Example: earshot accounts add second --phone +380441234567")
def add(
    label: Label,
    data: Data = None,
    *,
    phone: Phone = None,
    code_file: CodeFile = None,
    password_file: PasswordFile = None,
    most: Annotated[int, typer.Option(help="Channels it may be in: 500, premium 1000.")] = 500,
    proxy: Annotated[
        str | None, typer.Option(help="socks5://host:port or mtproto://host:port.")
    ] = None,
    proxy_secret_file: Annotated[
        Path | None, typer.Option(help="File with user:password, or the MTProto proxy's secret.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Sign another account in; a run that goes on takes it up by itself. Safe to repeat."""
    settings = load(Settings, data)
    wishes = LoginWishes(phone, code_file, password_file)
    added = in_archive(
        data,
        lambda database: account_list.add(
            settings,
            database,
            label,
            wishes,
            most_channels=most,
            proxy=proxy,
            proxy_secret_file=proxy_secret_file,
        ),
    )
    print_rows([added], COLUMNS, as_json=as_json)


@verbs.command("pause", epilog="Example: earshot accounts pause second")
def pause(label: Label, data: Data = None, *, as_json: AsJson = False) -> None:
    """Stop using an account; its channels move to others that have room."""
    _set(data, label, AccountState.PAUSED, "paused by an operator", as_json=as_json)


@verbs.command("resume", epilog="Example: earshot accounts resume second")
def resume(label: Label, data: Data = None, *, as_json: AsJson = False) -> None:
    """Use an account again; sign it in anew first if Telegram signed it out."""
    _set(data, label, AccountState.ACTIVE, None, as_json=as_json)


@verbs.command("remove", epilog="Example: earshot accounts remove second")
def remove(label: Label, data: Data = None, *, as_json: AsJson = False) -> None:
    """Take an account off the list; end its session in Telegram's settings too."""
    _set(data, label, AccountState.REMOVED, "removed by an operator", as_json=as_json)


def _set(data: Data, label: str, state: AccountState, reason: str | None, *, as_json: bool) -> None:
    changed = in_archive(
        data, lambda database: account_list.set_state(database, label, state, reason=reason)
    )
    print_rows([changed], COLUMNS, as_json=as_json)


@verbs.command("move", epilog="Example: earshot accounts move @kyiv_news second")
def move(
    channel: Annotated[str, typer.Argument(help="@name, link or number.")],
    label: Label,
    data: Data = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Let another account read a channel; it goes on where the first one stopped."""
    made = in_archive(data, lambda database: account_list.move(database, channel, label))
    print_rows([made], MOVES, as_json=as_json)


@verbs.command("spread", epilog="Example: earshot accounts spread --dry-run --without main")
def spread(
    data: Data = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would move, change nothing.")
    ] = False,
    without: Annotated[
        str | None, typer.Option(help="As if this account could not be used; with --dry-run.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Spread the channels over the accounts; a run does the same by itself."""
    if without is not None and not dry_run:
        raise typer.BadParameter("--without only plays a case through: add --dry-run")
    settings = load(Settings, data)
    moves = in_archive(
        data,
        lambda database: account_list.spread(settings, database, without=without, is_dry=dry_run),
    )
    print_rows(moves, MOVES, as_json=as_json)
