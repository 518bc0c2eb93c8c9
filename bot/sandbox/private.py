"""What happens in private chats: each side has its own box, ids and pts.

Bots' messages are entered in the journal, as the server's own count of what people got.
"""

import time
from collections.abc import Callable, Sequence

from bot.sandbox.history import Change, StoredMessage
from bot.sandbox.journal import BotMessage
from bot.sandbox.posting import Draft, apply_edit, details_of, forwarded
from bot.sandbox.tl import RpcError
from bot.sandbox.views import mentioned, private_update
from bot.sandbox.world import Push, User, World


def send(
    world: World,
    sender: User,
    receiver: User,
    draft: Draft,
    *,
    random_id: int = 0,
    origin: int = 0,
) -> Change:
    """Send a message; gives its place in the sender's log. Raises RpcError if it may not."""
    _check_allowed(sender, receiver)
    details = details_of(world, draft)
    sender.met.add(receiver.id)
    receiver.met.add(sender.id)
    date = int(draft.date.timestamp()) if draft.date else world.now()
    mine = StoredMessage(sender.box.next_id, date, draft.text, sender.id, details=details)
    if draft.forward_from is not None:
        forwarded(details, mine, *draft.forward_from)
    details.chat, details.out = receiver.id, True
    change = sender.box.add(mine, world.now())
    if sender.id != receiver.id:
        theirs = _twin(sender, receiver, mine)
        _tell(world, receiver, receiver.box.add(theirs, world.now()), mentioned(theirs), 0)
    _tell(world, sender, change, mentioned(mine), origin)
    _record(world, sender, mine, "sent", random_id)
    return change


def edit(
    world: World, owner: User, message: StoredMessage, draft: Draft, *, origin: int = 0
) -> Change:
    """Edit a message its owner sent, in both boxes."""
    apply_edit(world, message, draft)
    message.text = draft.text
    change = owner.box.mark_edited(message.id, world.now())
    _tell(world, owner, change, mentioned(message), origin)
    other, theirs = _other_side(world, message)
    if theirs is not None:
        apply_edit(world, theirs, draft)
        theirs.text = draft.text
        if message.details is not None:
            theirs.detailed().media = message.details.media
        _tell(world, other, other.box.mark_edited(theirs.id, world.now()), mentioned(theirs), 0)
    _record(world, owner, message, "edited", 0)
    return change


def delete(
    world: World, owner: User, ids: Sequence[int], *, revoke: bool = True, origin: int = 0
) -> Change | None:
    """Delete messages of a box, and with `revoke` those of the other side."""
    gone = [message for number in ids if (message := owner.box.get(number)) is not None]
    if revoke:
        for message in gone:
            other, theirs = _other_side(world, message)
            if theirs is not None:
                _record(world, owner, message, "deleted", 0)
                change = other.box.delete([theirs.id], world.now())
                if change is not None:
                    _tell(world, other, change, (), 0)
    change = owner.box.delete(list(ids), world.now())
    if change is not None:
        _tell(world, owner, change, (), origin)
    return change


def pin(
    world: World, owner: User, message: StoredMessage, *, pinned: bool, origin: int = 0
) -> Change:
    """Pin or unpin a message on both sides."""
    message.detailed().pinned = pinned
    other, theirs = _other_side(world, message)
    if theirs is not None:
        theirs.detailed().pinned = pinned
        _tell(world, other, other.box.mark_edited(theirs.id, world.now()), mentioned(theirs), 0)
    change = owner.box.mark_edited(message.id, world.now())
    _tell(world, owner, change, mentioned(message), origin)
    return change


def chat_messages(other_id: int) -> Callable[[StoredMessage], bool]:
    """Give the test that picks the messages with one person out of a box."""

    def wanted(message: StoredMessage) -> bool:
        return message.details is not None and message.details.chat == other_id

    return wanted


def _check_allowed(sender: User, receiver: User) -> None:
    if sender.id in receiver.blocked:
        raise RpcError("USER_IS_BLOCKED", 403)
    if receiver.id in sender.blocked:
        raise RpcError("YOU_BLOCKED_USER")
    if sender.is_bot and receiver.is_bot and sender.id != receiver.id:
        raise RpcError("USER_IS_BOT")
    if sender.is_bot and receiver.id not in sender.met and sender.id != receiver.id:
        raise RpcError("PEER_ID_INVALID")


def _twin(sender: User, receiver: User, mine: StoredMessage) -> StoredMessage:
    theirs = StoredMessage(receiver.box.next_id, mine.date, mine.text, sender.id)
    own = mine.detailed()
    other = theirs.detailed()
    for name in ("entities", "media", "markup", "forward", "grouped_id", "silent", "action"):
        setattr(other, name, getattr(own, name))
    other.mentions = own.mentions
    if own.reply_to:
        replied = sender.box.get(own.reply_to)
        other.reply_to = replied.details.twin if replied and replied.details else 0
    other.chat, other.twin, own.twin = sender.id, mine.id, theirs.id
    return theirs


def _other_side(world: World, message: StoredMessage) -> tuple[User, StoredMessage | None]:
    details = message.detailed()
    other = world.users[details.chat]
    return other, other.box.get(details.twin) if details.twin else None


def _tell(world: World, owner: User, change: Change, peers: tuple[int, ...], origin: int) -> None:
    if world.sink is not None:
        world.emit(Push(owner.id, private_update(change, owner), (*peers, owner.id), 0, origin))


def _record(world: World, sender: User, message: StoredMessage, act: str, random_id: int) -> None:
    if not sender.is_bot:
        return
    details = message.detailed()
    rows = getattr(details.markup, "rows", None) or ()
    buttons = tuple(tuple(button.text for button in row.buttons) for row in rows)
    world.journal.bot_messages.append(
        BotMessage(
            sender.id,
            details.chat,
            details.twin,
            act,
            time.time(),
            message.text,
            random_id,
            buttons,
        )
    )
