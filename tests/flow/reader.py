"""A reader at their own stock Telethon client: writes, presses real buttons, sees what they see."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from newsroom import DEADLINE_S, Newsroom, signed_in, until
from telethon import events, types
from telethon.errors import DataInvalidError

from bot.sandbox import User
from storage.records import Role

BOT = "earshot_bot"
GONE = "no such button any more"
_PRESSES = 3  # a person presses again when Telegram says that the bot did not answer


@dataclass
class Shown:
    """A message of the bot's as it is on the screen now."""

    id: int
    text: str
    labels: list[str]
    message: Any

    @property
    def marked(self) -> list[tuple[str, str]]:
        """What is styled, and how."""
        return [
            (text, type(entity).__name__.removeprefix("MessageEntity"))
            for entity, text in self.message.get_entities_text()
        ]


class Reader:
    """The screen, the keyboard and the thumb of one person."""

    def __init__(self, room: Newsroom, user: User, client: Any) -> None:
        self.room, self.user, self.client = room, user, client
        self.screen: dict[int, Shown] = {}
        client.add_event_handler(self._take, events.NewMessage(incoming=True))
        client.add_event_handler(self._take, events.MessageEdited(incoming=True))

    async def _take(self, event: Any) -> None:
        message = event.message
        if event.is_private:
            rows = getattr(message.reply_markup, "rows", None) or []
            labels = [button.text for row in rows for button in row.buttons]
            self.screen[message.id] = Shown(message.id, message.message, labels, message)

    async def say(self, text: str) -> Shown:
        """Write to the bot and give its next message."""
        before = max(self.screen, default=0)
        sent = await self.client.send_message(BOT, text)
        await until(lambda: max(self.screen, default=0) > max(before, sent.id), f"answer to {text}")
        return self.screen[min(n for n in self.screen if n > max(before, sent.id))]

    async def sees(self, *texts: str, after: int = 0) -> Shown:
        """Wait for a message that holds these texts, the newest one that does."""

        def found() -> list[Shown]:
            return [
                shown
                for shown in self.screen.values()
                if shown.id > after and all(text in shown.text for text in texts)
            ]

        try:
            await until(lambda: bool(found()), f"on the screen: {texts}", 2 * DEADLINE_S)
        except AssertionError as error:
            seen = "\n---\n".join(shown.text for shown in self.screen.values())
            raise AssertionError(f"{error}; there is:\n{seen}") from None
        return found()[-1]

    async def press(self, shown: Shown, label: str) -> str:
        """Press a button of a message as it is now; gives the notice at the top of the screen."""
        number = shown.id

        def button() -> Any:
            rows = getattr(self.screen[number].message.reply_markup, "rows", None) or []
            every = [button for row in rows for button in row.buttons]
            return next((button for button in every if label in button.text), None)

        for _ in range(_PRESSES):
            await until(lambda: button() is not None, f"a button {label} under {shown.text}")
            answer = await self.screen[number].message.click(data=button().type.data)
            if answer is not None:
                return str(answer.message or "")
        raise AssertionError(f"the button {label} was pressed {_PRESSES} times and never answered")

    async def press_if_there(self, shown: Shown, label: str) -> str:
        """Press what another device may have pressed before, so that it is there no more."""
        try:
            return await self.press(shown, label)
        except DataInvalidError:  # Telegram's own refusal: no such button any more
            return GONE

    async def offers(self, shown: Shown, label: str) -> None:
        """Wait until a message has a button of that name."""

        def has() -> bool:
            return any(label in button for button in self.screen[shown.id].labels)

        await until(has, f"a button {label} under {shown.text}", 2 * DEADLINE_S)

    async def becomes(self, shown: Shown, *texts: str) -> Shown:
        """Wait until a message was changed to hold these texts."""
        number = shown.id

        def holds() -> bool:
            return all(text in self.screen[number].text for text in texts)

        try:
            await until(holds, f"it becomes {texts}", 2 * DEADLINE_S)
        except AssertionError as error:
            raise AssertionError(f"{error}; it is: {self.screen[number].text}") from None
        return self.screen[number]


@asynccontextmanager
async def reading(room: Newsroom, user: User):
    """Sign a person in at a client of their own."""
    client = await signed_in(room.server, user)
    try:
        yield Reader(room, user, client)
    finally:
        await client.disconnect()


@asynccontextmanager
async def let_in(
    room: Newsroom, name: str, *queries: str, role: Role = Role.REPORTER, language: str = ""
):
    """Let a person with a client of their own in by an invite, with these queries."""
    user = room.world.add_user(f"+38067{len(room.people):07}", name, language=language)
    room.people[name] = user
    code = await room.invite(role)
    async with reading(room, user) as reader:
        await reader.say(f"/start {code}")
        for query in queries:
            await reader.say(f"/watchnow {query}")
        yield reader


def posts_in(channel: Any) -> list[Any]:
    """Give what stands in a channel or group, oldest first."""
    numbers = range(1, channel.history.next_id)
    found = [channel.history.get(number) for number in numbers]
    return [message for message in found if message is not None]


def kinds_of_buttons(message: Any) -> set[str]:
    """Give what the buttons of a stored message do."""
    markup = message.details.markup if message.details else None
    rows = getattr(markup, "rows", None) or []
    every = [button.type for row in rows for button in row.buttons]
    return {"url" if isinstance(kind, types.InlineButtonTypeUrl) else "data" for kind in every}
