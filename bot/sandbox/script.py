"""Scenarios: timed steps ("channel X posts …") as records or JSON Lines, and their player.

One line is one step: `{"at": 1.5, "act": "post", "channel": "front_news", "text": "…", "name":
"p1"}`. `name` lets later steps say `"target": "p1"`. A channel is named by its username.
"""

import asyncio
import base64
import json
import lzma
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from pathlib import Path
from typing import Any

from bot.sandbox.media import DocumentSpec, MediaSpec, PhotoSpec, PollSpec, WebPageSpec, png
from bot.sandbox.server import SandboxServer
from bot.sandbox.world import Channel, User, World


class ScriptError(Exception):
    """A scenario cannot be read or played: the message says which step and why."""


class Act(Enum):
    """What a step does; the fields it reads are named in `Step`."""

    POST = "post"
    ALBUM = "album"
    FORWARD = "forward"
    EDIT = "edit"
    DELETE = "delete"
    FLOOD = "flood"
    CUT = "cut"
    SUPPRESS = "suppress"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens `at` seconds after the start.

    post: channel, text, media (at most one), reply_to · album: channel, text (of the first),
    media · forward: channel, target · edit: target, text · delete: target · flood: method,
    seconds, count · cut: user (phone or username; empty: everybody) · suppress: channel,
    seconds (0: for good) · write: user, channel (the bot's username), text.
    """

    at: float
    act: Act
    channel: str = ""
    text: str = ""
    name: str = ""
    target: str = ""
    media: tuple[MediaSpec, ...] = ()
    reply_to: str = ""
    method: str = ""
    seconds: float = 0.0
    count: int = 1
    user: str = ""


@dataclass(slots=True)
class Played:
    """What a playback did so far: message ids by step name, and counts by act."""

    ids: dict[str, tuple[Channel, list[int]]] = field(default_factory=dict)
    counts: dict[Act, int] = field(default_factory=dict)
    posted: list[tuple[Channel, int]] = field(default_factory=list)


Progress = Callable[[Step, Played], None]


async def play(
    server: SandboxServer,
    steps: Iterable[Step],
    *,
    speed: float = 1.0,
    progress: Progress | None = None,
    played: Played | None = None,
) -> Played:
    """Play steps in the order of their times; `speed` 2 is twice as fast, 0 without any waits.

    `played` is what an earlier part of the same scenario left: its names stay known.
    """
    loop = asyncio.get_running_loop()
    started = loop.time()
    played = Played() if played is None else played
    for step in sorted(steps, key=lambda step: step.at):
        wait = started + step.at / speed - loop.time() if speed else 0.0
        await asyncio.sleep(max(0.0, wait))
        _do(server, step, played)
        played.counts[step.act] = played.counts.get(step.act, 0) + 1
        if progress is not None:
            progress(step, played)
    return played


def make_channels(world: World, steps: Iterable[Step]) -> list[Channel]:
    """Make a public channel for each username the steps post in and the world lacks."""
    wanted = dict.fromkeys(
        step.channel for step in steps if step.act in {Act.POST, Act.ALBUM, Act.FORWARD}
    )
    missing = [name for name in wanted if name and name.lower() not in world.usernames]
    return [world.add_channel(name.replace("_", " ").title(), name) for name in missing]


def channel_named(world: World, name: str | int) -> Channel:
    """Give a channel by username (with or without @), id or title; raises LookupError."""
    text = str(name).lstrip("@")
    number = world.usernames.get(text.lower(), int(text) if text.isdigit() else 0)
    channel = world.channels.get(number)
    if channel is None:
        channel = next((each for each in world.channels.values() if each.title == text), None)
    if channel is None:
        raise LookupError(f"no channel is called {name}")
    return channel


def user_named(world: World, name: str | int) -> User:
    """Give an account by id, phone or username; raises LookupError."""
    text = str(name).lstrip("@+")
    number = world.usernames.get(text.lower()) or world.phones.get(text)
    user = world.users.get(number or (int(text) if text.isdigit() else 0))
    if user is None:
        raise LookupError(f"no account is called {name}")
    return user


# Reading and writing


def steps_from_jsonl(path: Path) -> list[Step]:
    """Read a scenario; raises ScriptError with the line at fault."""
    steps = []
    for number, line in enumerate(_lines(path), start=1):
        try:
            steps.append(step_from_json(json.loads(line)))
        except (ValueError, TypeError, KeyError) as error:
            raise ScriptError(f"{path}, line {number}: {error}") from error
    return steps


def steps_to_jsonl(steps: Iterable[Step], path: Path) -> None:
    """Write a scenario, one step a line, leaving out what is as by default."""
    lines = [json.dumps(step_to_json(step), ensure_ascii=False) for step in steps]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def posts_from_jsonl(path: Path, channels: int = 20, *, interval_s: float = 0.05) -> list[Step]:
    """Spread the posts of `{id, lang, text}` lines (also .xz) over channels posts_01 and so on.

    Post n goes to channel n modulo `channels` at n × `interval_s`; its name is the line's id.
    """
    steps = []
    for number, line in enumerate(_lines(path)):
        try:
            record = json.loads(line)
            text = record["text"]
        except (ValueError, TypeError, KeyError) as error:
            raise ScriptError(f"{path}, line {number + 1}: {error}") from error
        channel = f"posts_{number % channels + 1:02}"
        name = str(record.get("id", number))
        steps.append(Step(number * interval_s, Act.POST, channel, text, name=name))
    return steps


def step_from_json(record: dict[str, Any]) -> Step:
    """Make a step of one JSON object; raises ValueError or TypeError."""
    given = dict(record)
    given["act"] = Act(given["act"])
    given["media"] = tuple(media_from_json(item) for item in given.get("media", ()))
    return Step(**given)


def step_to_json(step: Step) -> dict[str, Any]:
    """Give the JSON object of a step."""
    record: dict[str, Any] = {"at": step.at, "act": step.act.value}
    for item in fields(step):
        value = getattr(step, item.name)
        if item.name not in {"at", "act", "media"} and value != item.default:
            record[item.name] = value
    if step.media:
        record["media"] = [media_to_json(spec) for spec in step.media]
    return record


def media_from_json(record: dict[str, Any]) -> MediaSpec:
    """Make a media spec of `{"kind": "photo"|"document"|"poll"|"web_page", …}`."""
    given = dict(record)
    kind = given.pop("kind")
    if kind == "poll":
        return PollSpec(given["question"], tuple(given["answers"]))
    if kind == "web_page":
        return WebPageSpec(**given)
    data = base64.b64decode(given.pop("data", "")) or png()
    if kind == "photo":
        return PhotoSpec(data, **given)
    if kind == "document":
        return DocumentSpec(data, **given)
    raise ValueError(f"{kind!r} is no kind of media: photo, document, poll, web_page")


def media_to_json(spec: MediaSpec) -> dict[str, Any]:
    """Give the JSON object of a media spec."""
    record = {item.name: getattr(spec, item.name) for item in fields(spec)}
    if "data" in record:
        record["data"] = base64.b64encode(record["data"]).decode("ascii")
    kinds = {
        PhotoSpec: "photo",
        DocumentSpec: "document",
        PollSpec: "poll",
        WebPageSpec: "web_page",
    }
    return {"kind": kinds[type(spec)], **record}


def _lines(path: Path) -> list[str]:
    data = path.read_bytes()
    text = (lzma.decompress(data) if path.suffix == ".xz" else data).decode("utf-8")
    return [line for line in text.split("\n") if line.strip()]


# Doing


def _do(server: SandboxServer, step: Step, played: Played) -> None:
    try:
        _DOERS[step.act](server, step, played)
    except LookupError as error:
        raise ScriptError(f"step {step.name or step.act.value} at {step.at} s: {error}") from error


def _post(server: SandboxServer, step: Step, played: Played) -> None:
    channel = channel_named(server.world, step.channel)
    media = step.media[0] if step.media else None
    reply_to = _target(played, step.reply_to)[1][0] if step.reply_to else 0
    number = server.post(channel, step.text, media=media, reply_to=reply_to)
    _note(played, step, channel, [number])


def _album(server: SandboxServer, step: Step, played: Played) -> None:
    channel = channel_named(server.world, step.channel)
    captions = [step.text, *[""] * (len(step.media) - 1)]
    _note(played, step, channel, server.post_album(channel, captions, step.media))


def _forward(server: SandboxServer, step: Step, played: Played) -> None:
    channel = channel_named(server.world, step.channel)
    source, ids = _target(played, step.target)
    number = server.post(channel, "", forward_from=(source, ids[0]))
    _note(played, step, channel, [number])


def _edit(server: SandboxServer, step: Step, played: Played) -> None:
    channel, ids = _target(played, step.target)
    server.edit(channel, ids[0], step.text)


def _delete(server: SandboxServer, step: Step, played: Played) -> None:
    channel, ids = _target(played, step.target)
    server.delete(channel, ids)


def _flood(server: SandboxServer, step: Step, _played: Played) -> None:
    server.faults.flood(step.method, int(step.seconds), count=step.count)


def _cut(server: SandboxServer, step: Step, _played: Played) -> None:
    server.cut(user_named(server.world, step.user) if step.user else None)


def _suppress(server: SandboxServer, step: Step, _played: Played) -> None:
    channel = channel_named(server.world, step.channel)
    server.faults.suppress(channel.id)
    if step.seconds:
        loop = asyncio.get_running_loop()
        loop.call_later(step.seconds, lambda: server.faults.suppress(channel.id, suppressed=False))


def _write(server: SandboxServer, step: Step, _played: Played) -> None:
    world = server.world
    server.write(user_named(world, step.user), user_named(world, step.channel), step.text)


_DOERS: dict[Act, Callable[[SandboxServer, Step, Played], None]] = {
    Act.POST: _post,
    Act.ALBUM: _album,
    Act.FORWARD: _forward,
    Act.EDIT: _edit,
    Act.DELETE: _delete,
    Act.FLOOD: _flood,
    Act.CUT: _cut,
    Act.SUPPRESS: _suppress,
    Act.WRITE: _write,
}


def _note(played: Played, step: Step, channel: Channel, ids: Sequence[int]) -> None:
    played.posted.extend((channel, number) for number in ids)
    if step.name:
        played.ids[step.name] = (channel, list(ids))


def _target(played: Played, name: str) -> tuple[Channel, list[int]]:
    if name not in played.ids:
        raise LookupError(f"no earlier step is called {name!r}")
    return played.ids[name]
