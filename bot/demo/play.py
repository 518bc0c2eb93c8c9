"""Runs a story against a whole Earshot and finds out whether the promise was kept.

Everything is real: the server on loopback, the account's and the bot's sessions, the subscribers'
stock clients. Only the events are invented.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import Path

from rich.console import Console

from bot.app import App, open_app
from bot.demo.archive import all_followed, held, judge, nothing_waits, truth
from bot.demo.morning import MORNING
from bot.demo.people import Guest, guests
from bot.demo.performance import Performance
from bot.demo.posts_file import PostsStory, posts_story
from bot.demo.promise import deliveries, verdicts
from bot.demo.show import Show
from bot.demo.stage import Pace, Stage, set_stage
from bot.demo.story import Story
from bot.demo.summary import DemoResult, latency_of
from bot.sandbox.script import ScriptError
from storage.database import Database
from storage.folder import FolderError
from storage.records import Role

_LOOK_EVERY_S = 0.1
_FOLLOWED_WITHIN_S = 30.0
_SETTLED_WITHIN_S = 30.0
_FILE_SETTLED_WITHIN_S = 600.0
_FILE_PACE = Pace(per_s=500.0, per_person_per_s=100.0)  # the sandbox has no limits to respect
_PRODUCT_PACE = "alerts at the product's own pace, 1 a second to a person"
_SANDBOX_PACE = "SENDS_PER_CHAT_PER_S=100, which only a sandbox allows"


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line says: `keep` is where to leave the data folder, if anywhere."""

    speed: float = 1.0
    keep: Path | None = None
    posts: Path | None = None


class StageFright(Exception):
    """The demo could not begin: something did not happen in time, the message says what."""


async def demo(options: DemoOptions, console: Console) -> DemoResult:
    """Play the morning, or a file of posts, and judge it.

    Raises FolderError for a folder that is in use, ScriptError for a file that cannot be read,
    StageFright and NoAnswerError when Earshot does not come up.
    """
    if options.keep and options.keep.exists() and any(options.keep.iterdir()):
        raise FolderError(f"{options.keep} is not empty: name a new folder for --keep")
    began = time.monotonic()
    show = Show(console, is_brief=options.posts is not None)
    told = await _story_of(options, show)
    with tempfile.TemporaryDirectory(prefix="earshot-demo-") as scratch:
        data = options.keep or Path(scratch) / "data"
        run = _Run(told, options, data, show, began)
        return await run.whole(Path(scratch))


async def _story_of(options: DemoOptions, show: Show) -> PostsStory:
    if options.posts is None:
        return PostsStory(MORNING, lines=0, split=0, empty=0)
    show.phase("Reading the posts and working out, slowly and apart, what they owe")
    try:
        told = await posts_story(options.posts)
    except (OSError, LZMAError, UnicodeDecodeError) as error:
        raise ScriptError(f"{options.posts}: {error}") from error
    show.phase(f"{told.lines} posts; {told.split} too long for one message; {told.empty} empty")
    return told


