"""/metrics, /healthz and /readyz over HTTP on loopback: three answers, nothing else.

`/healthz` answers as long as the event loop turns; `/readyz` is 503 until every part is ready and
names those which are not. Never reachable from outside: it binds to 127.0.0.1.
"""

from __future__ import annotations

import asyncio
import errno
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus

import structlog

from bot.telemetry.metrics import Telemetry
from storage.failures import BadInput

_HOST = "127.0.0.1"
_REQUEST_TIMEOUT_S = 5
_HEAD_LIMIT = 16_384  # bytes of request line and headers
_PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

log = structlog.get_logger(__name__)


class PortTaken(BadInput):
    """Another program listens on the port for metrics and health."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"port {port} is taken by another program: choose another, for example "
            f"METRICS_PORT={port + 1}, or METRICS_PORT=0 for any free one"
        )


@asynccontextmanager
async def open_endpoint(telemetry: Telemetry, port: int) -> AsyncIterator[int]:
    """Serve until left; gives the port (`port` 0 means any free one). Raises PortTaken."""
    try:
        server = await asyncio.start_server(
            partial(_answer, telemetry), _HOST, port, limit=_HEAD_LIMIT
        )
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(port) from None
        raise
    try:
        chosen = int(server.sockets[0].getsockname()[1])
        log.info("metrics and health served", host=_HOST, port=chosen)
        yield chosen
    finally:
        server.close()


async def _answer(
    telemetry: Telemetry, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        async with asyncio.timeout(_REQUEST_TIMEOUT_S):
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(_response(telemetry, head.split(b"\r\n", 1)[0].decode("latin-1")))
            await writer.drain()
    except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
        pass  # a client that went away or sends no request is owed nothing
    finally:
        writer.close()


def _response(telemetry: Telemetry, request_line: str) -> bytes:
    method, _, rest = request_line.partition(" ")
    path = rest.partition(" ")[0].partition("?")[0]
    if method not in {"GET", "HEAD"}:
        return _reply(HTTPStatus.METHOD_NOT_ALLOWED, "text/plain", b"GET only\n", method)
    if path == "/metrics":
        return _reply(HTTPStatus.OK, _PROMETHEUS_TYPE, telemetry.exposition(), method)
    if path == "/healthz":
        return _reply(HTTPStatus.OK, "text/plain", b"ok\n", method)
    if path == "/readyz":
        return _readiness(telemetry, method)
    return _reply(HTTPStatus.NOT_FOUND, "text/plain", b"/metrics, /healthz or /readyz\n", method)


def _readiness(telemetry: Telemetry, method: str) -> bytes:
    health = telemetry.health
    body = {
        "ready": health.is_ready,
        "parts": {
            part.name: {"ready": part.is_ready, "detail": part.detail} for part in health.parts
        },
    }
    status = HTTPStatus.OK if health.is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    return _reply(status, "application/json", json.dumps(body).encode() + b"\n", method)


def _reply(status: HTTPStatus, kind: str, body: bytes, method: str) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (b"" if method == "HEAD" else body)
