"""Kept rows → leaves of the Merkle log, behind a cursor for each kind; and its signed heads.

Leaves, the subtrees they complete and the cursors are one transaction. A head is signed inside
a lasting transaction that holds its last leaves: SQLite's log is written in order, so that commit
makes durable every leaf before it, and nobody sees a signature that a power cut could undo.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog

from bot.publish.evidence import facts as evidence
from bot.publish.evidence.heads import Head, key_name, note
from bot.publish.evidence.tree import Frontier, whole_subtrees
from bot.publish.signing import SigningKey
from bot.publish.stamping import stamp
from storage import cursors, facts, log
from storage.database import Connection, Database
from storage.facts import LoggedRow
from storage.records import LeafKind, LogNode, NewLeaf, SignedHead

BELL = "log"
KEPT_LEVELS = (8, 16, 24)  # 1/255 of the leaves; a proof reads at most 255 hashes of each
_POLL_S = 1.0
_BATCH = 500

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Appended:
    """What one batch added."""

    leaves: int
    size: int


def cursor_of(kind: LeafKind) -> str:
    """Name the cursor behind which rows of a kind become leaves."""
    return f"log.{kind.value}"


class LogKeeper:
    """Appends what is kept to the log. Start `run` as a task."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Append what comes, until cancelled. Nobody waits for it, so it is seldom woken."""
        await self._database.bell.serve(BELL, self.step, _POLL_S)

    async def step(self) -> int:
        """Append a batch of each kind; give how many leaves."""
        if not await self._has_work():
            return 0
        async with self._database.redoable() as connection:
            return await append_batch(connection)

    async def _has_work(self) -> bool:
        async with self._database.reading() as connection:
            for kind in LeafKind:
                after = await cursors.position(connection, cursor_of(kind))
                if await facts.after(connection, kind, after, 1):
                    return True
        return False


async def append_batch(connection: Connection) -> int:
    """Append up to a batch of each kind, in the caller's transaction; give how many leaves."""
    rows: list[LoggedRow] = []
    for kind in LeafKind:
        name = cursor_of(kind)
        new = await facts.after(connection, kind, await cursors.position(connection, name), _BATCH)
        if new:
            await cursors.advance(connection, name, new[-1].id)
            rows += new
    if rows:
        start = await log.size(connection)
        leaves = [
            NewLeaf(position, row.kind, row.id, leaf_of(row))
            for position, row in enumerate(rows, start)
        ]
        await log.append(connection, leaves, await _completed(connection, start, leaves))
    return len(rows)


def leaf_of(row: LoggedRow) -> bytes:
    """Hash a row as the leaf that stands for it."""
    if row.kind is not LeafKind.REVISION:
        return evidence.leaf_hash(row.kind.value, row.facts)
    content = row.removed or evidence.content_sha256(row.facts)
    return evidence.leaf_hash(row.kind.value, {**row.facts, "content_sha256": content})


async def _completed(
    connection: Connection, start: int, leaves: Sequence[NewLeaf]
) -> list[LogNode]:
    """Give the kept subtrees that new leaves complete."""
    frontier = await frontier_at(connection, start)
    return [
        LogNode(*subtree)
        for leaf in leaves
        for subtree in frontier.add(leaf.hash)
        if subtree[0] in KEPT_LEVELS
    ]


async def frontier_at(connection: Connection, size: int) -> Frontier:
    """Build the tree of the first `size` leaves from the kept subtrees and few leaves."""
    frontier = Frontier()
    for level in reversed(KEPT_LEVELS):
        end = size >> level
        hashes = await log.node_hashes(connection, level, frontier.size >> level, end)
        for hash_ in hashes:
            frontier.add(hash_, level)
    for hash_ in await log.leaf_hashes(connection, frontier.size, size):
        frontier.add(hash_)
    return frontier


async def subtree_hash(connection: Connection, level: int, start: int) -> bytes:
    """Give the hash of the whole subtree of 2**level leaves that begins at leaf `start`."""
    frontier = Frontier()
    kept = max((known for known in KEPT_LEVELS if known <= level), default=0)
    end = start + (1 << level)
    if kept:
        found = await log.node_hashes(connection, kept, start >> kept, end >> kept)
    else:
        found = await log.leaf_hashes(connection, start, end)
    for hash_ in found:
        frontier.add(hash_)
    return frontier.root()


async def inclusion_proof(connection: Connection, position: int, size: int) -> list[bytes]:
    """Give the audit path of RFC 6962, 2.1.1: leaf `position` in the tree of `size` leaves."""
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        other = (middle, high) if position < middle else (low, middle)
        path.append(await _range_hash(connection, *other))
        low, high = (low, middle) if position < middle else (middle, high)
    return path[::-1]


async def _range_hash(connection: Connection, low: int, high: int) -> bytes:
    """Give the hash of the tree over some leaves, which begin where such a tree may begin."""
    shifted = Frontier()
    for level, start in whole_subtrees(low, high):
        shifted.add(await subtree_hash(connection, level, start), level)
    return shifted.root()


def head_of(signed: SignedHead) -> Head:
    """Give a kept head as it was signed."""
    at = signed.signed_at.isoformat(timespec="microseconds")
    return Head(signed.size, signed.root, at, key_name(signed.public_key))


def note_of(signed: SignedHead) -> str:
    """Write a kept head as the note that people keep elsewhere."""
    return note(head_of(signed), signed.public_key, signed.signature)


async def sign(database: Database, key: SigningKey) -> SignedHead:
    """Append all that waits, state the coverage, and sign and keep a head of the whole.

    When nothing was added since the last head of this key, that one is given again.
    """
    while True:  # what waits may be much: in batches, so that the collector gets its turns
        async with database.redoable() as connection:
            if not await append_batch(connection):
                break
    async with database.transaction() as connection:
        now = datetime.now(UTC)
        await log.state_coverage(connection, now)
        while await append_batch(connection):
            pass
        size = await log.size(connection)
        last = await log.latest_head(connection)
        if last and last.size == size and last.public_key == key.public:
            return last
        root = (await frontier_at(connection, size)).root()
        unsigned = SignedHead(size, root, now, key.public, b"")
        signature = key.sign(head_of(unsigned).body)
        signed = SignedHead(size, root, now, key.public, signature)
        await log.add_head(connection, signed)
    logger.info("tree head signed", size=size, root=root.hex())
    return signed


async def stamp_newest(database: Database, server: str) -> SignedHead | None:
    """Have the newest head time-stamped, if it is not yet. Raises StampRefused, StampsMissing."""
    async with database.reading() as connection:
        head = await log.latest_head(connection)
    if head is None or head.token is not None:
        return head
    token = await stamp(note_of(head), server)
    async with database.transaction() as connection:
        await log.set_token(connection, head, token)
    return replace(head, token=token)
