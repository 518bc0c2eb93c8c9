"""Which facts of a row are bound by its leaf, and how the leaf's hash is made of them.

A leaf is the RFC 6962 leaf hash of canonical JSON (RFC 8785: sorted names, no spaces, UTF-8) of a
flat object of texts, whole numbers and null. Times are texts, UTC with microseconds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

CONTENT = ("author", "body_length", "content_hash", "entities", "text")
KINDS: dict[str, tuple[str, ...]] = {
    "revision": (
        *("id", "post", "channel", "message", "number", "edited_at", "seen_at", "source"),
        *("account", "raw_sha256", "content_sha256"),
    ),
    "deletion": ("id", "post", "channel", "message", "seen_at", "source"),
    "coverage": ("id", "channel", "at", "telegram_id", "username", "title", "reference", "ranges"),
    "statement": ("id", "channel", "account", "at", "what", "low", "high", "found", "detail"),
    "audit": ("id", "at", "actor", "act", "subject", "detail"),
    "file": (
        *("id", "post", "channel", "message", "file", "sha256", "length", "name", "mime", "at"),
        "account",
    ),
    "picture_text": (
        *("id", "post", "channel", "message", "file", "sha256", "text_sha256", "languages"),
        *("program", "at"),
    ),
    "removal": ("id", "revision", "at", "reason", "content_sha256"),
}

Facts = Mapping[str, object]


def canonical(facts: Facts) -> bytes:
    """Write an object of texts, whole numbers and null as RFC 8785 does."""
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def leaf_hash(kind: str, row: Facts) -> bytes:
    """Hash the facts of a row; `row` may have more columns. Raises KeyError for a missing one."""
    facts = {"kind": kind, **{name: row[name] for name in KINDS[kind]}}
    return hashlib.sha256(b"\0" + canonical(facts)).digest()


def content_sha256(row: Facts) -> str:
    """Hash what of a revision may be removed by retention; the rest of its facts stays."""
    return hashlib.sha256(canonical({name: row[name] for name in CONTENT})).hexdigest()
