"""The command line: which module has which verb, and how a verb ends.

0 done, 1 failed, 2 bad input or settings, 3 a bug (a report is written), 130 interrupted. People
get one plain line per fault on stderr, never a traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import TyperException

from bot.operate.outcome import FAILED, INTERRUPTED, explain, explain_usage
from bot.operate.verbs.tree import group_of

MODULES = {  # by the words each puts on the command line; help has this order
    "init": "bot.operate.verbs.beginning",
    "login": "bot.operate.verbs.beginning",
    "run": "bot.starting",
    "doctor": "bot.operate.verbs.health",
    "demo": "bot.starting",
    "accounts": "bot.operate.verbs.accounts",
    "channels": "bot.operate.verbs.channels",
    "backfill": "bot.operate.verbs.channels",
    "people": "bot.operate.verbs.people",
    "watch": "bot.operate.verbs.watch",
    "places": "bot.operate.verbs.places",
    "search": "bot.operate.verbs.search",
    "export": "bot.operate.verbs.export",
    "import": "bot.operate.verbs.importing",
    "verify": "bot.operate.verbs.log",
    "log": "bot.operate.verbs.log",
    "media": "bot.operate.verbs.media",
    "retention": "bot.operate.verbs.retention",
    "backup": "bot.operate.verbs.keeping",
    "restore": "bot.operate.verbs.keeping",
    "repair": "bot.operate.verbs.keeping",
    "audit": "bot.operate.verbs.staff",
    "broadcast": "bot.operate.verbs.staff",
}

app = typer.Typer(
    name="earshot",
    cls=group_of(MODULES),
    help="Follows Telegram channels for newsrooms: keeps every post, alerts within a second.",
    epilog="Try it without any account: earshot demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _tell_version(wanted: bool) -> None:  # noqa: FBT001  # Typer gives a callback its value so
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415  # no verb needs it

        typer.echo(f"earshot {version('earshot')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[  # its callback has answered
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Say it and exit."),
    ] = False,
) -> None:
    """Take what concerns no verb."""


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
        return explain_usage(error.format_message(), arguments, MODULES)
    except Exception as error:  # noqa: BLE001  # the edge: every failure gets its code here
        return explain(error, arguments)


if __name__ == "__main__":
    main()
