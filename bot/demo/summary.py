"""What the demo found, as a record; and as tables for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.demo.archive import ArchiveVerdict
from bot.demo.promise import Verdict

_NAMED = 5  # posts named for each fault


@dataclass(frozen=True, slots=True)
class Latency:
    """From the post on the server to the alert in the subscriber's client, in milliseconds."""

    alerts: int
    p50_ms: float
    p95_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class DemoResult:
    """The whole outcome. `undisturbed` leaves out alerts that staged trouble or polling held up.

    `played_s` is from the first post to the last, `took_s` the whole demo. `split` and `empty`
    tell of posts from a file that Telegram would refuse as they are.
    """

    is_kept: bool
    archive: ArchiveVerdict
    people: tuple[Verdict, ...]
    latency: Latency | None
    undisturbed: Latency | None
    edits_shown: int
    posts_per_s: float
    played_s: float
    took_s: float
    pace: str
    split: int
    empty: int
    data: str | None


def latency_of(seconds: Sequence[float]) -> Latency | None:
    """Sum up; None when there is nothing to sum up."""
    if not seconds:
        return None
    ms = sorted(1000 * item for item in seconds)
    cuts = quantiles(ms, n=100, method="inclusive") if len(ms) > 1 else [ms[0]] * 99
    return Latency(len(ms), round(cuts[49], 1), round(cuts[94], 1), round(ms[-1], 1))


def show_result(result: DemoResult, console: Console) -> None:
    """Print the tables and the last line."""
    console.print(_archive_table(result.archive))
    console.print(_people_table(result.people))
    both = {"latency, undisturbed": result.undisturbed, "latency, all alerts": result.latency}
    for name, latency in both.items():
        if latency and (name.endswith("all alerts") or latency != result.latency):
            console.print(
                f"{name}: p50 {latency.p50_ms:.0f} ms · p95 {latency.p95_ms:.0f} ms · "
                f"max {latency.max_ms:.0f} ms ({latency.alerts} alerts)"
            )
    console.print(
        f"{result.posts_per_s:.1f} messages/s over {result.played_s:.1f} s · {result.pace} · "
        f"{result.took_s:.1f} s in all"
    )
    if result.split or result.empty:
        console.print(
            f"{result.split} posts were longer than Telegram takes and went out in pieces; "
            f"{result.empty} had no text and were left out"
        )
    for line in faults(result):
        console.print(f"[red]✗ {escape(line)}[/red]")
    if result.is_kept:
        console.print("[green]✓ nothing missing, nothing twice, every alert up to date[/green]")
    if result.data:
        console.print(
            f"The archive is in {escape(result.data)}; try: "
            f"earshot search 'Вербівка' --data {escape(result.data)}",
            soft_wrap=True,
        )


def faults(result: DemoResult) -> list[str]:
    """Name what was not kept, in plain lines."""
    lines = []
    if not result.archive.is_whole:
        lines.append(
            f"the archive differs from the server: {result.archive.missing} messages missing, "
            f"{result.archive.altered} altered, held {result.archive.held}, "
            f"had {result.archive.had}"
        )
    for verdict in result.people:
        for fault in ("missing", "twice", "unowed", "stale", "strange"):
            posts = getattr(verdict, fault)
            if posts:
                some = ", ".join(posts[:_NAMED]) + (" …" if len(posts) > _NAMED else "")
                lines.append(f"{verdict.person}: {len(posts)} {fault}: {some}")
    return lines


def _archive_table(archive: ArchiveVerdict) -> Table:
    table = Table("", "on the server", "in the archive", title=f"{archive.posts} posts stored")
    for name in ("messages", "revisions", "deletions"):
        had, held = getattr(archive.had, name), getattr(archive.held, name)
        table.add_row(name, str(had), str(held), style=None if had == held else "red")
    return table


def _people_table(people: Sequence[Verdict]) -> Table:
    table = Table("subscriber", "owed", "delivered once", "twice", "missing", "not owed", "stale")
    for verdict in people:
        counts = (
            verdict.owed,
            verdict.delivered,
            len(verdict.twice),
            len(verdict.missing),
            len(verdict.unowed) + len(verdict.strange),
            len(verdict.stale),
        )
        style = None if verdict.is_kept else "red"
        table.add_row(verdict.person, *(str(count) for count in counts), style=style)
    return table
