"""Bytes on the socket: framing of the TCP transports, and MTProto 2.0 encryption.

In: bytes as they arrive. Out: whole encrypted payloads, and the reverse. Knows no requests.
"""

import hashlib
import os
import struct
import zlib
from dataclasses import dataclass
from enum import Enum
from typing import Any

from telethon.crypto import AES
from telethon.network.mtprotostate import MTProtoState

MAX_PACKET_BYTES = 1 << 24
_INTERMEDIATE_TAG = b"\xee\xee\xee\xee"
_ABRIDGED_TAG = 0xEF
_ABRIDGED_LONG = 0x7F
_FULL_OVERHEAD = 12


class WireError(Exception):
    """The bytes are not a packet of the transport, or not encrypted with the key named."""


class Transport(Enum):
    """How packets are cut out of the stream; a client's first bytes choose."""

    UNKNOWN = "unknown"
    FULL = "full"
    INTERMEDIATE = "intermediate"
    ABRIDGED = "abridged"


class Framer:
    """One connection's stream cut into packets, in both directions."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._transport = Transport.UNKNOWN
        self._sent = 0

    def packets(self, data: bytes) -> list[bytes]:
        """Add what arrived; give the packets that are now whole, in order."""
        self._buffer += data
        if self._transport is Transport.UNKNOWN and not self._recognised():
            return []
        found = []
        while (packet := self._next()) is not None:
            found.append(packet)
        return found

    def framed(self, payload: bytes) -> bytes:
        """Wrap one payload for the client's transport; each call counts in the full transport."""
        if self._transport is Transport.ABRIDGED:
            words = len(payload) >> 2
            short = words < _ABRIDGED_LONG
            head = bytes([words]) if short else b"\x7f" + words.to_bytes(3, "little")
            return head + payload
        if self._transport is Transport.INTERMEDIATE:
            return struct.pack("<i", len(payload)) + payload
        packet = struct.pack("<ii", len(payload) + _FULL_OVERHEAD, self._sent) + payload
        self._sent += 1
        return packet + struct.pack("<I", zlib.crc32(packet))

    def _recognised(self) -> bool:
        if self._buffer and self._buffer[0] == _ABRIDGED_TAG:
            del self._buffer[:1]
            self._transport = Transport.ABRIDGED
        elif len(self._buffer) < len(_INTERMEDIATE_TAG):
            return False
        elif self._buffer[:4] == _INTERMEDIATE_TAG:
            del self._buffer[:4]
            self._transport = Transport.INTERMEDIATE
        else:
            self._transport = Transport.FULL
        return True

    def _next(self) -> bytes | None:
        head, length, tail = self._measured()
        total = head + length + tail
        if not total or len(self._buffer) < total:
            return None
        packet = bytes(self._buffer[:total])
        del self._buffer[:total]
        if tail and zlib.crc32(packet[:-tail]) != struct.unpack("<I", packet[-tail:])[0]:
            raise WireError("the checksum of a packet is wrong")
        return packet[head : head + length]

    def _measured(self) -> tuple[int, int, int]:
        """Give the sizes of head, payload and tail of the next packet; zeros if unknown yet."""
        buffer = self._buffer
        if self._transport is Transport.ABRIDGED:
            if not buffer or (buffer[0] >= _ABRIDGED_LONG and len(buffer) < 4):  # noqa: PLR2004 its longer head
                return 0, 0, 0
            if buffer[0] < _ABRIDGED_LONG:
                return 1, buffer[0] << 2, 0
            return 4, int.from_bytes(buffer[1:4], "little") << 2, 0
        if len(buffer) < 4:  # noqa: PLR2004 the length field
            return 0, 0, 0
        (length,) = struct.unpack_from("<i", buffer)
        if not 0 < length <= MAX_PACKET_BYTES:
            raise WireError(f"a packet of {length} bytes")
        if self._transport is Transport.INTERMEDIATE:
            return 4, length, 0
        if length < _FULL_OVERHEAD:
            raise WireError(f"a packet of {length} bytes")
        return 8, length - _FULL_OVERHEAD, 4


@dataclass(frozen=True, slots=True)
class Opened:
    """A decrypted message of a client; `body` is one serialised TL object."""

    salt: int
    session_id: int
    message_id: int
    sequence: int
    body: bytes


def opened(key: bytes, payload: bytes) -> Opened:
    """Decrypt a client's payload; raises WireError when the key does not fit."""
    message_key = payload[8:24]
    aes_key, aes_iv = MTProtoState._calc_key(key, message_key, True)  # noqa: FBT003, SLF001 the vendor's helper serves both sides
    plain: bytes = AES.decrypt_ige(payload[24:], aes_key, aes_iv)
    if hashlib.sha256(key[88:120] + plain).digest()[8:24] != message_key:
        raise WireError("a payload is not encrypted with the key it names")
    salt, session_id, message_id, sequence, length = struct.unpack_from("<qqqii", plain)
    return Opened(salt, session_id, message_id, sequence, plain[32 : 32 + length])


def sealed(auth_key: Any, salt: int, session_id: int, message: bytes) -> bytes:
    """Encrypt one message (id, sequence, length and body) for the client with `auth_key`."""
    data = struct.pack("<qq", salt, session_id) + message
    data += os.urandom(-(len(data) + 12) % 16 + 12)
    key: bytes = auth_key.key
    message_key = hashlib.sha256(key[96:128] + data).digest()[8:24]
    aes_key, aes_iv = MTProtoState._calc_key(key, message_key, False)  # noqa: FBT003, SLF001 the vendor's helper serves both sides
    encrypted: bytes = AES.encrypt_ige(data, aes_key, aes_iv)
    return struct.pack("<Q", auth_key.key_id) + message_key + encrypted
