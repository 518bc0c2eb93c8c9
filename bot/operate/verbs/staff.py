"""The verbs about everybody: `audit` and `broadcast`."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.config import ArchiveSettings, load_settings
from bot.operate import broadcasting
from bot.operate.asking import asked_yes
from bot.operate.finding import in_zone
from bot.operate.listing import print_json, print_rows
from bot.operate.verbs.options import AsJson, Data, Since, in_archive
from storage import audit
from storage.database import Database
from storage.records import AuditEntry

AUDIT_COLUMNS = ("at", "actor", "act", "subject", "detail")


def add_to(app: typer.Typer) -> None:
    """Put these verbs on the command line."""
    app.command("audit", epilog="Example: earshot audit --act 'role changed' --json")(show_audit)
    app.command("broadcast", epilog="Example: earshot broadcast 'Back at 23:00' --yes")(broadcast)


def show_audit(
    data: Data = None,
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    actor: Annotated[str | None, typer.Option(help="Only by this one, as it is shown.")] = None,
    act: Annotated[str | None, typer.Option(help="Only this act, as it is shown.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only about this one.")] = None,
    since: Since = None,
    as_json: AsJson = False,
) -> None:
    """Show who did what, newest first: channels, people, invites, queries, broadcasts."""
    start = in_zone(since, load_settings(ArchiveSettings, data).zone)

    async def read(database: Database) -> list[AuditEntry]:
        async with database.reading() as connection:
            return await audit.page(
                connection, limit=limit, actor=actor, act=act, subject=subject, since=start
            )

    print_rows(in_archive(data, read), AUDIT_COLUMNS, as_json=as_json)


def broadcast(
    text: str,
    data: Data = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send a text to everybody who is in; a run sends it, now or at its next start."""
    people = in_archive(data, broadcasting.audience)
    if not yes and not asked_yes(f"Send this to {people} people?", instead="--yes"):
        return
    told = in_archive(data, lambda d: broadcasting.send(d, text))
    if as_json:
        print_json({"people": told})
    else:
        typer.echo(f"to be sent to {told} people")
