"""The control channel's verbs: a JSON object in, the same API as in-process, a JSON value out."""

import base64
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from bot.sandbox.media import Button
from bot.sandbox.script import channel_named, media_from_json, play, step_from_json, user_named
from bot.sandbox.server import SandboxServer
from bot.sandbox.world import Kind

Given = dict[str, Any]
Verb = Callable[[SandboxServer, Given], Any]


async def carry_out(server: SandboxServer, verb: str, given: Given) -> Any:
    """Do one verb; raises LookupError, ValueError or TypeError for what cannot be done."""
    doer = VERBS.get(verb)
    if doer is None:
        raise LookupError(f"no verb is called {verb!r}")
    result = doer(server, given)
    return await result if isinstance(result, Awaitable) else result


def _add_user(server: SandboxServer, given: Given) -> Any:
    return server.world.add_user(**given).id


def _add_bot(server: SandboxServer, given: Given) -> Any:
    return server.world.add_bot(**given).id


def _add_channel(server: SandboxServer, given: Given) -> Any:
    given["kind"] = Kind(given.get("kind", "broadcast"))
    given["members"] = [user_named(server.world, name) for name in given.get("members", ())]
    return server.world.add_channel(**given).id


def _add_member(server: SandboxServer, given: Given) -> Any:
    world = server.world
    channel, user = channel_named(world, given["channel"]), user_named(world, given["user"])
    world.add_member(channel, user, admin=bool(given.get("admin")))


def _invite_link(server: SandboxServer, given: Given) -> Any:
    return server.world.invite_link(channel_named(server.world, given["channel"]))


def _login_code(server: SandboxServer, given: Given) -> Any:
    return server.login_code(given["phone"])


def _post(server: SandboxServer, given: Given) -> Any:
    channel = channel_named(server.world, given["channel"])
    source = given.get("forward_from")
    rows = given.get("buttons") or []
    return server.post(
        channel,
        given.get("text", ""),
        media=media_from_json(given["media"]) if given.get("media") else None,
        reply_to=given.get("reply_to", 0),
        forward_from=(channel_named(server.world, source[0]), source[1]) if source else None,
        buttons=[[Button(text, url=url) for text, url in row] for row in rows],
        date=_date(given["date"]) if "date" in given else None,
    )


def _post_many(server: SandboxServer, given: Given) -> Any:
    """Post several texts in one go: `posts` are pairs of channel and text."""
    world = server.world
    return [server.post(channel_named(world, name), text) for name, text in given["posts"]]


def _post_album(server: SandboxServer, given: Given) -> Any:
    channel = channel_named(server.world, given["channel"])
    media = [media_from_json(item) for item in given["media"]]
    return server.post_album(channel, given["captions"], media)


def _edit(server: SandboxServer, given: Given) -> Any:
    server.edit(channel_named(server.world, given["channel"]), given["message_id"], given["text"])


def _delete(server: SandboxServer, given: Given) -> Any:
    server.delete(channel_named(server.world, given["channel"]), given["ids"])


def _fill(server: SandboxServer, given: Given) -> Any:
    dates = [_date(seconds) for seconds in given["dates"]]
    server.fill(channel_named(server.world, given["channel"]), given["texts"], dates)


def _write(server: SandboxServer, given: Given) -> Any:
    world = server.world
    return server.write(
        user_named(world, given["sender"]), user_named(world, given["receiver"]), given["text"]
    )


async def _press(server: SandboxServer, given: Given) -> Any:
    world = server.world
    user, bot = user_named(world, given["user"]), user_named(world, given["bot"])
    data = base64.b64decode(given["data"])
    answer = await server.press(user, bot, given["message_id"], data)
    return {"message": answer.message, "alert": bool(answer.alert), "url": answer.url}


def _ban(server: SandboxServer, given: Given) -> Any:
    world = server.world
    world.ban(channel_named(world, given["channel"]), user_named(world, given["user"]))


