r"""Posts per second against standing queries, beside what others do, on the same posts and queries.

    PYTHONPATH=. python bench/matching.py [--data FILE.jsonl.xz] [--queries 1000,10000] [--full]

Queries: 70 % words, 15 % phrases, 10 % boolean, 3 % prefix, 2 % regex; words follow Zipf over the
lemmas of the first half of the data (when given), then of the dictionaries. Posts: the second
half of the data and generated ones, none seen before it is timed. Every engine gets word forms;
matches are compared before times count. All times are this thread's CPU time, interleaved.
Prints ratios: to one `lower()` and `findall(r"\\w+")` pass, and between engines.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import lzma
import random
import re
import sqlite3
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pymorphy3

from bot.match.engine import Engine, EngineHit
from bot.match.morphology import forms
from bot.match.nodes import And, Node, Not, Or, Phrase, Prefix, Regex, Word
from bot.match.patterns import pattern
from bot.match.query import Query, parse
from bot.text import words_of
from storage.records import Document, SubscriptionId

NAME = "shared/data/text/telegram-posts-unlp2025.jsonl.xz"
DATA = next((p / NAME for p in Path(__file__).parents if (p / NAME).exists()), Path(NAME))
DECORATIONS = ("🔥 {}", "{}\n\n👉 Підписатися @kanal_novyn", "❗️{}", "{} #війна", "{}", "{}", "{}")


@dataclass(frozen=True)
class Workload:
    """Posts to time, posts to warm caches with, queries."""

    posts: list[Document]
    warm: list[Document]
    queries: list[Query]


def workload(data: Path, size: int, posts: int, seed: int) -> Workload:
    random_ = random.Random(seed)
    texts = real_texts(data)
    head = [word for text in texts[: len(texts) // 2] for word in words_of(text).words]
    lemmas = ranked_lemmas(head, random_)
    pick = Zipf(lemmas, random_)
    queries = list(
        itertools.islice(generated_queries(pick, texts[: len(texts) // 2], random_), size)
    )
    unseen = texts[len(texts) // 2 :]
    random_.shuffle(unseen)
    unseen = unseen[: posts // 2]
    unseen += [generated_post(pick, random_) for _ in range(2 * posts - len(unseen))]
    random_.shuffle(unseen)
    documents = [Document(text=text) for text in unseen]
    return Workload(documents[:posts], documents[posts:], queries)


def real_texts(data: Path) -> list[str]:
    if not data.exists():
        print(f"no data at {data}: generated posts only")
        return []
    with lzma.open(data, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def ranked_lemmas(words: list[str], random_: random.Random) -> list[str]:
    """Lemmas by their frequency in the text, then the dictionaries' in random order."""
    analysers = {language: pymorphy3.MorphAnalyzer(lang=language) for language in ("uk", "ru")}
    found: Counter[str] = Counter()
    for word, count in Counter(words).items():
        if word.isalpha() and len(word) > 1:
            language = "uk" if set(word) & set("іїє") else "ru"
            found[word if word.isascii() else analysers[language].parse(word)[0].normal_form] += (
                count
            )
    ranked = [lemma for lemma, _ in found.most_common() if lemma.isalpha()]
    tail = {
        parse_.normal_form
        for analyser in analysers.values()
        for parse_ in itertools.islice(analyser.iter_known_word_parses("п"), 60_000)
        if parse_.normal_form.isalpha()
    }
    tail |= {
        parse_.normal_form
        for analyser in analysers.values()
        for start in "бвгдзклмнорст"
        for parse_ in itertools.islice(analyser.iter_known_word_parses(start), 15_000)
        if parse_.normal_form.isalpha()
    }
    rest = sorted(tail - set(ranked))
    random_.shuffle(rest)
    return (ranked + rest)[:80_000]


class Zipf:
    """Draws items with probability 1 / rank."""

    def __init__(self, items: list[str], random_: random.Random) -> None:
        self.items = items
        self.random = random_
        self.sums = list(itertools.accumulate(1 / (rank + 1) for rank in range(len(items))))

    def __call__(self, skip: int = 0) -> str:
        """One item; the `skip` most frequent never."""
        while True:
            (at,) = self.random.choices(range(len(self.items)), cum_weights=self.sums)
            if at >= skip:
                return self.items[at]


def generated_post(pick: Zipf, random_: random.Random) -> str:
    words = []
    for _ in range(max(5, min(250, round(random_.lognormvariate(3.7, 0.7))))):
        lemma = pick()
        words.append(random_.choice(sorted(forms(lemma))) if random_.random() < 0.7 else lemma)
    text = " ".join(word + random_.choice(["", "", "", ",", "."]) for word in words)
    return random_.choice(DECORATIONS).format(text.capitalize())


