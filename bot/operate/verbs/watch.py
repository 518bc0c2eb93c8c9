"""The verbs of `earshot watch`."""

from __future__ import annotations

import typer

from bot.operate import analysing, watching
from bot.operate.listing import print_json, print_rows
from bot.operate.verbs.options import AsJson, Data, Owner, in_archive, verbs_of

COLUMNS = ("id", "subscriber_id", "state", "query")

verbs = verbs_of("Standing queries: whose posts matching what are alerted.")


@verbs.command("list", epilog="Example: earshot watch list --person 3")
def list_all(data: Data = None, *, person: Owner = None, as_json: AsJson = False) -> None:
    """Show everybody's subscriptions, or one person's."""
    found = in_archive(data, lambda d: watching.listed(d, person))
    print_rows(found, COLUMNS, as_json=as_json)


@verbs.command("add", epilog="Example: earshot watch add 3 'ракета OR \"air raid\"'")
def add(person: int, query: str, data: Data = None, *, as_json: AsJson = False) -> None:
    """Watch for a query on a person's behalf; PERSON is the id in `people list`."""
    added = in_archive(data, lambda d: watching.add(d, person, query))
    print_rows([added], COLUMNS, as_json=as_json)


@verbs.command("remove", epilog="Example: earshot watch remove 12")
def remove(subscription: int, data: Data = None, *, as_json: AsJson = False) -> None:
    """Stop watching; SUBSCRIPTION is the id in `watch list`."""
    removed = in_archive(data, lambda d: watching.remove(d, subscription))
    print_rows([removed], COLUMNS, as_json=as_json)


@verbs.command("test", epilog="Example: earshot watch test 'fire -drill' 'A fire near the port'")
def try_text(query: str, text: str, *, as_json: AsJson = False) -> None:
    """Say whether a query matches a text, and where, as alerts would."""
    trial = watching.try_out(query, text)
    if as_json:
        print_json(trial)
    else:
        typer.echo(f"{'matches' if trial.is_match else 'does not match'}: {trial.marked}")


analysing.add_to(verbs)
