"""The slice of the log in a bag: a line for each leaf that is shown, one for each gap's subtrees.

A line ends at the size of every head that is in the bag, so that each can be checked.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from bot.publish.evidence.tree import Frontier, whole_subtrees
from bot.publish.log import subtree_hash
from storage import log
from storage.database import Connection
from storage.records import SignedHead

_READ_AT_ONCE = 1 << 16  # leaves of a gap that are read at once instead of subtree by subtree
_NEWEST = 24  # heads that are shown all; of older ones, the last of each day


@dataclass(frozen=True, slots=True, order=True)
class Shown:
    """A leaf whose row is in the bag."""

    position: int
    kind: str
    row_id: int
    hash: bytes


def shown_heads(heads: Sequence[SignedHead], last: SignedHead) -> list[SignedHead]:
    """Choose the heads of a bag that ends with `last`: the newest of its key, and one for a day."""
    past = [head for head in heads if head.size <= last.size and head.public_key == last.public_key]
    days = {head.signed_at.date(): head for head in past}
    chosen = {head.size: head for head in (*days.values(), *past[-_NEWEST:])}
    return [chosen[number] for number in sorted(chosen)]


async def lines(
    connection: Connection, shown: Iterable[Shown], edges: Iterable[int]
) -> AsyncIterator[bytes]:
    """Write the slice; `shown` ascends, `edges` are the sizes of the heads, the last one last."""
    at = 0
    marks = [(edge, None) for edge in sorted(set(edges))]
    leaves = ((leaf.position, leaf) for leaf in shown)
    for position, leaf in heapq.merge(marks, leaves, key=lambda item: (item[0], item[1] is None)):
        async for line in _gap(connection, at, position):
            yield line
        at = max(at, position)
        if leaf is not None:
            yield _line(
                {"hash": leaf.hash.hex(), "id": leaf.row_id, "kind": leaf.kind, "leaf": position}
            )
            at = position + 1


async def _gap(connection: Connection, start: int, end: int) -> AsyncIterator[bytes]:
    known: list[bytes] = []
    if 0 < end - start <= _READ_AT_ONCE:
        known = await log.leaf_hashes(connection, start, end)
    for level, first in whole_subtrees(start, end):
        if known:
            tree = Frontier()
            for hash_ in known[first - start : first - start + (1 << level)]:
                tree.add(hash_)
            found = tree.root()
        else:
            found = await subtree_hash(connection, level, first)
        yield _line({"hash": found.hex(), "level": level, "start": first})


def _line(facts: dict[str, object]) -> bytes:
    return json.dumps(facts, separators=(",", ":")).encode() + b"\n"
