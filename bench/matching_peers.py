"""What `matching.py` holds Earshot against: the same queries, asked the way others do."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from bot.match.morphology import forms
from bot.match.nodes import And, Node, Not, Or, Phrase, Prefix, Regex, Word
from bot.match.patterns import pattern
from bot.match.query import Query
from bot.text import words_of
from storage.records import Document

JAVA_JARS = Path("/usr/share/java")  # Debian's liblucene8-java
LUCENE = ("core", "memory", "analyzers-common")
HYPERSCAN_MOST = 10_000
HARNESS = Path(__file__).parent / "lucene" / "MonitorBench.java"


class Missing(Exception):
    """A peer cannot be had here; the argument says what is missing and how to get it."""


class PerQuery:
    """What peers do: one `re.search` after another, here over the folded words of the post."""

    name = "re.search per query"

    def __init__(self, queries: list[Query]) -> None:
        self.tests = [self.test(query.root) for query in queries]

    def test(self, node: Node) -> Callable[[str, str], bool]:  # noqa: PLR0911 - one a kind
        """Return the test of one node, of the folded words and the text."""
        match node:
            case Word(text):
                found = "|".join(map(re.escape, sorted(forms(text), key=len, reverse=True)))
                search = re.compile(rf"(?<= )(?:{found})(?= )").search
                return lambda folded, _: search(folded) is not None
            case Phrase(words):
                parts = ["|".join(map(re.escape, forms(word))) for word in words]
                inner = " ".join(f"(?:{part})" for part in parts)
                search = re.compile(f"(?<= ){inner}(?= )").search
                return lambda folded, _: search(folded) is not None
            case Prefix(text):
                search = re.compile(rf"(?<= ){re.escape(words_of(text).words[0])}").search
                return lambda folded, _: search(folded) is not None
            case Regex(source):
                search = re.compile(source, re.IGNORECASE).search
                return lambda _, text: search(text) is not None
            case And(items):
                tests = [self.test(item) for item in items]
                return lambda folded, text: all(test(folded, text) for test in tests)
            case Or(items):
                tests = [self.test(item) for item in items]
                return lambda folded, text: any(test(folded, text) for test in tests)
            case Not(item):
                test = self.test(item)
                return lambda folded, text: not test(folded, text)
        raise AssertionError(node)

    def match(self, document: Document) -> set[int]:
        """Return the numbers of the queries that match."""
        folded = f" {' '.join(words_of(document.text).words)} "
        return {at for at, test in enumerate(self.tests) if test(folded, document.text)}


class FullText:
    """SQLite FTS5: the post alone in an index, every query run against it."""

    name = "SQLite FTS5, one post"

    def __init__(self, queries: list[Query]) -> None:
        self.database = sqlite3.connect(":memory:")
        self.database.execute(
            "CREATE VIRTUAL TABLE post USING fts5(body, tokenize = 'unicode61 remove_diacritics 0')"
        )
        self.slow = PerQuery(queries)
        self.regexes = {
            at: query.root.pattern
            for at, query in enumerate(queries)
            if isinstance(query.root, Regex)
        }
        self.asked = {
            at: self.asked_as(query.root)
            for at, query in enumerate(queries)
            if at not in self.regexes
        }

    def asked_as(self, node: Node) -> str:
        """Return the node in FTS5's language."""
        match node:
            case Word(text):
                return "(" + " OR ".join(f'"{form}"' for form in sorted(forms(text))) + ")"
            case Phrase(words):
                # No OR inside a phrase there: all words, then `re` looks at their order.
                return "(" + " AND ".join(self.asked_as(Word(word)) for word in words) + ")"
            case Prefix(text):
                return f'"{words_of(text).words[0]}"*'
            case And(items):
                wanted = [item for item in items if not isinstance(item, Not)]
                unwanted = [item.item for item in items if isinstance(item, Not)]
                asked = "(" + " AND ".join(map(self.asked_as, wanted)) + ")"
                return asked + "".join(f" NOT {self.asked_as(item)}" for item in unwanted)
            case Or(items):
                return "(" + " OR ".join(map(self.asked_as, items)) + ")"
        raise AssertionError(node)

    def match(self, document: Document) -> set[int]:
        """Return the numbers of the queries that match."""
        run = self.database.execute
        run("DELETE FROM post")
        run("INSERT INTO post VALUES (?)", (" ".join(words_of(document.text).words),))
        ask = "SELECT 1 FROM post WHERE post MATCH ?"
        folded = f" {' '.join(words_of(document.text).words)} "
        likely = {at for at, asked in self.asked.items() if run(ask, (asked,)).fetchone()}
        found = {at for at in likely if self.slow.tests[at](folded, document.text)}
        return found | {
            at for at, source in self.regexes.items() if pattern(source).occurs(document.text)
        }


