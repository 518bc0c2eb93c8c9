"""One long conversation of three readers, each in a language of theirs, over two days of a clock.

Everything is done as people do it: stock Telethon clients that press the buttons they see. What is
said is looked up in the catalogue of each reader's language.
"""

from __future__ import annotations

import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from newsroom import Newsroom, newsroom, until
from reader import Reader, let_in
from telethon.network import mtprotostate

from bot import app as app_of_all
from bot.clock import ClockWatch
from bot.notify import alert_buttons, digest, follow_ups, surges
from bot.operate import query_pages, setting_pages
from bot.operate.setting_pages import CHANGES_TOLD
from bot.translation import Voice
from storage import cursors, posts
from storage.records import FollowUps, Held

KYIV = ZoneInfo("Europe/Kyiv")
NOON = datetime(2026, 3, 2, 12, 5, tzinfo=KYIV)
CHANNELS = ("front_news", "south_news", "east_news")
LANGUAGES = ("en", "uk", "ru")
PLACES = ("Сумах", "Полтаві", "Одесі", "Херсоні", "Черкасах", "Рівному", "Луцьку", "Ізмаїлі")


@dataclass
class Stage:
    """The newsroom, its clock and its readers by language."""

    room: Newsroom
    clock: Any
    app: Any
    readers: dict[str, Reader] = field(default_factory=dict)
    told: int = 0

    def post(self, word: str, channel: int = 0) -> tuple[int, str]:
        """Post a story that nobody told before; gives its number and what it can be known by."""
        place = PLACES[self.told % len(PLACES)]
        self.told += 1
        mark = f"[{self.told}]"
        text = f"{word} помічено {self.told * 7919} разів, найбільше в {place} {mark}"
        return self.room.server.post(self.room.channel(channel), text), mark

    async def decided(self) -> None:
        """Wait until everything posted so far was decided upon."""
        database = self.app.database

        async def is_done() -> bool:
            async with database.reading() as connection:
                at = {
                    name: await cursors.position(connection, name)
                    for name in ("match", "stories", "dispatch.hits")
                }
                counts = await posts.counts(connection)
                newest = (await connection.exec_driver_sql("select max(id) from hits")).scalar()
                revisions = await connection.exec_driver_sql("select max(id) from revisions")
            is_matched = at["match"] >= (revisions.scalar() or 0)
            return counts["posts"] == self.told and is_matched and at["dispatch.hits"] >= newest

        await until(is_done, "everything is decided")

    async def at(self, moment: datetime) -> None:
        """Put the clock to a moment and let the digests see it."""
        self.clock.move_to(moment)
        self.app.database.bell.ring("digests", "outbox", "dispatch")

    def everybody(self):
        return [(reader, Voice(language)) for language, reader in self.readers.items()]


@asynccontextmanager
async def stage(tmp_path, *queries):
    async with AsyncExitStack() as stack:
        clock = stack.enter_context(time_machine.travel(NOON, tick=True))
        # Hours pass here and no clock is set, so both clocks show them.
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(app_of_all, "ClockWatch", partial(ClockWatch, steady=time.time))
        # A client ignores what is minutes old.
        patch.setattr(mtprotostate, "MSG_TOO_OLD_DELTA", 10**7)
        room = await stack.enter_async_context(newsroom(tmp_path, CHANNELS))
        app = await stack.enter_async_context(
            room.running(blind_told_after_s=10**6, sends_per_chat_per_s=100.0)
        )
        await room.follow(*(f"@{name}" for name in CHANNELS))
        await room.all_followed(len(CHANNELS))
        made = Stage(room, clock, app)
        for language in LANGUAGES:
            reader = await stack.enter_async_context(
                let_in(room, f"Reader {language}", *queries, language=language)
            )
            made.readers[language] = reader
            await reader.press(reader.screen[min(reader.screen)], "Europe/Kyiv")
        yield made


async def card(reader: Reader, query: str):
    """Open the card of a query by the list's button."""
    listed = await reader.say("/list")
    lines = [line for line in listed.text.splitlines() if query in line]
    number = lines[0].partition(".")[0]
    await reader.press(listed, f"⚙ {number}")
    return await reader.becomes(listed, query)


async def choose(reader: Reader, voice: Voice, section: str, choice: str) -> None:
    shown = await reader.say("/settings")
    await reader.press(shown, voice.text(section))
    await reader.press(shown, choice)
    await reader.becomes(shown, voice.text(setting_pages.TITLE))


def seen(reader: Reader, mark: str) -> int:
    """Count the messages on a reader's screen that tell a story."""
    return sum(mark in shown.text for shown in reader.screen.values())


async def test_digests_quiet_hours_snooze_cap_surge_and_follow_ups(tmp_path):
    queries = ("дрон", "танк", "ракета", "тривога", "вибух")
    async with stage(tmp_path, *queries) as here:
        for reader, voice in here.everybody():
            await hourly_and_daily(reader, voice)
        await the_hour_and_the_morning(here)
        await quiet_hours_and_what_breaks_through(here)
        await a_snooze_and_a_cap(here)
        await a_surge(here)
        await what_becomes_of_a_post(here)


async def hourly_and_daily(reader: Reader, voice: Voice) -> None:
    shown = await card(reader, "дрон")
    await reader.press(shown, voice.text(query_pages.HOURLY))
    await reader.becomes(shown, voice.text(query_pages.RHYTHMS[query_pages.Rhythm.HOURLY]))
    shown = await card(reader, "танк")
    await reader.press(shown, voice.text(query_pages.DAILY))
    await reader.becomes(shown, voice.text(query_pages.RHYTHMS[query_pages.Rhythm.DAILY]))


