"""A person's targets in chat: where else their alerts go, with buttons to test and remove each.

An address is a secret: it is taken in and never shown again; a webhook's own secret is shown once.
Whose a target is, is looked up at every press, and a chat is taken only by who administers it: by
its name, by a command written in it, or by a button when the bot was put there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot.notify.chats import fault_of, reason_of
from bot.notify.compose import isolated
from bot.notify.snippet import shortened
from bot.notify.ways import Ways
from bot.operate import target_list, texts
from bot.operate.admission import actor
from bot.operate.buttons import Press, Pressed, button
from bot.operate.target_list import BadTargetError, NewTarget, Shown
from bot.operate.texts import said
from bot.telegram.chats import Chats, chat_named
from bot.telegram.client import Later, Never
from bot.telegram.messages import Chat, OutgoingText, Recipient, Style, TextBuilder, Venue
from bot.telegram.reference import BadReference
from bot.translation import Voice, counted, phrase, voice_of
from storage.database import Database
from storage.records import Subscriber, TargetKind

TEST = "tt"
RETRY = "ty"
REMOVE = "tr"
ADD_FEED = "ta"
ADD_CHAT = "tc"
_LABEL = 40
_REASON = 120
_KINDS = {"webhook": TargetKind.WEBHOOK, "apprise": TargetKind.APPRISE, "feed": TargetKind.FEED}

NONE_YET = phrase("Your alerts come here alone.")
TITLE = phrase("Besides this chat your alerts go to")
HOW = phrase(
    "To add a group or channel that you administer, put me there (in a channel as an administrator "
    "who may post), then write /targets in it or here:\n"
    "• /targets @our_desk or a link to it; the link of a topic leads into the topic\n"
    "To add something else, write its kind, address and a name:\n"
    "• /targets webhook https://example.org/hook my desk\n"
    "• /targets apprise mailto://user:password@example.org mail (or Slack, Matrix, ntfy …)\n"
    "• /targets feed\n"
    "An address is a secret: delete your message afterwards."
)
KINDS = {
    TargetKind.WEBHOOK: phrase("webhook"),
    TargetKind.APPRISE: phrase("mail or chat"),
    TargetKind.FEED: phrase("feed"),
    TargetKind.CHAT: phrase("Telegram"),
}
WORKS = phrase("works")
FAILS = phrase("does not work: {reason}")
TEST_IT = phrase("Test {number}")
NOT_TAKEN = counted("{n} message not taken", "{n} messages not taken")
RETRY_IT = phrase("Send again {number}")
REMOVE_IT = phrase("Remove {number}")
NEW_FEED = phrase("Add a feed")
ADDED = phrase("Added as number {number}: {label}. Press Test under /targets to try it.")
SECRET_ONCE = phrase("The secret that signs each message, shown once:")
FEED_FILE = phrase(
    "Your feed is the file {name} among the feeds; an operator gives you its address."
)
ADDED_CHAT = phrase(
    "{label} is your target number {number} now: your alerts go there, too, with the query they "
    "answer. /targets tests and removes it."
)
IN_TOPIC = phrase("{chat}, topic {topic}")
SMALL_GROUP = phrase(
    "That group is of the small kind, which I cannot use. Make it a supergroup (let new members "
    "see its history, or give it a public link) and write /targets there again."
)
TRY_LATER = phrase("Telegram does not answer that now; try again in some minutes")
SHALL_THEY = phrase("You put me into {chat}. Shall your alerts go there, too?")
YES_THERE = phrase("Yes, send them there")
CANNOT = phrase("That cannot be used as a target: {reason}")
CAME = {
    "sent": phrase("Test of {number}: taken."),
    "later": phrase("Test of {number}: not now: {reason}"),
    "never": phrase("Test of {number}: refused: {reason}"),
}

Handler = Callable[[Subscriber, str], Awaitable[OutgoingText]]


class Targeting:
    """Shows, adds, tests and removes a person's own targets."""

    def __init__(self, database: Database, ways: Ways, chats: Chats) -> None:
        self._database = database
        self._ways = ways
        self._chats = chats

    def commands(self) -> Mapping[str, Handler]:
        """Give the commands answered here."""
        return {"targets": self._targets}

    def presses(self) -> Mapping[str, Press]:
        """Give the buttons answered here."""
        return {
            TEST: Press(self._press_test, 1),
            REMOVE: Press(self._press_remove, 1),
            RETRY: Press(self._press_retry, 1),
            ADD_FEED: Press(self._press_feed, 0),
            ADD_CHAT: Press(self._press_chat, 1),
        }

    async def _targets(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        voice = voice_of(subscriber)
        if not arguments:
            return await self._page(subscriber)
        word, _, rest = arguments.partition(" ")
        address, _, label = rest.strip().partition(" ")
        kind = _KINDS.get(word.lower())
        if kind is None and not rest:
            return await self._named(subscriber, word)
        if kind is None or (kind is not TargetKind.FEED and not address):
            return said(voice, HOW)
        if kind is TargetKind.FEED:
            address, label = "", rest.strip()
        return await self._added(subscriber, kind, address, label)

    async def _added(
        self, subscriber: Subscriber, kind: TargetKind, address: str, label: str
    ) -> OutgoingText:
        voice = voice_of(subscriber)
        try:
            made = await target_list.add(
                self._database,
                self._ways.folder,
                subscriber.id,
                kind,
                address=address,
                label=shortened(label, _LABEL),
                actor=actor(subscriber),
            )
        except BadTargetError as error:
            return said(voice, CANNOT, reason=shortened(error.said(voice), _REASON))
        return _welcomed(made, voice)

    async def _named(self, subscriber: Subscriber, text: str) -> OutgoingText:
        """Add a chat by its name or link."""
        voice = voice_of(subscriber)
        try:
            wish = chat_named(text)
        except BadReference:
            return said(voice, HOW)
        try:
            chat = await self._chats.find(wish.reference)
        except (Later, Never) as error:
            return said(voice, CANNOT, reason=voice.known(_reason(error)))
        return await self._take(subscriber, chat, wish.topic if chat.is_forum else 0)

    async def take_venue(self, subscriber: Subscriber, venue: Venue) -> OutgoingText:
        """Add the chat somebody wrote /targets in; the answer is for them alone."""
        if not venue.channel_id:
            return said(voice_of(subscriber), SMALL_GROUP)
        try:
            chat = await self._chats.look(venue.channel_id)
        except (Later, Never) as error:
            voice = voice_of(subscriber)
            return said(voice, CANNOT, reason=voice.known(_reason(error)))
        return await self._take(subscriber, chat, venue.topic)

    async def offer(self, subscriber: Subscriber, venue: Venue) -> OutgoingText:
        """Ask whoever put the bot into a chat whether their alerts shall go there."""
        voice = voice_of(subscriber)
        chat = await self._chats.look(venue.channel_id)
        yes = button(voice.text(YES_THERE), ADD_CHAT, chat.channel_id)
        title = isolated(shortened(chat.title, _LABEL))
        return said(voice, SHALL_THEY, [[yes]], chat=title)

    async def _take(self, subscriber: Subscriber, chat: Chat, topic: int) -> OutgoingText:
        voice = voice_of(subscriber)
        who = Recipient(subscriber.telegram_user_id, subscriber.access_hash)
        label = shortened(chat.title, _LABEL)
        if topic:
            label = voice.text(IN_TOPIC, chat=label, topic=topic)
        try:
            fault = fault_of(await self._chats.standing(chat, who))
            if fault:
                return said(voice, CANNOT, reason=voice.known(fault))
            made = await target_list.add_chat(
                self._database,
                subscriber,
                Venue(chat.channel_id, topic),
                label,
                actor=actor(subscriber),
            )
        except (Later, Never) as error:
            return said(voice, CANNOT, reason=voice.known(_reason(error)))
        except BadTargetError as error:
            return said(voice, CANNOT, reason=shortened(error.said(voice), _REASON))
        return said(voice, ADDED_CHAT, label=isolated(label), number=made.target.id)

    async def _page(self, subscriber: Subscriber) -> OutgoingText:
        found = await target_list.listed(self._database, subscriber.id)
        return page_of(found, voice_of(subscriber))

    async def _is_theirs(self, subscriber: Subscriber, number: int) -> bool:
        return any(
            item.id == number for item in await target_list.listed(self._database, subscriber.id)
        )

    async def _press_test(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        voice, number = voice_of(subscriber), numbers[0]
        if not await self._is_theirs(subscriber, number):
            return Pressed(voice.text(texts.OLD_BUTTON), await self._page(subscriber))
        came = await target_list.try_out(self._database, self._ways, number)
        reason = shortened(voice.known(came.reason or ""), _REASON)
        answer = said(voice, CAME[came.outcome], number=number, reason=reason)
        return Pressed("", more=(answer,))

    async def _press_remove(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        voice, number = voice_of(subscriber), numbers[0]
        if not await self._is_theirs(subscriber, number):
            return Pressed(voice.text(texts.OLD_BUTTON), await self._page(subscriber))
        await target_list.remove(self._database, self._ways.folder, number, actor=actor(subscriber))
        return Pressed("✓", await self._page(subscriber))

    async def _press_retry(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        voice, number = voice_of(subscriber), numbers[0]
        if not await self._is_theirs(subscriber, number):
            return Pressed(voice.text(texts.OLD_BUTTON), await self._page(subscriber))
        await target_list.retry(self._database, number, actor=actor(subscriber))
        return Pressed("✓", await self._page(subscriber))

    async def _press_feed(self, subscriber: Subscriber, _numbers: tuple[int, ...]) -> Pressed:
        made = await self._added(subscriber, TargetKind.FEED, "", "")
        return Pressed("", await self._page(subscriber), more=(made,))

    async def _press_chat(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        return Pressed("", await self.take_venue(subscriber, Venue(numbers[0])))


def _reason(error: Later | Never) -> str:
    return reason_of(error) if isinstance(error, Never) else TRY_LATER


def page_of(found: Sequence[Shown], voice: Voice) -> OutgoingText:
    """Show a person's targets, with the buttons of each and how to add more."""
    builder = TextBuilder()
    if found:
        builder.add(voice.text(TITLE), Style.BOLD)
    else:
        builder.add(voice.text(NONE_YET))
    for item in found:
        builder.add(f"\n{item.id}. {isolated(shortened(item.label, _LABEL))}: ")
        builder.add(f"{voice.text(KINDS[item.kind])}, {_state(item, voice)}")
        if item.not_taken:
            builder.add("; " + voice.count(NOT_TAKEN, item.not_taken))
    builder.add("\n\n" + voice.text(HOW))
    rows = [
        [
            button(voice.text(TEST_IT, number=item.id), TEST, item.id),
            *(
                [button(voice.text(RETRY_IT, number=item.id), RETRY, item.id)]
                if item.not_taken
                else []
            ),
            button(voice.text(REMOVE_IT, number=item.id), REMOVE, item.id),
        ]
        for item in found
    ]
    return builder.build([*rows, [button(voice.text(NEW_FEED), ADD_FEED)]])


def _state(item: Shown, voice: Voice) -> str:
    if item.works:
        return voice.text(WORKS)
    reason = isolated(shortened(voice.known(item.reason or ""), _REASON))
    return voice.text(FAILS, reason=reason)


def _welcomed(made: NewTarget, voice: Voice) -> OutgoingText:
    builder = TextBuilder()
    label = isolated(shortened(made.target.label, _LABEL))
    builder.add(voice.text(ADDED, number=made.target.id, label=label))
    if made.secret:
        builder.add("\n" + voice.text(SECRET_ONCE) + "\n").add(made.secret, Style.CODE)
    if made.file:
        builder.add("\n" + voice.text(FEED_FILE, name=isolated(made.file.name)))
    return builder.build()
