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


def line(number: int, text: str, revision: int = 1, **fields):
    """Make a record of our own JSON Lines with what an import needs of it."""
    return {
        "channel_telegram_id": 7000,
        "channel_title": "Old Front",
        "message": number,
        "revision": revision,
        "posted_at": f"2025-01-31T08:{number:02}:00+00:00",
        "edited_at": None,
        "deleted_at": None,
        "text": text,
        "body_length": len(text),
        "entities": [],
        **fields,
    }


def write_lines(path: Path, records) -> Path:
    path.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in records))
    return path


def of_every_kind() -> list[dict[str, object]]:
    """Give records of Telegram Desktop that fill every column of a post."""
    bold = [{"type": "bold", "text": "ракета"}, " над містом"]
    local = record(9, "за годинником того, хто зберіг", edited="2022-02-24T06:00:00")
    del local["date_unixtime"]
    return [
        *many(5),
        record(6, bold, reply_to_message_id=3, author="Olena"),
        record(7, "чуже", forwarded_from="Other Channel"),
        record(
            8,
            "є що почути",
            file="x.ogg",
            file_name="x.ogg",
            edited="x",
            edited_unixtime="1645675000",
        ),
        local,
    ]


def lines_of_every_kind() -> list[dict[str, object]]:
    """Give lines of ours that fill every column of a post: an album, edits, an end."""
    edited = "2025-01-31T10:00:00+00:00"
    forward = {"is": ["forward"], "origin": "other", "origin_name": "Other"}
    return [
        line(1, "перше"),
        line(1, "перше, уточнено", 2, edited_at=edited, **{"is": ["edited"]}),
        line(2, "фото", album=77, has=["photo"], **{"is": ["album"]}),
        line(3, "ще фото", album=77, has=["photo", "link"], **{"is": ["album"]}),
        line(4, "чуже\nOther", body_length=4, **forward),
        line(5, "відповідь", reply_to=1, author="Ira", **{"is": ["reply"]}),
        line(6, "пішло", deleted_at=edited),
    ]
