"""What Telegram Desktop writes: single chats and whole accounts, made for tests."""

from __future__ import annotations

import json
import random
from pathlib import Path

WORDS = ["пожежа", "міст", "ракета", "дорога", "тихо", "fire", "bridge", "🔥", "ранок", "стіл"]


def record(number: int, text="", **fields):
    """Make a message as version 4 and later write it."""
    pieces = text if isinstance(text, list) else [{"type": "plain", "text": text}] if text else []
    flat = "".join(piece if isinstance(piece, str) else piece["text"] for piece in pieces)
    return {
        "id": number,
        "type": "message",
        "date": "2022-02-24T05:07:00",
        "date_unixtime": str(1645672020 + number),
        "from": "Front News",
        "from_id": "channel1234567890",
        **fields,
        "text": flat
        if all(not isinstance(p, dict) or p["type"] == "plain" for p in pieces)
        else pieces,
        "text_entities": pieces,
    }


def service(number: int):
    return {
        "id": number,
        "type": "service",
        "date": "2022-02-24T05:00:00",
        "date_unixtime": "1645672000",
        "actor": "Front News",
        "action": "pin_message",
        "text": "",
        "text_entities": [],
    }


def chat(messages, number=1234567890, name="Front News", kind="public_channel"):
    return {"name": name, "type": kind, "id": number, "messages": messages}


def account(*chats):
    return {
        "about": "Here is the data you requested.",
        "personal_information": {"user_id": 1, "first_name": "Olena"},
        "contacts": {"about": "", "list": [{"user_id": 5, "first_name": "A"}]},
        "chats": {"about": "This page lists all chats.", "list": list(chats)},
        "left_chats": {"about": "", "list": []},
    }


def many(count: int, seed: int = 1):
    chance = random.Random(seed)
    return [record(n, " ".join(chance.choices(WORDS, k=6))) for n in range(1, count + 1)]


def write(path: Path, content, **how) -> Path:
    how = how or {"indent": 1}
    path.write_text(json.dumps(content, ensure_ascii=False, **how), encoding="utf-8")
    return path
