"""The command line: one function per verb; parse, load settings, call; exit codes.

0 done, 1 failed, 2 bad input or settings, 3 a bug (a report is written), 130 interrupted. People
get one plain line per fault on stderr, never a traceback.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from typer.exceptions import TyperException

from bot.config import (
    ArchiveSettings,
    LogFormat,
    Settings,
    load_settings,
    secrets,
)
from bot.operate import analysing, finding, watching
from bot.operate import channel_list as listing
from bot.operate import doctor as doctors
from bot.operate import init as beginning
from bot.operate import login as signing_in
from bot.operate import people as persons
from bot.operate.asking import read_text
from bot.operate.listing import print_json, print_rows
from bot.operate.outcome import FAILED, INTERRUPTED, explain, explain_usage
from bot.operate.stopping import run_until_signal
from bot.telemetry import set_up_logging
from storage.database import Database, open_database
from storage.folder import DataFolder
from storage.records import Role

CHANNEL_COLUMNS = ("id", "reference", "state", "mode", "title", "groups", "reason")
PERSON_COLUMNS = ("id", "name", "role", "state", "timezone", "added_at")
WATCH_COLUMNS = ("id", "subscriber_id", "state", "query")
FOUND_COLUMNS = ("posted_at", "channel", "link", "marked")

app = typer.Typer(
    name="earshot",
    help="Follows Telegram channels for newsrooms: keeps every post, alerts within a second.",
    epilog="Try it without any account: earshot demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Data folder; wins over DATA_DIR.", show_default=""),
]
AsJson = Annotated[bool, typer.Option("--json", help="Write one JSON document to stdout.")]
Owner = Annotated[int | None, typer.Option(help="Only this person's; the id in `people list`.")]
Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="In DEFAULT_TIMEZONE."),
]
_T = TypeVar("_T")
_AnySettings = TypeVar("_AnySettings", bound=ArchiveSettings)


def _verbs_of(noun: str, meaning: str) -> typer.Typer:
    verbs = typer.Typer(no_args_is_help=True, help=meaning, pretty_exceptions_enable=False)
    app.add_typer(verbs, name=noun)
    return verbs


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
    signed_in = asyncio.run(signing_in.sign_in_all(_load(Settings, data), wishes))
    if as_json:
        print_json(signed_in)
        return
    for role, who in (("account", signed_in.account), ("bot", signed_in.bot)):
        typer.echo(f"{role}: signed in as {who.name}{f' (@{who.username})' * bool(who.username)}")


@app.command(epilog="Example: earshot run --data /srv/earshot")
def run(data: Data = None) -> int:
    """Follow the channels and alert the subscribers until stopped (Ctrl-C or SIGTERM)."""
    settings = _load(Settings, data)
    from bot import app as wiring  # noqa: PLC0415  # the other verbs need not wait for it

    work = wiring.run(settings, live_status=sys.stderr.isatty())
    return asyncio.run(run_until_signal(work))


@app.command(epilog="Example: earshot doctor --json")
def doctor(data: Data = None, *, as_json: AsJson = False) -> int:
    """Check settings, folder, database, sessions, bot token, clock and disk; say how to mend."""
    set_up_logging("ERROR", as_json=not sys.stderr.isatty())
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


channels = _verbs_of("channels", "The list of channels that are followed.")


@channels.command("add", epilog="Example: earshot channels add @kyiv_news --group capital")
def channels_add(
    references: Annotated[
        list[str], typer.Argument(help="@name, link, invite or number.", metavar="REF...")
    ],
    data: Data = None,
    *,
    poll: Annotated[bool, typer.Option("--poll", help="Read without joining.")] = False,
    depth: Annotated[int | None, typer.Option(min=0, help="Messages to read at first.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="A group to be in; repeatable.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Ask Telegram first; spends a look-up for each.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put channels on the list; a running Earshot begins to follow them within seconds."""
    wishes = [
        listing.wish(text, poll=poll, depth=_depth(depth, data), groups=group or ())
        for text in references
    ]
    if check:
        asyncio.run(listing.check(_load(Settings, data), wishes))
    added = _in_archive(data, lambda database: listing.add(database, wishes))
    print_rows(added, CHANNEL_COLUMNS, as_json=as_json)


