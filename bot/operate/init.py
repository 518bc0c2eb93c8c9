"""`earshot init`: turn answers into a `.env` for the owner's eyes only, and a data folder."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import typer

from bot.config import Settings, SettingsError, load_settings
from bot.operate.asking import NoAnswer, read_text
from bot.publish.signing import public_pem, signing_key
from storage.failures import BadInput
from storage.folder import DataFolder

_QUOTED = ("'", '"', "\n", "\\", "#", " ", "$")


class InitRefused(BadInput):
    """There is a `.env` already, or it cannot be written; the message says what to do."""


@dataclass(frozen=True, slots=True)
class InitAnswers:
    """What was asked for, by the names of the settings it sets; secrets among them."""

    values: dict[str, str]

    def __repr__(self) -> str:
        return f"InitAnswers({', '.join(self.values)})"


def env_path(data: Path | None) -> Path:
    """Say where `init` writes: into the folder named by `--data`, else into the current one."""
    return data / ".env" if data else Path(".env")


def gather(
    *, api_id: str, api_hash_file: Path | None, bot_token_file: Path | None, timezone: str
) -> InitAnswers:
    """Ask for whatever the command line did not give. Raises NoAnswer."""
    return InitAnswers(
        {
            "TELEGRAM_API_ID": api_id or _asked("API id (from my.telegram.org)"),
            "TELEGRAM_API_HASH": _from_file(api_hash_file) or _asked("API hash", is_secret=True),
            "TELEGRAM_BOT_TOKEN": _from_file(bot_token_file)
            or _asked("Bot token (from @BotFather)", is_secret=True),
            "DEFAULT_TIMEZONE": timezone or _asked("Time zone of your people", default="UTC"),
        }
    )


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
    return read_text(path).strip() if path else ""


def refuse_replacing(data: Path | None) -> None:
    """Raise InitRefused when there is a `.env` where `init` would write, before any question."""
    path = env_path(data)
    if path.exists():
        raise InitRefused(f"{path} exists already: change it there, or give --force to replace it")


def write_env(answers: InitAnswers, data: Path | None, *, may_replace: bool) -> Settings:
    """Write the file, make the data folder, and return the settings as any verb now reads them.

    Nothing is left behind when an answer is not accepted.
    Raises InitRefused, SettingsError and FolderError.
    """
    path = env_path(data)
    if not may_replace:
        refuse_replacing(data)
    if data:
        DataFolder(data).prepare()
    before = path.read_bytes() if path.exists() else None
    _write_private(path, _content(answers))
    try:
        settings = load_settings(Settings, data)
        DataFolder(settings.data_dir).prepare()
    except SettingsError:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)
        raise
    return settings


def key_to_keep(folder: Path) -> str:
    """Make the key that signs the log, and tell which half of it to keep elsewhere.

    Raises FolderError.
    """
    pem = public_pem(signing_key(folder).public)
    return (
        "The archive's log is signed with a key of its own. Keep its public half where nobody can "
        f"change it; by it others check what this archive signs:\n{pem.rstrip()}"
    )


def _content(answers: InitAnswers) -> str:
    head = "# Written by `earshot init`; config.example.env tells every other setting.\n"
    return head + "".join(f"{name}={_quote(value)}\n" for name, value in answers.values.items())


def _quote(value: str) -> str:
    """Write a value so that python-dotenv reads back the same."""
    if not any(sign in value for sign in _QUOTED):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _write_private(path: Path, text: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)  # an existing file keeps its mode otherwise
            file.write(text)
    except OSError as error:
        raise InitRefused(
            f"cannot write {path}: {error.strerror}; choose another folder with --data DIR"
        ) from None


def next_steps(data: Path | None) -> str:
    """Tell what to do after `init`."""
    option = f" --data {data}" if data else ""
    return (
        "Next:\n"
        f"  1. earshot login{option}\n"
        f"  2. earshot channels add @channel{option}\n"
        f"  3. earshot people invite --role operator{option}   "
        "(send the bot /start and the code it prints)\n"
        f"  4. earshot run{option}\n"
        f"`earshot doctor{option}` checks all of it and says how to mend what is wrong."
    )
