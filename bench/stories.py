"""Which posts tell the same: recall, precision, posts a second, memory, restart, beside other ways.

Judged pairs first (tests/data/judged_stories.txt: our own sentences; hard negatives on purpose, so
that precision is far lower than in a real stream). Then a stream with a full window and expiry:
posts made word by word after real ones (or at random), a third of them copies, edited as channels
edit, and one in twenty an alert of one template with another town or number. Peers get the same
texts in the same order, in turns of a thousand posts. datasketch and rensa are asked only if they
are installed: pip install datasketch rensa

    PYTHONPATH=.:tests/notify python bench/stories.py [--window 200000] [--posts FILE.jsonl[.xz]]
        [--without NAME …]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import importlib
import json
import lzma
import random
import resource
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from judged_stories import pairs
from story_restart import restart

from bot.notify.likeness import WINDOW, Fingerprint, difference, fingerprint
from bot.notify.story_index import StoryIndex
from storage.records import PostId, StoryId
from storage.stories import Placed

START = datetime(2026, 3, 1, tzinfo=UTC)
_TURN = 1_000
_BANDS = 16
_PERMUTATIONS = 64
_MINHASH_FROM = 0.5
_TOWNS = [
    "Суми",
    "Харків",
    "Полтава",
    "Чернігів",
    "Миколаїв",
    "Одеса",
    "Дніпро",
    "Запоріжжя",
    "Херсон",
    "Нікополь",
    "Черкаси",
    "Лозова",
    "Ізюм",
    "Балаклія",
    "Конотоп",
    "Ромни",
    "Умань",
    "Бровари",
    "Бориспіль",
    "Житомир",
]
_FOOTERS = ("Підписатися | Надіслати новину", "👉 Наш чат", "Читайте нас тут: t.me/new", "Реклама")
_TEMPLATE = "Увага! {town}: загроза застосування ударних безпілотників, ціль номер {n}, до укриття!"


class Ours:
    """Earshot's way, without its database."""

    name = "Earshot"

    def __init__(self) -> None:
        self.index = StoryIndex()
        self.known: dict[int, Fingerprint] = {}
        self.kept: deque[tuple[datetime, int]] = deque()

    def place(self, key: int, text: str, at: datetime) -> int:
        """Give the story a post tells: its own key, or that of an earlier post."""
        self.index.expire(at - WINDOW)
        while self.kept and self.kept[0][0] < at - WINDOW:
            del self.known[self.kept.popleft()[1]]
        made = fingerprint(text)
        story = key
        for other in self.index.candidates(made.sketch):
            apart = abs(at - self.index.posted_at(other))
            if difference(made, self.known[other], apart) is None:
                story = int(self.index.story_of(other))
                break
        self.index.add(Placed(PostId(key), StoryId(story), at, made.sketch))
        self.known[key] = made
        self.kept.append((at, key))
        return story


class Exact:
    """A hash of all words."""

    name = "exact hash"

    def __init__(self) -> None:
        self.stories: dict[bytes, int] = {}

    def place(self, key: int, text: str, _at: datetime) -> int:
        """Give the story a post tells: its own key, or that of an earlier post."""
        digest = hashlib.blake2b(" ".join(fingerprint(text).words).encode(), digest_size=8).digest()
        return self.stories.setdefault(digest, key)


class SimHash:
    """64 bits over pairs of words; the same when at most `bits` differ, found by 4 bands."""

    def __init__(self, bits: int = 3) -> None:
        self.bits = bits
        self.name = f"SimHash, {bits} bits"
        self.bands: list[dict[int, list[tuple[int, int]]]] = [defaultdict(list) for _ in range(4)]

    @staticmethod
    def of(text: str) -> int:
        """Give what is compared of a text."""
        weights = [0] * 64
        for value in _shingles(text):
            hashed = int.from_bytes(hashlib.blake2b(value.encode(), digest_size=8).digest(), "big")
            for bit in range(64):
                weights[bit] += 1 if hashed >> bit & 1 else -1
        return sum(1 << bit for bit, weight in enumerate(weights) if weight > 0)

    def place(self, key: int, text: str, _at: datetime) -> int:
        """Give the story a post tells: its own key, or that of an earlier post."""
        made = self.of(text)
        story = key
        for number, band in enumerate(self.bands):
            for other, found in band[made >> 16 * number & 0xFFFF][-64:]:
                if (made ^ other).bit_count() <= self.bits:
                    story = found
                    break
        for number, band in enumerate(self.bands):
            band[made >> 16 * number & 0xFFFF].append((made, story))
        return story


