"""Exports of a generated archive, posts a second and peak memory, beside bare loops and DuckDB.

JSON Lines and CSV: beside Python's `json.dumps` and `csv.writer` over rows of the same statement on
the same connection. Parquet: beside DuckDB's COPY of the rows of that cursor, handed over as Arrow
(its own reader of SQLite must be fetched from elsewhere); of the JSON Lines, which it reads on all
cores; and of a table it holds already, which is writing alone. Each run is a process of its own;
rounds take turns.

    PYTHONPATH=. python bench/export.py [--posts 1000000] [--rounds 3] [--folder /tmp/earshot-bench]
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import library

from bot.publish.exports import ExportWish, write_export
from bot.publish.exports.export import FORMATS
from storage.exporting import SELECT, newest_mark
from storage.reading import reader

PAIRS = (
    ("jsonl", "bare json", 0.7),
    ("csv", "bare csv", None),
    ("parquet", "duckdb from cursor", 1.0),
    ("parquet", "duckdb from json", None),
    ("parquet", "duckdb from table", None),
)
_DUCK = "COPY {source} TO '{target}' (FORMAT parquet, COMPRESSION zstd)"


def bare_rows(archive: Path):  # noqa: ANN201  # rows of any columns
    with reader(archive) as connection:
        mark = newest_mark(connection)
        cursor = connection.execute(
            SELECT.format(chosen="1"), {"revision": mark.revision, "deletion": mark.deletion}
        )
        names = [column[0] for column in cursor.description]
        for row in cursor:
            yield names, row


def bare_json(archive: Path, target: Path) -> None:
    with target.open("w", encoding="utf-8") as file:
        for names, row in bare_rows(archive):
            found = dict(zip(names, row, strict=True))
            found["sha256"] = found["sha256"].hex()
            file.write(json.dumps(found, ensure_ascii=False) + "\n")


def bare_csv(archive: Path, target: Path) -> None:
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for _, row in bare_rows(archive):
            writer.writerow(row)


def duckdb(archive: Path, target: Path, *, in_table: bool) -> float:
    import duckdb as duck  # noqa: PLC0415  # one peer's

    source = archive.with_name("export-all.jsonl")
    with duck.connect() as connection:
        said = f"read_json('{source}', format = 'newline_delimited')"
        if in_table:
            connection.execute(f"CREATE TABLE posts AS SELECT * FROM {said}")
            said = "posts"
        else:
            said = f"(SELECT * FROM {said})"
        began = time.perf_counter()
        connection.execute(_DUCK.format(source=said, target=target))
        return time.perf_counter() - began


def duckdb_of_cursor(archive: Path, target: Path) -> None:
    import duckdb as duck  # noqa: PLC0415  # one peer's
    import pyarrow as pa  # noqa: PLC0415  # the same

    with duck.connect() as connection:
        rows = bare_rows(archive)
        while batch := list(itertools.islice(rows, 50_000)):
            columns = zip(*(row for _, row in batch), strict=True)
            chunk = pa.table(dict(zip(batch[0][0], map(pa.array, columns), strict=True)))
            said = f"({', '.join(f'c{number}' for number in range(chunk.num_columns))})"
            chunk = chunk.rename_columns([f"c{number}" for number in range(chunk.num_columns)])
            connection.register("chunk", chunk)
            exists = connection.execute("SELECT count(*) FROM duckdb_tables").fetchone()
            if exists and exists[0]:
                connection.execute(f"INSERT INTO posts {said} SELECT * FROM chunk")
            else:
                connection.execute("CREATE TABLE posts AS SELECT * FROM chunk")
        connection.execute(_DUCK.format(source="posts", target=target))


def ours(archive: Path, target: Path, name: str) -> None:
    with reader(archive) as connection:
        write_export(connection, library.channels_of(connection), ExportWish(target, name))


def run(role: str, archive: Path, target: Path) -> None:
    began = time.perf_counter()
    took = None
    match role:
        case "bare json":
            bare_json(archive, target)
        case "bare csv":
            bare_csv(archive, target)
        case "duckdb from cursor":
            duckdb_of_cursor(archive, target)
        case "duckdb from json" | "duckdb from table":
            took = duckdb(archive, target, in_table=role.endswith("table"))
        case _:
            ours(archive, target, role)
    took = took if took is not None else time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"s": took, "mb": peak}))


def apart(role: str, archive: Path, folder: Path) -> tuple[float, float]:
    target = folder / "out"
    command = [sys.executable, __file__, "--role", role, "--archive", archive, "--target", target]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # ours
    if target.is_file():
        target.unlink()
    told = json.loads(ended.stdout.splitlines()[-1])
    return told["s"], told["mb"]


def bench(made: library.Library, rounds: int, without: list[str]) -> None:
    everything = made.path.with_name("export-all.jsonl")
    if not everything.exists():
        ours(made.path, everything, "jsonl")
    roles = list(dict.fromkeys([*FORMATS, *(peer for _, peer, _ in PAIRS)]))
    roles = [role for role in roles if role not in without]
    took: dict[str, list[float]] = {role: [] for role in roles}
    peaks = dict.fromkeys(roles, 0.0)
    for number in range(rounds):
        for role in roles[number % len(roles) :] + roles[: number % len(roles)]:
            if role == "html" and number:  # many files: once is enough
                continue
            with tempfile.TemporaryDirectory(dir=made.path.parent) as folder:
                seconds, peak = apart(role, made.path, Path(folder))
            took[role].append(seconds)
            peaks[role] = max(peaks[role], peak)
    print(f"{made.posts} posts, every revision, medians of {rounds}:")
    for role in roles:
        print(
            f"  {role:<18} {made.posts / median(took[role]):8.0f} posts/s   {peaks[role]:5.0f} MB"
        )
    for name, peer, target in PAIRS:
        ratio = median(took[peer]) / median(took[name])
        wanted = f" (target: at least {target})" if target else ""
        print(f"ratio of {name} to {peer}: {ratio:.2f}{wanted}")
    print("target for peak memory of every format: under 300 MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/earshot-bench"))  # noqa: S108  # a cache
    parser.add_argument("--without", nargs="*", default=[], help="formats to leave out")
    parser.add_argument("--role", help=argparse.SUPPRESS)
    parser.add_argument("--archive", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--target", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        run(options.role, options.archive, options.target)
    else:
        bench(library.made(options.posts, options.folder), options.rounds, options.without)


if __name__ == "__main__":
    main()
