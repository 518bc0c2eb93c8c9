"""Streams for exports: every stored state of every message, post by post, in the order of ids.

On a connection of `reading.reader`. Nothing is held but the rows of a few posts, however many
there are, and what was appended after the mark is not seen.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from storage.reading import moment
from storage.records import Channel, ChannelId, PostId, Stretch
from storage.records.exporting import Exported, ExportedMedia, Mark

_made: Callable[..., Exported] = Exported  # from a row, by position

_CHUNK = 500  # posts a statement
_EPOCH = moment(0)
_COLUMNS = (
    "r.id, r.post_id, r.message_id, r.number, r.edited_at, r.seen_at, r.source, a.label, r.text,"
    " r.body_length, r.entities, r.author, r.sha256, p.posted_at, p.grouped_id, p.lang, p.has,"
    " p.marks, p.origin, p.origin_name, p.reply_to, d.id, d.seen_at, d.source,"
    " x.revision_id IS NOT NULL"
)
SELECT = (  # shared with the bench, so that a bare loop reads the same
    f"SELECT {_COLUMNS} FROM posts AS p JOIN revisions AS r ON r.post_id = p.id"  # noqa: S608  # ours
    " LEFT JOIN accounts AS a ON a.id = r.account_id"
    " LEFT JOIN deletions AS d ON d.channel_id = r.channel_id AND d.message_id = r.message_id"
    " AND d.id <= :deletion"
    " LEFT JOIN removals AS x ON x.revision_id = r.id"
    " WHERE r.id <= :revision AND {chosen} ORDER BY p.id, r.message_id, r.number"
)


_MEDIA = (
    "SELECT m.post_id, m.message_id, m.revision_id, m.kind, m.mime, m.name,"
    " coalesce(f.length, m.length), m.state, m.reason, m.sha256,"
    " (SELECT nullif(t.text, '') FROM picture_texts AS t WHERE t.post_id = m.post_id"
    " AND t.message_id = m.message_id AND t.file_id = m.file_id ORDER BY t.id DESC LIMIT 1)"
    " FROM media AS m LEFT JOIN media_files AS f ON f.sha256 = m.sha256"
    " WHERE m.revision_id <= :revision AND {chosen} ORDER BY m.post_id, m.message_id, m.id"
)


def newest_mark(connection: sqlite3.Connection) -> Mark:
    """Say up to where the archive goes now."""
    row = connection.execute(
        "SELECT (SELECT max(id) FROM revisions), (SELECT max(id) FROM deletions)"
    ).fetchone()
    return Mark(row[0] or 0, row[1] or 0)


def post_ids(
    connection: sqlite3.Connection,
    stretch: Stretch,
    channel_ids: Collection[ChannelId] | None,
    since: Mark,
    until: Mark,
) -> Iterator[PostId]:
    """Give the posts of a stretch, ascending; of those only what changed between two marks."""
    where, values = ["1"], {"revision": until.revision, "deletion": until.deletion}
    if stretch.since:
        where.append("p.posted_at >= :since")
        values["since"] = (stretch.since - _EPOCH) // timedelta(microseconds=1)
    if stretch.until:
        where.append("p.posted_at < :until")
        values["until"] = (stretch.until - _EPOCH) // timedelta(microseconds=1)
    if channel_ids is not None:
        where.append(f"p.channel_id IN ({','.join(str(int(number)) for number in channel_ids)})")
    if since != Mark():
        values |= {"after": since.revision, "gone": since.deletion}
        where.append(
            "p.id IN (SELECT post_id FROM revisions WHERE id > :after AND id <= :revision"
            " UNION SELECT post_id FROM deletions WHERE id > :gone AND id <= :deletion)"
        )
    rows = connection.execute(
        f"SELECT p.id FROM posts AS p WHERE {' AND '.join(where)} ORDER BY p.id",  # noqa: S608  # ours
        values,
    )
    for (number,) in rows:
        yield PostId(number)


def every_post(
    connection: sqlite3.Connection,
    known: Mapping[ChannelId, Channel],
    until: Mark,
    after: PostId,
    channel_ids: Collection[ChannelId] | None,
) -> Iterator[list[Exported]]:
    """Give the revisions of each post after an id, a list a post."""
    chosen = "p.id > :after"
    if channel_ids is not None:
        chosen += f" AND p.channel_id IN ({','.join(str(int(number)) for number in channel_ids)})"
    rows = connection.execute(
        SELECT.format(chosen=chosen),
        {"revision": until.revision, "deletion": until.deletion, "after": after},
    )
    attached = connection.execute(
        _MEDIA.format(chosen="m.post_id > :after"), {"revision": until.revision, "after": after}
    )
    yield from _with_media(rows, attached, known)


def these_posts(
    connection: sqlite3.Connection,
    known: Mapping[ChannelId, Channel],
    until: Mark,
    ids: Sequence[int],
) -> Iterator[list[Exported]]:
    """Give the revisions of some posts, whose ids ascend, a list a post."""
    for start in range(0, len(ids), _CHUNK):
        some = ",".join(map(str, ids[start : start + _CHUNK]))
        rows = connection.execute(
            SELECT.format(chosen=f"p.id IN ({some})"),
            {"revision": until.revision, "deletion": until.deletion},
        )
        attached = connection.execute(
            _MEDIA.format(chosen=f"m.post_id IN ({some})"), {"revision": until.revision}
        )
        yield from _with_media(rows, attached, known)


def _with_media(
    rows: Iterable[Any], attached: Iterator[Any], known: Mapping[ChannelId, Channel]
) -> Iterator[list[Exported]]:
    """Give the revisions of each post with what is attached; both come in the order of posts."""
    media = next(attached, None)
    for post, group in groupby(rows, key=_post_id):
        found = _exported(list(group), known)
        while media is not None and media[0] < post:
            media = next(attached, None)
        here: list[ExportedMedia] = []
        while media is not None and media[0] == post:
            here.append(ExportedMedia(*media))
            media = next(attached, None)
        for revision in found if here else ():
            revision.media = tuple(
                item
                for item in here
                if item.message_id == revision.message_id and item.revision_id <= revision.id
            )
        yield found


def _post_id(row: Sequence[Any]) -> int:
    return int(row[1])


def _exported(rows: list[Any], known: Mapping[ChannelId, Channel]) -> list[Exported]:
    home = known[ChannelId(rows[0][1] >> 32)]
    if len(rows) == 1:
        return [_made(*rows[0], True, home)]  # noqa: FBT003  # is_last, by position for speed
    last = {row[2]: row[3] for row in rows}
    return [_made(*row, last[row[2]] == row[3], home) for row in rows]
