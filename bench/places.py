"""Places: how well and how fast, beside natasha for Russian in the same run.

    PYTHONPATH=. python bench/places.py [--no-peer] [corpus …]

Overlap F1, organisations ignored: a place found is right when it touches a judged one, neither
right nor wrong when it lies in the name of an organisation; a judged place is found when a
found one touches it. "Linked" is the share of judged places with coordinates that were found and
put within 161 km (10 km for our own posts). Corpora: ../shared/data/text and tests/data.
"""

from __future__ import annotations

import gc
import json
import lzma
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from bot.match.places import Gazetteer, Tagger, Watch
from bot.match.places.coordinates import distance_km

ROOT = Path(__file__).resolve().parent.parent
SHARED = next(
    (p for p in (ROOT.parent / "shared/data/text", Path("/work/shared/data/text")) if p.exists()),
    None,
)
Spans = list[tuple[int, int]]


def corpora() -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    if SHARED:
        rows = _rows(SHARED / "factrueval-2016.jsonl.xz")
        found["factRuEval dev (trained on)"] = [row for row in rows if row["split"] == "dev"]
        found["factRuEval test"] = [row for row in rows if row["split"] == "test"]
        found["NER-UK dev"] = _rows(SHARED / "ner-uk-2.0-dev.jsonl.xz")
        found["TR-News"] = _rows(SHARED / "trnews.jsonl.xz")
        found["LGL"] = _rows(SHARED / "lgl.jsonl.xz")
    else:
        print("../shared/data is absent: only our own posts are measured")
    halves = (
        ("train", "own posts (trained on)"),
        ("unseen", "own posts, unseen half"),
        ("fresh", "own posts, written last"),
    )
    for half, name in halves:
        path = ROOT / f"tests/data/places_posts_{half}.jsonl"
        if path.exists():
            rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
            for lang in ("uk", "ru", "en"):
                found[f"{name} {lang}"] = [row for row in rows if row["lang"] == lang]
    return found


def _rows(path: Path) -> list[dict]:
    with lzma.open(path, "rt") as lines:
        return [json.loads(line) for line in lines]


def scores(rows: list[dict], spans_of: Callable[[dict], Spans]) -> tuple[float, float, float]:
    """Precision, recall and F1 in per cent."""
    right = wrong = found = missed = 0
    for row in rows:
        judged = [(s["start"], s["end"]) for s in row["spans"]]
        other = [(s[0], s[1]) for s in row.get("other", [])]
        tagged = spans_of(row)
        for start, end in tagged:
            if any(s < end and start < e for s, e in judged):
                right += 1
            elif not any(s < end and start < e for s, e in other):
                wrong += 1
        for s, e in judged:
            if any(s < end and start < e for start, end in tagged):
                found += 1
            elif not any(s < oe and os < e for os, oe in other):
                missed += 1
    precision = right / max(1, right + wrong)
    recall = found / max(1, found + missed)
    return 100 * precision, 100 * recall, 200 * precision * recall / max(1e-9, precision + recall)


def linked(
    rows: list[dict], tagger: Tagger, gazetteer: Gazetteer, within_km: float
) -> tuple[int, int, int]:
    """Judged places with coordinates: all of them, those found and resolved, those put right."""
    total = resolved = right = 0
    for row in rows:
        mentions = tagger.tag(row["text"], row["lang"])
        for span in row["spans"]:
            if span.get("lat") is None:
                continue
            total += 1
            mention = next(
                (m for m in mentions if m.start < span["end"] and span["start"] < m.end), None
            )
            if mention is None:
                continue
            resolved += 1
            place_id = mention.place_id
            if place_id is None:
                continue
            if place_id.startswith("point:"):
                lat, lon = map(float, place_id.removeprefix("point:").split(","))
            else:
                lat, lon = gazetteer.degrees(gazetteer.number(place_id) or 0)
            right += distance_km(lat, lon, span["lat"], span["lon"]) <= span.get(
                "within_km", within_km
            )
    return total, resolved, right


def natasha_spans() -> Callable[[dict], Spans] | None:
    try:
        from natasha import Doc, NewsEmbedding, NewsNERTagger, Segmenter  # noqa: PLC0415 the peer is optional
    except ImportError:
        print("natasha is not installed: no peer in this run")
        return None
    segmenter, ner = Segmenter(), NewsNERTagger(NewsEmbedding())

    def spans(row: dict) -> Spans:
        doc = Doc(row["text"])
        doc.segment(segmenter)
        doc.tag_ner(ner)
        return [(span.start, span.stop) for span in doc.spans if span.type == "LOC"]

    return spans


