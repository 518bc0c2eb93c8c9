"""Buttons: what they send, how it is read back, what a press comes to. Pure.

Data say what to do and where the reader is, never whose it is: whose a thing is, is looked up at
the press. The door to Telegram seals data for one person (`bot.telegram.seal`); nothing here
relies on that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.telegram.messages import Button, OutgoingFile, OutgoingText
from storage.records import Subscriber

_NUMBER_DIGITS = 15
_MOST_NUMBERS = 3


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a press comes to: a short text for the presser, what its message becomes, new ones."""

    text: str
    message: OutgoingText | None = None
    more: tuple[OutgoingText | OutgoingFile, ...] = ()


Act = Callable[[Subscriber, tuple[int, ...]], Awaitable[Pressed]]


@dataclass(frozen=True, slots=True)
class Press:
    """What a verb of a button does, how many numbers it takes, and the command it takes a right to.

    Without `right` everybody who is in may press it.
    """

    act: Act
    numbers: int
    right: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a button's data say: a verb and its numbers."""

    verb: str
    numbers: tuple[int, ...]


def button(label: str, verb: str, *numbers: int) -> Button:
    """Make a button that asks for something."""
    return Button(label, data=":".join([verb, *map(str, numbers)]).encode())


def wish_of(data: bytes) -> Wish | None:
    """Read a button's data; None for what no button of ours sends."""
    verb, *numbers = data.decode("ascii", errors="replace").split(":")
    if not verb or len(numbers) > _MOST_NUMBERS or not all(map(is_number, numbers)):
        return None
    return Wish(verb, tuple(map(int, numbers)))


def is_number(text: str) -> bool:
    """Say whether it is the number of something: plain digits, not too many."""
    return text.isascii() and text.isdecimal() and len(text) <= _NUMBER_DIGITS
