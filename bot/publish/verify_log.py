"""The live archive's log: rows against leaves, leaves against the tree, the tree against heads.

Two trees are built side by side, one of the hashes that are stored and one of those that the rows
give. Where they differ, the signed heads say which of the two was changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.publish.evidence.heads import Head, HeadError, is_signed_by, key_name, parse_note
from bot.publish.evidence.report import Report
from bot.publish.evidence.tree import Frontier
from bot.publish.log import KEPT_LEVELS, cursor_of, head_of, leaf_of
from bot.publish.signing import is_valid
from storage.facts import LoggedRow
from storage.inspection import Inspection, Leaf
from storage.records import LeafKind, SignedHead


@dataclass(slots=True)
class _Walk:
    """How far the leaves were walked, and what is to be blamed once a head says on whom."""

    stored: Frontier = field(default_factory=Frontier)
    given: Frontier = field(default_factory=Frontier)
    last: dict[str, int] = field(default_factory=dict)
    differing: list[tuple[int, str]] = field(default_factory=list)
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)


def named(kind: str, row_id: int, row: LoggedRow | None = None) -> str:
    """Name a row for a person."""
    facts = row.facts if row else {}
    place = ", ".join(
        f"{name} {facts[name]}" for name in ("channel", "message", "number") if name in facts
    )
    return f"{kind} {row_id}" + (f" ({place})" if place else "")


def check_log(archive: Inspection, report: Report, earlier: str | None = None) -> None:
    """Check the log.

    `earlier` is a signed head as a note that was kept elsewhere.
    """
    heads = archive.heads()
    before = report.count
    wanted = {head.size: f"the head signed at {head_of(head).signed_at}" for _, head in heads}
    roots = {head.size: head.root for _, head in heads}
    kept = _earlier(earlier, heads, report)
    if kept:
        roots.setdefault(kept.size, kept.root)
        wanted.setdefault(kept.size, f"the given head of {kept.size} leaves")
    walk = _Walk(nodes=archive.nodes())
    for leaf in archive.leaves():
        _step(walk, leaf, report)
        if walk.stored.size in roots:
            _settle(walk, roots[walk.stored.size], wanted[walk.stored.size], report)
    _blame_rows(walk, report)
    for (level, position), _hash in sorted(walk.nodes.items()):
        report.fail(f"log node {level}/{position}", "it stands for leaves that are not there")
    for size in sorted(roots):
        if size > walk.stored.size:
            report.fail("log", f"{wanted[size]} says {size} leaves, there are {walk.stored.size}")
    report.check(f"{walk.stored.size} leaves are what their rows give", before)
    _check_heads(archive, heads, report)
    _check_unlogged(archive, walk, heads, report)


def _earlier(note: str | None, heads: list[tuple[int, SignedHead]], report: Report) -> Head | None:
    """Read the head that was kept elsewhere, and check that it is of a key of this log."""
    if note is None:
        return None
    try:
        head, signature = parse_note(note)
    except HeadError as error:
        report.fail("the given head", f"it cannot be read: {error}")
        return None
    keys = {kept.public_key for _, kept in heads}
    if not any(is_signed_by(key, head, signature, is_valid) for key in keys):
        report.fail("the given head", "it is not signed by the key of this archive")
        return None
    before = report.count
    for _, kept in heads:
        if kept.size == head.size and kept.root != head.root:
            report.fail(
                "the given head",
                f"for {head.size} leaves it has another root than the head kept here: "
                "the log was rewritten",
            )
    report.check(f"the given head of {head.size} leaves is signed by this archive's key", before)
    return head


def _step(walk: _Walk, leaf: Leaf, report: Report) -> None:
    if leaf.position != walk.stored.size:
        report.fail(
            f"log leaf {walk.stored.size}", f"it is missing: after it comes {leaf.position}"
        )
    name = f"log leaf {leaf.position}"
    if leaf.kind not in list(LeafKind):
        report.fail(name, f"its kind {leaf.kind!r} is none we know")
    elif leaf.row_id <= walk.last.get(leaf.kind, 0):
        report.fail(name, f"{leaf.kind} {leaf.row_id} comes after a later row of its kind")
    walk.last[leaf.kind] = max(leaf.row_id, walk.last.get(leaf.kind, 0))
    given = leaf_of(leaf.row) if leaf.row else leaf.hash
    if leaf.row is None:
        report.fail(named(leaf.kind, leaf.row_id), f"the row is gone; log leaf {leaf.position}")
    elif given != leaf.hash:
        walk.differing.append((leaf.position, named(leaf.kind, leaf.row_id, leaf.row)))
    rightful = [subtree[2] for subtree in walk.given.add(given)]
    for (level, position, hash_), other in zip(walk.stored.add(leaf.hash), rightful, strict=True):
        if level in KEPT_LEVELS and walk.nodes.pop((level, position), None) not in (hash_, other):
            first, end = position << level, (position + 1) << level
            report.fail(
                f"log node {level}/{position}", f"it is not the hash of leaves {first} to {end - 1}"
            )


def _settle(walk: _Walk, root: bytes, what: str, report: Report) -> None:
    """Compare both trees with a signed root, and blame what differs."""
    if walk.stored.root() == root:
        _blame_rows(walk, report)
        return
    if walk.differing and walk.given.root() == root:
        for position, name in walk.differing:
            report.fail(f"log leaf {position}", f"its hash was changed; {name} is as it was")
        walk.stored = walk.given.copy()
        walk.differing.clear()
        return
    report.fail("log", f"the leaves up to {walk.stored.size - 1} do not add up to {what}")
    _blame_rows(walk, report)


def _blame_rows(walk: _Walk, report: Report) -> None:
    for position, name in walk.differing:
        report.fail(name, f"it was changed since it was logged as leaf {position}")
    walk.differing.clear()


def _check_heads(archive: Inspection, heads: list[tuple[int, SignedHead]], report: Report) -> None:
    before = report.count
    keys: list[bytes] = []
    size = 0
    for expected, (number, signed) in enumerate(heads, start=1):
        head = head_of(signed)
        if number != expected:
            report.fail(f"signed head {expected}", "it is gone")
            break
        if not is_signed_by(signed.public_key, head, signed.signature, is_valid):
            report.fail(
                f"signed head {number}", "its signature is not of its key over what it says"
            )
        if signed.size < size:
            report.fail(f"signed head {number}", "it has fewer leaves than the one before")
        size = max(size, signed.size)
        if signed.public_key not in keys:
            keys.append(signed.public_key)
    if archive.last_number("log_heads") != len(heads):
        report.fail("signed heads", "the newest is gone")
    names = " then ".join(key_name(key) for key in keys)
    if heads:
        report.check(
            f"{len(heads)} signed heads are of the key {names} and the log agrees with each, "
            f"to {size} leaves at {head_of(heads[-1][1]).signed_at}",
            before,
        )
    else:
        report.open.append("nothing is signed yet: `earshot log sign` signs")


def _check_unlogged(
    archive: Inspection, walk: _Walk, heads: list[tuple[int, SignedHead]], report: Report
) -> None:
    """Tell rows that are still to be logged from rows that were put in behind the log's back."""
    for kind in LeafKind:
        last = walk.last.get(kind.value, 0)
        if archive.cursor(cursor_of(kind)) != last:
            report.fail(
                f"cursor {cursor_of(kind)}", f"it is not at {last}, the last row that was logged"
            )
        unlogged = archive.unlogged(kind)
        for row_id in unlogged:
            if row_id <= last:
                report.fail(named(kind.value, row_id), "it is not in the log, later rows are")
        waiting = [row_id for row_id in unlogged if row_id > last]
        if waiting:
            report.open.append(
                f"{kind.value} {waiting[0]} to {waiting[-1]} ({len(waiting)} rows) are not in the "
                "log yet: nothing is proved of them"
            )
    signed = max((head.size for _, head in heads), default=0)
    if walk.stored.size > signed:
        report.open.append(
            f"leaves {signed} to {walk.stored.size - 1} are not under a signed head yet"
        )
