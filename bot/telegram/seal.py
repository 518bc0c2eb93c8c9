"""The seal on a button's data: nobody but we can make it, and it is good for one person alone.

Telegram hands on whatever data a client sends, so data could be made up or taken from another's
message. Both come out as no data at all. What a person may do with data of their own is looked
up at the press: a seal says who was given a button, not that it still holds.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from bot.telegram.messages import CALLBACK_LIMIT

_MAC_BYTES = 8  # 64 bits: a guess costs a press, and presses are slow
_MAC_LENGTH = 11  # of those in base64 without its padding
PAYLOAD_LIMIT = CALLBACK_LIMIT - _MAC_LENGTH


class Seal:
    """Seals and opens buttons' data with the installation's secret."""

    def __init__(self, secret: bytes) -> None:
        self._key = hashlib.sha256(secret + b"buttons").digest()

    def sealed(self, data: bytes, user_id: int) -> bytes:
        """Give what a button sends: at most 64 bytes for `PAYLOAD_LIMIT` of data."""
        if len(data) > PAYLOAD_LIMIT:
            raise ValueError(f"{len(data)} bytes of button data, at most {PAYLOAD_LIMIT} fit")
        return self._mac(data, user_id) + data

    def opened(self, sent: bytes, user_id: int) -> bytes:
        """Give the data back; nothing for what we never gave this person."""
        mac, data = sent[:_MAC_LENGTH], sent[_MAC_LENGTH:]
        return data if hmac.compare_digest(mac, self._mac(data, user_id)) else b""

    def _mac(self, data: bytes, user_id: int) -> bytes:
        digest = hmac.digest(self._key, f"{user_id}:".encode() + data, "sha256")
        return base64.urlsafe_b64encode(digest[:_MAC_BYTES]).rstrip(b"=")
