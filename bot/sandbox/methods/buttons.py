"""Inline buttons: a person presses, the bot is told and answers."""

import asyncio
import secrets
from typing import Any

from telethon.tl import types

from bot.sandbox.methods.call import Call, Desk
from bot.sandbox.tl import RpcError
from bot.sandbox.world import Push, User

ANSWER_SECONDS = 10


def get_bot_callback_answer(call: Call, request: Any) -> Any:
    """messages.getBotCallbackAnswer: a future that the bot's answer completes."""
    bot = call.world.user_for(call.user, request.peer)
    return press(call.desk, call.user, bot, request.msg_id, request.data)


def press(
    desk: Desk, user: User, bot: User, message_id: int, data: bytes | None
) -> "asyncio.Future[Any]":
    """Tell the bot of a press on a message of the user's box; raises RpcError if there is none."""
    message = user.box.get(message_id)
    if message is None or message.details is None or message.details.chat != bot.id:
        raise RpcError("MESSAGE_ID_INVALID")
    rows = getattr(message.details.markup, "rows", ())
    known = {getattr(button.type, "data", None) for row in rows for button in row.buttons}
    if data is None or data not in known:
        raise RpcError("DATA_INVALID")
    query_id = secrets.randbits(62)
    loop = asyncio.get_running_loop()
    answer = desk.queries[query_id] = loop.create_future()
    loop.call_later(ANSWER_SECONDS, _expire, desk, query_id)
    update = types.UpdateBotCallbackQuery(
        query_id, user.id, types.PeerUser(user.id), message.details.twin, 1, data
    )
    desk.world.emit(Push(bot.id, bytes(update), (user.id,)))
    return answer


def set_bot_callback_answer(call: Call, request: Any) -> Any:
    """messages.setBotCallbackAnswer."""
    answer = call.desk.queries.pop(request.query_id, None)
    if answer is None or answer.done() or not call.user.is_bot:
        raise RpcError("QUERY_ID_INVALID")
    answer.set_result(
        types.messages.BotCallbackAnswer(
            request.cache_time,
            alert=request.alert,
            message=request.message,
            url=request.url,
            has_url=bool(request.url),
        )
    )
    return True


def _expire(desk: Desk, query_id: int) -> None:
    answer = desk.queries.pop(query_id, None)
    if answer is not None and not answer.done():
        answer.set_exception(RpcError("BOT_RESPONSE_TIMEOUT"))