def generated_queries(pick: Zipf, texts: list[str], random_: random.Random) -> Iterator[Query]:
    # People don't subscribe to "and": the 1,000 commonest lemmas are left out.
    word = lambda: pick(1000)  # noqa: E731 - the generator's one verb
    while True:
        kind = random_.random()
        if kind < 0.70:
            text = word()
        elif kind < 0.85:
            text = phrase(texts, random_) or f'"{word()} {word()}"'
        elif kind < 0.95:
            text = boolean(word, random_)
        elif kind < 0.98:
            text = (word() + "xxx")[:5].replace("x", "а") + "*"
        else:
            text = f"/{word()}\\w*\\s+\\d+/"
        try:
            yield parse(text)
        except ValueError:
            continue


def phrase(texts: list[str], random_: random.Random) -> str | None:
    if not texts or random_.random() < 0.5:
        return None
    words = [word for word in words_of(random_.choice(texts)).words if word.isalpha()]
    if len(words) < 3:
        return None
    at = random_.randrange(len(words) - 2)
    return f'"{" ".join(words[at : at + random_.choice([2, 2, 3])])}"'


def boolean(word: Callable[[], str], random_: random.Random) -> str:
    words = [word() for _ in range(random_.randint(2, 5))]
    kind = random_.randrange(3)
    if kind == 0:
        return " ".join(words)
    if kind == 1:
        return " OR ".join(words)
    return f"{words[0]} ({' OR '.join(words[1:])}) -{word()}"


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
        import hyperscan  # noqa: PLC0415 - a peer nobody needs but this bench

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


class Ours:
    """Earshot's engine."""

    name = "earshot"

    def __init__(self, queries: list[Query]) -> None:
        self.engine = Engine()
        for at, query in enumerate(queries):
            self.engine.add(SubscriptionId(at), query)

    def hits(self, document: Document) -> list[EngineHit]:
        """Return the hits with their spans: what is timed."""
        return self.engine.match(document)

    def match(self, document: Document) -> set[int]:
        """Return the numbers of the queries that match."""
        return {int(hit.key) for hit in self.engine.match(document)}


_FIND = re.compile(r"\w+").findall


def one_pass(document: Document) -> list[str]:
    return _FIND(document.text.lower())


def timed(act: Callable[[Document], object], documents: list[Document]) -> list[float]:
    """CPU seconds of each call."""
    times = []
    for document in documents:
        start = time.thread_time()
        act(document)
        times.append(time.thread_time() - start)
    return times


def bench_size(data: Path, size: int, posts: int, rounds: int, peers: bool) -> None:  # noqa: FBT001 - a script's switch
    work = workload(data, size, posts, seed=size)
    forms_start = time.perf_counter()
    for query in work.queries:
        Engine().add(SubscriptionId(0), query)
    expanded = time.perf_counter() - forms_start
    gc.collect()
    before = psutil.Process().memory_info().rss
    start = time.perf_counter()
    ours = Ours(work.queries)
    build = time.perf_counter() - start
    gc.collect()
    memory = psutil.Process().memory_info().rss - before
    gc.freeze()
    start = time.perf_counter()
    again = [parse(query.normal) for query in work.queries]
    reparsed = time.perf_counter() - start
    print(f"\n== {size:,} queries, {len(ours.engine._index.table):,} keys ==")  # noqa: SLF001 - its size is a figure
    print(f"build {build:.2f} s (+ parse {reparsed:.2f} s, + first expansion {expanded:.2f} s), ")
    print(f"memory {memory / 2**20:.0f} MiB")
    add_times(ours.engine, again)
    for document in work.warm:
        ours.hits(document)
    chunk = len(work.posts) // rounds
    times: list[float] = []
    passes: list[float] = []
    ratios = []
    hits = 0
    for at in range(rounds):
        documents = work.posts[at * chunk : (at + 1) * chunk]
        for order in ((0, 1), (1, 0))[at % 2]:
            if order:
                times += timed(ours.hits, documents)
            else:
                passes += timed(one_pass, documents)
        ratios.append(sum(times[-chunk:]) / sum(passes[-chunk:]))
    hits = sum(len(ours.hits(document)) for document in work.posts[:500]) / min(
        500, len(work.posts)
    )
    ordered = sorted(times)
    print(
        f"{1 / statistics.mean(times):,.0f} posts/s, p50 {ordered[len(times) // 2] * 1e6:.0f} us, "
        f"p99 {ordered[int(len(ordered) * 0.99)] * 1e6:.0f} us, {hits:.1f} hits a post, "
        f"mean {statistics.mean(times) * 1e6:.1f} us"
    )
    print(
        f"  {statistics.median(ratios):.1f} x one lower+findall pass "
        f"[{min(ratios):.1f}-{max(ratios):.1f}] ({statistics.mean(passes) * 1e6:.1f} us)"
    )
    if peers:
        bench_peers(ours, work)


