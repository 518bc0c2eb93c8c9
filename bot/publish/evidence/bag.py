"""A whole bag: its files, its rows against their leaves, the leaves against the signed heads.

The slice of the log in a bag has a line for each leaf whose row is in the bag, and lines for the
whole subtrees of leaves that are not. In their order they give the root of every head at whose
size a line ends.
"""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from . import ed25519
from .facts import KINDS, content_sha256, leaf_hash
from .heads import Head, HeadError, SignatureCheck, is_signed_by, key_name, parse_note
from .manifests import GONE, check_files, digests
from .report import Report
from .tree import Frontier, TreeError

TABLES = {
    "revision": "revisions.jsonl",
    "deletion": "deletions.jsonl",
    "coverage": "coverage.jsonl",
    "statement": "statements.jsonl",
    "audit": "acts.jsonl",
    "removal": "removals.jsonl",
    "picture_text": "picture_texts.jsonl",
    "file": "files.jsonl",
}
_LATER = {TABLES[kind] for kind in ("statement", "removal", "picture_text", "file")}
LOG = "log.jsonl"
HEADS = "heads.jsonl"
KEY = "key.txt"
READABLE = "revisions.csv"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_FORMULA_ONCE = _FORMULA[:6]  # in the first bags
_PUBLIC_KEY = 32
_LONGEST_CELL = 1 << 30
_SHA256 = re.compile(r"[0-9a-f]{64}")


