"""The command line: one function per verb; parse, load settings, call; exit codes.

0 done, 1 failed, 2 bad input or settings, 3 a bug (a report is written), 130 interrupted. People
get one plain line per fault on stderr, never a traceback.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from typer.exceptions import TyperException

from bot.config import (
    ArchiveSettings,
    LogFormat,
    Settings,
    SettingsError,
    load_settings,
    secrets,
)
from bot.operate import doctor as doctors
from bot.operate import init as beginning
from bot.operate import login as signing_in
from bot.operate.asking import NoAnswer
from bot.operate.listing import print_json
from bot.operate.stopping import FAILED, INTERRUPTED, run_until_signal
from bot.telegram.account import BadReference
from bot.telegram.client import Later, Never, SignedOut
from bot.telegram.login import LoginRefused
from bot.telemetry import PortTaken, set_up_logging, write_report
from storage.database import DatabaseError
from storage.folder import FolderError

BAD_INPUT = 2
BUG = 3
_BAD_INPUT_ERRORS = (
    BadReference,
    DatabaseError,
    FolderError,
    LoginRefused,
    NoAnswer,
    PortTaken,
    SettingsError,
    SignedOut,
    beginning.InitRefused,
)

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
_AnySettings = TypeVar("_AnySettings", bound=ArchiveSettings)


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
    path = beginning.env_path(data)
    if path.exists() and not force:
        raise beginning.InitRefused(
            f"{path} exists already: change it there, or give --force to replace it"
        )
    values = {
        "TELEGRAM_API_ID": api_id or _asked("API id (from my.telegram.org)"),
        "TELEGRAM_API_HASH": _from_file(api_hash_file) or _asked("API hash", is_secret=True),
        "TELEGRAM_BOT_TOKEN": _from_file(bot_token_file)
        or _asked("Bot token (from @BotFather)", is_secret=True),
        "DEFAULT_TIMEZONE": timezone or _asked("Time zone of your people", default="UTC"),
    }
    settings = beginning.write_env(beginning.InitAnswers(values), data, may_replace=force)
    typer.echo(f"Wrote {path} and made {settings.data_dir}.\n{beginning.next_steps(data)}")


def _asked(question: str, *, default: str | None = None, is_secret: bool = False) -> str:
    try:
        answer = typer.prompt(question, default=default, hide_input=is_secret, err=True)
    except (typer.Abort, EOFError):
        if sys.stdin.isatty():
            raise
        raise NoAnswer(
            "no answer on standard input: see `earshot init --help` for the options"
        ) from None
    return str(answer).strip()


def _from_file(path: Path | None) -> str:
    try:
        return path.expanduser().read_text().strip() if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise NoAnswer(f"cannot read the file {path}: {error}") from None


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
    from bot import app as wiring  # noqa: PLC0415  # the other verbs need not wait for it

    settings = _load(Settings, data)
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
    except Exception as error:  # noqa: BLE001  # the edge: every failure gets its code here
        return _explain(_leaf(error), arguments)


def _leaf(error: Exception) -> Exception:
    """Take the failure out of the groups that task groups raise; a bug before all others."""
    while isinstance(error, ExceptionGroup):
        inner = [_leaf(found) for found in error.exceptions]
        expected = (*_BAD_INPUT_ERRORS, Later, Never)
        error = next((found for found in inner if not isinstance(found, expected)), inner[0])
    return error


def _explain(error: Exception, arguments: Sequence[str]) -> int:
    """Tell the person in a line what is wrong, and give the exit code."""
    match error:
        case SettingsError():
            for mistake in error.mistakes:
                _say(mistake)
            return BAD_INPUT
        case TyperException():
            return _explain_usage(error, arguments)
        case Exception() if isinstance(error, _BAD_INPUT_ERRORS):
            _say(str(error))
            return BAD_INPUT
        case Later() | Never():
            _say(str(error))
            return FAILED
    folder, known_secrets = _what_a_report_needs(arguments)
    path = write_report(folder, error, arguments, datetime.now(UTC), known_secrets)
    _say(f"this is a bug in Earshot, not your mistake: please pass {path} on to its maintainers")
    return BUG


def _explain_usage(error: TyperException, arguments: Sequence[str]) -> int:
    said = error.format_message()
    if not arguments or "Usage:" in said:  # no verb was given: the message is the help itself
        typer.echo(said, err=True)
    else:
        verb = f"{arguments[0]} " if arguments[0] in _verbs() else ""
        _say(f"{said.rstrip('.?')}; see `earshot {verb}--help`")
    return BAD_INPUT


def _verbs() -> set[str]:
    return set(getattr(typer.main.get_command(app), "commands", ()))


def _say(line: str) -> None:
    typer.echo(f"earshot: {' '.join(line.split())}", err=True)


def _what_a_report_needs(arguments: Sequence[str]) -> tuple[Path, tuple[str, ...]]:
    """Find the data folder and the secrets again, as far as the settings can be read."""
    after = dict(itertools.pairwise(arguments))
    data = Path(after["--data"]) if "--data" in after else None
    try:
        return load_settings(ArchiveSettings, data).data_dir, secrets(load_settings(Settings, data))
    except SettingsError:
        return data or Path("data"), ()


if __name__ == "__main__":
    main()
