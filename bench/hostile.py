"""The longest a hostile text or the worst allowed queries can make matching take.

    PYTHONPATH=. python bench/hostile.py

Targets: no input of 1 MB over 100 ms; no one query makes a post take over 5 ms; with 1,000 of the
worst allowed queries p99 stays under 5 ms. Matching reads the first 20,000 code points of a text
(a Telegram message has 4,096): that bounds what 1 MB can cost, and what is behind it is not found.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from bot.match.engine import Engine
from bot.match.query import parse
from storage.records import Document, SubscriptionId

INPUT_MOST_MS = 100.0
POST_MOST_MS = 5.0
HOSTILE = {
    "1 MB of full-width and odd letters": "ＲаéԛŁ𝐑" * 60_000,
    "1 MB of spaced-out letters": "р а к е т а, " * 45_000,
    "1 MB of joined writings": "Т-90М_С-300–FPV-дрон " * 30_000,
    "1 MB of zero-width signs": "р\u200bа\u00adк\ufe0fе" * 80_000,
    "1 MB of half surrogates": "\ud800а" * 300_000,
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


def with_spans(engine: Engine) -> Callable[[Document], object]:
    """Return what matching a post and reading where it hit takes."""
    return lambda document: engine.match(document).groups


def timed(act: Callable[[Document], object], document: Document) -> float:
    """CPU milliseconds, the best of three: what the work takes, not what else ran."""
    times = []
    for _ in range(3):
        start = time.thread_time()
        act(document)
        times.append(time.thread_time() - start)
    return min(times) * 1e3


def verdict(value: float, most: float) -> str:
    return f"{value:8.1f} ms  <= {most:g} ms  {'met' if value <= most else 'MISSED'}"


def main() -> None:
    random_ = random.Random(5)
    words = ["ракета", "дрони", "місто", "на", "летить", "дрон", "ракети", "і", "загроза", "над"]
    posts = [Document(text=" ".join(random_.choices(words, k=60))) for _ in range(300)]
    long = Document(text=" ".join(random_.choices(words, k=600))[:4096])
    engine = Engine()
    for at in range(1000):
        engine.add(SubscriptionId(at), parse(WORST[at % len(WORST)].format(f"щось{at}")))
    engine.match(Document(text="ракета"))
    for name, text in HOSTILE.items():
        print(
            f"{name:36} {verdict(timed(with_spans(Engine()), Document(text=text)), INPUT_MOST_MS)}"
        )
        among = timed(with_spans(engine), Document(text=text))
        print(f"{'  among 1,000 of the worst queries':36} {verdict(among, INPUT_MOST_MS)}")
    for source in WORST:
        one = Engine()
        one.add(SubscriptionId(1), parse(source.format("щось1")))
        worst = max(timed(with_spans(one), document) for document in (*posts[:50], long))
        print(f"one query, {source[:24]:25} {verdict(worst, POST_MOST_MS)}")
    times = sorted(timed(with_spans(engine), post) for post in posts)
    print(f"{'1,000 of the worst queries, p99':36} {verdict(times[297], POST_MOST_MS)}")
    longest = timed(with_spans(engine), long)
    print(f"{'  a post of 4,096 characters':36} {verdict(longest, POST_MOST_MS)}")
    times = sorted(timed(engine.match, post) for post in posts)
    print(f"{'  p99 of who hit, no spans asked for':36} {verdict(times[297], POST_MOST_MS)}")


if __name__ == "__main__":
    main()
