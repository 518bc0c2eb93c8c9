r"""Posts per second against standing queries, beside what others do, on the same posts and queries.

    PYTHONPATH=. python bench/matching.py [--full] [--monitor lucene-monitor.jar] [--no-peers]

Queries: 70 % words, 15 % phrases, 10 % boolean, 3 % prefix, 2 % regex; words follow Zipf over the
lemmas of the first half of the data (when given), then of the dictionaries. Posts: the second
half of the data and generated ones, none seen before it is timed. Every engine gets word forms;
matches are compared before times count, on posts without joined writings (Т-90М), which only
Earshot knows. Ours includes the spans of all that hit. All times are the thread's CPU time,
interleaved (Lucene's before ours); prints ratios to one `lower()` and `findall(r"\\w+")` pass.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import lzma
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pymorphy3
from matching_peers import FullText, Hyperscan, Lucene, Missing, PerQuery

from bot.match.engine import Engine, Hits
from bot.match.morphology import forms, kept
from bot.match.nodes import And, Mode, Not, Word
from bot.match.query import Query, parse
from bot.text import Cut, words_of
from storage.records import Document, SubscriptionId

NAME = "shared/data/text/telegram-posts-unlp2025.jsonl.xz"
DATA = next((p / NAME for p in Path(__file__).parents if (p / NAME).exists()), Path(NAME))
DECORATIONS = ("🔥 {}", "{}\n\n👉 Підписатися @kanal_novyn", "❗️{}", "{} #війна", "{}", "{}", "{}")
PASSES_MOST = {10_000: 4.0, 100_000: 10.0}  # targets by number of queries
LUCENE_LEAST = {10_000: 15.0, 100_000: 100.0}
RE_LEAST = 700.0
P99_MOST_US = 1000.0
MEMORY_MOST_MB = 200.0
RESTART_MOST_S = 5.0
ADD_MOST_US = 1000.0


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


class Ours:
    """Earshot's engine."""

    def __init__(self, queries: list[Query]) -> None:
        self.engine = Engine()
        for at, query in enumerate(queries):
            self.engine.add(SubscriptionId(at), query)

    def hits(self, document: Document) -> Hits:
        """Return the hits, their spans made: what is timed beside others."""
        found = self.engine.match(document)
        _ = found.groups
        return found

    def who(self, document: Document) -> Hits:
        """Return the hits whose spans nobody has asked for yet."""
        return self.engine.match(document)

    def match(self, document: Document) -> set[int]:
        """Return the numbers of the queries that match."""
        return {int(hit.key) for hit in self.engine.match(document)}


_FIND = re.compile(r"\w+").findall
_rows: list[tuple[str, str, str, str]] = []


def row(figure: str, value: float, unit: str, most: float | None, *, least: bool = False) -> None:
    """Note a figure of the closing table, with its target if it has one."""
    verdict = target = ""
    if most is not None:
        target = f"{'>=' if least else '<='} {most:g} {unit}"
        verdict = "met" if (value >= most if least else value <= most) else "MISSED"
    _rows.append((figure, f"{value:,.3g} {unit}", target, verdict))


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