@channels.command("remove", epilog="Example: earshot channels remove @kyiv_news")
def channels_remove(
    references: Annotated[list[str], typer.Argument(metavar="REF...")],
    data: Data = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Take channels off the list; what was stored of them stays."""
    removed = _in_archive(data, lambda database: listing.remove(database, references))
    print_rows(removed, CHANNEL_COLUMNS, as_json=as_json)


@channels.command("list", epilog="Example: earshot channels list --json")
def channels_list(data: Data = None, *, as_json: AsJson = False) -> None:
    """Show the channels on the list and how each stands."""
    print_rows(_in_archive(data, listing.listed), CHANNEL_COLUMNS, as_json=as_json)


@channels.command("import", epilog="Example: earshot channels import list.txt")
def channels_import(file: Path, data: Data = None, *, as_json: AsJson = False) -> None:
    """Add the channels of a text file: a line each, as @name poll depth=500 group=north."""
    wishes = listing.parse_list(read_text(file), _depth(None, data))
    added = _in_archive(data, lambda database: listing.add(database, wishes))
    print_rows(added, CHANNEL_COLUMNS, as_json=as_json)


@channels.command("export", epilog="Example: earshot channels export > list.txt")
def channels_export(data: Data = None) -> None:
    """Write the list as a text file that `channels import` reads."""
    for channel in _in_archive(data, listing.listed):
        typer.echo(listing.list_line(channel))


people = _verbs_of("people", "Who may talk to the bot, and as what.")


@people.command("invite", epilog="Example: earshot people invite --role operator")
def people_invite(
    data: Data = None,
    *,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.REPORTER,
    uses: Annotated[int, typer.Option(min=1, help="For how many people.")] = 1,
    days: Annotated[int, typer.Option(min=1, max=365, help="Days until it expires.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Make an invite code; it is shown once. The first operator is made this way."""
    made = _in_archive(data, lambda d: persons.invite(d, role, uses=uses, days=days))
    if as_json:
        print_json(made)
    else:
        typer.echo(f"Send this to the bot, valid until {made.expires_at:%Y-%m-%d %H:%M} UTC:")
        typer.echo(f"/start {made.code}")


@people.command("list", epilog="Example: earshot people list --json")
def people_list(data: Data = None, *, as_json: AsJson = False) -> None:
    """Show everybody who came in, removed ones too."""
    print_rows(_in_archive(data, persons.everybody), PERSON_COLUMNS, as_json=as_json)


@people.command("role", epilog="Example: earshot people role 3 archivist")
def people_role(person: int, role: Role, data: Data = None, *, as_json: AsJson = False) -> None:
    """Change what a person may do; PERSON is the id in `people list`."""
    changed = _in_archive(data, lambda d: persons.change_role(d, person, role))
    print_rows([changed], PERSON_COLUMNS, as_json=as_json)


@people.command("remove", epilog="Example: earshot people remove 3")
def people_remove(person: int, data: Data = None, *, as_json: AsJson = False) -> None:
    """Put a person out; the bot treats them as a stranger."""
    removed = _in_archive(data, lambda d: persons.remove(d, person))
    print_rows([removed], PERSON_COLUMNS, as_json=as_json)


watch = _verbs_of("watch", "Standing queries: whose posts matching what are alerted.")


@watch.command("list", epilog="Example: earshot watch list --person 3")
def watch_list(data: Data = None, *, person: Owner = None, as_json: AsJson = False) -> None:
    """Show everybody's subscriptions, or one person's."""
    found = _in_archive(data, lambda d: watching.listed(d, person))
    print_rows(found, WATCH_COLUMNS, as_json=as_json)


@watch.command("add", epilog="Example: earshot watch add 3 'ракета OR \"air raid\"'")
def watch_add(person: int, query: str, data: Data = None, *, as_json: AsJson = False) -> None:
    """Watch for a query on a person's behalf; PERSON is the id in `people list`."""
    added = _in_archive(data, lambda d: watching.add(d, person, query))
    print_rows([added], WATCH_COLUMNS, as_json=as_json)


@watch.command("remove", epilog="Example: earshot watch remove 12")
def watch_remove(subscription: int, data: Data = None, *, as_json: AsJson = False) -> None:
    """Stop watching; SUBSCRIPTION is the id in `watch list`."""
    removed = _in_archive(data, lambda d: watching.remove(d, subscription))
    print_rows([removed], WATCH_COLUMNS, as_json=as_json)


@watch.command("test", epilog="Example: earshot watch test 'fire -drill' 'A fire near the port'")
def watch_test(query: str, text: str, *, as_json: AsJson = False) -> None:
    """Say whether a query matches a text, and where, as alerts would."""
    trial = watching.try_out(query, text)
    if as_json:
        print_json(trial)
    else:
        typer.echo(f"{'matches' if trial.is_match else 'does not match'}: {trial.marked}")


analysing.add_to(watch)
app.add_typer(analysing.places, name="places")


@app.command(epilog="Example: earshot search 'fire -drill' --since 2026-01-31 --limit 5")
def search(
    query: str,
    data: Data = None,
    *,
    limit: Annotated[int, typer.Option(min=1, help="Posts at most.")] = 20,
    channel: Annotated[str | None, typer.Option(help="Only this one.")] = None,
    since: Since = None,
    until: Since = None,
    as_json: AsJson = False,
) -> None:
    """Search the archive in the language of alerts, newest first."""
    zone = load_settings(ArchiveSettings, data).zone
    wanted = finding.Wanted(
        query, limit, channel, finding.in_zone(since, zone), finding.in_zone(until, zone)
    )
    print_rows(_in_archive(data, lambda d: finding.find(d, wanted)), FOUND_COLUMNS, as_json=as_json)


@app.command(epilog="Example: earshot backfill @kyiv_news --depth 5000")
def backfill(
    channel: str,
    data: Data = None,
    *,
    depth: Annotated[int, typer.Option(min=1, help="How many older messages to read.")] = 1000,
) -> None:
    """Ask for older messages of a channel; a run reads them, now or at its next start."""
    asked = _in_archive(data, lambda d: listing.read_back(d, channel, depth))
    typer.echo(f"{asked.name}: up to {depth} older messages will be read")


def _depth(given: int | None, data: Path | None) -> int:
    """Say how far back to read a new channel at first; other settings may still be missing."""
    return load_settings(ArchiveSettings, data).backfill_depth if given is None else given


def _in_archive(data: Path | None, act: Callable[[Database], Coroutine[Any, Any, _T]]) -> _T:
    """Open the archive for one act."""
    folder = DataFolder(_load(ArchiveSettings, data).data_dir)

    async def work() -> _T:
        folder.prepare()
        async with open_database(folder.database) as database:
            return await act(database)

    return asyncio.run(work())


def _load(kind: type[_AnySettings], data: Path | None) -> _AnySettings:
    """Read the settings and send the logs where they say."""
    settings = load_settings(kind, data)
    is_text = settings.log_format is LogFormat.TEXT or (
        settings.log_format is LogFormat.AUTO and sys.stderr.isatty()
    )
    set_up_logging(settings.log_level, as_json=not is_text, secrets=secrets(settings))
    return settings


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
