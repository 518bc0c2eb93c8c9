"""What the bot says, in one place, in English; the catalogues lay translations over it.

Names in braces are filled in by `said`, which also makes what people typed harmless.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.notify.snippet import clean
from bot.telegram.messages import Button, OutgoingText, clipped
from bot.translation import Voice, counted, phrase
from storage.records import Role

STRANGER = phrase("Hello. This bot is private: to use it, open the invite link you were given.")
WELCOME = phrase(
    "Welcome, {name}. You are in as {role}. Write /watch and a query; /help shows the rest. "
    "Which time zone are you in?"
)
ALREADY_IN = phrase("You are in already, as {role}. See /help.")
HELP_HEAD = phrase("You are in as {role}. Times are shown in {timezone} (/timezone).")
HELP_SHORT = phrase(
    "Write me what to watch for, as a message or after /watch:\n"
    '• ракета OR "air raid"\n'
    "• дрон place:Суджа -навчання\n"
    "I show what it would have found; a button makes it yours.\n\n"
    "/list: your queries, and how each is told\n"
    "/settings: when you are told, quiet hours, digests, language\n"
    "/why and a post's link: why it came to you, or did not\n"
    "/help all: every command"
)
HELP_OPERATOR = phrase("Operators: /channels /add /invite /people /broadcast /health")
HELP_QUERY = phrase(
    "A query: words in any form, all of them (ракета Суми), OR, -without, "
    '"a phrase", pre*, ( ). For example: /watch ракета OR "балістична загроза"'
)
NOT_A_COMMAND = phrase("I understand only commands. See /help.")
UNKNOWN_COMMAND = phrase("There is no command /{name} for you. See /help.")
MEANT_COMMAND = phrase("There is no command /{name} for you. Did you mean /{near}?")
FAULT = phrase("Something went wrong in Earshot; it was written down. Please try again later.")

WATCHING = phrase(
    "Watching for {normal} as number {number}. /list shows all; /unwatch {number} ends it."
)
WHICH_PLACE = phrase(
    "Several places are called {name}; I took the likeliest: {place}. "
    "If another is meant, press it."
)
WATCH_USAGE = phrase("Write what to watch for, for example: /watch ракета OR дрон")
EDIT_USAGE = phrase("Write the number of a query and its new text: /edit 3 ракета OR дрон")
SEND_CHANGED = phrase("Send me the changed query as a message. It is now:\n{query}")
DRAFT_GONE = phrase("That is done already, or too long ago. Write /watch and the query again.")
WATCHED = phrase("Watching, as number {number}.")
NOT_WATCHED = phrase("Not watched; nothing has changed.")
TOO_MANY = phrase("You have {limit} queries, as many as one may. Delete one first: /list")
NUMBER_USAGE = phrase("Write the number of a query, for example: /{name} 3. See /list.")
SURGE_WISH = phrase(
    "To be told only of surges, write how many independent channels ({channels} at most), within "
    "how many minutes ({minutes} at most), and the query: surge:4/10 ракета Суми"
)
SURGE_USAGE = phrase(
    "Write the number of a query, how many independent channels ({channels} at most) and within "
    "how many minutes ({minutes} at most): /surge 3 4 10; /surge 3 off tells every story again."
)
NO_SUCH_QUERY = phrase("You have no query {number}. See /list.")
PAUSED = phrase("Paused {number}: {query}")
RESUMED = phrase("Resumed {number}: {query}")
DELETED = phrase("Deleted {number}: {query}")
PLACE_IS_RIGHT = phrase("Noted: “{surface}” in this channel is {place}.")
PLACE_IS_WRONG = phrase("Noted: “{surface}” in this channel is not {place}.")
NO_QUERIES = phrase("You have no queries yet. For example: /watch ракета")
TIMEZONE_SET = phrase("Your times are now shown in {timezone}; there it is {time}.")
NO_SUCH_TIMEZONE = phrase("There is no time zone {given}. Try: /timezone {example}")

SEARCH_USAGE = phrase("Write what to look for, for example: /search ракета Суми")
NOTHING_FOUND = phrase("Nothing in the archive matches {normal}.")
SEARCH_TOO_LONG = phrase(
    "The search took too long; `earshot search` on the server has no such limit."
)

NO_CHANNELS = phrase("No channels yet. For example: /add @front_news")
ADD_USAGE = phrase("Write which channels, for example: /add @front_news https://t.me/+invite")
NO_REFERENCE = phrase(
    "I cannot read {given} as a channel: write @name, https://t.me/name, https://t.me/+invite or a "
    "number such as -1001234567890."
)
TOO_MANY_AT_ONCE = phrase("That is too many at once: at most {limit} channels in one message.")
ADDED = phrase("On the list: {names}. /channels shows how they are.")
REMOVE_USAGE = phrase("Write which channel, for example: /remove @front_news")
NO_SUCH_CHANNEL = phrase("There is no channel {given} on the list. See /channels.")
REMOVED = phrase("Off the list: {names}. What was stored of it stays.")
INVITE_USAGE = phrase(
    "Write it as: /invite [reporter|archivist|operator] [days, 1 to {days}] [uses, 1 to {uses}], "
    "for example: /invite reporter 7 1"
)
INVITED = phrase(
    "A way in as {role}, until {until}, for {uses}. It is shown once; "
    "whoever has it can use it:\n{way}"
)

ROLES = {
    Role.REPORTER: phrase("reporter"),
    Role.ARCHIVIST: phrase("archivist"),
    Role.OPERATOR: phrase("operator"),
}
FOR_PEOPLE = counted("{n} person", "{n} people")
LANGUAGE_SET = phrase("The bot speaks English to you now.")

NOT_YOURS = phrase("This button is not for you.")
OLD_BUTTON = phrase("This button is out of date. See /list.")


def said(
    voice: Voice, template: str, buttons: Sequence[Sequence[Button]] = (), **facts: object
) -> OutgoingText:
    """Say a text; what is filled in is made harmless and the whole fits a message."""
    text = voice.text(template, **{name: clean(str(fact)) for name, fact in facts.items()})
    return OutgoingText(clipped(text), buttons=tuple(tuple(row) for row in buttons))


def plain(text: str) -> OutgoingText:
    """Say a text that was put together elsewhere."""
    return OutgoingText(clipped(clean(text)))
