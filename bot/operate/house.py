"""The operators' people in chat: who is in, roles, putting out, erasing, open invites.

What cannot be undone is asked for twice. Nobody locks the newsroom out: the last operator stays.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from bot.notify.compose import isolated
from bot.notify.snippet import shortened
from bot.operate import pages, texts
from bot.operate import people as people_list
from bot.operate.admission import actor
from bot.operate.buttons import Press, Pressed, button
from bot.operate.pages import PERSON_STATES, page_at, turning, write_head
from bot.operate.people import Person, UnknownInviteError, UnknownPersonError
from bot.operate.texts import said
from bot.telegram.messages import OutgoingText, Style, TextBuilder
from bot.translation import Voice, counted, phrase, voice_of
from storage.database import Database
from storage.records import Role, Subscriber, SubscriberState

CARD = pages.PERSON_CARD
ROLE = "hr"
PUT_OUT = "hk"
ERASE = "he"
INVITES = "hi"
REVOKE = "hx"
_NAME_SHOWN = 60
_INVITES_A_PAGE = 8
_ASK, _DO = 0, 1

TITLE = phrase("Person {number}")
SINCE = phrase("{role}, {state}, since {time}")
MAKE = {
    Role.REPORTER: phrase("Make reporter"),
    Role.ARCHIVIST: phrase("Make archivist"),
    Role.OPERATOR: phrase("Make operator"),
}
PUT_THEM_OUT = phrase("Put out")
ERASE_THEM = phrase("Erase their data")
ALL_PEOPLE = phrase("‹ All people")
YES_PUT_OUT = phrase("Yes, put out")
YES_ERASE = phrase("Yes, erase everything")
NO = phrase("No")
SURE_PUT_OUT = phrase("Put {name} out? They lose the bot; their queries stay, unmatched.")
SURE_ERASE = phrase(
    "Erase everything of {name}: queries, alerts, judgements, settings? It cannot be undone. "
    "The audit trail keeps that it was done, without the name."
)
ERASED = counted("Erased: {n} row.", "Erased: {n} rows.")
LAST_OPERATOR = phrase("That is the last operator; make another one first.")
OPEN_INVITES = phrase("Open invites")
NO_INVITES = phrase("No open invites. For example: /invite reporter 7 1")
INVITE_LINE = phrase("{number}. {role}, for {uses}, until {until}")
REVOKE_IT = phrase("Revoke {number}")

Handler = Callable[[Subscriber, str], Awaitable[OutgoingText]]


class House:
    """Answers operators about people; whoever calls has checked the role."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def commands(self) -> Mapping[str, Handler]:
        """Give the commands answered here."""
        return {"people": self._people, "invites": self._invites}

    def presses(self) -> Mapping[str, Press]:
        """Give the buttons answered here."""
        acts = {
            pages.PEOPLE: (self._press_people, 1),
            CARD: (self._press_card, 1),
            ROLE: (self._press_role, 2),
            PUT_OUT: (self._press_put_out, 2),
            ERASE: (self._press_erase, 2),
            INVITES: (self._press_invites, 1),
            REVOKE: (self._press_revoke, 2),
        }
        return {verb: Press(act, count, right="people") for verb, (act, count) in acts.items()}

    async def _people(self, subscriber: Subscriber, _arguments: str) -> OutgoingText:
        return await self._page(voice_of(subscriber), 0)

    async def _page(self, voice: Voice, number: int) -> OutgoingText:
        found = await people_list.everybody(self._database)
        page = page_at(number, pages.PEOPLE_A_PAGE, len(found))
        return pages.people(found[page.offset : page.offset + page.size], page, voice)

    async def _press_people(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        return Pressed("", await self._page(voice_of(subscriber), numbers[0]))

    async def _press_card(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        return await self._card(subscriber, numbers[0])

    async def _card(self, subscriber: Subscriber, number: int, text: str = "") -> Pressed:
        voice = voice_of(subscriber)
        try:
            found = await people_list.person(self._database, number)
        except UnknownPersonError:
            return Pressed(voice.text(texts.OLD_BUTTON), await self._page(voice, 0))
        return Pressed(text, card(found, voice, datetime.now(UTC)))

    async def _press_role(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        number, at = numbers
        roles = tuple(MAKE)
        if at >= len(roles):
            return Pressed(voice_of(subscriber).text(texts.OLD_BUTTON))
        if roles[at] is not Role.OPERATOR and await self._is_last_operator(number):
            return Pressed(voice_of(subscriber).text(LAST_OPERATOR))
        try:
            await people_list.change_role(
                self._database, number, roles[at], actor=actor(subscriber)
            )
        except UnknownPersonError:
            return Pressed(voice_of(subscriber).text(texts.OLD_BUTTON))
        return await self._card(subscriber, number, "✓")

    async def _press_put_out(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        number, step = numbers
        if step == _ASK:
            return await self._asked(subscriber, number, SURE_PUT_OUT, YES_PUT_OUT, PUT_OUT)
        if await self._is_last_operator(number):
            return Pressed(voice_of(subscriber).text(LAST_OPERATOR))
        try:
            await people_list.remove(self._database, number, actor=actor(subscriber))
        except UnknownPersonError:
            return Pressed(voice_of(subscriber).text(texts.OLD_BUTTON))
        self._database.bell.ring("subscriptions", "match")
        return await self._card(subscriber, number, "✓")

    async def _press_erase(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        number, step = numbers
        if step == _ASK:
            return await self._asked(subscriber, number, SURE_ERASE, YES_ERASE, ERASE)
        if await self._is_last_operator(number):
            return Pressed(voice_of(subscriber).text(LAST_OPERATOR))
        try:
            gone = await people_list.erase(self._database, number, actor=actor(subscriber))
        except UnknownPersonError:
            return Pressed(voice_of(subscriber).text(texts.OLD_BUTTON))
        voice = voice_of(subscriber)
        return Pressed(voice.count(ERASED, sum(gone.values())), await self._page(voice, 0))

    async def _asked(
        self, subscriber: Subscriber, number: int, question: str, yes: str, verb: str
    ) -> Pressed:
        voice = voice_of(subscriber)
        try:
            found = await people_list.person(self._database, number)
        except UnknownPersonError:
            return Pressed(voice.text(texts.OLD_BUTTON))
        rows = [
            [button(voice.text(yes), verb, number, _DO)],
            [button(voice.text(NO), CARD, number)],
        ]
        name = isolated(shortened(found.name, _NAME_SHOWN))
        return Pressed("", said(voice, question, rows, name=name))

    async def _is_last_operator(self, number: int) -> bool:
        operators = [
            person.id
            for person in await people_list.everybody(self._database)
            if person.role is Role.OPERATOR and person.state is not SubscriberState.REMOVED
        ]
        return operators == [number]

    async def _invites(self, subscriber: Subscriber, _arguments: str) -> OutgoingText:
        return await self._invites_page(subscriber, 0)

    async def _press_invites(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        return Pressed("", await self._invites_page(subscriber, numbers[0]))

    async def _invites_page(self, subscriber: Subscriber, number: int) -> OutgoingText:
        voice, now = voice_of(subscriber), datetime.now(UTC)
        found = await people_list.open_invites(self._database)
        if not found:
            return said(voice, NO_INVITES)
        page = page_at(number, _INVITES_A_PAGE, len(found))
        shown = found[page.offset : page.offset + page.size]
        builder = TextBuilder()
        write_head(builder, OPEN_INVITES, page, voice)
        for item in shown:
            line = voice.text(
                INVITE_LINE,
                number=item.id,
                role=voice.text(texts.ROLES[item.role]),
                uses=voice.count(texts.FOR_PEOPLE, item.uses_left),
                until=voice.clock(item.expires_at, now),
            )
            builder.add(f"\n{line}")
        rows = [
            [button(voice.text(REVOKE_IT, number=item.id), REVOKE, item.id, page.number)]
            for item in shown
        ]
        return builder.build([*rows, *turning(INVITES, page, voice)])

    async def _press_revoke(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        try:
            await people_list.revoke(self._database, numbers[0], actor=actor(subscriber))
        except UnknownInviteError:
            old = voice_of(subscriber).text(texts.OLD_BUTTON)
            return Pressed(old, await self._invites_page(subscriber, numbers[1]))
        return Pressed("✓", await self._invites_page(subscriber, numbers[1]))


def card(found: Person, voice: Voice, now: datetime) -> OutgoingText:
    """Show one person and what can be done."""
    builder = TextBuilder().add(voice.text(TITLE, number=found.id), Style.BOLD)
    builder.add(f"\n{isolated(shortened(found.name, _NAME_SHOWN))}\n")
    builder.add(
        voice.text(
            SINCE,
            role=voice.text(texts.ROLES[found.role]),
            state=voice.text(PERSON_STATES[found.state]),
            time=voice.clock(found.added_at, now),
        )
    )
    roles = [
        button(voice.text(label), ROLE, found.id, at)
        for at, (role, label) in enumerate(MAKE.items())
        if role is not found.role
    ]
    ends = [button(voice.text(ERASE_THEM), ERASE, found.id, _ASK)]
    if found.state is not SubscriberState.REMOVED:
        ends.insert(0, button(voice.text(PUT_THEM_OUT), PUT_OUT, found.id, _ASK))
    return builder.build([roles, ends, [button(voice.text(ALL_PEOPLE), pages.PEOPLE, 0)]])
