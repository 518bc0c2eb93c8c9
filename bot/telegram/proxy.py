"""How an account reaches Telegram: directly, by a SOCKS5 proxy or by an MTProto proxy.

Written as `socks5://host:port` or `mtproto://host:port`, with `#FILE` naming the file that holds
its secret: `user:password` for the first, Telegram's hexadecimal or base64 secret for the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from telethon.network import (
    ConnectionTcpFull,
    ConnectionTcpMTProxyIntermediate,
    ConnectionTcpMTProxyRandomizedIntermediate,
)

from storage.failures import BadInput

_PADDED = ("dd", "3Q")  # how secrets begin that ask for padded packets, hexadecimal or base64
_FAKE_TLS = ("ee", "7g")
_EXAMPLE = "write socks5://host:port or mtproto://host:port"


class ProxyKind(StrEnum):
    """What the proxy speaks."""

    SOCKS5 = "socks5"
    MTPROTO = "mtproto"


class BadProxy(BadInput, ValueError):
    """A proxy that cannot be read; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy with its secret; the secret is shown nowhere."""

    kind: ProxyKind
    host: str
    port: int
    secret: str = field(default="", repr=False)


def check(text: str, secret_file: Path | None) -> str:
    """Read what an operator wrote and give it as it is stored, without secrets. Raises BadProxy."""
    stored = f"{text}#{secret_file.expanduser().resolve()}" if secret_file else text
    load(stored)
    return stored


def load(stored: str) -> Proxy:
    """Read a stored proxy and its secret's file. Raises BadProxy."""
    try:
        parts = urlsplit(stored)
    except ValueError:  # brackets that hold no address
        raise BadProxy(f"cannot read the proxy {stored!r}: {_EXAMPLE}") from None
    try:
        kind, host, port = ProxyKind(parts.scheme), parts.hostname, parts.port
    except ValueError:
        raise BadProxy(f"cannot read the proxy {parts.netloc or stored!r}: {_EXAMPLE}") from None
    if not host or not port:
        raise BadProxy(f"the proxy has no host or no port: {_EXAMPLE}")
    if parts.username or parts.password:
        raise BadProxy("a proxy's password is no argument: put user:password into a file")
    secret = _read(Path(parts.fragment)) if parts.fragment else ""
    if kind is ProxyKind.MTPROTO and not secret:
        raise BadProxy("an MTProto proxy needs its secret: name the file with --proxy-secret-file")
    if kind is ProxyKind.MTPROTO and secret.startswith(_FAKE_TLS):
        raise BadProxy("Telethon does not speak fake TLS (ee…): use a secret that begins with dd")
    return Proxy(kind, host, port, secret)


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "not a text file"
        raise BadProxy(f"cannot read the proxy's secret in {file}: {said}") from None


def shown(stored: str | None) -> str:
    """Write a stored proxy for a person: neither secret nor the file's place."""
    return "" if stored is None else stored.partition("#")[0]


def connection_of(proxy: Proxy | None) -> dict[str, Any]:
    """Give what Telethon's client wants to hear of it."""
    if proxy is None:
        return {"connection": ConnectionTcpFull}
    if proxy.kind is ProxyKind.SOCKS5:
        user, _, password = proxy.secret.partition(":")
        whole = ("socks5", proxy.host, proxy.port, True, user or None, password or None)
        return {"connection": ConnectionTcpFull, "proxy": whole}
    is_padded = proxy.secret.startswith(_PADDED)
    kind = (
        ConnectionTcpMTProxyRandomizedIntermediate
        if is_padded
        else ConnectionTcpMTProxyIntermediate
    )
    return {"connection": kind, "proxy": (proxy.host, proxy.port, proxy.secret)}
