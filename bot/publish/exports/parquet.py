"""Parquet: typed columns, nested formatting, zstd, statistics for every row group.

Needs the extra `parquet` (pyarrow).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

from bot.publish.exports.facts import entities_of, link_to, links_of, listed, media_of
from storage.failures import BadInput
from storage.records.exporting import Exported, ExportedAs

_NOTHING: list[Any] = []
_ROWS_A_GROUP = 10_000  # some 10 MB of text, and four times that while it is written


class ParquetMissing(BadInput):
    """The extra for Parquet is not installed."""

    def __init__(self) -> None:
        super().__init__("Parquet needs pyarrow: install it with `pip install 'earshot[parquet]'`")


class Parquet:
    """Writes Parquet; see `formats.Writer`. Its footer comes last, so it cannot go on midway."""

    def __init__(self, path: Path, about: ExportedAs, _good: int, _channel: int) -> None:
        try:
            import pyarrow as pa  # noqa: PLC0415  # an extra
            from pyarrow import parquet  # noqa: PLC0415  # the same
        except ImportError:
            raise ParquetMissing from None
        self._arrow: Any = pa
        columns = _columns(pa) + (_columns_of_places(pa) if about.with_places else [])
        self._schema = pa.schema([(name, kind) for name, kind, _ in columns]).with_metadata(
            {
                "earshot.program": about.program,
                "earshot.choice": about.said,
                "earshot.exported_at": about.exported_at.isoformat(),
            }
        )
        self._columns = {name: make for name, _, make in columns}
        self._rows: list[Exported] = []
        self._writer = parquet.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            write_statistics=True,
            use_dictionary=["channel_username", "channel_title", "source", "account", "lang"],
        )

    def add(self, revisions: Sequence[Exported]) -> None:
        """Write the revisions of a post."""
        self._rows += revisions
        if len(self._rows) >= _ROWS_A_GROUP:
            self._pass_on()

    def saved(self) -> int:
        """Give nothing: a file without its footer is none."""
        return 0

    def finish(self) -> None:
        """Write the last group and the footer."""
        self._pass_on()
        self._writer.close()

    def abandon(self) -> None:
        """Leave it as it is."""
        self._rows.clear()
        try:
            self._writer.close()
        except OSError:  # the disk that was full still is
            return

    def _pass_on(self) -> None:
        if not self._rows:
            return
        arrays = [
            self._arrow.array(list(map(make, self._rows)), self._schema.field(name).type)
            for name, make in self._columns.items()
        ]
        table = self._arrow.Table.from_arrays(arrays, schema=self._schema)
        self._writer.write_table(table, row_group_size=len(self._rows))
        self._rows.clear()


_get = attrgetter  # a fifth of the price of a lambda
_Column = tuple[str, Any, Callable[[Exported], Any]]  # name, type, what a row has there


def entity_type(arrow: Any) -> Any:
    """Give the type of one stretch of formatting; offsets in code points."""
    whole, small, text = arrow.int64(), arrow.int32(), arrow.string()
    return arrow.struct(
        [
            ("type", text),
            ("offset", small),
            ("length", small),
            ("url", text),
            ("language", text),
            ("user_id", whole),
            ("document_id", whole),
        ]
    )


def _columns(arrow: Any) -> list[_Column]:
    whole, small, text, yes = arrow.int64(), arrow.int32(), arrow.string(), arrow.bool_()
    time, several = arrow.timestamp("us", tz="UTC"), arrow.list_(arrow.string())
    attached = arrow.struct(
        [
            ("sha256", text),
            ("kind", text),
            ("mime", text),
            ("name", text),
            ("size", whole),
            ("state", text),
            ("reason", text),
            ("path", text),
            ("text_in_picture", text),
        ]
    )
    return [
        ("post", whole, _get("post_id")),
        ("channel", small, _get("channel.id")),
        ("channel_telegram_id", whole, _get("channel.telegram_id")),
        ("channel_username", text, _get("channel.username")),
        ("channel_title", text, _get("channel.title")),
        ("message", whole, _get("message_id")),
        ("album", whole, _get("grouped_id")),
        ("revision", small, _get("number")),
        ("is_last", yes, _get("is_last")),
        ("posted_at", time, _get("posted_at")),
        ("edited_at", time, _get("edited_at")),
        ("deleted_at", time, _get("deleted_at")),
        ("deletion_source", text, _get("deletion_source")),
        ("text", text, _get("text")),
        ("body_length", small, _get("body_length")),
        ("is_removed", yes, lambda r: bool(r.is_removed)),
        ("entities", arrow.list_(entity_type(arrow)), _entities),
        ("links", several, _links),
        ("lang", text, _get("lang")),
        ("has", several, lambda r: listed(r.has)),
        ("is", several, lambda r: listed(r.marks)),
        ("origin", text, _get("origin")),
        ("origin_name", text, _get("origin_name")),
        ("reply_to", whole, _get("reply_to")),
        ("author", text, _get("author")),
        ("link", text, lambda r: link_to(r.channel, r.message_id)),
        ("source", text, _get("source")),
        ("account", text, _get("account")),
        ("seen_at", time, _get("seen_at")),
        ("sha256", arrow.binary(32), _get("sha256")),
        ("media", arrow.list_(attached), _media),
    ]


def _entities(revision: Exported) -> list[dict[str, Any]]:
    return _NOTHING if revision.entities == "[]" else entities_of(revision)


def _links(revision: Exported) -> list[Any]:
    return _NOTHING if revision.entities == "[]" else links_of(revision, entities_of(revision))


def _media(revision: Exported) -> list[dict[str, Any]]:
    return [media_of(item) for item in revision.media] if revision.media else _NOTHING


def _columns_of_places(arrow: Any) -> list[_Column]:
    small, text, number = arrow.int32(), arrow.string(), arrow.float64()
    other = arrow.struct([("place_id", text), ("confidence", number)])
    mention = arrow.struct(
        [
            ("start", small),
            ("end", small),
            ("surface", text),
            ("place_id", text),
            ("name", text),
            ("kind", text),
            ("lat", number),
            ("lon", number),
            ("country", text),
            ("admin1", text),
            ("confidence", number),
            ("alternatives", arrow.list_(other)),
        ]
    )
    return [("mentions", arrow.list_(mention), _get("mentions"))]
