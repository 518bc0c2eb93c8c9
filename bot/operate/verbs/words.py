"""The verbs about words: `watch match | forms | explain`.

They need neither settings nor an archive: text comes in, text or JSON goes out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from bot.match.asides import Meant, asides
from bot.match.documents import PLACES
from bot.match.json_lines import BadLine
from bot.match.lines import match_lines, queries_of
from bot.match.query import parse
from bot.match.strikes import expansions
from bot.match.tools import Ambiguity, Part, QueryExplained, explain_query, word_forms
from bot.operate.asking import BAD_LINES, reading
from bot.operate.listing import print_json
from bot.operate.verbs.options import AsJson

_FORMS_A_LINE = 8

Scan = Annotated[
    bool, typer.Option("--scan", help="Admit a query every post must be checked against.")
]


def add_to(watch: typer.Typer) -> None:
    """Put the verbs about queries beside the others of `watch`."""
    watch.command("match", epilog="Example: earshot watch match --queries q.jsonl < posts.jsonl")(
        match
    )
    watch.command("forms", epilog="Example: earshot watch forms ракета")(forms)
    watch.command("explain", epilog="Example: earshot watch explain 'ракета place:Суми'")(explain)


def match(
    queries: Annotated[Path, typer.Option(help='JSON Lines {"id": …, "query": …}.')],
    *,
    scan: Scan = False,
) -> int:
    """Match JSON Lines {id, text, lang?, channel?} on stdin; write a line for each hit.

    A line that cannot be used is named on stderr and passed over; the exit code is then 2.
    """
    bad: list[BadLine] = []

    def report(line: BadLine) -> None:
        bad.append(line)
        typer.echo(f"earshot: {line}", err=True)

    standing = queries_of(reading(queries, _byte_lines), report, allow_scan=scan)
    write = sys.stdout.write
    for line in match_lines(standing, sys.stdin.buffer, report):
        write(f"{line}\n")
    return BAD_LINES if bad else 0


def forms(word: str, *, as_json: AsJson = False) -> None:
    """Show every form a query word stands for, and those that other words share."""
    found = word_forms(word)
    if as_json:
        print_json(found)
        return
    for start in range(0, len(found.forms), _FORMS_A_LINE):
        typer.echo(" ".join(found.forms[start : start + _FORMS_A_LINE]))
    if found.struck:
        typer.echo(f"struck out: {' '.join(found.struck)}")
    for shared in found.ambiguities:
        typer.echo(_careful(found.word, shared))


_ASIDES = {
    Meant.OR: "is looked for as a word; OR in capitals finds one of the two",
    Meant.AND: "must stand in the post, too; leave it out if it need not",
    Meant.NOT: "is looked for as a word; -word leaves posts with that word out",
}


def warnings(query: str) -> Iterator[str]:
    """Give a line for each form that is oftener another word, each word like an operator."""
    parsed = parse(query, allow_scan=True)
    for aside in asides(parsed):
        yield f"careful: “{aside.word}” {_ASIDES[aside.meant]}"
    for word in expansions(parsed):
        for form, lemmas in word.shared:
            if form not in word.struck:
                yield _careful(word.word, Ambiguity(form, lemmas))


def _careful(word: str, shared: Ambiguity) -> str:
    rest = ", ".join(lemma for lemma in shared.lemmas if lemma != shared.form)
    what = f"a form of {rest}" if rest else "a word of its own"
    return f"careful: {shared.form} is also {what}; {word}!{shared.form} is without it"


def explain(query: str, *, as_json: AsJson = False) -> None:
    """Show how a query is understood, what it stands for and what it costs."""
    explained = explain_query(parse(query, allow_scan=True), PLACES)
    if as_json:
        print_json(explained)
        return
    typer.echo(explained.normal)
    for line in _tree(explained.tree, 1):
        typer.echo(line)
    for clause in explained.presearch:
        shown = ", ".join(clause.keys[:_FORMS_A_LINE])
        more = len(clause.keys) - _FORMS_A_LINE
        typer.echo(f"presearch: {shown}{f' and {more} more' if more > 0 else ''}")
    cost = explained.cost
    typer.echo(f"cost: {cost.terms} terms, {cost.keys} keys; {_reach(explained)}")
    for shared in explained.warnings:
        typer.echo(_careful(shared.word, shared))


def _reach(explained: QueryExplained) -> str:
    if explained.cost.is_scan:
        return "EVERY post must be checked: only an operator may have it, with --scan"
    if not explained.presearch:
        return "posts of its channels, or with its fact or pattern, are checked"
    return "only posts with a presearch key are checked"


def _tree(part: Part, depth: int) -> Iterator[str]:
    shown = f": {', '.join(part.forms[:_FORMS_A_LINE])}" if part.forms else ""
    yield f"{'  ' * depth}{part.kind} {part.text}{shown}"
    for below in part.parts:
        yield from _tree(below, depth + 1)


def _byte_lines(path: Path) -> Iterable[bytes]:
    return path.read_bytes().split(b"\n")
