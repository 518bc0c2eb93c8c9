"""What a bag says about itself: bag-info.txt, the README, and the description of its tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from bot.publish.bag.files import Written
from bot.publish.evidence.heads import key_name
from storage.records import SignedHead
from storage.slices import Slice

_KEPT = "UTC, ISO 8601 with microseconds"
FIELDS: dict[str, tuple[str, str]] = {
    "leaf": ("integer", "Position of the row in the log, from 0."),
    "leaf_hash": ("string", "Hash of the leaf: SHA-256 of a zero byte and the row's facts."),
    "id": ("integer", "Number of the row in the archive it comes from."),
    "post": ("integer", "Number of the post; an album is one post."),
    "channel": ("integer", "The archive's number of the channel; see channels.jsonl."),
    "message": ("integer", "Telegram's number of the message."),
    "number": ("integer", "1 for the first state of a message that was seen, 2 for the next."),
    "posted_at": ("string", f"When Telegram says it was posted: {_KEPT}."),
    "edited_at": ("string", f"When Telegram says it was edited; empty if never: {_KEPT}."),
    "seen_at": ("string", f"When the archive saw this, by its own clock: {_KEPT}."),
    "source": ("string", "How it came: live, history, gap, reread, import."),
    "account": ("integer", "Number of the account that saw it; empty for an import."),
    "account_label": ("string", "The operator's name for that account."),
    "author": ("string", "Signature of the author; empty if unsigned."),
    "text": ("string", "The author's text, then poll, link preview, file name, a line each."),
    "body_length": ("integer", "How many characters of the text are the author's own."),
    "entities": ("string", "Formatting as JSON; offsets in characters of the text."),
    "content_hash": ("string", "Hash of what an author can change."),
    "content_sha256": ("string", "SHA-256 of the content; it stays when content is removed."),
    "raw_sha256": ("string", "SHA-256 of the exact bytes Telegram sent, or of the import's."),
    "raw": ("string", "Those bytes in base64; empty if retention removed them."),
    "link": ("string", "Where Telegram shows the post; empty for a private channel."),
    "telegram_id": ("integer", "Telegram's number of the channel."),
    "username": ("string", "Name of the channel at Telegram, if it has one."),
    "title": ("string", "Title of the channel."),
    "reference": ("string", "As the operator wrote the channel."),
    "ranges": ("string", "Numbers of messages that are held or known not to exist."),
    "at": ("string", f"When: {_KEPT}."),
    "what": ("string", "What is stated of the coverage."),
    "low": ("integer", "First message it is about."),
    "high": ("integer", "Last message it is about."),
    "found": ("integer", "How many messages were found."),
    "actor": ("string", "Who did it."),
    "act": ("string", "What was done."),
    "subject": ("string", "To what."),
    "detail": ("string", "More, as JSON."),
    "revision": ("integer", "The revision whose content was removed."),
    "reason": ("string", "Why."),
    "kind": ("string", "Kind of row that the leaf stands for."),
    "hash": ("string", "Hash of a leaf or of a whole subtree of leaves."),
    "level": ("integer", "The subtree has 2 to the power of this many leaves."),
    "start": ("integer", "First leaf of the subtree."),
    "note": ("string", "Signed head of the log, six lines."),
    "file": ("integer", "Telegram's number of the photo or file."),
    "sha256": ("string", "SHA-256 of the file, by which it is named."),
    "path": ("string", "Where the file is in the folder data; empty if it is not in the bag."),
    "length": ("integer", "Bytes."),
    "mime": ("string", "Kind of file as Telegram told it."),
    "name": ("string", "Name that the file had at Telegram."),
    "text_sha256": ("string", "SHA-256 of what was read from the picture; it stays when removed."),
    "languages": ("string", "In which the picture was read, as the program names them."),
    "program": ("string", "What read the picture. It guesses, and may be wrong."),
}


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the makers of a bag say of it beside what it holds."""

    organisation: str | None
    software: str
    made_on: date


@dataclass(frozen=True, slots=True)
class Payload:
    """How much a bag holds."""

    files: int
    length: int
    revisions: int


def bag_info(wanted: Slice, head: SignedHead, provenance: Provenance, payload: Payload) -> bytes:
    """Write bag-info.txt in the fields of the Library of Congress (RFC 8493, 2.2.2)."""
    names = ", ".join(channel.name for channel in wanted.channels)
    span = _span(wanted)
    held = f"{payload.revisions} revisions of posts of {names}{span}"
    signed_at = head.signed_at.isoformat(timespec="microseconds")
    fields = {
        "Source-Organization": provenance.organisation or "not stated",
        "External-Description": f"{held}, as kept by Earshot, with the slice of its signed log",
        "External-Identifier": head.root.hex(),
        "Bagging-Date": provenance.made_on.isoformat(),
        "Bag-Size": _readable_size(payload.length),
        "Payload-Oxum": f"{payload.length}.{payload.files}",
        "Internal-Sender-Identifier": key_name(head.public_key),
        "Internal-Sender-Description": f"Log of {head.size} leaves, signed at {signed_at}",
        "Bag-Software-Agent": provenance.software,
    }
    return "".join(f"{name}: {_one_line(value)}\n" for name, value in fields.items()).encode()


