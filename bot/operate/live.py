"""`earshot doctor --live`: the health of a run that goes on, from its rows and its own word.

Asks the run at its health port whether its parts are in order, and reads the archive; nothing is
asked of Telegram, and the run is not disturbed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import httpx
import typer

from bot.config import Settings, load_settings
from bot.operate.listing import print_json
from bot.operate.outcome import FAILED
from bot.operate.reports import RUN_IT, Line, Severity, lines, read_state, written
from bot.telemetry import Part
from bot.translation import Voice
from storage.database import open_database
from storage.folder import DataFolder

_ANSWER_WITHIN_S = 5.0


async def look(data: Path | None) -> list[Line]:
    """Give the findings, worst first. Raises SettingsError, FolderError and DatabaseError."""
    settings = load_settings(Settings, data)
    folder = DataFolder(settings.data_dir)
    folder.prepare()
    voice = Voice("en", settings.zone)
    parts = await _parts(settings.metrics_port)
    now = datetime.now(UTC)
    async with open_database(folder.database) as database:
        state = await read_state(database, parts or (), now)
    found = lines(state, now, voice)
    if parts is None:
        where = f"no earshot answers on port {settings.metrics_port}"
        found.insert(0, Line(Severity.BROKEN, where, voice.text(RUN_IT)))
    return found


async def _parts(port: int) -> tuple[Part, ...] | None:
    """Ask a run how its parts are; None when nothing answers."""
    try:
        async with httpx.AsyncClient(timeout=_ANSWER_WITHIN_S, trust_env=False) as client:
            answer = await client.get(f"http://127.0.0.1:{port}/readyz")
        found = answer.json()["parts"]
        return tuple(
            Part(name, is_ready=bool(part["ready"]), detail=str(part["detail"]))
            for name, part in found.items()
        )
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None


def show(found: list[Line], *, as_json: bool) -> int:
    """Write the findings to stdout; give the exit code, 1 when something is broken."""
    if as_json:
        print_json(
            [
                {"severity": line.severity.name.lower(), "text": line.text, "todo": line.todo}
                for line in found
            ]
        )
    else:
        typer.echo("\n".join(written(line) for line in found))
    return FAILED if any(line.severity is Severity.BROKEN for line in found) else 0
