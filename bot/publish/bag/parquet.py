"""The tables of a bag once more as Parquet, for data scientists; and whether they are the same.

Nothing is proved of these files but that they say what the JSON Lines beside them say, which the
log proves. Needs the extra `parquet` (pyarrow).
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from bot.publish.bag.files import Sink
from bot.publish.bag.texts import FIELDS
from bot.publish.evidence.report import Report
from bot.publish.exports.parquet import ParquetMissing, entity_type

SUFFIX = ".parquet"
_ROWS_A_GROUP = 10_000
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, RecursionError)
_TIMES = frozenset({"at", "posted_at", "edited_at", "seen_at"})

Row = Mapping[str, Any]


def arrow_or_none() -> Any:
    """Give pyarrow, None where the extra is not installed."""
    try:
        import pyarrow as pa  # noqa: PLC0415  # an extra
        from pyarrow import parquet  # noqa: F401, PLC0415  # pa.parquet
    except ImportError:
        return None
    return pa


class _Stream(io.RawIOBase):
    """A sink as pyarrow wants it."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._sink.write(bytes(data))
        return len(data)


def write_table(rows: Iterator[Row], columns: Sequence[str], sink: Sink) -> None:
    """Write the rows of a table. Raises ParquetMissing."""
    arrow = arrow_or_none()
    if arrow is None:
        raise ParquetMissing
    schema = _schema(arrow, columns)
    with arrow.parquet.ParquetWriter(
        arrow.PythonFile(_Stream(sink), mode="w"), schema, compression="zstd", write_statistics=True
    ) as writer:
        while batch := list(islice(rows, _ROWS_A_GROUP)):
            writer.write_table(_table(arrow, schema, batch), row_group_size=len(batch))


def check_tables(data: Path, report: Report) -> None:
    """Compare each Parquet table of a bag with the JSON Lines beside it."""
    arrow = arrow_or_none()
    for path in sorted(data.glob(f"*{SUFFIX}")):
        where = f"data/{path.name}"
        if arrow is None:
            report.open.append(f"{where} is not compared: that needs the extra `parquet`")
            continue
        before = report.count
        try:
            _compare(arrow, path, report)
        except (*_UNREADABLE, arrow.ArrowException) as error:
            report.fail(where, f"it cannot be compared with its JSON Lines: {error}")
        report.check(f"the rows of {path.name} are those of {path.stem}.jsonl", before)


def _compare(arrow: Any, path: Path, report: Report) -> None:
    lines = path.with_suffix(".jsonl")
    count = 0
    with arrow.parquet.ParquetFile(path) as file, lines.open(encoding="utf-8") as rows:
        schema = file.schema_arrow
        if not schema.equals(_schema(arrow, schema.names)):
            report.fail(f"data/{path.name}", "its columns are not of the kinds that bags have")
            return
        for group in range(file.num_row_groups):
            found = file.read_row_group(group)
            said = _table(arrow, schema, [json.loads(x) for x in islice(rows, found.num_rows)])
            if not found.equals(said):
                at = next(
                    (n for n, pair in enumerate(_pairs(found, said)) if pair[0] != pair[1]),
                    min(found.num_rows, said.num_rows),
                )
                report.fail(
                    f"data/{path.name}, row {count + at + 1}",
                    f"it is not line {count + at + 1} of {lines.name}",
                )
                return
            count += found.num_rows
        if rows.readline():
            report.fail(f"data/{path.name}", f"it has fewer rows than {lines.name}")


def _pairs(one: Any, other: Any) -> Iterator[tuple[object, object]]:
    return zip(one.to_pylist(), other.to_pylist(), strict=False)


def _schema(arrow: Any, columns: Sequence[str]) -> Any:
    return arrow.schema([(name, _kind(arrow, name)) for name in sorted(columns)])


def _kind(arrow: Any, name: str) -> Any:
    if name in _TIMES:
        return arrow.timestamp("us", tz="UTC")
    if name == "raw":
        return arrow.binary()
    if name == "entities":
        return arrow.list_(entity_type(arrow))
    return arrow.int64() if FIELDS[name][0] == "integer" else arrow.string()


def _table(arrow: Any, schema: Any, rows: Sequence[Row]) -> Any:
    arrays = [
        arrow.array([_value(name, row[name]) for row in rows], schema.field(name).type)
        for name in schema.names
    ]
    return arrow.Table.from_arrays(arrays, schema=schema)


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _TIMES:
        return datetime.fromisoformat(value)
    if name == "raw":
        return base64.b64decode(value)
    return json.loads(value) if name == "entities" else value