class DataSketch:
    """datasketch's MinHash and its LSH."""

    name = "datasketch"

    def __init__(self) -> None:
        self.vendor: Any = importlib.import_module("datasketch")
        params = (_BANDS, _PERMUTATIONS // _BANDS)
        self.lsh = self.vendor.MinHashLSH(num_perm=_PERMUTATIONS, params=params)
        self.made: dict[int, tuple[Any, int]] = {}

    def of(self, text: str) -> Any:
        """Give what is compared of a text."""
        made = self.vendor.MinHash(num_perm=_PERMUTATIONS)
        made.update_batch([value.encode() for value in _shingles(text)])
        return made

    def place(self, key: int, text: str, _at: datetime) -> int:
        """Give the story a post tells: its own key, or that of an earlier post."""
        made = self.of(text)
        story = key
        for other in self.lsh.query(made):
            there, found = self.made[other]
            if made.jaccard(there) >= _MINHASH_FROM:
                story = found
                break
        self.lsh.insert(key, made)
        self.made[key] = (made, story)
        return story


class Rensa:
    """rensa's R-MinHash and its LSH."""

    name = "rensa"

    def __init__(self) -> None:
        self.vendor: Any = importlib.import_module("rensa")
        self.lsh = self.vendor.RMinHashLSH(
            threshold=_MINHASH_FROM, num_perm=_PERMUTATIONS, num_bands=_BANDS
        )
        self.made: dict[int, tuple[Any, int]] = {}

    def of(self, text: str) -> Any:
        """Give what is compared of a text."""
        made = self.vendor.RMinHash(num_perm=_PERMUTATIONS, seed=42)
        made.update(_shingles(text))
        return made

    def place(self, key: int, text: str, _at: datetime) -> int:
        """Give the story a post tells: its own key, or that of an earlier post."""
        made = self.of(text)
        story = key
        for other in self.lsh.query(made):
            there, found = self.made[other]
            if made.jaccard(there) >= _MINHASH_FROM:
                story = found
                break
        self.lsh.insert(key, made)
        self.made[key] = (made, story)
        return story


def _shingles(text: str) -> list[str]:
    words = fingerprint(text).words
    return [f"{a} {b}" for a, b in pairwise(words)] or list(words) or [""]


@dataclass(frozen=True, slots=True)
class Made:
    """A post of the stream; `truth` is the number of the story it tells."""

    text: str
    at: datetime
    truth: int


def stream(count: int, window: int, texts: Sequence[str], seed: int = 1) -> Iterator[Made]:
    """Make posts; `window` of them fall into 48 hours."""
    chance = random.Random(seed)
    follow = _chain(texts, chance)
    step = WINDOW / window
    recent: list[tuple[str, int]] = []
    for number in range(count):
        at = START + number * step
        kind = chance.random()
        if kind < 0.05:
            text = _TEMPLATE.format(town=chance.choice(_TOWNS), n=chance.randrange(10**6))
            yield Made(text, at, number)
        elif kind < 0.38 and recent:
            # Copies come soon: half of them within a few dozen posts of what they repeat.
            text, truth = recent[-min(len(recent), 1 + int(chance.paretovariate(0.7)))]
            yield Made(_edited(text, chance), at, truth)
        else:
            text = _said(follow, chance)
            recent.append((text, number))
            del recent[:-20_000]
            yield Made(text, at, number)


def _chain(texts: Sequence[str], chance: random.Random) -> dict[str, list[str]]:
    follow: defaultdict[str, list[str]] = defaultdict(list)
    for text in texts:
        words = ["", *text.split()[:150], ""]
        for one, other in pairwise(words):
            follow[one].append(other)
    if not texts:
        words = ["".join(chance.choices("абвгдежзиклмнопрст", k=7)) for _ in range(20_000)]
        follow[""] = words
        for word in words:
            follow[word] = chance.sample(words, 12)
    return follow


def _said(follow: dict[str, list[str]], chance: random.Random) -> str:
    length = chance.randint(12, 110)
    said = [chance.choice(follow[""]) or "Слово"]
    while len(said) < length:
        after = follow.get(said[-1]) or follow[""]
        said.append(chance.choice(after) or chance.choice(follow[""]) or "слово")
    return " ".join(said)


def _edited(text: str, chance: random.Random) -> str:
    words = text.split()
    match chance.randrange(6):
        case 0:
            return text
        case 1:
            return f"⚡️{text}\n\n{chance.choice(_FOOTERS)}"
        case 2:
            return " ".join(words[: max(12, len(words) * 6 // 10)])
        case 3:
            at = chance.randrange(len(words))
            return " ".join([*words[:at], words[at][:-1] + "я", *words[at + 1 :]])
        case 4:
            return "❗️❗️ " + text.replace(",", "").replace(".", " 🙏")
        case _:
            at = chance.randrange(len(words))
            return " ".join(words[:at] + words[at + 1 :]) + " (оновлено)"


def judged(methods: dict[str, Callable[[str, str, timedelta], bool]]) -> None:
    print("judged pairs (ours)          chosen on         held out")
    print("                            prec.  recall    prec.  recall")
    for name, is_same in methods.items():
        figures = []
        for held_out in (False, True):
            found = Counter(
                (is_same(a.text, b.text, abs(a.after - b.after)), truth)
                for a, b, truth in pairs(held_out=held_out)
            )
            right = found[True, True]
            figures += [right / max(1, right + found[True, False])]
            figures += [right / max(1, right + found[False, True])]
        print(f"  {name:<24}  {'  '.join(f'{figure:6.3f}' for figure in figures)}")


def questions() -> dict[str, Callable[[str, str, timedelta], bool]]:
    """Give each way as a question about two texts."""

    def ours(one: str, other: str, apart: timedelta) -> bool:
        return difference(fingerprint(one), fingerprint(other), apart) is None

    def exact(one: str, other: str, _apart: timedelta) -> bool:
        return fingerprint(one).words == fingerprint(other).words

    found = {"Earshot": ours, "exact hash": exact}
    for bits in (3, 8):
        found[f"SimHash, {bits} bits"] = lambda one, other, _, bits=bits: (
            (SimHash.of(one) ^ SimHash.of(other)).bit_count() <= bits
        )
    for kind in (DataSketch, Rensa):
        try:
            made = kind()
        except ImportError:
            continue
        for least in (0.5, 0.7):
            found[f"{kind.name}, {least:g}"] = lambda one, other, _, made=made, least=least: (
                made.of(one).jaccard(made.of(other)) >= least
            )
    return found


def run_stream(methods: Sequence[Any], posts: Sequence[Made], window: int) -> None:
    """Give every way the same posts, by turns, and print what each made of them."""
    taken: dict[str, float] = defaultdict(float)
    slowest: dict[str, list[float]] = defaultdict(list)
    grown: dict[str, int] = defaultdict(int)
    stories: dict[str, list[int]] = defaultdict(list)
    for first in range(0, len(posts), _TURN):
        for method in methods:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            for key, post in enumerate(posts[first : first + _TURN], start=first):
                began = time.perf_counter()
                stories[method.name].append(method.place(key, post.text, post.at))
                used = time.perf_counter() - began
                taken[method.name] += used
                if first >= window:
                    slowest[method.name].append(used)
            grown[method.name] += resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"\nstream: {len(posts):,} posts, {window:,} in the window; times of a post in µs")
    print("                            prec.  recall   mean   p99 full   posts/s   memory MB")
    ours = taken[methods[0].name]
    for method in methods:
        precision, recall = _scores(stories[method.name], [post.truth for post in posts])
        times = sorted(slowest[method.name]) or [0.0]
        mean = taken[method.name] / len(posts)
        print(
            f"  {method.name:<24}  {precision:6.4f} {recall:6.3f}  {1e6 * mean:6.0f}"
            f"  {1e6 * times[int(0.99 * len(times))]:8.0f}  {1 / mean:8,.0f}"
            f"  {grown[method.name] / 1024:8.0f}   {taken[method.name] / ours:.2f} × Earshot's time"
        )


def _scores(found: Sequence[int], truth: Sequence[int]) -> tuple[float, float]:
    def joined(groups: Counter[Any]) -> int:
        return sum(count * (count - 1) // 2 for count in groups.values())

    both = joined(Counter(zip(found, truth, strict=True)))
    return both / max(1, joined(Counter(found))), both / max(1, joined(Counter(truth)))


def _texts(file: Path | None) -> list[str]:
    if file is None:
        return []
    content = file.read_bytes()
    lines = (lzma.decompress(content) if file.suffix == ".xz" else content).decode().splitlines()
    return [json.loads(line)["text"] for line in lines]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--window", type=int, default=200_000)
    parser.add_argument("--posts", type=Path, help="JSON Lines with a field `text`")
    parser.add_argument("--without", nargs="*", default=[], help="peers to leave out of the stream")
    options = parser.parse_args()
    judged(questions())
    methods: list[Any] = [Ours(), Exact(), SimHash(3), SimHash(8)]
    for kind in (DataSketch, Rensa):
        try:
            methods.append(kind())
        except ImportError:
            print(f"{kind.name} is not installed: pip install {kind.name}")
    methods = [item for item in methods if item.name.partition(",")[0] not in options.without]
    made = list(stream(options.window * 5 // 4, options.window, _texts(options.posts)))
    run_stream(methods, made, options.window)
    asyncio.run(restart([(post.text, post.at) for post in made[-options.window :]]))


if __name__ == "__main__":
    main()
