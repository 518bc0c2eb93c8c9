"""Notices: messages that are no alerts, as they are kept in rows. Pure."""

from __future__ import annotations

import base64
import json

from bot.telegram.messages import Button, Mark, OutgoingText, Style


def kept(text: OutgoingText) -> str:
    """Give the message as JSON."""
    return json.dumps(
        {
            "text": text.text,
            "marks": [[mark.offset, mark.length, mark.style] for mark in text.marks],
            "buttons": [[_kept_button(button) for button in row] for row in text.buttons],
        },
        ensure_ascii=False,
    )


def _kept_button(button: Button) -> list[str | None]:
    data = None if button.data is None else base64.b64encode(button.data).decode()
    return [button.label, button.url, data]


def read(body: str) -> OutgoingText:
    """Read a message that was kept."""
    found = json.loads(body)
    return OutgoingText(
        found["text"],
        tuple(Mark(offset, length, Style(style)) for offset, length, style in found["marks"]),
        tuple(
            tuple(
                Button(label, url, None if data is None else base64.b64decode(data))
                for label, url, data in row
            )
            for row in found["buttons"]
        ),
    )
