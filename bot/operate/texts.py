"""What the bot says, in one place and in English, so that translations can be laid over it.

Names in braces are filled in by `said`, which also makes what people typed harmless.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.notify.snippet import clean
from bot.telegram.messages import Button, OutgoingText, clipped

STRANGER = "Hello. This bot is private: to use it, open the invite link you were given."
WELCOME = "Welcome, {name}. You are in as {role}. Write /watch and a query; /help shows the rest."
ALREADY_IN = "You are in already, as {role}. See /help."
HELP_HEAD = "You are in as {role}. Times are shown in {timezone} (/timezone)."
HELP_QUERY = (
    "A query: words in any form, all of them (ракета Суми), OR, -without, "
    '"a phrase", pre*, ( ). For example: /watch ракета OR "балістична загроза"'
)
NOT_A_COMMAND = "I understand only commands. See /help."
UNKNOWN_COMMAND = "There is no command /{name} for you. See /help."
FAULT = "Something went wrong in Earshot; it was written down. Please try again later."

WATCHING = "Watching for {normal} as number {number}. /list shows all; /unwatch {number} ends it."
WATCH_USAGE = "Write what to watch for, for example: /watch ракета OR дрон"
TOO_MANY = "You have {limit} queries, as many as one may. Delete one first: /list"
NUMBER_USAGE = "Write the number of a query, for example: /{name} 3. See /list."
NO_SUCH_QUERY = "You have no query {number}. See /list."
PAUSED = "Paused {number}: {query}"
RESUMED = "Resumed {number}: {query}"
DELETED = "Deleted {number}: {query}"
NO_QUERIES = "You have no queries yet. For example: /watch ракета"
TIMEZONE_SET = "Your times are now shown in {timezone}; there it is {time}."
TIMEZONE_USAGE = (
    "Your times are shown in {timezone}. To change it, for example: /timezone Europe/Kyiv"
)
NO_SUCH_TIMEZONE = "There is no time zone {given}. Try: /timezone {example}"

SEARCH_USAGE = "Write what to look for, for example: /search ракета Суми"
NOTHING_FOUND = "Nothing in the archive matches {normal}."
SEARCH_TOO_LONG = "The search took too long; `earshot search` on the server has no such limit."

NO_CHANNELS = "No channels yet. For example: /add @front_news"
ADD_USAGE = "Write which channels, for example: /add @front_news https://t.me/+invite"
TOO_MANY_AT_ONCE = "That is too many at once: at most {limit} channels in one message."
ADDED = "On the list: {names}. /channels shows how they are."
REMOVE_USAGE = "Write which channel, for example: /remove @front_news"
NO_SUCH_CHANNEL = "There is no channel {given} on the list. See /channels."
REMOVED = "Off the list: {names}. What was stored of it stays."
INVITE_USAGE = (
    "Write it as: /invite [reporter|archivist|operator] [days, 1 to {days}] [uses, 1 to {uses}], "
    "for example: /invite reporter 7 1"
)
INVITED = (
    "A way in as {role}, until {until}, for {uses}. It is shown once; "
    "whoever has it can use it:\n{way}"
)

NOT_YOURS = "This button is not for you."
OLD_BUTTON = "This button is out of date. See /list."


def said(template: str, buttons: Sequence[Sequence[Button]] = (), **facts: object) -> OutgoingText:
    """Fill a text in; what is filled in is made harmless and the whole fits a message."""
    text = template.format(**{name: clean(str(fact)) for name, fact in facts.items()})
    return OutgoingText(clipped(text), buttons=tuple(tuple(row) for row in buttons))


def plain(text: str) -> OutgoingText:
    """Say a text that was put together elsewhere."""
    return OutgoingText(clipped(clean(text)))
