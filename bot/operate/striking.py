"""The forms of a query's words in chat: which they are, which are doubtful, striking them out.

A form struck out is written into the query itself, so whatever goes by the query goes by it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.match.errors import QueryError
from bot.match.query import parse
from bot.match.strikes import Expansion, all_forms, expansions, strike
from bot.notify.compose import isolated
from bot.notify.snippet import shortened
from bot.operate import draft_pages, texts, watching
from bot.operate.admission import actor
from bot.operate.buttons import Press, Pressed, button, is_number
from bot.operate.query_pages import FORMS
from bot.operate.subscribing import Subscribing
from bot.operate.surge_wish import Wish, wished
from bot.operate.texts import plain, said
from bot.operate.watching import UnknownSubscriptionError
from bot.telegram.messages import Button, OutgoingText, Style, TextBuilder
from bot.translation import Voice, phrase, voice_of
from storage import drafts, subscriptions
from storage.database import Database
from storage.records import DraftId, Subscriber, Subscription, SubscriptionId

TOGGLE = "ft"  # strike one out or put it back
_WORDS_SHOWN = 8
_FORMS_SHOWN = 60  # of each word
_BUTTONS_MOST = 12
_BUTTONS_A_ROW = 2
_OTHERS_SHOWN = 3  # words a doubtful form also belongs to

Handler = Callable[[Subscriber, str], Awaitable[OutgoingText]]

TITLE = phrase("Forms of query {number}")
DOUBTFUL = phrase("{form} is also a form of {others}.")
OWN_WORD = phrase("{form} is also a word of its own.")
HOW = phrase("To strike others out or put them back: /forms {number} {example}")
NO_FORMS = phrase("Query {number} has no words in any form.")
USAGE = phrase("Write the number of a query, for example: /forms 3. See /list.")
STRIKE = phrase("Without {form}")
RESTORE = phrase("With {form}")


class Striking:
    """Shows and strikes the forms of a person's own queries, watched already or not yet."""

    def __init__(self, database: Database, subscribing: Subscribing) -> None:
        self._database = database
        self._subscribing = subscribing

    def commands(self) -> Mapping[str, Handler]:
        """Give the commands answered here."""
        return {"forms": self._forms}

    def presses(self) -> Mapping[str, Press]:
        """Give the buttons answered here."""
        return {
            FORMS: Press(self._press_page, 1),
            TOGGLE: Press(self._press_toggle, 2),
            draft_pages.WITHOUT: Press(self._press_without, 2),
        }

    async def _forms(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        voice = voice_of(subscriber)
        word, *forms = arguments.split()[:_FORMS_SHOWN] or [""]
        number = word.removeprefix("#")
        if not is_number(number):
            return said(voice, USAGE)
        try:
            for form in forms:
                await self._toggle(subscriber, int(number), form)
        except QueryError as error:
            return plain(error.message(subscriber.language))
        except UnknownSubscriptionError:
            return said(voice, texts.NO_SUCH_QUERY, number=number)
        found = await self._owned(subscriber, int(number))
        if found is None:
            return said(voice, texts.NO_SUCH_QUERY, number=number)
        return page(found, voice)

    async def _press_page(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        voice = voice_of(subscriber)
        found = await self._owned(subscriber, numbers[0])
        if found is None:
            return Pressed(voice.text(texts.OLD_BUTTON))
        return Pressed("", more=(page(found, voice),))

    async def _press_toggle(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        voice, (number, at) = voice_of(subscriber), numbers
        found = await self._owned(subscriber, number)
        forms = all_forms(_expansions(found)) if found else ()
        if at >= len(forms):
            return Pressed(voice.text(texts.OLD_BUTTON))
        try:
            changed = await self._toggle(subscriber, number, forms[at])
        except (QueryError, UnknownSubscriptionError):
            return Pressed(voice.text(texts.OLD_BUTTON))
        return Pressed("✓", page(changed, voice))

    async def _press_without(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        """Propose a query that is not watched yet again, without one of its forms."""
        voice, (number, at) = voice_of(subscriber), numbers
        async with self._database.reading() as connection:
            draft = await drafts.owned(
                connection, DraftId(number), subscriber.id, datetime.now(UTC)
            )
        if draft is None:
            return Pressed(voice.text(texts.DRAFT_GONE))
        wish = wished(draft.query) or Wish(draft.query)
        query = parse(wish.query, allow_scan=True)
        forms = all_forms(expansions(query))
        if at >= len(forms):
            return Pressed(voice.text(texts.OLD_BUTTON))
        struck = replace(wish, query=strike(query, [forms[at]]).normal).text
        return Pressed("✓", await self._subscribing.propose(subscriber, struck, draft.replaces_id))

    async def _toggle(self, subscriber: Subscriber, number: int, form: str) -> Subscription:
        """Strike a form out of a person's own query, or put it back if it is struck out."""
        found = await self._owned(subscriber, number)
        is_struck = found is not None and any(
            form.lower() in word.struck for word in _expansions(found)
        )
        return await watching.strike_forms(
            self._database,
            number,
            [form],
            owner_id=subscriber.id,
            restore=is_struck,
            actor=actor(subscriber),
        )

    async def _owned(self, subscriber: Subscriber, number: int) -> Subscription | None:
        async with self._database.reading() as connection:
            return await subscriptions.owned(connection, SubscriptionId(number), subscriber.id)


def _expansions(found: Subscription) -> list[Expansion]:
    return expansions(parse(found.query, allow_scan=True))


def doubts(words: Sequence[Expansion], voice: Voice) -> list[str]:
    """Say which forms are oftener another word, those struck out left aside."""
    found = []
    for word in words:
        for form, lemmas in word.shared:
            rest = [lemma for lemma in lemmas if lemma != form][:_OTHERS_SHOWN]
            sort = DOUBTFUL if rest else OWN_WORD
            if form not in word.struck:
                found.append(voice.text(sort, form=form, others=", ".join(rest)))
    return found


def page(found: Subscription, voice: Voice) -> OutgoingText:
    """Show the forms of a query's words, with a button for each doubtful or struck-out one."""
    words = _expansions(found)
    if not words:
        return said(voice, NO_FORMS, number=found.id)
    builder = TextBuilder().add(voice.text(TITLE, number=found.id), Style.BOLD)
    for word in words[:_WORDS_SHOWN]:
        builder.add("\n\n").add(isolated(shortened(word.word, _FORMS_SHOWN)), Style.BOLD)
        builder.add(": ")
        for at, form in enumerate(word.forms[:_FORMS_SHOWN]):
            builder.add(", " if at else "")
            builder.add(form, *((Style.STRIKE,) if form in word.struck else ()))
        builder.add(", …" if len(word.forms) > _FORMS_SHOWN else "")
    for doubt in doubts(words, voice)[:_BUTTONS_MOST]:
        builder.add(f"\n• {doubt}")
    example = next((form for form in words[0].forms if form != words[0].word.lower()), "…")
    builder.add("\n\n" + voice.text(HOW, number=found.id, example=example), Style.ITALIC)
    return builder.build(_buttons(found, words, voice))


def _buttons(found: Subscription, words: Sequence[Expansion], voice: Voice) -> list[list[Button]]:
    forms = all_forms(words)
    struck = frozenset[str]().union(*(word.struck for word in words))
    doubtful = {form for word in words for form, _ in word.shared}
    wanted = [form for form in forms if form in struck or form in doubtful][:_BUTTONS_MOST]
    made = [
        button(
            voice.text(RESTORE if form in struck else STRIKE, form=form),
            TOGGLE,
            found.id,
            forms.index(form),
        )
        for form in wanted
    ]
    return [made[at : at + _BUTTONS_A_ROW] for at in range(0, len(made), _BUTTONS_A_ROW)]
