"""What happens in channels: posts, albums, forwards, edits, deletions, pins.

Every function changes the world and emits one push per member. None checks rights: that is the
methods' part, scripts may do anything.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from telethon.tl import types

from bot.sandbox.history import Change, Details, StoredMessage
from bot.sandbox.media import Button, MediaSpec, inline_markup
from bot.sandbox.views import channel_update, mentioned
from bot.sandbox.world import Channel, Push, World


@dataclass(frozen=True, slots=True)
class Draft:
    """A message about to be posted; TL objects where Telegram defines the shape.

    `media` is a spec or TL media; `date` is aware or None for now; `sender` an account id, 0 for
    the channel itself; `forward_from` the (channel, message id) it repeats.
    """

    text: str = ""
    entities: Sequence[Any] | None = None
    media: MediaSpec | Any = None
    markup: Any = None
    buttons: list[list[Button]] | None = None
    reply_to: int = 0
    topic: int = 0
    forward_from: tuple[Channel, int] | None = None
    forward: Any = None
    mentions: tuple[int, ...] = ()
    grouped_id: int = 0
    silent: bool = False
    date: datetime | None = None
    sender: int = 0
    action: Any = None


def post(world: World, channel: Channel, draft: Draft, *, origin: int = 0) -> Change:
    """Post one message; gives its place in the channel's log."""
    message = _stored(world, channel, draft)
    change = channel.history.add(message, world.now())
    announce(world, channel, change, mentioned(message), origin)
    return change


def post_album(
    world: World, channel: Channel, drafts: Iterable[Draft], *, origin: int = 0
) -> list[Change]:
    """Post several messages as one album: they share a new grouped_id."""
    group = secrets.randbits(62)
    changes = []
    for draft in drafts:
        message = _stored(world, channel, draft)
        message.detailed().grouped_id = group
        change = channel.history.add(message, world.now())
        announce(world, channel, change, mentioned(message), origin)
        changes.append(change)
    return changes


def fill(world: World, channel: Channel, texts: Sequence[str], dates: Sequence[datetime]) -> None:
    """Put many plain posts in at once, oldest first, without telling anyone."""
    first = channel.history.next_id
    messages = [
        StoredMessage(first + at, int(date.timestamp()), text, views=1)
        for at, (text, date) in enumerate(zip(texts, dates, strict=True))
    ]
    channel.history.add_many(messages, world.now())


def edit(
    world: World, channel: Channel, message_id: int, draft: Draft, *, origin: int = 0
) -> Change:
    """Give a message a new text, and new entities, media or markup where the draft has them."""
    message = channel.history.get(message_id)
    if message is None:
        raise LookupError(f"channel {channel.id} has no message {message_id}")
    message.text = draft.text
    apply_edit(world, message, draft)
    change = channel.history.mark_edited(message_id, world.now())
    announce(world, channel, change, mentioned(message), origin)
    return change


def delete(world: World, channel: Channel, ids: Sequence[int], *, origin: int = 0) -> Change | None:
    """Delete messages; None when none of them was there."""
    change = channel.history.delete(list(ids), world.now())
    if change is not None:
        announce(world, channel, change, (), origin)
    return change


def pin(
    world: World, channel: Channel, message_id: int, *, pinned: bool = True, origin: int = 0
) -> Change:
    """Pin or unpin a message; raises LookupError if it is not there."""
    message = channel.history.get(message_id)
    if message is None:
        raise LookupError(f"channel {channel.id} has no message {message_id}")
    message.detailed().pinned = pinned
    channel.pinned_id = message_id if pinned else 0
    change = channel.history.mark_edited(message_id, world.now())
    announce(world, channel, change, mentioned(message), origin)
    return change


def announce(
    world: World, channel: Channel, change: Change, peers: tuple[int, ...], origin: int
) -> None:
    """Emit a change to every member: serialised once, but for the sender's own view."""
    if world.sink is None or not channel.members:
        return
    shared = channel_update(change, channel, 0)
    message = channel.history.get(change.ids[0])
    sender = message.sender if message else 0
    for user_id in channel.members:
        update = shared if user_id != sender else channel_update(change, channel, user_id)
        world.emit(Push(user_id, update, (channel.id, *peers), channel.id, origin))


def _stored(world: World, channel: Channel, draft: Draft) -> StoredMessage:
    date = int(draft.date.timestamp()) if draft.date else world.now()
    message = StoredMessage(channel.history.next_id, date, draft.text, draft.sender, views=1)
    details = details_of(world, draft)
    if draft.forward_from is not None:
        source, source_id = draft.forward_from
        forwarded(details, message, source, source_id)
    if details != Details():
        message.details = details
    return message


def details_of(world: World, draft: Draft) -> Details:
    """Give what a draft has beyond its text, with media and markup made into TL objects."""
    media = draft.media
    if isinstance(media, MediaSpec):
        media = world.files.media(media, world.now())
    return Details(
        entities=list(draft.entities) if draft.entities else None,
        media=media,
        markup=draft.markup or inline_markup(draft.buttons),
        forward=draft.forward,
        reply_to=draft.reply_to or draft.topic,
        topic=draft.topic,
        grouped_id=draft.grouped_id,
        silent=draft.silent,
        action=draft.action,
        mentions=draft.mentions,
    )


def forwarded(details: Details, message: StoredMessage, source: Channel, source_id: int) -> None:
    """Make a message the forward of a channel's post: its text, media and origin."""
    original = source.history.get(source_id)
    if original is None:
        raise LookupError(f"channel {source.id} has no message {source_id}")
    message.text = message.text or original.text
    if original.details is not None:
        details.media = details.media or original.details.media
        details.entities = details.entities or original.details.entities
    details.forward = forward_header(source, original)
    details.mentions = (*details.mentions, source.id)


def forward_header(source: Channel, original: StoredMessage) -> Any:
    """Give the header of a forward: first origin kept when the post is a forward itself."""
    if original.details is not None and original.details.forward is not None:
        return original.details.forward
    if source.is_broadcast:
        return types.MessageFwdHeader(
            original.date, from_id=types.PeerChannel(source.id), channel_post=original.id
        )
    return types.MessageFwdHeader(original.date, from_id=types.PeerUser(original.sender))


def apply_edit(world: World, message: StoredMessage, draft: Draft) -> None:
    """Replace entities and markup, and media if the draft has any; marks the time."""
    details = message.detailed()
    fresh = details_of(world, draft)
    details.entities = fresh.entities
    details.media = fresh.media or details.media
    details.markup = fresh.markup
    details.edit_date = world.now()
