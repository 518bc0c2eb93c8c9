"""The verbs of `earshot people`."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.operate import people as persons
from bot.operate.asking import asked_yes
from bot.operate.listing import print_json, print_rows
from bot.operate.verbs.options import AsJson, Data, in_archive, verbs_of
from storage.records import Role

INVITE_COLUMNS = ("id", "role", "uses_left", "added_at", "expires_at")
COLUMNS = ("id", "name", "role", "state", "timezone", "added_at")

MODULES = {"targets": "bot.operate.verbs.targets"}

verbs = verbs_of("Who may talk to the bot, and as what.", MODULES)


def add_to(app: typer.Typer) -> None:
    """Put the noun among those of `earshot`."""
    app.add_typer(verbs, name="people")


@verbs.command("invite", epilog="Example: earshot people invite --role operator")
def invite(
    data: Data = None,
    *,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.REPORTER,
    uses: Annotated[int, typer.Option(min=1, help="For how many people.")] = 1,
    days: Annotated[int, typer.Option(min=1, max=365, help="Days until it expires.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Make an invite code; it is shown once. The first operator is made this way."""
    made = in_archive(data, lambda d: persons.invite(d, role, uses=uses, days=days))
    if as_json:
        print_json(made)
    else:
        typer.echo(f"Send this to the bot, valid until {made.expires_at:%Y-%m-%d %H:%M} UTC:")
        typer.echo(f"/start {made.code}")


@verbs.command("list", epilog="Example: earshot people list --json")
def list_all(data: Data = None, *, as_json: AsJson = False) -> None:
    """Show everybody who came in, removed ones too."""
    print_rows(in_archive(data, persons.everybody), COLUMNS, as_json=as_json)


@verbs.command("invites", epilog="Example: earshot people invites --json")
def list_invites(data: Data = None, *, as_json: AsJson = False) -> None:
    """Show the invites that still let somebody in; their codes nobody knows any more."""
    print_rows(in_archive(data, persons.open_invites), INVITE_COLUMNS, as_json=as_json)


@verbs.command("revoke", epilog="Example: earshot people revoke 4")
def revoke(invite: int, data: Data = None) -> None:
    """Let nobody in by an invite any more; INVITE is the id in `people invites`."""
    in_archive(data, lambda d: persons.revoke(d, invite))
    typer.echo(f"invite {invite} lets nobody in any more")


@verbs.command("erase", epilog="Example: earshot people erase 3 --yes")
def erase(
    person: int,
    data: Data = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a person out and delete all that is theirs; the audit trail keeps that it was done."""
    found = in_archive(data, lambda d: persons.person(d, person))
    question = f"Erase everything of person {found.id}? It cannot be undone."
    if not yes and not asked_yes(question, instead="--yes"):
        return
    gone = in_archive(data, lambda d: persons.erase(d, person))
    if as_json:
        print_json(gone)
    else:
        typer.echo("".join(f"{table}: {rows}\n" for table, rows in gone.items()), nl=False)
        typer.echo(f"person {person} is erased")


@verbs.command("role", epilog="Example: earshot people role 3 archivist")
def role(person: int, role: Role, data: Data = None, *, as_json: AsJson = False) -> None:
    """Change what a person may do; PERSON is the id in `people list`."""
    changed = in_archive(data, lambda d: persons.change_role(d, person, role))
    print_rows([changed], COLUMNS, as_json=as_json)


@verbs.command("remove", epilog="Example: earshot people remove 3")
def remove(person: int, data: Data = None, *, as_json: AsJson = False) -> None:
    """Put a person out; the bot treats them as a stranger."""
    removed = in_archive(data, lambda d: persons.remove(d, person))
    print_rows([removed], COLUMNS, as_json=as_json)
