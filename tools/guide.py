"""Plays the conversations of the guide in a real Earshot on a sandbox and draws what was said.

    .venv/bin/python tools/guide.py            # plays, and draws docs/pictures/*.png
    .venv/bin/python tools/guide.py --html DIR # plays, and leaves the pages that are drawn in DIR

Every bubble is a message the bot really sent, with its entities and buttons as the sandbox
received them. Drawing needs Chromium (Debian: apt-get install chromium fonts-noto-color-emoji)
and Pillow, of the extra `pictures`.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "flow")]  # the newsroom of the flow tests

from newsroom import Newsroom, newsroom, until  # noqa: E402  # found on the path above
from rows import watched  # noqa: E402  # the same

from bot.sandbox import User  # noqa: E402  # the same
from storage import alerts  # noqa: E402  # the same
from storage.records import AlertState, Role  # noqa: E402  # the same

PICTURES = ROOT / "docs" / "pictures"
_OPEN_POST = ("Open post", "Відкрити допис")
_WIDTH = 460  # CSS pixels
_COLOURS = 64
_TAGS = {
    "MessageEntityBold": "b",
    "MessageEntityItalic": "i",
    "MessageEntityStrike": "s",
    "MessageEntityCode": "code",
}
_STYLE = """
body { margin: 0; padding: 14px; width: %dpx; background: #d5e3ec; color: #111;
  font: 15px/1.38 "Noto Sans", "DejaVu Sans", "Noto Color Emoji", sans-serif; }
