"""The story's subscribers as real Telegram users: they enter by invite, watch, and get alerts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bot.demo.promise import link_of
from bot.demo.stage import BOT_NAME, Stage
from bot.demo.story import CastPerson, Story
from bot.sandbox.visitor import Arrival, Visitor, visiting
from storage.database import Database

_ANSWER_WITHIN_S = 20.0

OnArrival = Callable[[CastPerson, Arrival], None]


@dataclass(frozen=True, slots=True)
class Guest:
    """A person of the cast and the client they sit at."""

    cast: CastPerson
    visitor: Visitor

    async def say(self, text: str) -> str:
        """Write to the bot and give its answer, past any alerts that come meanwhile.

        Raises NoAnswerError.
        """
        answer = await self.visitor.ask(BOT_NAME, text, _is_answer, _ANSWER_WITHIN_S)
        return answer.text


def _is_answer(text: str) -> bool:
    return not link_of(text)


@asynccontextmanager
async def guests(
    stage: Stage, story: Story, database: Database, on_arrival: OnArrival
) -> AsyncIterator[dict[str, Guest]]:
    """Let everybody of the story in; by their keys. Each enters by a code of their own."""
    async with AsyncExitStack() as stack:
        found = {}
        for cast in story.people:
            visitor = await stack.enter_async_context(
                visiting(
                    stage.door,
                    cast.phone,
                    stage.server.login_code(cast.phone),
                    lambda arrival, cast=cast: on_arrival(cast, arrival),  # type: ignore[misc]
                )
            )
            found[cast.key] = guest = Guest(cast, visitor)
            await guest.say(f"/start {await stage.invite(database, cast)}")
            for query in cast.queries:
                await guest.say(f"/watchnow {query}")
        yield found