def _rename(server: SandboxServer, given: Given) -> Any:
    channel = channel_named(server.world, given["channel"])
    server.world.rename(channel, title=given.get("title"), username=given.get("username"))


def _block(server: SandboxServer, given: Given) -> Any:
    world = server.world
    user, bot = user_named(world, given["user"]), user_named(world, given["bot"])
    world.block(user, bot, blocked=given.get("blocked", True))


def _flood(server: SandboxServer, given: Given) -> Any:
    server.faults.flood(
        given["method"],
        given["seconds"],
        count=given.get("count", 0),
        lasting=given.get("lasting", False),
        user_id=_user_id(server, given),
    )


def _fail(server: SandboxServer, given: Given) -> Any:
    server.faults.fail(
        given["method"],
        given["name"],
        code=given.get("code", 400),
        count=given.get("count", 1),
        after=given.get("after", 0),
        user_id=_user_id(server, given),
    )


def _lose_answers(server: SandboxServer, given: Given) -> Any:
    server.faults.lose_answers(given["method"], given.get("count", 1))


def _suppress(server: SandboxServer, given: Given) -> Any:
    channel = channel_named(server.world, given["channel"])
    server.faults.suppress(channel.id, suppressed=given.get("suppressed", True))


def _delay_updates(server: SandboxServer, given: Given) -> Any:
    server.faults.push_delay_s = given["seconds"]


def _clear_faults(server: SandboxServer, _given: Given) -> Any:
    server.faults.clear()


def _cut(server: SandboxServer, given: Given) -> Any:
    user = user_named(server.world, given["user"]) if given.get("user") else None
    return server.cut(user, mid_frame=given.get("mid_frame", False))


def _refuse_connections(server: SandboxServer, given: Given) -> Any:
    server.refuse_connections(given["seconds"])


async def _restart(server: SandboxServer, _given: Given) -> Any:
    await server.stop()
    await server.start()


def _counts(server: SandboxServer, _given: Given) -> Any:
    journal = server.world.journal
    by_user = {str(number): dict(calls) for number, calls in journal.calls_by_user.items()}
    return {
        "calls": dict(journal.calls),
        "calls_by_user": by_user,
        "refusals": dict(journal.refusals),
        "unknown": dict(journal.unknown),
    }


def _truth(server: SandboxServer, given: Given) -> Any:
    """Give the bots' messages since entry `start`, in order."""
    entries = server.world.journal.bot_messages[given.get("start", 0) :]
    return [asdict(entry) for entry in entries]


def _connected(server: SandboxServer, given: Given) -> Any:
    return server.connected(user_named(server.world, given["user"]))


async def _wait_connected(server: SandboxServer, given: Given) -> Any:
    await server.wait_connected(user_named(server.world, given["user"]))


async def _play(server: SandboxServer, given: Given) -> Any:
    steps = [step_from_json(record) for record in given["steps"]]
    played = await play(server, steps, speed=given.get("speed", 1.0))
    return {act.value: count for act, count in played.counts.items()}


VERBS: dict[str, Verb] = {
    "add_user": _add_user,
    "add_bot": _add_bot,
    "add_channel": _add_channel,
    "add_member": _add_member,
    "invite_link": _invite_link,
    "login_code": _login_code,
    "post": _post,
    "post_many": _post_many,
    "post_album": _post_album,
    "edit": _edit,
    "delete": _delete,
    "fill": _fill,
    "write": _write,
    "press": _press,
    "ban": _ban,
    "rename": _rename,
    "block": _block,
    "flood": _flood,
    "fail": _fail,
    "lose_answers": _lose_answers,
    "suppress": _suppress,
    "delay_updates": _delay_updates,
    "clear_faults": _clear_faults,
    "cut": _cut,
    "refuse_connections": _refuse_connections,
    "restart": _restart,
    "counts": _counts,
    "truth": _truth,
    "connected": _connected,
    "wait_connected": _wait_connected,
    "play": _play,
}


def _date(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def _user_id(server: SandboxServer, given: Given) -> int:
    return user_named(server.world, given["user"]).id if given.get("user") else 0