def _span(wanted: Slice) -> str:
    since = f" from {wanted.since.isoformat()}" if wanted.since else ""
    until = f" before {wanted.until.isoformat()}" if wanted.until else ""
    return since + until


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _readable_size(length: int) -> str:
    size = float(length)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1000:  # noqa: PLR2004  # units of a thousand
            return f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def data_package(
    tables: Mapping[str, Sequence[str]], copies: Sequence[Written], made_on: date
) -> bytes:
    """Write datapackage.json (Frictionless): each table, its columns and what they mean.

    `copies` are the same tables as Parquet, named by their hashes.
    """
    resources = [_resource(path, columns) for path, columns in sorted(tables.items())]
    resources += [
        {
            "name": PurePosixPath(copy.path).name.replace(".", "-"),
            "path": PurePosixPath(copy.path).name,
            "scheme": "file",
            "format": "parquet",
            "mediatype": "application/vnd.apache.parquet",
            "type": "file",
            "description": "The table of the same name once more, with typed columns.",
            "hash": f"sha256:{copy.digests['sha256']}",
            "bytes": copy.length,
        }
        for copy in copies
    ]
    package = {
        "name": "earshot-bag",
        "title": "Posts of Telegram channels with the log that proves them",
        "created": f"{made_on.isoformat()}T00:00:00Z",
        "resources": resources,
    }
    return json.dumps(package, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _resource(path: str, columns: Sequence[str]) -> dict[str, Any]:
    is_csv = path.endswith(".csv")
    return {
        "name": path.replace(".", "-"),
        "path": path,
        "scheme": "file",
        "format": "csv" if is_csv else "jsonl",
        "encoding": "utf-8-sig" if is_csv else "utf-8",
        "type": "table",
        **({} if is_csv else {"dialect": {"json": {"keyed": True}}}),
        "schema": {
            "fields": [
                {"name": name, "type": FIELDS[name][0], "description": FIELDS[name][1]}
                for name in (columns if is_csv else sorted(columns))
            ],
            "missingValues": [""],
        },
    }


def readme(wanted: Slice, head: SignedHead) -> bytes:
    """Tell a reader who is no engineer what this is and how to check it."""
    names = "\n".join(f"  {channel.name}" for channel in wanted.channels)
    return _README.format(
        names=names,
        span=_span(wanted) or " whole",
        key=key_name(head.public_key),
        size=head.size,
        at=head.signed_at.isoformat(timespec="microseconds"),
    ).encode()


_README = """\
WHAT THIS IS

Posts of these Telegram channels, as a program called Earshot kept them,{span}:
{names}

Every state of every message that was seen is here, also those that were later edited or deleted,
each with the exact bytes that Telegram sent, and when and how they came. To read them, open
data/revisions.csv in a spreadsheet; photos and files, if there are any, are in data/media.


HOW TO CHECK THAT NOTHING WAS CHANGED

There are two questions. Are the files here those that were put in? And are they what the archive
kept at the time, or were they made up later?

1. With a computer that has sha256sum (Linux; on a Mac: shasum -a 256), in this folder:

     sha256sum --check --quiet manifest-sha256.txt tagmanifest-sha256.txt

   No line of output means that every file has the bytes it had when this bag was made. (Look also
   that there is no file here which the two lists do not name.)

2. With Python 3.10 or newer, in this folder:

     python3 -B -m verify

   It does step 1, and checks each row against the archive's log: a list of fingerprints in which
   no entry can be changed, taken out or put in between without changing the one fingerprint of
   the whole, which the archive signed at known times. It says in plain words what holds, and ends
   with a verdict. The program is in the folder verify; it is short, and can be read.

3. With Earshot:   earshot verify THIS-FOLDER

   It does the same, and reads Telegram's own bytes anew.


WHAT YOU NEED FROM ELSEWHERE

Whoever makes a bag could make up everything in it, the signatures included. What tells is a signed
head that was given out earlier: to you, to a colleague, to a newspaper. If you have one in a file:

     python3 -B -m verify --head that-file.txt

If it says that the given head fits, all that was logged up to that head was not changed since.
This bag is signed by the key {key}.
Its last head has {size} entries and was signed at {at}.


WHAT IS NOT PROVED

That Telegram showed these posts to everybody, or that their authors wrote them: Telegram does not
sign messages. What is proved is what this archive recorded, and that it did not change its record.
The times of seeing are of the archive's own clock.
"""
