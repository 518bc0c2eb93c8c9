"""The ways to targets besides the chat with the bot: which kind is reached how."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.notify import apprise_target, feed, webhook
from bot.notify.chats import Door
from bot.notify.targets import Answer, Message, Postponed, Sent
from bot.translation import phrase
from storage.records import DeliveryTarget, TargetKind

NOT_CONNECTED = phrase("the bot is not connected to Telegram")
_RETRY_S = 5.0


def _no_door() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Ways:
    """Where feeds lie, whether private addresses may be reached, and the bot's way to chats."""

    folder: Path
    may_be_private: bool = False
    chats: Door = _no_door

    def rest_s(self, target: DeliveryTarget) -> float:
        """Say for how many seconds a target should take nothing, by its limit of speed."""
        door = self.chats() if target.kind is TargetKind.CHAT else None
        return door.rest_s(target) if door else 0.0

    async def deliver(
        self, target: DeliveryTarget, message: Message, name: str, now: datetime
    ) -> Answer:
        """Bring one message to one target; `name` is the same whenever it is tried again."""
        private = self.may_be_private
        match target.kind:
            case TargetKind.WEBHOOK:
                delivery = f"{target.id}-{name}"
                stamp = int(now.timestamp())
                return await webhook.post(
                    target, message, delivery, timestamp=stamp, may_be_private=private
                )
            case TargetKind.APPRISE:
                return await apprise_target.send(target, message, may_be_private=private)
            case TargetKind.FEED:
                return await asyncio.to_thread(
                    _add_to_feed, target, message, name, self.folder, now
                )
            case TargetKind.CHAT:
                door = self.chats()
                if door is None:
                    return Postponed(_RETRY_S, NOT_CONNECTED)
                return await door.deliver(target, message)


def _add_to_feed(
    target: DeliveryTarget, message: Message, name: str, folder: Path, now: datetime
) -> Answer:
    path = feed.path_of(folder, target.address)
    links = tuple(b.url for row in message.text.buttons for b in row if b.url)
    try:
        before = path.read_bytes() if path.is_file() else None
        entry = feed.Entry(name, message.text.text, links, now)
        feed.put(path, feed.with_entry(before, str(target.id), entry))
    except OSError as error:
        return Postponed(_RETRY_S, f"the feed could not be written: {error.strerror}")
    return Sent(None)