def cell(value: object) -> str:
    """Write a value into the readable table so that no spreadsheet takes it for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _is_cell(found: str, value: object) -> bool:
    text = "" if value is None else str(value)
    was = f"'{text}" if text.startswith(_FORMULA_ONCE) else text
    return found in (cell(value), was)


def check_bag(
    bag: Path,
    earlier: str | None = None,
    check: SignatureCheck = ed25519.is_valid,
    copies: Callable[[Path, Report], None] | None = None,
) -> Report:
    """Check a bag. `earlier` is a signed head, as a note, that was kept elsewhere.

    `copies` compares the Parquet tables, which Python alone cannot read, with their JSON Lines.
    """
    report = Report(str(bag))
    check_files(bag, report)
    data = bag / "data"
    try:
        _check_log(data, report, earlier, check)
        for _, row in _lines(data / TABLES["file"], Report("")):
            if isinstance(row, dict) and row.get("path") is not None:
                _check_file(data, row, report)
        _check_readable(data, report)
        if copies:
            copies(data, report)
        elif list(data.glob("*.parquet")):
            report.open.append(
                "whether the Parquet tables say what the JSON Lines say, which alone are proved: "
                "`earshot verify` compares them"
            )
    except FileNotFoundError as error:
        report.fail(f"data/{Path(str(error.filename)).name}", "it is missing: the log stays open")
    return report


def _check_log(data: Path, report: Report, earlier: str | None, check: SignatureCheck) -> None:
    key = _key(data, report)
    heads = _heads(data, key, report, check)
    given = _earlier(earlier, key, report, check)
    before = report.count
    rows = {kind: _lines(data / name, report) for kind, name in TABLES.items()}
    tree, leaves = Frontier(), 0
    open_heads = {head.size: head for head in heads}
    if given and open_heads.setdefault(given.size, given).root != given.root:
        report.fail(
            "the given head",
            f"for {given.size} leaves it has another root than the head in this bag: the log was "
            "written anew",
        )
    seen = {0}
    for where, line in _lines(data / LOG, report):
        try:
            leaves += _step(tree, where, line, rows, report)
        except (TreeError, KeyError, TypeError, ValueError):
            report.fail(where, "this is no line of the log that could stand here")
            break
        seen.add(tree.size)
        head = open_heads.pop(tree.size, None)
        if head and head.root != tree.root():
            report.fail(
                "data/log.jsonl",
                f"its first {head.size} leaves do not give the root of {_name(head)}",
            )
    for kind, rest in rows.items():
        for where, _ in rest:
            report.fail(where, f"this {kind} is not in the log")
    report.check(f"{leaves} rows are what the log says, and the log gives the signed roots", before)
    for head in open_heads.values():
        _leftover(head, tree.size, report, is_given=head is given)
    if not heads:
        report.fail("data/heads.jsonl", "there is no signed head")
    elif heads[-1].size != tree.size:
        report.fail("data/log.jsonl", f"it has {tree.size} leaves, {_name(heads[-1])} others")


def _leftover(head: Head, size: int, report: Report, *, is_given: bool) -> None:
    if is_given and head.size < size:
        report.open.append(
            f"the given head of {head.size} leaves can only be compared by the archive itself: "
            "this bag has no line of the log that ends there"
        )
    else:
        report.fail(_name(head), f"it has {head.size} leaves, the log of this bag ends at {size}")


def _name(head: Head) -> str:
    return f"the head of {head.size} leaves signed at {head.signed_at}"


def _step(
    tree: Frontier,
    where: str,
    line: Any,
    rows: dict[str, Iterator[tuple[str, Any]]],
    report: Report,
) -> bool:
    """Add a line of the log to the tree; True when it is a leaf whose row is in the bag."""
    hash_ = bytes.fromhex(line["hash"])
    if "level" in line:
        if line["start"] != tree.size:
            report.fail(where, f"it begins at leaf {line['start']}, not {tree.size}")
        tree.add(hash_, line["level"])
        return False
    kind, position = line["kind"], line["leaf"]
    if position != tree.size:
        report.fail(where, f"it is leaf {position}, not {tree.size}")
    tree.add(hash_)
    place, row = next(rows[kind], (None, None))
    if place is None:
        report.fail(
            f"data/{TABLES[kind]}", f"the row of leaf {position} is gone ({kind} {line['id']})"
        )
        return True
    if not isinstance(row, dict) or row.get("id") != line["id"] or row.get("leaf") != position:
        report.fail(place, f"here should be {kind} {line['id']}, leaf {position}")
        return True
    for fault in _row_faults(kind, row, hash_):
        report.fail(place, f"{kind} {line['id']}: {fault}")
    return True


def _check_file(data: Path, row: dict[str, Any], report: Report) -> None:
    """Check that a file that came with a message is the one that was fetched."""
    name = str(row.get("sha256"))
    path = f"media/{name[:2]}/{name}"
    if row["path"] != path or not _SHA256.fullmatch(name):
        report.fail(f"data/{TABLES['file']}", f"file {row.get('id')} is not where its hash says")
    elif not (data / path).is_file():
        report.fail(f"data/{path}", GONE)
    elif digests(data / path)["sha256"] != name:
        report.fail(f"data/{path}", "it is not the file that was fetched")


def _row_faults(kind: str, row: dict[str, Any], hash_: bytes) -> Iterator[str]:
    missing = [name for name in KINDS[kind] if name not in row]
    if missing:
        yield f"{missing[0]} is missing"
        return
    if leaf_hash(kind, row) != hash_:
        yield "it is not what was logged"
    said = row.get("text") if kind == "picture_text" else None
    if said is not None and hashlib.sha256(str(said).encode()).hexdigest() != row["text_sha256"]:
        yield "its text is not what was read from the picture"
    if kind == "revision" and row.get("raw") is not None:
        if content_sha256(row) != row["content_sha256"]:
            yield "its text, formatting or author is not what was logged"
        try:
            raw = base64.b64decode(row["raw"], validate=True)
        except (binascii.Error, ValueError, TypeError):
            yield "its raw bytes cannot be read"
            return
        if hashlib.sha256(raw).hexdigest() != row["raw_sha256"]:
            yield "its raw bytes have another SHA-256"


def _lines(path: Path, report: Report) -> Iterator[tuple[str, Any]]:
    """Give the lines of a JSON Lines file, each with its name."""
    if not path.exists() and path.name in _LATER:
        return  # the first bags had none; a row that the log has is missed there
    if not path.is_file():
        report.fail(f"data/{path.name}", GONE if not path.exists() else "this is no file")
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            where = f"data/{path.name}, line {number}"
            try:
                yield where, _value(line)
            except (ValueError, RecursionError):
                report.fail(where, "this is no JSON")
                yield where, None


def _value(line: bytes) -> Any:
    """Read JSON. Raises ValueError for none, and for texts that are no Unicode."""
    value = json.loads(line.decode())
    if b"\\u" in line:
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text
    return value


def _key(data: Path, report: Report) -> bytes:
    path = data / KEY
    try:
        key = base64.b64decode(path.read_bytes().strip(), validate=True) if path.is_file() else b""
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _PUBLIC_KEY:
        report.fail(f"data/{KEY}", "this is no public key")
    return key


def _heads(data: Path, key: bytes, report: Report, check: SignatureCheck) -> list[Head]:
    before, found = report.count, []
    for where, line in _lines(data / HEADS, report):
        try:
            head, signature = parse_note(line["note"])
        except (HeadError, KeyError, TypeError) as error:
            report.fail(where, f"this is no signed head: {error}")
            continue
        if not is_signed_by(key, head, signature, check):
            report.fail(where, "its signature is not of the key in this bag over what it says")
        found.append(head)
    report.check(f"{len(found)} heads are signed by the key {key_name(key)}", before)
    return found


def _earlier(note: str | None, key: bytes, report: Report, check: SignatureCheck) -> Head | None:
    if note is None:
        report.open.append(
            "whose key it is that signed: compare data/key.txt with what the archive's owner "
            "gave out, or give a head that was kept elsewhere with --head"
        )
        return None
    try:
        head, signature = parse_note(note)
    except HeadError as error:
        report.fail("the given head", f"it cannot be read: {error}")
        return None
    if not is_signed_by(key, head, signature, check):
        report.fail("the given head", "it is not signed by the key of this bag")
        return None
    report.holds.append(f"the given head of {head.size} leaves is signed by the key of this bag")
    return head


def _check_readable(data: Path, report: Report) -> None:
    """Compare the table for people with the one that is proved, line by line."""
    before, count = report.count, 0
    rows = _lines(data / TABLES["revision"], Report(""))
    csv.field_size_limit(_LONGEST_CELL)
    if not (data / READABLE).is_file():
        report.fail(f"data/{READABLE}", GONE)
        return
    with (data / READABLE).open(encoding="utf-8-sig", errors="replace", newline="") as file:
        table = csv.reader(file)
        try:
            names = next(table, [])
            for cells in table:
                count += 1
                _check_cells(names, cells, next(rows, (None, None))[1], count + 1, report)
        except csv.Error as error:
            report.fail(f"data/{READABLE}", f"after row {count + 1} it is no table: {error}")
    if next(rows, None) is not None:
        report.fail(f"data/{READABLE}", "there are fewer rows than revisions")
    report.check(f"{count} rows of {READABLE} are those of {TABLES['revision']}", before)


def _check_cells(names: list[str], cells: list[str], row: Any, at: int, report: Report) -> None:
    where = f"data/{READABLE}, row {at}"
    if not isinstance(row, dict):
        report.fail(where, "there is no such revision")
        return
    for name, found in zip(names, cells):  # noqa: B905  # too few are told below
        if not _is_cell(found, row.get(name)):
            report.fail(where, f"{name} is not that of revision {row.get('id')}")
    if len(cells) != len(names):
        report.fail(where, "it has too many or too few columns")
