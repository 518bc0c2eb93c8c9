"""What a handler is given: the world, who calls, and how to answer with updates."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox import tl
from bot.sandbox.faults import Faults
from bot.sandbox.tickets import KeyRecord
from bot.sandbox.views import Views
from bot.sandbox.world import User, World


@dataclass(slots=True)
class Desk:
    """What handlers share beside the world: views, open callback queries, the server's address."""

    world: World
    views: Views
    dc_id: int
    host: str
    port: int
    faults: Faults
    queries: dict[int, "asyncio.Future[Any]"] = field(default_factory=dict)
    password_checks: dict[int, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One request's circumstances; `origin` names the connection it came by."""

    desk: Desk
    record: KeyRecord
    origin: int

    @property
    def world(self) -> World:
        """The state handlers read and change."""
        return self.desk.world

    @property
    def user(self) -> User:
        """The account signed in; raises RpcError when there is none."""
        user = self.desk.world.users.get(self.record.user_id)
        if user is None:
            name = "SESSION_PASSWORD_NEEDED" if self.record.pending_user_id else ""
            raise tl.RpcError(name or "AUTH_KEY_UNREGISTERED", 401)
        return user

    def peers(self, ids: Iterable[int]) -> tuple[list[Any], list[Any]]:
        """Give users and chats among `ids`, as TL values for an answer."""
        users, chats = self.desk.views.peers(self.user, ids)
        return [tl.Raw(user) for user in users], [tl.Raw(chat) for chat in chats]

    def updates(self, items: Sequence[bytes], ids: Iterable[int]) -> bytes:
        """Serialise an answer of type Updates, with the peers it mentions."""
        users, chats = self.desk.views.peers(self.user, ids)
        return tl.updates(items, users, chats, self.world.now())