def bench_size(work: Workload, rounds: int) -> Ours:
    """Time one number of queries and note its rows."""
    queries = len(work.queries)
    name = f"{queries:,} queries: "
    bench_restart(work, name)
    ours = Ours(work.queries)
    gc.collect()
    gc.freeze()
    add_times(ours.engine, work.queries, name)
    for document in work.warm:
        ours.hits(document)
    chunk = len(work.posts) // (2 * rounds)
    times: list[float] = []
    passes: list[float] = []
    ratios, who_ratios = [], []
    for at in range(2 * rounds):  # by turns with spans and without: no post is seen twice
        documents = work.posts[at * chunk : (at + 1) * chunk]
        act = ours.who if at % 2 else ours.hits
        mine = timed(act, documents) if at % 4 < 2 else []
        theirs = timed(one_pass, documents)
        mine = mine or timed(act, documents)
        passes += theirs
        (who_ratios if at % 2 else ratios).append(sum(mine) / sum(theirs))
        times += [] if at % 2 else mine
    ordered = sorted(times)
    row(f"{name}one lower+findall pass", statistics.mean(passes) * 1e6, "us", None)
    row(f"{name}mean a post, spans made", statistics.mean(times) * 1e6, "us", None)
    row(f"{name}median a post", ordered[len(times) // 2] * 1e6, "us", None)
    row(f"{name}p99", ordered[int(len(ordered) * 0.99)] * 1e6, "us", P99_MOST_US)
    most = PASSES_MOST.get(queries)
    row(f"{name}x lower+findall, spans made, median", statistics.median(ratios), "x", most)
    row(f"{name}x lower+findall, who hit, median", statistics.median(who_ratios), "x", most)
    some = work.posts[:500]
    row(f"{name}hits a post", statistics.mean(len(ours.hits(d)) for d in some), "", None)
    groups = statistics.mean(len(ours.hits(d).groups) for d in some)
    row(f"{name}meanings that hit a post", groups, "", None)
    return ours


def bench_restart(work: Workload, name: str) -> None:
    """Time a start in a new process that has the kept forms, and take its memory."""
    with tempfile.TemporaryDirectory() as folder:
        kept().save(Path(folder) / "forms")
        kept().clear()
        kept().load(Path(folder) / "forms")
        for query in work.queries:
            Engine().add(SubscriptionId(0), query)
        kept().forget_former()  # words of the posts only
        kept().save(Path(folder) / "forms")
        lines = [json.dumps(query.normal) for query in work.queries]
        (Path(folder) / "queries").write_text("\n".join(lines), "utf-8")
        command = [sys.executable, __file__, "--restart", folder]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
    seconds, megabytes = map(float, done.stdout.split())
    limits = (RESTART_MOST_S, MEMORY_MOST_MB) if len(work.queries) >= 100_000 else (None, None)
    row(f"{name}restart, forms kept", seconds, "s", limits[0])
    row(f"{name}memory of all of it", megabytes, "MB", limits[1])


def restart(folder: Path) -> None:
    """Load, parse and add everything; print CPU seconds and megabytes of growth."""
    lines = (folder / "queries").read_text("utf-8").split("\n")
    gc.collect()
    before = psutil.Process().memory_info().rss
    gc.disable()
    start = time.process_time()
    kept().load(folder / "forms")
    engine = Engine()
    for at, line in enumerate(lines):
        engine.add(SubscriptionId(at), parse(json.loads(line), is_checked=True))
    kept().forget_former()
    taken = time.process_time() - start
    gc.enable()
    gc.collect()
    print(taken, (psutil.Process().memory_info().rss - before) / 1e6)


def add_times(engine: Engine, queries: list[Query], name: str) -> None:
    """Time to add and remove one more query; words known, as after a restart."""
    adds, removes = [], []
    for at, query in enumerate(queries[:1000]):
        key = SubscriptionId(10_000_000 + at)
        # Nobody else's query means the same, so that nothing is shared.
        alone = Query(And((query.root, Not(Word(f"не{at}", Mode.EXACT)))))
        start = time.thread_time()
        engine.add(key, alone)
        adds.append(time.thread_time() - start)
        start = time.thread_time()
        engine.remove(key)
        removes.append(time.thread_time() - start)
    adds.sort()
    removes.sort()
    row(f"{name}add, p99", adds[-10] * 1e6, "us", ADD_MOST_US)
    row(f"{name}remove, p99", removes[-10] * 1e6, "us", ADD_MOST_US)


def bench_peers(ours: Ours, work: Workload, monitor: Path | None) -> None:
    """Time peers on a few unseen posts each, after their matches proved equal to ours."""
    queries = len(work.queries)
    few = max(3, min(60, 60_000 // queries))
    plain = [d for d in work.posts if not Cut(d.text).extra]
    for peer in (PerQuery, FullText, Hyperscan):
        try:
            other = peer(work.queries)
        except Missing as missing:
            print(f"{queries:,} queries: {peer.name} left out: {missing}")
            continue
        documents = plain[-few:]
        wrong = [d for d in documents if other.match(d) != ours.match(d)]
        if wrong:
            print(f"{queries:,} queries: {peer.name}: {len(wrong)} posts differ, no time given")
            continue
        pairs = [(sum(timed(other.match, [d])), sum(timed(ours.hits, [d]))) for d in documents]
        ratio = sum(pair[0] for pair in pairs) / sum(pair[1] for pair in pairs)
        target = RE_LEAST if peer is PerQuery and queries == 10_000 else None
        row(f"{queries:,} queries: {peer.name} takes ours", ratio, "x", target, least=True)
    try:
        bench_lucene(Lucene(work.queries, monitor), ours, work, plain[: 6 * few])
    except Missing as missing:
        print(f"{queries:,} queries: Lucene Monitor left out: {missing}")


def bench_lucene(lucene: Lucene, ours: Ours, work: Workload, documents: list[Document]) -> None:
    """Time Lucene Monitor and, right after, ours on the same posts, without the regexes."""
    queries = len(work.queries)
    theirs = lucene.match_all(work.warm[:1000], documents)
    mine = [ours.match(document) & lucene.queries.keys() for document in documents]
    wrong = [at for at, (_, found) in enumerate(theirs) if found != mine[at]]
    if wrong:
        print(f"{queries:,} queries: Lucene Monitor: {len(wrong)} of {len(mine)} posts differ")
        if len(wrong) > len(mine) // 50:
            return
    seconds = statistics.mean(taken for taken, _ in theirs)
    ratio = seconds / statistics.mean(timed(ours.hits, documents))
    target = LUCENE_LEAST.get(queries)
    row(f"{queries:,} queries: Lucene Monitor takes ours", ratio, "x", target, least=True)
    row(f"{queries:,} queries: Lucene Monitor, registering all", lucene.built, "s", None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--queries", default="1000,10000")
    parser.add_argument("--posts", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--full", action="store_true", help="also 100,000 queries, more posts")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--monitor", type=Path, help="jar of Lucene's monitor module")
    parser.add_argument("--restart", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.restart:
        restart(arguments.restart)
        return
    sizes = [int(size) for size in arguments.queries.split(",")]
    if arguments.full:
        sizes = [1000, 10_000, 100_000]
        arguments.posts = 6000
    for size in sizes:
        work = workload(arguments.data, size, arguments.posts, seed=size)
        ours = bench_size(work, arguments.rounds)
        if not arguments.no_peers:
            bench_peers(ours, work, arguments.monitor)
        del ours
    print(f"load {' '.join(f'{load:.1f}' for load in psutil.getloadavg())}")
    for figure, value, target, verdict in _rows:
        print(f"{figure:55} {value:>12}  {target:12} {verdict}")


if __name__ == "__main__":
    main()
