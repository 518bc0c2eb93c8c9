"""Serialised TL: what a handler answered or the world emitted, as the bytes a client reads."""

import gzip
import struct
from collections.abc import Sequence
from typing import Any

from telethon.tl import TLObject, functions, types

VECTOR = struct.pack("<I", 0x1CB5C415)
_TRUE = struct.pack("<I", 0x997275B5)
_FALSE = struct.pack("<I", 0xBC799737)
_RPC_RESULT = 0xF35C6D01
_GZIP = struct.pack("<I", 0x3072CFA1)
_GZIP_FROM_BYTES = 2048
_UPDATES = struct.pack("<I", types.Updates.CONSTRUCTOR_ID)


class RpcError(Exception):
    """A refusal the client sees as an RPC error: code (HTTP-like) and Telegram's name for it."""

    def __init__(self, name: str, code: int = 400) -> None:
        super().__init__(name)
        self.name = name
        self.code = code


class Raw:
    """Bytes that are already a serialised TL object; can stand where an object would."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def _bytes(self) -> bytes:
        return self.data

    def __bytes__(self) -> bytes:
        return self.data


def object_bytes(value: Any) -> bytes:
    """Serialise what a handler gave: a TL object, a bool, a list of TL objects, or bytes."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, bool):
        return _TRUE if value else _FALSE
    if isinstance(value, list):
        return vector([object_bytes(item) for item in value])
    return bytes(value)


def vector(parts: Sequence[bytes]) -> bytes:
    """Serialise a vector of objects that are bytes already."""
    return b"".join((VECTOR, struct.pack("<i", len(parts)), *parts))


def rpc_result(request_id: int, value: Any) -> bytes:
    """Wrap an answer (or RpcError) for the request with this message id; long ones are packed."""
    if isinstance(value, RpcError):
        body = bytes(types.RpcError(value.code, value.name))
    else:
        body = object_bytes(value)
        if len(body) > _GZIP_FROM_BYTES:
            packed = gzip.compress(body, 1)
            if len(packed) < len(body):
                body = _GZIP + TLObject.serialize_bytes(packed)
    return struct.pack("<Iq", _RPC_RESULT, request_id) + body


def updates(
    items: Sequence[bytes], users: Sequence[bytes], chats: Sequence[bytes], now: int
) -> bytes:
    """Serialise `updates` without a sequence number (0), as Telegram sends most of them."""
    return b"".join(
        (_UPDATES, vector(items), vector(users), vector(chats), struct.pack("<ii", now, 0))
    )


def method_name(request_class: type) -> str:
    """Give the TL name of a request class, such as "messages.sendMessage"."""
    name = request_class.__name__.removesuffix("Request")
    namespace = request_class.__module__.rsplit(".", 1)[-1]
    short = name[0].lower() + name[1:]
    return short if namespace == "functions" else f"{namespace}.{short}"


WRAPPERS: tuple[Any, ...] = (
    functions.InvokeWithLayerRequest,
    functions.InitConnectionRequest,
    functions.InvokeWithoutUpdatesRequest,
    functions.InvokeAfterMsgRequest,
    functions.InvokeAfterMsgsRequest,
)
