"""The verbs before anything runs: `earshot init` and `earshot login`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.config import Settings
from bot.operate import init as beginning
from bot.operate import login as signing_in
from bot.operate.listing import print_json
from bot.operate.verbs.options import AsJson, CodeFile, Data, PasswordFile, Phone, load


def add_to(app: typer.Typer) -> None:
    """Put the verbs among those of `earshot`."""
    app.command(epilog="Example: earshot init --api-id 1234567 --timezone Europe/Kyiv")(init)
    app.command(epilog="Example: earshot login --phone +380441234567")(login)


def init(
    data: Data = None,
    *,
    api_id: Annotated[str, typer.Option(help="From my.telegram.org.")] = "",
    api_hash_file: Annotated[Path | None, typer.Option(help="File with the API hash.")] = None,
    bot_token_file: Annotated[Path | None, typer.Option(help="File with the bot token.")] = None,
    timezone: Annotated[str, typer.Option(help="IANA name, such as Europe/Kyiv.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing .env.")] = False,
) -> None:
    """Ask for the settings, write .env (for you alone to read) and make the data folder."""
    if not force:
        beginning.refuse_replacing(data)
    answers = beginning.gather(
        api_id=api_id,
        api_hash_file=api_hash_file,
        bot_token_file=bot_token_file,
        timezone=timezone,
    )
    settings = beginning.write_env(answers, data, may_replace=force)
    path = beginning.env_path(data)
    typer.echo(f"Wrote {path} and made {settings.data_dir}.\n{beginning.next_steps(data)}")
    typer.echo(beginning.key_to_keep(settings.data_dir))


def login(
    data: Data = None,
    *,
    phone: Phone = None,
    code_file: CodeFile = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Sign in the account that follows channels, and check the bot's token."""
    wishes = signing_in.LoginWishes(phone, code_file, password_file)
    signed_in = asyncio.run(signing_in.sign_in_all(load(Settings, data), wishes))
    if as_json:
        print_json(signed_in)
        return
    for role, who in (("account", signed_in.account), ("bot", signed_in.bot)):
        typer.echo(f"{role}: signed in as {who.name}{f' (@{who.username})' * bool(who.username)}")
