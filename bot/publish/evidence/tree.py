"""The Merkle tree of RFC 6962, section 2.1, built from its leaves or whole subtrees in order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

EMPTY = hashlib.sha256(b"").digest()
_LEVEL_MOST = 62  # no log has more leaves than that


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash an interior node."""
    return hashlib.sha256(b"\1" + left + right).digest()


class TreeError(ValueError):
    """Subtrees do not follow one another as those of one tree do."""


class Frontier:
    """The right edge of a growing tree: its whole subtrees, the largest first."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []  # (level, hash); 2**level leaves each

    def add(self, hash_: bytes, level: int = 0) -> list[tuple[int, int, bytes]]:
        """Append a leaf, or a whole subtree of 2**level leaves.

        Gives the subtrees it completed as (level, position among those of its level, hash).
        Raises TreeError where such a subtree cannot stand.
        """
        if not 0 <= level <= _LEVEL_MOST:
            raise TreeError(f"no subtree is of level {level}")
        if self.size % (1 << level):
            raise TreeError(f"no subtree of {1 << level} leaves can begin at leaf {self.size}")
        self.size += 1 << level
        done = [(level, (self.size >> level) - 1, hash_)]
        while self._peaks and self._peaks[-1][0] == level:
            _, left = self._peaks.pop()
            hash_ = node_hash(left, hash_)
            level += 1
            done.append((level, (self.size >> level) - 1, hash_))
        self._peaks.append((level, hash_))
        return done

    def copy(self) -> Frontier:
        """Give one that grows on its own."""
        other = Frontier()
        other.size, other._peaks = self.size, list(self._peaks)
        return other

    def root(self) -> bytes:
        """Give the hash of the tree of all that was added so far."""
        if not self._peaks:
            return EMPTY
        (_, hash_), *rest = reversed(self._peaks)
        for _, left in rest:
            hash_ = node_hash(left, hash_)
        return hash_


def whole_subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Split the leaves from `start` to before `end` into the fewest whole subtrees.

    Gives (level, first leaf), in order.
    """
    while start < end:
        level = (start & -start).bit_length() - 1 if start else end.bit_length()
        while start + (1 << level) > end:
            level -= 1
        yield level, start
        start += 1 << level
