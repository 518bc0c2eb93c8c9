"""`earshot doctor`: look at everything a run needs, mend nothing, say how to mend what is wrong.

Each check answers with one `Finding`; a check that cannot be made because an earlier one failed
says so. Secrets appear in none.
"""

from __future__ import annotations

import asyncio
import shutil
import stat
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from bot.collect.media.words import ReadingMissing, checked
from bot.config import Settings, SettingsError, load_settings
from bot.operate.login import application
from bot.operate.ways import ways
from bot.telegram.client import Client, Later, Never, open_client
from bot.telegram.login import bot_session_name, identify, server_time
from bot.telegram.proxy import Proxy
from bot.telegram.sealed import SessionDamaged, SessionSealed
from storage.database import DatabaseError, open_database
from storage.folder import DataFolder, FolderError

_MIN_FREE_BYTES = 1 << 30  # text of a million posts is about this
_MAX_CLOCK_ERROR_S = 5.0  # alerts older than their post, or younger, confuse people
_TELEGRAM_DEADLINE_S = 60  # for all calls together: a silent server is a finding too
_OTHERS = 0o077


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    NOTE = "note"  # worth knowing, nothing to mend
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `mend` says what to do, empty unless the verdict is bad."""

    check: str
    verdict: Verdict
    detail: str
    mend: str = ""


def needs_mending(findings: list[Finding]) -> bool:
    """Say whether any check failed."""
    return any(finding.verdict is Verdict.BAD for finding in findings)


async def examine(data: Path | None) -> list[Finding]:
    """Make every check in the order in which faults follow from one another."""
    try:
        settings = load_settings(Settings, data)
    except SettingsError as error:
        return [
            Finding(
                "settings",
                Verdict.BAD,
                mistake,
                "put it into .env or the environment, or run `earshot init`",
            )
            for mistake in error.mistakes
        ]
    folder = DataFolder(settings.data_dir)
    findings = [
        Finding("settings", Verdict.OK, f"complete; time zone {settings.default_timezone}"),
        *_folder_checks(folder),
    ]
    if needs_mending(findings):
        return findings
    findings.append(await _database_check(folder))
    if settings.ocr_languages:
        findings.append(_pictures_check(settings.ocr_languages))
    try:
        return findings + await _telegram_checks(settings, folder)
    except DatabaseError as error:  # the accounts are in it: Telegram cannot be asked
        if needs_mending(findings):
            return findings
        return [*findings, _database_fault(error)]


def _folder_checks(folder: DataFolder) -> list[Finding]:
    if not folder.root.exists():
        mend = "run `earshot init` or `earshot login`, which make it"
        return [Finding("folder", Verdict.BAD, f"there is no folder {folder.root}", mend)]
    try:
        folder.prepare()
    except FolderError as error:
        said, _, mend = str(error).partition(": ")
        return [Finding("folder", Verdict.BAD, said, mend)]
    except PermissionError as error:
        mend = f"run `sudo chown -R $(id -u) {folder.root}`"
        return [Finding("folder", Verdict.BAD, f"cannot read {error.filename}", mend)]
    return [
        Finding("folder", Verdict.OK, f"{folder.root}, for its owner only"),
        _env_file_check(folder),
        _disk_check(folder),
    ]


def _env_file_check(folder: DataFolder) -> Finding:
    for file in (Path(".env"), folder.root / ".env"):
        if file.exists() and stat.S_IMODE(file.stat().st_mode) & _OTHERS:
            said = f"{file} holds secrets and can be read by other users"
            return Finding("secrets", Verdict.BAD, said, f"run `chmod 600 {file}`")
    return Finding("secrets", Verdict.OK, "no .env file can be read by others")


def _disk_check(folder: DataFolder) -> Finding:
    free = shutil.disk_usage(folder.root).free
    said = f"{free / (1 << 30):.1f} GiB free"
    if free < _MIN_FREE_BYTES:
        return Finding("disk", Verdict.BAD, said, "free at least 1 GiB, or move the data folder")
    return Finding("disk", Verdict.OK, said)


async def _database_check(folder: DataFolder) -> Finding:
    if not folder.database.exists():
        return Finding("database", Verdict.NOTE, "none yet; `earshot run` makes it")
    try:
        async with open_database(folder.database):
            size = folder.database.stat().st_size
    except DatabaseError as error:
        return _database_fault(error)
    return Finding("database", Verdict.OK, f"readable, {size / (1 << 20):.1f} MiB")


def _database_fault(error: DatabaseError) -> Finding:
    said, _, mend = str(error).rpartition(": ")
    return Finding("database", Verdict.BAD, said, mend)


def _pictures_check(languages: str) -> Finding:
    try:
        by = checked(languages)
    except ReadingMissing as error:
        said, _, mend = str(error).partition(": ")
        return Finding("pictures", Verdict.BAD, said, mend)
    return Finding("pictures", Verdict.OK, f"read by {by.program}, {by.languages}")


async def _telegram_checks(settings: Settings, folder: DataFolder) -> list[Finding]:
    try:
        with folder.lock():
            return await _ask_telegram(settings, folder)
    except FolderError:
        said = "an earshot is running on this folder; its own health is at /readyz"
        return [Finding("telegram", Verdict.NOTE, f"{said}, port {settings.metrics_port}")]


async def _ask_telegram(settings: Settings, folder: DataFolder) -> list[Finding]:
    token = settings.telegram_bot_token.get_secret_value()
    findings: list[Finding] = []
    for way in await ways(settings, folder):
        if way.reason:
            findings.append(Finding(way.name, Verdict.NOTE, way.reason))
        else:
            session = folder.session(way.label)
            findings += await _reached(settings, session, way.name, way.proxy, first=not findings)
        if findings[-1].verdict is Verdict.BAD and way.name == "account" and len(findings) == 1:
            return findings  # nothing answers: the bot would say the same a minute later
    return findings + await _reached(settings, folder.session(bot_session_name(token)), "bot")


async def _reached(
    settings: Settings, session: Path, who: str, proxy: Proxy | None = None, *, first: bool = False
) -> list[Finding]:
    """Connect as the account or the bot; the `first` to answer tells Telegram's time, too."""
    try:
        async with (
            asyncio.timeout(_TELEGRAM_DEADLINE_S),
            _client(settings, session, proxy) as client,
        ):
            reached = []
            if first:
                reached = [Finding("telegram", Verdict.OK, "reached"), await _clock_check(client)]
            return [*reached, await _signed_in(who, client)]
    except (Later, TimeoutError) as error:
        where = settings.telegram_dc_address or "Telegram"
        by = f" by its proxy {proxy.host}:{proxy.port}" if proxy else ""
        said = f"cannot reach {where}{by}: {getattr(error, 'reason', 'no answer')}"
        mend = "check the network, the firewall and, if set, TELEGRAM_DC_ADDRESS; then try again"
        return [Finding("telegram" if who == "account" else who, Verdict.BAD, said, mend)]
    except (SessionSealed, SessionDamaged) as error:
        said, _, mend = str(error).partition(": ")
        return [Finding("sessions", Verdict.BAD, said, mend)]
    except Never as error:
        mend = "check TELEGRAM_API_ID and TELEGRAM_API_HASH, then run `earshot login`"
        return [Finding("telegram", Verdict.BAD, error.reason, mend)]


