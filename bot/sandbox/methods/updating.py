"""Catching up: state, and the differences of the account and of single channels.

As Telegram does it: what was made while away comes as new messages in their final form; edits
and deletions of older ones come as updates; a channel more than 100 changes ahead is "too long".
"""

from collections.abc import Sequence
from typing import Any

from telethon.tl import types

from bot.sandbox.history import Change, ChangeKind, History, StoredMessage
from bot.sandbox.methods.call import Call
from bot.sandbox.tl import Raw, RpcError
from bot.sandbox.views import (
    channel_message,
    channel_update,
    mentioned,
    private_message,
    private_update,
)

TOO_LONG = 100
_SLICE = 100
_LATEST = 20
_POLL_SECONDS = 30


def get_state(call: Call, _request: Any) -> Any:
    """updates.getState."""
    return _state(call, call.user.box.pts)


def get_difference(call: Call, request: Any) -> Any:
    """updates.getDifference: private chats, and which channels have news since `date`."""
    user = call.user
    box = user.box
    changes = box.since(request.pts, _SLICE)
    if changes is None:
        return types.updates.DifferenceTooLong(box.pts)
    since = int(request.date.timestamp()) if request.date else 0
    changed = [
        channel
        for channel in call.world.channels_of(user)
        if channel.history.changed_at >= since and channel.history.changed_at
    ]
    if not changes and not changed:
        return types.updates.DifferenceEmpty(call.world.now(), 1)
    fresh, others = _sorted(box, changes)
    updates = [Raw(private_update(change, user)) for change in others]
    reached = changes[-1].pts if changes else box.pts
    complete = reached == box.pts
    if complete:
        updates += [
            types.UpdateChannelTooLong(channel.id, channel.history.pts) for channel in changed
        ]
    ids = [user.id, *(channel.id for channel in changed), *_mentions(fresh)]
    users, chats = call.peers(ids)
    kind = types.updates.Difference if complete else types.updates.DifferenceSlice
    messages = [Raw(private_message(message)) for message in fresh]
    return kind(messages, [], updates, chats, users, _state(call, reached))


def get_channel_difference(call: Call, request: Any) -> Any:
    """updates.getChannelDifference: slices for bots, "too long" for people past 100 changes."""
    channel = call.world.channel_for(call.user, request.channel)
    history = channel.history
    if request.pts <= 0:
        raise RpcError("PERSISTENT_TIMESTAMP_EMPTY")
    if request.pts > history.pts:
        raise RpcError("PERSISTENT_TIMESTAMP_INVALID")
    if request.pts == history.pts:
        return types.updates.ChannelDifferenceEmpty(history.pts, final=True, timeout=_POLL_SECONDS)
    if call.desk.faults.is_empty_slice():
        return types.updates.ChannelDifference(
            request.pts, [], [], [], [], final=False, timeout=_POLL_SECONDS
        )
    limit = max(1, min(request.limit, _SLICE))
    changes = history.since(request.pts, limit)
    if (
        call.desk.faults.is_too_long()
        or changes is None
        or (not call.user.is_bot and history.pts - request.pts > TOO_LONG)
    ):
        return _too_long(call, channel)
    fresh, others = _sorted(history, changes)
    reached = changes[-1].pts
    users, chats = call.peers([channel.id, *_mentions(fresh)])
    return types.updates.ChannelDifference(
        reached,
        [Raw(channel_message(channel, message, call.user.id)) for message in fresh],
        [Raw(channel_update(change, channel, call.user.id)) for change in others],
        chats,
        users,
        final=reached == history.pts,
        timeout=_POLL_SECONDS,
    )


def _too_long(call: Call, channel: Any) -> Any:
    history = channel.history
    top = history.top
    latest = [history.get(number) for number in range(history.next_id - _LATEST, history.next_id)]
    known = [message for message in latest if message is not None][::-1]
    dialog = types.Dialog(
        types.PeerChannel(channel.id),
        top_message=top.id if top else 0,
        read_inbox_max_id=0,
        read_outbox_max_id=0,
        unread_count=0,
        unread_mentions_count=0,
        unread_reactions_count=0,
        unread_poll_votes_count=0,
        notify_settings=types.PeerNotifySettings(),
        pts=history.pts,
    )
    users, chats = call.peers([channel.id, *_mentions(known)])
    messages = [Raw(channel_message(channel, message, call.user.id)) for message in known]
    return types.updates.ChannelDifferenceTooLong(
        dialog, messages, chats, users, final=True, timeout=_POLL_SECONDS
    )


def _state(call: Call, pts: int) -> Any:
    return types.updates.State(pts, call.user.qts, call.world.now(), 1, 0)


def _sorted(
    history: History, changes: Sequence[Change]
) -> tuple[list[StoredMessage], list[Change]]:
    """Part changes into messages new since then that still exist, and changes of older ones."""
    fresh_ids = {
        number for change in changes if change.kind is ChangeKind.NEW for number in change.ids
    }
    fresh = [message for number in sorted(fresh_ids) if (message := history.get(number))]
    edited: dict[int, Change] = {}
    others = []
    for change in changes:
        if change.kind is ChangeKind.EDITED and change.ids[0] not in fresh_ids:
            edited[change.ids[0]] = change
        elif change.kind is ChangeKind.DELETED:
            others.append(change)
    return fresh, [*edited.values(), *others]


def _mentions(messages: Sequence[StoredMessage]) -> list[int]:
    return [number for message in messages for number in mentioned(message)]
