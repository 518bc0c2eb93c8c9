"""Tells systemd that the process is up, alive and stopping; nothing where systemd is not.

One datagram each on the socket that systemd names in NOTIFY_SOCKET (sd_notify(3)). With
`WatchdogSec=` in the unit, a process that no longer says WATCHDOG=1 is killed and started anew.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

READY = "READY=1"
ALIVE = "WATCHDOG=1"
STOPPING = "STOPPING=1"


def tell(message: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Send a message to systemd; False when it does not listen. Never waits, never raises."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as out:
            out.sendto(message.encode(), address)
    except OSError:
        return False
    return True