async def the_hour_and_the_morning(here: Stage) -> None:
    (_, one), (_, two), (_, tank) = here.post("Дрон"), here.post("Дрони"), here.post("Танк")
    await here.decided()
    assert all(seen(reader, one) == 0 for reader, _ in here.everybody())
    await here.at(NOON.replace(hour=13, minute=1))
    for reader, voice in here.everybody():
        told = await reader.sees(one, two)
        assert voice.count(digest.STORIES, 2) in told.text
        assert voice.count(digest.REASONS[Held.HOURLY], 2) in told.text
        assert ("\u2068дрон\u2069 — 2", "Bold") in told.marked
        assert {("Дрон", "Bold"), ("Дрони", "Bold")} <= set(told.marked)
        assert seen(reader, tank) == 0
    await here.at(NOON.replace(day=3, hour=9, minute=1))
    for reader, voice in here.everybody():
        alone = await reader.sees(tank)  # a single one comes as itself
        assert voice.text(alert_buttons.IS_NOISE) in alone.labels


async def quiet_hours_and_what_breaks_through(here: Stage) -> None:
    for reader, voice in here.everybody():
        await choose(reader, voice, setting_pages.QUIET_BUTTON, "23:00–07:00")
        shown = await card(reader, "тривога")
        await reader.press(shown, voice.text(query_pages.MAKE_URGENT))
        await reader.becomes(shown, voice.text(query_pages.IS_URGENT))
    await here.at(NOON.replace(day=3, hour=23, minute=30))
    (_, one), (_, two), (_, alarm) = here.post("Ракета"), here.post("Ракети"), here.post("Тривога")
    for reader, _ in here.everybody():
        await reader.sees(alarm)
        assert seen(reader, one) == 0
    await here.decided()
    await here.at(NOON.replace(day=4, hour=7, minute=0, second=5))
    for reader, voice in here.everybody():
        told = await reader.sees(one, two)
        assert voice.count(digest.REASONS[Held.QUIET], 2) in told.text
        assert seen(reader, alarm) == 1


async def a_snooze_and_a_cap(here: Stage) -> None:
    await here.at(NOON.replace(day=4, hour=14))
    _, first = here.post("Ракета")
    for reader, voice in here.everybody():
        alert = await reader.sees(first)
        await reader.press(alert, voice.text(alert_buttons.SNOOZE_IT))
        asked = await reader.sees(voice.text(setting_pages.ASKED[setting_pages.Section.SNOOZE]))
        await reader.press(asked, voice.text(setting_pages.FOR_AN_HOUR))
        await reader.becomes(asked, "💤")
    _, slept = here.post("Ракети")
    await here.decided()
    assert all(seen(reader, slept) == 0 for reader, _ in here.everybody())
    await here.at(NOON.replace(day=4, hour=15, minute=10))
    for reader, _ in here.everybody():
        await reader.sees(slept)
    # Three hours on nothing counts against the cap any more.
    await here.at(NOON.replace(day=4, hour=18))
    for reader, voice in here.everybody():
        assert voice.count(setting_pages.PER_HOUR, 1) in (await reader.say("/cap 1")).text
    marks = [here.post("Ракета")[1] for _ in range(3)]
    await here.decided()
    await here.at(NOON.replace(day=4, hour=19, minute=1))
    for reader, voice in here.everybody():
        told = await reader.sees(marks[1], marks[2])
        assert voice.count(digest.REASONS[Held.CAPPED], 2) in told.text
        assert seen(reader, marks[0]) == 1
        assert voice.text(setting_pages.NO_LIMIT) in (await reader.say("/cap off")).text


async def a_surge(here: Stage) -> None:
    for reader, voice in here.everybody():
        shown = await card(reader, "вибух")
        await reader.press(shown, voice.text(query_pages.SURGE_OF, channels=3, minutes=10))
        await reader.becomes(shown, voice.text(query_pages.SURGE_ONLY, channels=3, minutes=10))
    marks = [here.post("Вибух", channel)[1] for channel in range(3)]
    for reader, voice in here.everybody():
        span = voice.span(timedelta(minutes=10))
        told = await reader.sees(*marks)
        assert voice.count(surges.SURGE, 3, span=span) in told.text
        assert seen(reader, marks[0]) == 1


async def what_becomes_of_a_post(here: Stage) -> None:
    for reader, voice in here.everybody():
        wanted = voice.text(CHANGES_TOLD[FollowUps.CHANGES])
        await choose(reader, voice, setting_pages.FOLLOW_BUTTON, wanted)
    number, mark = here.post("Ракета")
    alerts = {}
    for reader, voice in here.everybody():
        alerts[voice.language] = (await reader.sees(mark)).id
    changed = f"Ракети не було, помилка моніторингу, вибачте {mark}"
    here.room.server.edit(here.room.channel(), number, changed)
    for reader, voice in here.everybody():
        told = await reader.sees(voice.text(follow_ups.CHANGED))
        assert told.message.reply_to.reply_to_msg_id == alerts[voice.language]
        styles = {style for text, style in told.marked if text.strip()}
        assert {"Strike", "Bold"} <= styles
    here.clock.shift(timedelta(minutes=12))
    here.room.server.delete(here.room.channel(), [number])
    for reader, voice in here.everybody():
        gone = voice.text(follow_ups.GONE, span=voice.span(timedelta(minutes=12)))
        told = await reader.sees(gone)
        assert told.message.reply_to.reply_to_msg_id == alerts[voice.language]
        await until(
            lambda r=reader, v=voice: "🗑" in r.screen[alerts[v.language]].text, "the alert says so"
        )
        assert "помилка моніторингу" in reader.screen[alerts[voice.language]].text  # copy kept
