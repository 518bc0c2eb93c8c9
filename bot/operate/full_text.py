"""A post in full, with its revisions: as messages while they are few, as a file beyond. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.notify.compose import isolated, link_to
from bot.notify.snippet import clean, shortened
from bot.telegram.messages import (
    TEXT_LIMIT,
    OutgoingFile,
    OutgoingText,
    Style,
    TextBuilder,
    utf16_length,
)
from bot.translation import Voice, counted, phrase
from storage.records import Channel, Post, Revision, StoryPost

_MESSAGES_AT_MOST = 3
_NAME_SHOWN = 80
_PIECE = 1900  # code points of a message: at most twice as many UTF-16 units

WHOLE_TEXT = phrase("The whole text")
REVISION = phrase("Revision {number}, seen {time}")
OF_MESSAGE = phrase("Revision {number} of part {part}, seen {time}")
DELETED = phrase("Deleted, seen {time}; copy kept")
NO_TEXT = phrase("no text")
STORY = counted("The story in {n} post", "The story in {n} posts")
IN_A_FILE = phrase("The whole text and every revision, as a file: it is too long for messages.")


def told_in_full(
    post: Post,
    channel: Channel,
    revisions: Sequence[Revision],
    tellings: Sequence[StoryPost],
    *,
    voice: Voice,
    now: datetime,
) -> tuple[OutgoingText | OutgoingFile, ...]:
    """Give the text of a post, everything it was before, and all channels that tell its story."""
    head = _head(post, channel, voice, now)
    sections = [*_sections(post, revisions, voice, now), *_tellings(tellings, voice, now)]
    texts = _messages(head, sections)
    if len(texts) <= _MESSAGES_AT_MOST:
        return tuple(texts)
    whole = "\n\n".join([head, *(f"{title}\n{text}" for title, text in sections)])
    name = f"{(channel.username or channel.id)}-{post.message_id}.txt"
    content = whole.encode(errors="replace")
    return (OutgoingFile(name, content, caption=voice.text(IN_A_FILE)),)


def _head(post: Post, channel: Channel, voice: Voice, now: datetime) -> str:
    lines = [f"{shortened(channel.name, _NAME_SHOWN)} · {voice.clock(post.posted_at, now)}"]
    link = link_to(channel, post.message_id)
    if link:
        lines.append(link)
    if post.deleted_at:
        lines.append("🗑 " + voice.text(DELETED, time=voice.clock(post.deleted_at, now)))
    return "\n".join(lines)


def _sections(
    post: Post, revisions: Sequence[Revision], voice: Voice, now: datetime
) -> list[tuple[str, str]]:
    nothing = f"({voice.text(NO_TEXT)})"
    found = [(voice.text(WHOLE_TEXT), clean(post.text) or nothing)]
    if len({item.message_id for item in revisions}) == len(revisions):
        return found  # nothing was edited: it would be the same again
    is_album = len({item.message_id for item in revisions}) > 1
    for item in revisions:
        title = voice.text(
            OF_MESSAGE if is_album else REVISION,
            number=item.number,
            time=voice.clock(item.seen_at, now),
            **({"part": item.message_id} if is_album else {}),
        )
        found.append((title, clean(item.text) or nothing))
    return found


def _tellings(tellings: Sequence[StoryPost], voice: Voice, now: datetime) -> list[tuple[str, str]]:
    """List the channels of a story of several posts, the first to tell it first."""
    if len(tellings) < len(("this", "another")):
        return []
    lines = []
    for item in tellings:
        name = isolated(shortened(item.channel, _NAME_SHOWN))
        sign = " ↪" if item.is_forward else ""
        link = f"\n{address}" if (address := _address(item)) else ""
        lines.append(f"{voice.clock(item.posted_at, now)} {name}{sign}{link}")
    return [(voice.count(STORY, len(tellings)), "\n".join(lines))]


def _address(item: StoryPost) -> str | None:
    if item.username:
        return f"https://t.me/{item.username}/{item.message_id}"
    number = item.telegram_channel_id
    return f"https://t.me/c/{number}/{item.message_id}" if number else None


def _messages(head: str, sections: Sequence[tuple[str, str]]) -> list[OutgoingText]:
    done: list[OutgoingText] = []
    builder = TextBuilder().add(isolated(head))
    for title, text in sections:
        for at, piece in enumerate(_pieces(text)):
            extra = 4 + utf16_length(title) + utf16_length(piece)
            if builder.length and builder.length + extra > TEXT_LIMIT:
                done.append(builder.build())
                builder = TextBuilder()
            builder.add("\n\n" if builder.length else "")
            if at == 0:
                builder.add(title, Style.BOLD).add("\n")
            builder.add(piece)
    done.append(builder.build())
    return done


def _pieces(text: str) -> list[str]:
    """Cut a text to what fits messages, between lines or words where there are any."""
    pieces = []
    while len(text) > _PIECE:
        at = max(text.rfind("\n", _PIECE // 2, _PIECE), text.rfind(" ", _PIECE // 2, _PIECE))
        at = at if at > 0 else _PIECE
        pieces.append(text[:at])
        text = text[at:]
    return [*pieces, text]