def add_times(engine: Engine, queries: list[Query]) -> None:
    """Time to add and remove one more query; words known, as after a restart."""
    adds, removes = [], []
    for at, query in enumerate(queries[:1000]):
        key = SubscriptionId(10_000_000 + at)
        start = time.perf_counter()
        engine.add(key, query, struck_forms=frozenset({f"не{at}"}))
        adds.append(time.perf_counter() - start)
        start = time.perf_counter()
        engine.remove(key)
        removes.append(time.perf_counter() - start)
    adds.sort()
    removes.sort()
    print(
        f"add p50 {adds[500] * 1e6:.0f} us, p99 {adds[-10] * 1e6:.0f} us; "
        f"remove p50 {removes[500] * 1e6:.0f} us, p99 {removes[-10] * 1e6:.0f} us"
    )


HOSTILE = {
    "1 MB of one letter": "а" * 500_000,
    "1 MB of single letters": "а " * 350_000,
    "1 MB of stress marks": "а" + "\u0301" * 500_000,
    "1 MB of mixed scripts": "aа" * 350_000,
    "1 MB of hyphens": "а-" * 350_000,
    "1 MB of @ and links": "@аbc t.me/abc " * 70_000,
    "1 MB of emojis between letters": "а🔥" * 150_000,
    "1 MB of mathematical letters": "𝐑" * 250_000,
    "1 MB of words sought": "ракета дрон " * 45_000,
    "1 MB of camel hashtags": "#АбВг" * 110_000,
}
WORST = (
    "/(?:ракета|дрон)(?:.*а){{8}}.*{0}/",
    "({0} OR " + " OR ".join(f"слово{{0}}{at}" for at in range(90)) + ")",
    "ракета NEAR/50 дрон NEAR/50 місто{0}",
    '"ракета дрон ракета {0}"',
    "рак* дро* міс* -{0}",
    "((((((((((ракета -{0}) OR дрон) ракета) OR {0}) дрон) OR ракета) дрон))))",
)


def bench_hostile() -> None:
    """Longest times over hostile texts, and over posts with 1,000 of the worst queries."""
    engine = Engine()
    for at in range(1000):
        engine.add(SubscriptionId(at), parse(WORST[at % len(WORST)].format(f"щось{at}")))
    engine.match(Document(text="ракета"))
    print("\n== hostile input, 1,000 of the worst allowed queries ==")
    for name, text in HOSTILE.items():
        alone = min(timed(lambda d: Engine().match(d), [Document(text=text)] * 3))
        among = min(timed(engine.match, [Document(text=text)] * 2))
        print(f"  {name}: {alone * 1e3:.0f} ms alone, {among * 1e3:.0f} ms with the queries")
    random_ = random.Random(5)
    words = ["ракета", "дрони", "місто", "на", "летить", "дрон", "ракети", "і", "загроза", "над"]
    posts = [Document(text=" ".join(random_.choices(words, k=60))) for _ in range(300)]
    times = sorted(timed(engine.match, posts))
    print(
        f"  posts of 60 of their words: p50 {times[150] * 1e3:.1f} ms, "
        f"p99 {times[297] * 1e3:.1f} ms"
    )


def bench_peers(ours: Ours, work: Workload) -> None:
    few = max(3, min(60, 60_000 // len(work.queries)))
    documents = work.posts[-few:]
    for peer in (PerQuery, FullText, Hyperscan):
        if peer is Hyperscan and len(work.queries) > 1000:
            print(f"  {peer.name}: skipped above 1,000 queries, compiling takes minutes")
            continue
        try:
            start = time.perf_counter()
            other = peer(work.queries)
            built = time.perf_counter() - start
        except ImportError:
            print(f"  {peer.name}: skipped, not installed")
            continue
        wrong = [d for d in documents if comparable(other.match(d), ours.match(d), work.queries)]
        if wrong:
            print(f"  {peer.name}: {len(wrong)} of {few} posts differ: no time given")
            continue
        pairs = [(sum(timed(other.match, [d])), sum(timed(ours.hits, [d]))) for d in documents]
        theirs = statistics.mean(pair[0] for pair in pairs)
        mine = statistics.mean(pair[1] for pair in pairs)
        print(
            f"  {peer.name}: {theirs * 1e6:,.0f} us a post, {theirs / mine:,.0f} x ours "
            f"on the same {few} posts, build {built:.1f} s"
        )


def comparable(theirs: set[int], ours: set[int], queries: list[Query]) -> set[int]:
    """Return the queries on which the two differ."""
    different = theirs ^ ours
    for at in sorted(different)[:2]:
        print(f"    differs: {queries[at].normal} (ours: {at in ours})", file=sys.stderr)
    return different


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--queries", default="1000,10000")
    parser.add_argument("--posts", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--full", action="store_true", help="also 100,000 queries, more posts")
    parser.add_argument("--no-peers", action="store_true")
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.queries.split(",")]
    if arguments.full:
        sizes = [1000, 10_000, 100_000]
        arguments.posts = 6000
    for size in sizes:
        bench_size(arguments.data, size, arguments.posts, arguments.rounds, not arguments.no_peers)
    bench_hostile()
    print("Lucene Monitor: not run by this script (Debian's jars lack the monitor module)")


if __name__ == "__main__":
    main()
