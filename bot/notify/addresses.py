"""Which hosts a target may reach: names are resolved once, checked, and the address is kept.

A reporter's webhook must not become a way into the newsroom's own network.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address


class PrivateAddress(Exception):
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
    if not may_be_private and not all(ip_address(one).is_global for one in addresses):
        raise PrivateAddress(host)
    return addresses[0]
