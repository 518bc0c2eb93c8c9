"""How a verb ended: the exit code, and for a failure the one line a person gets.

0 done, 1 failed, 2 bad input or settings, 3 a bug (a report is written), 130 interrupted.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer

from storage.failures import BadInput, Failure

FAILED = Failure.exit_code
BAD_INPUT = BadInput.exit_code
BUG = 3
INTERRUPTED = 130


class OutputUnwritable(BadInput):
    """A file that was asked for cannot be written."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"cannot write {path}: {error.strerror or error}")


def explain(error: Exception, arguments: Sequence[str]) -> int:
    """Tell the person in a line what is wrong, and give the exit code."""
    error = _leaf(error)
    if isinstance(error, Failure):
        for line in error.lines:
            _say(line)
        return error.exit_code
    from storage.trouble import trouble_of  # noqa: PLC0415  # dear to load, seldom needed

    trouble = trouble_of(error)
    if trouble is not None:
        _say(trouble.line)
        return BAD_INPUT if trouble.is_lasting else FAILED
    from bot.telemetry import write_report  # noqa: PLC0415  # the same

    folder, known_secrets = _what_a_report_needs(arguments)
    path = write_report(folder, error, arguments, datetime.now(UTC), known_secrets)
    _say(f"this is a bug in Earshot, not your mistake: please pass {path} on to its maintainers")
    return BUG


def _leaf(error: Exception) -> Exception:
    """Take the failure out of the groups that task groups raise.

    The machine's trouble before all others, as the rest may come of it, then a bug.
    """
    if not isinstance(error, ExceptionGroup):
        return error
    from storage.trouble import trouble_of  # noqa: PLC0415  # dear to load, seldom needed

    inner = [_leaf(found) for found in error.exceptions]
    troubles = (found for found in inner if trouble_of(found) is not None)
    bugs = (found for found in inner if not isinstance(found, Failure))
    return next(troubles, next(bugs, inner[0]))


def explain_usage(said: str, arguments: Sequence[str], verbs: Collection[str]) -> int:
    """Tell what is wrong with the command line itself; `verbs` are those there are."""
    if not arguments or "Usage:" in said:  # no verb was given: the message is the help itself
        typer.echo(said, err=True)
    else:
        verb = f"{arguments[0]} " if arguments[0] in verbs else ""
        _say(f"{said.rstrip('.?')}; see `earshot {verb}--help`")
    return BAD_INPUT


def _say(line: str) -> None:
    typer.echo(f"earshot: {' '.join(line.split())}", err=True)


def _what_a_report_needs(arguments: Sequence[str]) -> tuple[Path, tuple[str, ...]]:
    """Find the data folder and the secrets again, as far as the settings can be read."""
    from bot.config import (  # noqa: PLC0415  # the same
        ArchiveSettings,
        Settings,
        SettingsError,
        load_settings,
        secrets,
    )

    words = [word for argument in arguments for word in argument.split("=", 1)]
    after = dict(itertools.pairwise(words))
    data = Path(after["--data"]) if "--data" in after else None
    try:
        folder = load_settings(ArchiveSettings, data).data_dir
    except SettingsError:
        return data or Path("data"), ()
    try:
        return folder, secrets(load_settings(Settings, data))
    except SettingsError:  # Telegram's are not all there, so this verb had none to tell
        return folder, ()