class Hyperscan:
    """Hyperscan finds the words (literals over the folded post); `re` verifies the rest."""

    name = "hyperscan + re"

    def __init__(self, queries: list[Query]) -> None:
        if len(queries) > HYPERSCAN_MOST:
            raise Missing(f"above {HYPERSCAN_MOST:,} queries its compiling takes minutes")
        try:
            import hyperscan  # noqa: PLC0415 - a peer nobody needs but this bench
        except ImportError:
            raise Missing("not installed: pip install hyperscan") from None

        self.slow = PerQuery(queries)
        owners: dict[str, set[int]] = {}
        for at, query in enumerate(queries):
            for literal in literals(query.root):
                owners.setdefault(literal, set()).add(at)
        self.owners = list(owners.values())
        self.database = hyperscan.Database()
        flags = hyperscan.HS_FLAG_SINGLEMATCH
        self.database.compile(
            expressions=[re.escape(literal).encode() for literal in owners],
            ids=list(range(len(owners))),
            flags=[flags] * len(owners),
        )

    def match(self, document: Document) -> set[int]:
        """Return the numbers of the queries that match."""
        folded = f" {' '.join(words_of(document.text).words)} "
        found: list[int] = []
        scanned = f"{folded}\n{document.text.lower()}".encode()
        self.database.scan(scanned, match_event_handler=lambda at, *_: found.append(at))
        candidates = set().union(*(self.owners[at] for at in found))
        tests = self.slow.tests
        return {at for at in candidates if tests[at](folded, document.text)}


def literals(node: Node) -> set[str]:
    match node:
        case Word(text):
            return {f" {form} " for form in forms(text)}
        case Phrase(words):
            return {f" {form} " for form in forms(max(words, key=len))}
        case Prefix(text):
            return {f" {words_of(text).words[0]}"}
        case Regex(source):
            return set(pattern(source).literals)
        case And(items):
            return literals(next(item for item in items if not isinstance(item, Not)))
        case Or(items):
            return set().union(*map(literals, items))
    raise AssertionError(node)


class Lucene:
    """Lucene Monitor with its term presearcher, in a warm JVM; regexes are left out.

    Gets the words already folded and cut. CPU times are the JVM's own, of `Monitor.match` alone.
    """

    name = "Lucene Monitor"

    def __init__(self, queries: list[Query], monitor: Path | None) -> None:
        jars = [next(iter(JAVA_JARS.glob(f"lucene-{name}-*.jar")), None) for name in LUCENE]
        if monitor is None or not monitor.exists():
            raise Missing("no jar of its monitor module: give --monitor FILE, see bench/lucene")
        if None in jars:
            raise Missing("no Lucene jars: apt-get install liblucene8-java")
        self.classes = os.pathsep.join(map(str, [monitor, *jars]))
        self.queries = {at: q for at, q in enumerate(queries) if not isinstance(q.root, Regex)}
        self.built = 0.0

    def match_all(
        self, warm: Iterable[Document], documents: list[Document]
    ) -> list[tuple[float, set[int]]]:
        """Return seconds and matches of each document."""
        lines = [f"Q {at} {asked(query.root)}" for at, query in self.queries.items()]
        lines += [f"W {' '.join(words_of(document.text).words)}" for document in warm]
        lines += [f"D {' '.join(words_of(document.text).words)}" for document in documents]
        with tempfile.TemporaryDirectory() as folder:
            given = Path(folder) / "given"
            given.write_text("\n".join(lines) + "\n", "utf-8")
            java = ["java", "-Xmx4g", "-cp", self.classes, str(HARNESS), str(given)]
            done = subprocess.run(java, check=True, capture_output=True, text=True)  # noqa: S603 - our own arguments
        found = []
        for line in done.stdout.splitlines():
            kind, number, *ids = line.split()
            if kind == "B":
                self.built = int(number) / 1e9
            else:
                found.append((int(number) / 1e9, set(map(int, ids))))
        return found


def asked(node: Node) -> str:
    """Return a node as the Java side reads it: an operator and its operands in brackets."""
    match node:
        case Word(text):
            return f"( W {' '.join(sorted(forms(text)))} )"
        case Phrase(words):
            return f"( P {' '.join(asked(Word(word)) for word in words)} )"
        case Prefix(text):
            return f"( X {words_of(text).words[0]} )"
        case And(items):
            return f"( A {' '.join(map(asked, items))} )"
        case Or(items):
            return f"( O {' '.join(map(asked, items))} )"
        case Not(item):
            return f"( N {asked(item)} )"
    raise AssertionError(node)