@asynccontextmanager
async def _client(settings: Settings, session: Path, proxy: Proxy | None) -> AsyncIterator[Client]:
    """Connect with a session, or with one that is thrown away if there is none: make no file."""
    with tempfile.TemporaryDirectory(prefix="earshot-doctor-") as spare:
        path = _existing(session) or Path(spare) / "none.session"
        program = application(settings)
        async with open_client(program, path, catch_up=False, proxy=proxy) as client:
            yield client


def _existing(session: Path) -> Path | None:
    return session if session.exists() else None


async def _clock_check(client: Client) -> Finding:
    before = datetime.now(UTC)
    theirs = await server_time(client)
    after = datetime.now(UTC)
    # Telegram gives whole seconds, so up to one of the difference is its rounding.
    error_s = max((before - theirs).total_seconds() - 1, (theirs - after).total_seconds(), 0.0)
    if error_s > _MAX_CLOCK_ERROR_S:
        said = f"this clock and Telegram's are {error_s:.0f} s apart"
        return Finding("clock", Verdict.BAD, said, "switch time synchronisation (NTP) on")
    return Finding("clock", Verdict.OK, "agrees with Telegram's")


async def _signed_in(who: str, client: Client) -> Finding:
    identity = await identify(client)
    if identity is None:
        return Finding(who, Verdict.BAD, "not signed in", "run `earshot login`")
    name = f"@{identity.username}" if identity.username else identity.name
    return Finding(who, Verdict.OK, f"signed in as {name}")
