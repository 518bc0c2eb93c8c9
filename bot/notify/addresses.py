"""Which hosts a target may reach: names are resolved once, checked, and the address is kept.

A reporter's webhook must not become a way into the newsroom's own network.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

# Addresses of version 6 that lead to one of version 4, which is their last four bytes: RFC 4291's
# compatible and RFC 6052's translated ones. 6to4 and Teredo tell theirs by themselves.
_EMBEDDING = tuple(map(IPv6Network, ("::/96", "64:ff9b::/96")))
_TRANSLATED_LOCALLY = IPv6Network("64:ff9b:1::/48")  # RFC 8215
_refused: ContextVar[list[str] | None] = ContextVar("refused", default=None)  # None: all may be


class PrivateAddress(OSError):  # libraries that connect tidy up after these
    """The host is in a private network, which the operator has not allowed."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is in a private network")
        self.host = host


async def resolved(host: str, port: int, *, may_be_private: bool) -> str:
    """Give one address of a host. Raises PrivateAddress, OSError for an unknown host.

    One private address among several refuses them all.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses:
        raise OSError(f"{host} has no address")
    if not may_be_private and not all(map(is_public, addresses)):
        raise PrivateAddress(host)
    return addresses[0]


def is_public(written: str) -> bool:
    """Say whether an address lies in the open internet, whatever version it is wrapped in."""
    try:
        address = ip_address(written)
    except ValueError:
        return False
    if not address.is_global or address.is_multicast:
        return False
    return isinstance(address, IPv4Address) or _is_public(address)


def _is_public(address: IPv6Address) -> bool:
    teredo = address.teredo
    inner = [address.ipv4_mapped, address.sixtofour, *(teredo or ())]
    if any(address in network for network in _EMBEDDING):
        inner.append(IPv4Address(address.packed[-4:]))
    is_local = address.is_site_local or address in _TRANSLATED_LOCALLY
    return not is_local and all(is_public(str(one)) for one in inner if one)


@contextmanager
def public_only() -> Iterator[None]:
    """Let this context connect to public addresses only, however a library came by the address.

    Threads that copy the context, as Apprise's do, are held to it too.

    Raises PrivateAddress at the end when one was refused, even if the library swallowed that.
    """
    _watch_connections()
    refused: list[str] = []
    before = _refused.set(refused)
    try:
        yield
    finally:
        _refused.reset(before)
    if refused:
        raise PrivateAddress(refused[0])


@cache
def _watch_connections() -> None:
    sys.addaudithook(_refuse_private)  # it stays for good, so it is added once


def _refuse_private(event: str, details: tuple[Any, ...]) -> None:
    if event == "socket.connect" and (refused := _refused.get()) is not None:
        address = details[1]
        host = str(address[0] if isinstance(address, tuple) else address)
        if not is_public(host):
            refused.append(host)
            raise PrivateAddress(host)
