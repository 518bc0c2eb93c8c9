"""How a verb ended: the exit code, and for a failure the one line a person gets.

0 done, 1 failed, 2 bad input or settings, 3 a bug (a report is written), 130 interrupted.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer

from bot.collect.imports.importer import NotImportableError
from bot.collect.media.pictures import PicturesMissing
from bot.collect.media.words import ReadingMissing
from bot.config import ArchiveSettings, Settings, SettingsError, load_settings, secrets
from bot.match.errors import QueryError
from bot.match.places import ArtefactUnusable, PlaceUnknown
from bot.match.places.build import FactsContradict
from bot.match.places.download import DownloadFailed
from bot.match.places.facts import FactsBroken
from bot.match.places.importers import SourceRefused
from bot.match.places.raster import PngMissing
from bot.match.places.tables import TableBroken
from bot.operate.account_list import BadAccountError
from bot.operate.analysing import FileUnreadableError
from bot.operate.asking import NoAnswer
from bot.operate.broadcasting import TextTooLong
from bot.operate.channel_file import BadFileError
from bot.operate.channel_list import BadListError
from bot.operate.channel_plan import NoSuchStateError
from bot.operate.choosing import PlaceAmbiguous
from bot.operate.evidence import UnknownEvidenceError
from bot.operate.finding import BadKey, ContradictoryTimes
from bot.operate.init import InitRefused
from bot.operate.media import MediaError
from bot.operate.people import UnknownInviteError, UnknownPersonError
from bot.operate.retaining import RetentionError
from bot.operate.target_list import BadTargetError
from bot.operate.watching import UnknownSubscriptionError
from bot.operate.weighing import ScanForOperators, ScanUnconfirmed
from bot.publish.bag import BagRefused
from bot.publish.exports import ExportRefused
from bot.publish.exports.parquet import ParquetMissing
from bot.publish.search import UnknownChannelError
from bot.publish.stamping import StampRefused, StampsMissing
from bot.telegram.account import BadReference
from bot.telegram.client import Later, Never, SessionInUse, SignedOut
from bot.telegram.login import LoginRefused
from bot.telegram.proxy import BadProxy
from bot.telegram.sealed import SessionDamaged, SessionSealed
from bot.telemetry import PortTaken, write_report
from storage.backup import BackupError
from storage.database import DatabaseError
from storage.folder import FolderError
from storage.fulltext import IndexUnwritable
from storage.trouble import trouble_of

FAILED = 1
BAD_INPUT = 2
BUG = 3
INTERRUPTED = 130


class OutputUnwritable(Exception):
    """A file that was asked for cannot be written."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"cannot write {path}: {error.strerror or error}")


_BAD_INPUT_ERRORS = (
    BadKey,
    ExportRefused,
    ParquetMissing,
    PngMissing,
    BagRefused,
    ContradictoryTimes,
    OutputUnwritable,
    ArtefactUnusable,
    BackupError,
    BadAccountError,
    BadProxy,
    FileUnreadableError,
    FactsBroken,
    FactsContradict,
    SourceRefused,
    TableBroken,
    PlaceAmbiguous,
    PlaceUnknown,
    BadReference,
    QueryError,
    UnknownChannelError,
    BadFileError,
    BadListError,
    NoSuchStateError,
    UnknownEvidenceError,
    UnknownInviteError,
    UnknownPersonError,
    BadTargetError,
    TextTooLong,
    UnknownSubscriptionError,
    DatabaseError,
    FolderError,
    LoginRefused,
    MediaError,
    NoAnswer,
    PicturesMissing,
    ReadingMissing,
    RetentionError,
    ScanForOperators,
    ScanUnconfirmed,
    StampsMissing,
    NotImportableError,
    PortTaken,
    SessionDamaged,
    SessionInUse,
    SessionSealed,
    SettingsError,
    SignedOut,
    InitRefused,
)


def explain(error: Exception, arguments: Sequence[str]) -> int:
    """Tell the person in a line what is wrong, and give the exit code."""
    error = _leaf(error)
    match error:
        case SettingsError():
            for mistake in error.mistakes:
                _say(mistake)
            return BAD_INPUT
        case SignedOut():
            _say(f"{error}: run `earshot login`")
            return BAD_INPUT
        case Exception() if isinstance(error, _BAD_INPUT_ERRORS):
            _say(str(error))
            return BAD_INPUT
        case Later() | Never() | DownloadFailed() | StampRefused() | IndexUnwritable():
            _say(str(error))
            return FAILED
    trouble = trouble_of(error)
    if trouble is not None:
        _say(trouble.line)
        return BAD_INPUT if trouble.is_lasting else FAILED
    folder, known_secrets = _what_a_report_needs(arguments)
    path = write_report(folder, error, arguments, datetime.now(UTC), known_secrets)
    _say(f"this is a bug in Earshot, not your mistake: please pass {path} on to its maintainers")
    return BUG


def _leaf(error: Exception) -> Exception:
    """Take the failure out of the groups that task groups raise; a bug before all others."""
    while isinstance(error, ExceptionGroup):
        inner = [_leaf(found) for found in error.exceptions]
        expected = (*_BAD_INPUT_ERRORS, DownloadFailed, Later, Never, StampRefused)
        error = next((found for found in inner if not isinstance(found, expected)), inner[0])
    return error


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
    after = dict(itertools.pairwise(arguments))
    data = Path(after["--data"]) if "--data" in after else None
    try:
        folder = load_settings(ArchiveSettings, data).data_dir
    except SettingsError:
        return data or Path("data"), ()
    try:
        return folder, secrets(load_settings(Settings, data))
    except SettingsError:  # Telegram's are not all there, so this verb had none to tell
        return folder, ()
