"""Proxies on loopback: SOCKS5 (RFC 1928, 1929) and MTProto, as an operator would run elsewhere."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Proxy:
    """Where it listens, and the ports it connected clients to."""

    port: int = 0
    passed: list[int] = field(default_factory=list)


@asynccontextmanager
async def _serving(answer: Callable[[Proxy, Streams], Awaitable[None]]) -> AsyncIterator[Proxy]:
    proxy = Proxy()
    tasks = set()

    async def serve(reader, writer):
        tasks.add(asyncio.current_task())
        with closing(writer), suppress(OSError, EOFError):
            await answer(proxy, (reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(reader, writer, change=bytes):
    while data := await reader.read(65_536):
        writer.write(change(data))
        await writer.drain()
    writer.close()


def socks5_proxy(password: str | None):
    async def answer(proxy, near):
        reader, writer = near
        _, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        wanted = 2 if password else 0
        if wanted not in methods:
            writer.write(b"\x05\xff")
            return
        writer.write(bytes((5, wanted)))
        if password:
            await reader.readexactly(1)
            user = await reader.readexactly((await reader.readexactly(1))[0])
            given = await reader.readexactly((await reader.readexactly(1))[0])
            is_right = f"{user.decode()}:{given.decode()}" == password
            writer.write(bytes((1, 0 if is_right else 1)))
            if not is_right:
                return
        _, _, _, kind = await reader.readexactly(4)
        if kind == 1:
            host = ".".join(map(str, await reader.readexactly(4)))
        else:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        port = int.from_bytes(await reader.readexactly(2), "big")
        far_reader, far_writer = await asyncio.open_connection(host, port)
        proxy.passed.append(port)
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        with closing(far_writer):
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))

    return _serving(answer)


def mtproto_proxy(secret: bytes, target_port: int):
    """Obfuscated transport of core.telegram.org/mtproto/mtproto-transports, passed on bare."""

    async def answer(proxy, near):
        reader, writer = near
        head = await reader.readexactly(64)
        inward = _counter(hashlib.sha256(head[8:40] + secret).digest(), head[40:56])
        turned = head[55:7:-1]
        outward = _counter(hashlib.sha256(turned[:32] + secret).digest(), turned[32:48])
        tag = inward(head)[56:60]
        if tag not in (b"\xee" * 4, b"\xdd" * 4):
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target_port)
        proxy.passed.append(target_port)
        far_writer.write(b"\xee" * 4)  # the sandbox speaks the intermediate transport
        is_padded = tag == b"\xdd" * 4
        await asyncio.gather(
            _unpadded(reader, far_writer, inward)
            if is_padded
            else _pump(reader, far_writer, inward),
            _padded(far_reader, writer, outward)
            if is_padded
            else _pump(far_reader, writer, outward),
        )

    return _serving(answer)


def _counter(key, start):
    return Cipher(algorithms.AES(key), modes.CTR(start)).encryptor().update


async def _unpadded(reader, writer, decrypt):
    """Take up to 15 bytes of padding off each packet; what it carries is a multiple of four."""
    with closing(writer), suppress(asyncio.IncompleteReadError):
        while True:
            length = int.from_bytes(decrypt(await reader.readexactly(4)), "little")
            packet = decrypt(await reader.readexactly(length))
            whole = packet[: length - length % 4]
            writer.write(len(whole).to_bytes(4, "little") + whole)
            await writer.drain()


async def _padded(reader, writer, encrypt):
    with closing(writer), suppress(asyncio.IncompleteReadError):
        while True:
            length = int.from_bytes(await reader.readexactly(4), "little")
            packet = await reader.readexactly(length) + random.randbytes(random.randrange(4))
            writer.write(encrypt(len(packet).to_bytes(4, "little") + packet))
            await writer.drain()