.said { margin: 0 0 9px; max-width: 86%%; }
.mine { margin-left: auto; width: fit-content; }
.text { padding: 7px 11px; border-radius: 11px; background: #fff; white-space: pre-wrap;
  overflow-wrap: anywhere; box-shadow: 0 1px 1px #0002; }
.mine .text { background: #e3fbd0; }
code { font-family: "DejaVu Sans Mono", monospace; font-size: 13px; color: #245; }
.row { display: flex; gap: 4px; margin-top: 4px; }
.row span { flex: 1; padding: 6px 4px; border-radius: 8px; background: #6f8fa6; color: #fff;
  text-align: center; font-size: 13px; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; }
.row span.pressed { background: #2f6f9f; outline: 2px solid #1c4c70; }
.notice { margin: 0 auto 9px; width: fit-content; max-width: 92%%; padding: 5px 12px;
  border-radius: 12px; background: #0008; color: #fff; font-size: 13px; text-align: center; }
"""


@dataclass
class Picture:
    """One conversation to be drawn: bubbles of HTML from top to bottom."""

    name: str
    bubbles: list[str] = field(default_factory=list)

    def mine(self, text: str) -> None:
        """Draw what the person wrote."""
        shown = html.escape(text)
        self.bubbles.append(f'<div class="said mine"><div class="text">{shown}</div></div>')

    def bots(self, person: User, message_id: int, pressed: str = "") -> None:
        """Draw a message of the bot's as it is now; the button that is pressed stands out."""
        self.stored(person.box.get(message_id), pressed)

    def stored(self, message: Any, pressed: str = "") -> None:
        """Draw a message as the sandbox has it, wherever it stands."""
        text = _marked(message.text, message.details.entities or ())
        rows = "".join(_row(row, pressed) for row in _rows(message))
        self.bubbles.append(f'<div class="said"><div class="text">{text}</div>{rows}</div>')

    def notice(self, text: str) -> None:
        """Draw the short answer to a press."""
        self.bubbles.append(f'<div class="notice">{html.escape(text)}</div>')

    def page(self) -> str:
        """Give the whole page."""
        style = _STYLE % _WIDTH
        return f'<!doctype html><meta charset="utf-8"><style>{style}</style>{"".join(self.bubbles)}'


def _rows(message: Any) -> Sequence[Any]:
    return getattr(message.details.markup, "rows", None) or ()


def _row(row: Any, pressed: str) -> str:
    cells = []
    for button in row.buttons:
        kind = ' class="pressed"' if pressed and pressed in button.text else ""
        cells.append(f"<span{kind}>{html.escape(button.text)}</span>")
    return f'<div class="row">{"".join(cells)}</div>'


def _marked(text: str, entities: Sequence[Any]) -> str:
    """Turn a text and its entities (UTF-16 offsets) into HTML."""
    units = text.encode("utf-16-le")
    cuts = {0, len(units) // 2}
    for entity in entities:
        cuts |= {entity.offset, entity.offset + entity.length}
    return "".join(_pieces(units, sorted(cuts), entities))


def _pieces(units: bytes, cuts: Sequence[int], entities: Sequence[Any]) -> Iterator[str]:
    for start, end in pairwise(cuts):
        piece = html.escape(units[2 * start : 2 * end].decode("utf-16-le"))
        for entity in entities:
            tag = _TAGS.get(type(entity).__name__)
            if tag and entity.offset <= start and end <= entity.offset + entity.length:
                piece = f"<{tag}>{piece}</{tag}>"
        yield piece


class Stage:
    """A newsroom at work, and the people whose conversations are drawn."""

    def __init__(self, room: Newsroom) -> None:
        self.room = room
        self.pictures: list[Picture] = []

    def picture(self, name: str) -> Picture:
        """Begin a picture."""
        made = Picture(name)
        self.pictures.append(made)
        return made

    async def says(self, picture: Picture, person: User, text: str, pressed: str = "") -> int:
        """Let a person write; draw it and the answer."""
        answer = await self.room.say(person, text)
        picture.mine(text)
        picture.bots(person, answer.message_id, pressed)
        return answer.message_id

    async def alert(self, person: User, number: int) -> int:
        """Wait for a person's alert of that number and give its message."""
        sent = self.room.world.journal.sent_to

        def alerts() -> list[Any]:
            first = [entry.buttons[0][0] if entry.buttons else "" for entry in sent(person.id)]
            told = zip(first, sent(person.id), strict=True)
            return [entry for label, entry in told if label in _OPEN_POST]

        await until(lambda: len(alerts()) > number, f"alert {number}")
        return int(alerts()[number].message_id)

    async def latest(self, person: User, text: str) -> int:
        """Wait for a message that holds a text, and give it."""
        sent = self.room.world.journal.sent_to
        await until(lambda: any(text in entry.text for entry in sent(person.id)), text)
        return int(next(e for e in reversed(sent(person.id)) if text in e.text).message_id)


CHANNELS = ("front_news", "south_news", "echo_news")
HISTORY = (
    "Збито ворожий дрон над Суджею, наслідки уточнюються",
    "У районі Суджі помічено два дрони, курс на північ",
    "Вночі дрони знову летіли через Суджу",
    "Погода на завтра: дощ",
    "Розклад автобусів змінено",
)
NOISE = (
    "Розіграш: виграй дрон від спонсора, Суджа",
    "Останній день розіграшу! Дрон чекає на переможця із Суджі",
    "Підсумки розіграшу: дрон поїде в Суджу",
)


def fill(room: Newsroom) -> None:
    """Give the channel a month of posts."""
    now = datetime.now(UTC)
    texts, dates = [], []
    for day in range(28, 0, -1):
        for post in range(1 + (day * 7) % 4):
            texts.append(HISTORY[(day + post) % len(HISTORY)] + f", день {29 - day}")
            dates.append(now - timedelta(days=day, hours=-post))
    room.server.fill(room.channel(), texts, dates)


async def reporter(stage: Stage) -> None:
    """Play what a reporter meets, in the order of the guide."""
    room = stage.room
    olena = room.world.add_user("+380500000101", "Olena", language="en")
    first = stage.picture("1-welcome")
    code = await room.invite()
    room.people["Olena"] = olena
    welcome = await room.say(olena, f"/start {code}")
    first.mine("/start q7Yx…")
    first.bots(olena, welcome.message_id, "Europe/Kyiv")
    await room.tap(olena, welcome.message_id, "Europe/Kyiv")

    second = stage.picture("2-before-watching")
    shown = await stage.says(second, olena, "/watch дрон place:Суджа", "At once")
    await room.tap(olena, shown, "At once")
    query = (await watched(room, olena))[0]

    third = stage.picture("3-alert")
    room.server.post(room.channel(), "Увага: над Суджею збито дрон, уламки впали в полі")
    alert = await stage.alert(olena, 0)
    third.bots(olena, alert, "Useful")
    third.notice(await room.tap(olena, alert, "Useful"))

    fourth = stage.picture("4-noise")
    for number, text in enumerate(NOISE, start=1):
        room.server.post(room.channel(), text)
        noisy = await stage.alert(olena, number)
        notice = await room.tap(olena, noisy, "Noise")
    fourth.bots(olena, noisy, "Noise")
    fourth.notice(notice)
    offer = await stage.latest(olena, "Leave it out")
    fourth.bots(olena, offer, "Add -")
    await room.tap(olena, offer, "Add -")
    await room.turned(olena, offer, "What it was before")
    fourth.bots(olena, offer)

    fifth = stage.picture("5-why")
    link = next(
        word
        for word in olena.box.get(noisy).text.split()
        if word.startswith("https://t.me/front_news/")
    )
    await stage.says(fifth, olena, f"/why {link}")

    sixth = stage.picture("6-settings")
    settings = await stage.says(sixth, olena, "/settings", "Quiet hours")
    await room.tap(olena, settings, "Quiet hours")
    await room.turned(olena, settings, "silent")
    sixth.bots(olena, settings, "23:00")

    seventh = stage.picture("7-list")
    listed = await stage.says(seventh, olena, "/list", "⚙")
    await room.tap(olena, listed, f"⚙ {query.id}")
    await room.turned(olena, listed, "Told: at once")
    seventh.bots(olena, listed)


SPREAD = (
    "Уночі ворог запустив дві ракети по Миколаєву. Пошкоджено три приватні будинки, вибито вікна "
    "у школі. За попередньою інформацією, обійшлося без постраждалих."
)
SLEPT = (
    "Ракета курсом на Полтаву, перейдіть в укриття до відбою тривоги",
    "Збито ракету над Черкасами, уламки впали за межами міста, триває огляд",
    "Ракету знайдено в полі біля Ізюма, сапери вже на місці, рух дорогою перекрито",
)


async def spreading(stage: Stage) -> None:
    """Play a story that spreads, a digest, and a channel of one's own as a target."""
    room = stage.room
    maria = await room.join("Maria", "ракета")
    tenth = stage.picture("10-story")
    number = room.server.post(room.channel(0), SPREAD)
    alert = await stage.alert(maria, 0)
    room.server.post(room.channel(1), f"❗️{SPREAD} Підписатись")
    room.server.post(room.channel(2), "", forward_from=(room.channel(0), number))
    await room.turned(maria, alert, "also in 2 channels")
    tenth.bots(maria, alert)

    eleventh = stage.picture("11-digest")
    await room.say(maria, "/snooze 2h")
    eleventh.mine("/snooze 2h")
    for text in SLEPT:
        room.server.post(room.channel(), text)

    async def are_held() -> bool:
        async with room.database() as database, database.reading() as connection:
            return (await alerts.counts(connection))[AlertState.HELD] == len(SLEPT)

    await until(are_held, "the alerts wait")
    await room.say(maria, "/snooze off")
    eleventh.mine("/snooze off")
    eleventh.bots(maria, await stage.latest(maria, "Digest: 3 stories"))

    twelfth = stage.picture("12-elsewhere")
    desk = room.world.add_channel("Our desk")
    room.world.add_member(desk, maria, admin=True)
    room.world.add_member(desk, room.bot, admin=True, by=maria)
    asked = await stage.latest(maria, "You put me into")
    twelfth.bots(maria, asked, "Yes")
    await room.tap(maria, asked, "Yes")
    await room.turned(maria, asked, "is your target")
    twelfth.bots(maria, asked)
    twelfth.notice("In the channel:")
    room.server.post(room.channel(), "Ще одна ракета, курс на Кременчук, будьте обережні")

    def told() -> Any:
        found = (desk.history.get(at) for at in range(1, desk.history.next_id))
        return next((message for message in found if message and "Кременчук" in message.text), None)

    await until(lambda: told() is not None, "the desk is told")
    twelfth.stored(told())


async def ukrainian(stage: Stage) -> None:
    """Play an alert in Ukrainian."""
    room = stage.room
    ivan = await room.join("Іван", "дрон Суджа", language="uk")
    picture = stage.picture("8-ukrainian")
    room.server.post(room.channel(), "Ще один дрон летить у бік Суджі, будьте в укриттях")
    alert = await stage.alert(ivan, 0)
    picture.bots(ivan, alert)
    await stage.says(picture, ivan, "/snooze", "До ранку")


async def operator(stage: Stage) -> None:
    """Play what an operator meets."""
    room = stage.room
    chief = await room.join("Taras", role=Role.OPERATOR)
    ninth = stage.picture("9-operators")
    invited = await room.say(chief, "/invite reporter 7 2")
    ninth.mine("/invite reporter 7 2")
    message = chief.box.get(invited.message_id)
    before, _, _code = message.text.rpartition("?start=")
    shown = html.escape(f"{before}?start=q7Yx…")
    ninth.bubbles.append(f'<div class="said"><div class="text">{shown}</div></div>')
    await stage.says(ninth, chief, "/channels")
    await stage.says(ninth, chief, "/broadcast Maintenance tonight from 22:00 to 23:00", "Send it")


async def play() -> list[Picture]:
    """Play everything and give the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        async with newsroom(Path(folder), CHANNELS) as room:
            fill(room)
            stage = Stage(room)
            async with room.running():
                await room.follow("@front_news", depth=1000)
                await room.all_followed(1)
                await reporter(stage)
                await ukrainian(stage)
                await operator(stage)
                await room.follow("@south_news", "@echo_news")
                await room.all_followed(3)
                await spreading(stage)
            return stage.pictures


def draw(picture: Picture, browser: str, folder: Path) -> None:
    """Draw a page and keep it small: cut to its content, few colours."""
    from PIL import Image, ImageChops  # noqa: PLC0415  # playing needs no Pillow

    page, shot = folder / f"{picture.name}.html", folder / f"{picture.name}.png"
    page.write_text(picture.page())
    command = [
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--window-size={_WIDTH + 28},2400",
        f"--screenshot={shot}",
        page.as_uri(),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603  # our own page
    with Image.open(shot) as opened:
        image = opened.convert("RGB")
    ground = Image.new("RGB", image.size, image.getpixel((1, 1)))
    box = ImageChops.difference(image, ground).getbbox() or (0, 0, *image.size)
    image = image.crop((0, 0, image.width, min(image.height, box[3] + 14)))
    PICTURES.mkdir(parents=True, exist_ok=True)
    image.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT).save(
        PICTURES / f"{picture.name}.png", optimize=True
    )


def main() -> int:
    """Play; draw, or leave the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--html", type=Path, help="leave the pages here and draw nothing")
    wanted = parser.parse_args()
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None and wanted.html is None:
        print("no Chromium here: apt-get install chromium, or use --html DIR")
        return 2
    pictures = asyncio.run(play())
    if wanted.html is not None:
        wanted.html.mkdir(parents=True, exist_ok=True)
        for picture in pictures:
            (wanted.html / f"{picture.name}.html").write_text(picture.page())
        return 0
    with tempfile.TemporaryDirectory() as folder:
        for picture in pictures:
            draw(picture, str(browser), Path(folder))
            size = (PICTURES / f"{picture.name}.png").stat().st_size
            print(f"{picture.name}.png {size // 1024} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