@dataclass(frozen=True, slots=True)
class _Run:
    """One demo from the empty folder to the result."""

    told: PostsStory
    options: DemoOptions
    data: Path
    show: Show
    began: float

    @property
    def story(self) -> Story:
        return self.told.story

    @property
    def is_file(self) -> bool:
        return self.options.posts is not None

    async def whole(self, scratch: Path) -> DemoResult:
        """Set the stage, play, wait until nothing is under way, judge."""
        self.show.phase("Starting a Telegram on 127.0.0.1, an account and a bot")
        pace = _FILE_PACE if self.is_file else None
        async with (
            set_stage(self.story, self.data, scratch, pace) as stage,
            _running(stage, self.show) as app,
        ):
            performance = Performance(stage, self.story, self.show, self.options.speed)
            await self._follow(stage, app.database)
            async with guests(stage, self.story, app.database, performance.arrived) as present:
                self.show.phase("The morning begins")
                await self._perform(stage, app.database, performance, present)
                self.show.phase("The story is told; waiting for what is still under way")
                await self._settle(stage, app.database, performance, present)
                return await self._judged(stage, app.database, performance)

    async def _follow(self, stage: Stage, database: Database) -> None:
        chosen = [cast for cast in self.story.channels if not cast.is_added_later]
        self.show.phase(f"Following {len(chosen)} channels and reading their histories")
        for cast in chosen:
            await stage.follow(database, cast)
        await _in_time(
            lambda: all_followed(database, len(chosen)),
            f"{len(chosen)} channels followed",
            _FOLLOWED_WITHIN_S,
        )
        self.show.phase(
            f"{len(self.story.people)} subscribers enter by invite and say what to watch"
        )

    async def _perform(
        self, stage: Stage, database: Database, performance: Performance, present: dict[str, Guest]
    ) -> None:
        await performance.tell(self.story.before_adding)
        later = [cast for cast in self.story.channels if cast.is_added_later]
        operators = [one for one in present.values() if one.cast.role is Role.OPERATOR]
        for cast in later:
            self.show.phase(f"{operators[0].cast.name} writes to the bot: /add @{cast.username}")
            await operators[0].say(f"/add @{cast.username}")
        await performance.tell(self.story.while_adding)
        await _in_time(
            lambda: all_followed(database, len(stage.channels)),
            "the added channel followed",
            _FOLLOWED_WITHIN_S,
        )
        await performance.tell(self.story.after_adding)

    async def _settle(
        self, stage: Stage, database: Database, performance: Performance, present: dict[str, Guest]
    ) -> None:
        """Wait until nothing more can come; what is not there by the deadline is judged missing."""

        async def settled() -> bool:
            async with database.reading() as connection:
                if await held(connection) != truth(stage.server.world, performance.edits):
                    return False
            return await nothing_waits(database) and _all_received(stage, present)

        deadline_s = _FILE_SETTLED_WITHIN_S if self.is_file else _SETTLED_WITHIN_S
        await _happens(settled, deadline_s)

    async def _judged(
        self, stage: Stage, database: Database, performance: Performance
    ) -> DemoResult:
        world = stage.server.world
        keys = {user.id: key for key, user in stage.users.items()}
        seen = deliveries(world.journal.bot_messages, keys, performance.posts)
        people = verdicts(stage.users, performance.owed, seen)
        archive = await judge(database, world, performance.edits)
        return DemoResult(
            is_kept=archive.is_whole and all(verdict.is_kept for verdict in people),
            archive=archive,
            people=people,
            latency=latency_of(performance.delays_s(held_too=True)),
            undisturbed=latency_of(performance.delays_s(held_too=False)),
            edits_shown=performance.edits_shown,
            posts_per_s=round(len(performance.posts) / max(performance.told_s, 0.001), 2),
            played_s=round(performance.told_s, 2),
            took_s=round(time.monotonic() - self.began, 2),
            pace=_SANDBOX_PACE if self.is_file else _PRODUCT_PACE,
            split=self.told.split,
            empty=self.told.empty,
            data=str(self.options.keep) if self.options.keep else None,
        )


@asynccontextmanager
async def _running(stage: Stage, show: Show) -> AsyncIterator[App]:
    """Run Earshot on the stage; stop it in order at the end."""
    async with open_app(stage.settings) as app, asyncio.TaskGroup() as group:
        running = group.create_task(app.run(), name="app")
        show.open(app.telemetry)
        try:
            yield app
        finally:
            show.close()
            app.stop()
            await running


def _all_received(stage: Stage, present: dict[str, Guest]) -> bool:
    """Say whether every message and change the bot made is in the subscribers' clients."""
    entries = stage.server.world.journal.bot_messages
    for key, guest in present.items():
        made = sum(entry.user_id == stage.users[key].id for entry in entries)
        if len(guest.visitor.arrivals) < made:
            return False
    return True


async def _in_time(claim: Callable[[], Awaitable[bool]], what: str, deadline_s: float) -> None:
    if not await _happens(claim, deadline_s):
        raise StageFright(f"not within {deadline_s:g} s: {what}")


async def _happens(claim: Callable[[], Awaitable[bool]], deadline_s: float) -> bool:
    """Look again and again; say whether the claim came true in time."""
    end = time.monotonic() + deadline_s
    while not await claim():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(_LOOK_EVERY_S)
    return True