def speed(rows: list[dict], act: Callable[[dict], object], rounds: int = 3) -> tuple[float, float]:
    """Return posts per second of one core and the 99th percentile in ms, the best of the rounds.

    Other work on the machine only ever slows a round down, hence the best; the load is printed.
    """
    rates, tails = [], []
    gc.collect()
    gc.freeze()  # as the worker does when its queries are read
    for _ in range(rounds):
        times = []
        begun = time.process_time()
        for row in rows:
            at = time.perf_counter()
            act(row)
            times.append(time.perf_counter() - at)
        rates.append(len(rows) / (time.process_time() - begun))
        tails.append(1000 * sorted(times)[int(0.99 * len(times))])
    return max(rates), min(tails)


def watched(gazetteer: Gazetteer, tagger: Tagger) -> None:
    """Speed with 1,000 place subscriptions: a post is tagged only if it could touch one."""
    posts = _rows(SHARED / "telegram-posts-unlp2025.jsonl.xz") if SHARED else []
    ukraine = sorted(gazetteer.place_ids("Україна"), key=lambda place_id: place_id[::-1])
    places = [
        place_id for place_id in ukraine if gazetteer.place(place_id).kind.value == "settlement"
    ][:980]
    regions = [gazetteer.find(name, 1)[0].id for name in ("Курская область", "Сумська область")]
    inside = {place_id for region in regions for place_id in gazetteer.place_ids(region)}
    watch = Watch(gazetteer, {*places, *inside})
    for row in posts[:500]:
        watch.could_touch(row["text"])
        tagger.tag(row["text"])
    touched = 0

    def act(row: dict) -> None:
        nonlocal touched
        if watch.could_touch(row["text"]):
            touched += 1
            tagger.tag(row["text"], row["lang"], waited_for=watch)

    rate, p99 = speed(posts, act)
    print(
        f"with 980 settlements and 2 oblasts watched: {rate:.0f} posts/s, p99 {p99:.2f} ms, {100 * touched / len(posts) / 3:.0f} % of posts tagged"  # noqa: E501 a table row or pattern in one line
    )


def main(args: list[str]) -> int:
    before = psutil.Process().memory_info().rss
    begun = time.perf_counter()
    gazetteer = Gazetteer.open()
    tagger = Tagger(gazetteer)
    tagger.tag("Взрывы в Судже и Сумах.")
    started = time.perf_counter() - begun
    wanted = [arg for arg in args if not arg.startswith("--")]
    peer = None if "--no-peer" in args else natasha_spans()
    print(f"{'corpus':30} {'texts':>5} {'P':>6} {'R':>6} {'F1':>6}   linked (of all | of found)")
    for name, rows in corpora().items():
        if wanted and not any(want.lower() in name.lower() for want in wanted):
            continue
        p, r, f = scores(
            rows, lambda row: [(m.start, m.end) for m in tagger.tag(row["text"], row["lang"])]
        )
        km = 10 if name.startswith("own") else 161
        total, resolved, right = linked(rows, tagger, gazetteer, km)
        put = (
            f"{100 * right / total:5.1f} | {100 * right / max(1, resolved):5.1f} within {km} km of {total}"  # noqa: E501 a table row or pattern in one line
            if total
            else ""
        )
        print(f"{name:30} {len(rows):5} {p:6.1f} {r:6.1f} {f:6.1f}   {put}")
        if peer and rows and rows[0]["lang"] == "ru" and "trained" not in name:
            p, r, f = scores(rows, peer)
            print(f"{'  natasha':30} {len(rows):5} {p:6.1f} {r:6.1f} {f:6.1f}")
    if SHARED:
        print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        watched(gazetteer, tagger)
        posts = _rows(SHARED / "telegram-posts-unlp2025.jsonl.xz")
        for row in posts[:500]:
            tagger.tag(row["text"], row["lang"])
        rate, p99 = speed(posts, lambda row: tagger.tag(row["text"], row["lang"]))
        print(f"tag: {rate:.0f} posts/s, p99 {p99:.2f} ms, start {started:.3f} s, "
              f"resident {(psutil.Process().memory_info().rss - before) / 1e6 if not peer else float('nan'):.0f} MB more")  # fmt: skip  # noqa: E501 a table row or pattern in one line
        if peer:
            rate, p99 = speed([row for row in posts if row["lang"] == "ru"][:200], peer, 1)
            print(f"natasha: {rate:.0f} posts/s, p99 {p99:.2f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
