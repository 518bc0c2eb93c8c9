"""The log's leaves, the whole subtrees above them, signed heads and coverage statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.bulk import BulkInsert
from storage.records import ChannelId, LogNode, NewLeaf, SignedHead
from storage.schema import (
    channels,
    coverage,
    coverage_statements,
    log_heads,
    log_leaves,
    log_nodes,
)

_LEAVES = BulkInsert(log_leaves)
_NODES = BulkInsert(log_nodes)


async def size(connection: AsyncConnection) -> int:
    """Count the leaves."""
    last = await connection.scalar(select(func.max(log_leaves.c.position)))
    return 0 if last is None else int(last) + 1


async def append(
    connection: AsyncConnection, leaves: Sequence[NewLeaf], nodes: Sequence[LogNode]
) -> None:
    """Append leaves and the kept subtrees that they complete."""
    await _LEAVES.add(
        connection,
        [
            {
                "position": leaf.position,
                "kind": leaf.kind.value,
                "row_id": leaf.row_id,
                "hash": leaf.hash,
            }
            for leaf in leaves
        ],
    )
    if nodes:
        await _NODES.add(
            connection,
            [{"level": node.level, "position": node.position, "hash": node.hash} for node in nodes],
        )


async def leaf_hashes(connection: AsyncConnection, start: int, end: int) -> list[bytes]:
    """Give the hashes of the leaves from `start` to before `end`."""
    rows = await connection.scalars(
        select(log_leaves.c.hash)
        .where(log_leaves.c.position >= start, log_leaves.c.position < end)
        .order_by(log_leaves.c.position)
    )
    return list(rows)


async def node_hashes(connection: AsyncConnection, level: int, start: int, end: int) -> list[bytes]:
    """Give the hashes of the kept subtrees of a level, from position `start` to before `end`."""
    rows = await connection.scalars(
        select(log_nodes.c.hash)
        .where(
            log_nodes.c.level == level,
            log_nodes.c.position >= start,
            log_nodes.c.position < end,
        )
        .order_by(log_nodes.c.position)
    )
    return list(rows)


async def add_head(connection: AsyncConnection, head: SignedHead) -> None:
    """Keep a signed head, in the lasting transaction that makes its leaves durable."""
    await connection.execute(
        insert(log_heads).values(
            size=head.size,
            root=head.root,
            signed_at=head.signed_at,
            public_key=head.public_key,
            signature=head.signature,
            token=head.token,
        )
    )


async def set_token(connection: AsyncConnection, head: SignedHead, token: bytes) -> None:
    """Keep a time-stamping server's answer for a head."""
    await connection.execute(
        update(log_heads).where(log_heads.c.signature == head.signature).values(token=token)
    )


async def heads(connection: AsyncConnection) -> list[SignedHead]:
    """Give all signed heads, oldest first."""
    rows = await connection.execute(select(log_heads).order_by(log_heads.c.id))
    return [head_of(row) for row in rows]


async def latest_head(connection: AsyncConnection) -> SignedHead | None:
    """Give the newest signed head."""
    row = (
        await connection.execute(select(log_heads).order_by(log_heads.c.id.desc()).limit(1))
    ).first()
    return head_of(row) if row else None


def head_of(row: Row[Any]) -> SignedHead:
    """Read a row of the heads."""
    return SignedHead(row.size, row.root, row.signed_at, row.public_key, row.signature, row.token)


async def state_coverage(connection: AsyncConnection, at: datetime) -> int:
    """Write a statement for each channel whose coverage or names differ from its last one.

    Gives how many.
    """
    held: dict[int, list[str]] = {}
    for row in await connection.execute(
        select(coverage).order_by(coverage.c.channel_id, coverage.c.low)
    ):
        held.setdefault(row.channel_id, []).append(f"{row.low}-{row.high}")
    said = await _last_statements(connection)
    names = ("telegram_id", "username", "title", "reference")
    new = []
    for row in await connection.execute(select(channels).order_by(channels.c.id)):
        facts = {name: getattr(row, name) for name in names}
        facts["ranges"] = " ".join(held.get(row.id, ()))
        if said.get(ChannelId(row.id)) != facts:
            new.append({"channel_id": row.id, "at": at, **facts})
    if new:
        await connection.execute(insert(coverage_statements), new)
    return len(new)


async def _last_statements(connection: AsyncConnection) -> dict[ChannelId, dict[str, object]]:
    table = coverage_statements
    newest = select(func.max(table.c.id)).group_by(table.c.channel_id)
    names = ("telegram_id", "username", "title", "reference", "ranges")
    return {
        ChannelId(row.channel_id): {name: getattr(row, name) for name in names}
        for row in await connection.execute(select(table).where(table.c.id.in_(newest)))
    }
