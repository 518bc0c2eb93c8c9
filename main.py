"""The command line: one function per verb; parse, load settings, call; exit codes.

0 done, 1 failed, 2 bad input or settings, 3 a bug (a report is written), 130 interrupted. People
get one plain line per fault on stderr, never a traceback.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from bot.config import Settings
from bot.operate import channel_list as listing
from bot.operate import doctor as doctors
from bot.operate import init as beginning
from bot.operate import live as living
from bot.operate import login as signing_in
from bot.operate.listing import print_json
from bot.operate.outcome import FAILED, INTERRUPTED, explain, explain_usage
from bot.operate.stopping import run_until_signal
from bot.operate.verbs import (
    accounts,
    channels,
    export,
    importing,
    keeping,
    log,
    media,
    people,
    places,
    retention,
    search,
    staff,
    watch,
)
from bot.operate.verbs.options import AsJson, Data, in_archive, load
from bot.telemetry import set_up_logging

app = typer.Typer(
    name="earshot",
    help="Follows Telegram channels for newsrooms: keeps every post, alerts within a second.",
    epilog="Try it without any account: earshot demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command(epilog="Example: earshot init --api-id 1234567 --timezone Europe/Kyiv")
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


@app.command(epilog="Example: earshot login --phone +380441234567")
def login(
    data: Data = None,
    *,
    phone: Annotated[str | None, typer.Option(help="With country code; else asked for.")] = None,
    code_file: Annotated[
        Path | None, typer.Option(help="Read the code here, waiting up to 5 minutes for it.")
    ] = None,
    password_file: Annotated[
        Path | None, typer.Option(help="Read the two-step verification password here.")
    ] = None,
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


@app.command(epilog="Example: earshot run --data /srv/earshot")
def run(data: Data = None) -> int:
    """Follow the channels and alert the subscribers until stopped (Ctrl-C or SIGTERM)."""
    settings = load(Settings, data)
    from bot import app as wiring  # noqa: PLC0415  # the other verbs need not wait for it

    work = wiring.run(settings, live_status=sys.stderr.isatty())
    return asyncio.run(run_until_signal(work))


@app.command(epilog="Example: earshot doctor --live")
def doctor(
    data: Data = None,
    *,
    live: Annotated[
        bool, typer.Option("--live", help="The health of a run that goes on, worst first.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Check settings, folder, database, sessions, bot token, clock and disk; say how to mend."""
    set_up_logging("ERROR", as_json=not sys.stderr.isatty())
    if live:
        return living.show(asyncio.run(living.look(data)), as_json=as_json)
    findings = asyncio.run(doctors.examine(data))
    if as_json:
        print_json(findings)
    else:
        for finding in findings:
            mend = f"\n         mend: {finding.mend}" if finding.mend else ""
            typer.echo(f"{finding.verdict.value:<4} {finding.check}: {finding.detail}{mend}")
    return FAILED if doctors.needs_mending(findings) else 0


@app.command(epilog="Example: earshot demo --speed 2 --keep morning")
def demo(
    *,
    speed: Annotated[float, typer.Option(min=0.1, help="How many times faster than told.")] = 1.0,
    keep: Annotated[Path | None, typer.Option(help="Leave the data folder here.")] = None,
    posts: Annotated[
        Path | None, typer.Option(help="Play these posts (JSON Lines) instead of the script.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Play a scripted morning on a Telegram of its own: no account, no network, under a minute."""
    from bot import demo as demonstration  # noqa: PLC0415  # the other verbs need no sandbox

    set_up_logging("ERROR", as_json=not sys.stderr.isatty())
    work = demonstration.demo(speed=speed, keep=keep, posts=posts, as_json=as_json)
    return asyncio.run(work)


for noun, verbs in (
    ("accounts", accounts.verbs),
    ("channels", channels.verbs),
    ("people", people.verbs),
    ("watch", watch.verbs),
    ("places", places.verbs),
    ("log", log.verbs),
    ("media", media.verbs),
    ("retention", retention.verbs),
):
    app.add_typer(verbs, name=noun)
keeping.add_to(app)
log.add_to(app)
importing.add_to(app)
staff.add_to(app)
retention.add_holds_to(channels.verbs)
search.add_to(app)
export.add_to(app)


@app.command(epilog="Example: earshot backfill @kyiv_news --depth 5000")
def backfill(
    channel: str,
    data: Data = None,
    *,
    depth: Annotated[int, typer.Option(min=1, help="How many older messages to read.")] = 1000,
) -> None:
    """Ask for older messages of a channel; a run reads them, now or at its next start."""
    asked = in_archive(data, lambda d: listing.read_back(d, channel, depth))
    typer.echo(f"{asked.name}: up to {depth} older messages will be read")


def main() -> None:
    """Run the verb named on the command line and exit with its code."""
    sys.exit(run_verb(sys.argv[1:]))


def run_verb(arguments: Sequence[str]) -> int:
    """Run a verb; give its exit code. The only place that catches everything."""
    try:
        return int(app(list(arguments), prog_name="earshot", standalone_mode=False) or 0)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output, such as head, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except TyperException as error:
        verbs = getattr(typer.main.get_command(app), "commands", {})
        return explain_usage(error.format_message(), arguments, verbs)
    except Exception as error:  # noqa: BLE001  # the edge: every failure gets its code here
        return explain(error, arguments)


if __name__ == "__main__":
    main()
