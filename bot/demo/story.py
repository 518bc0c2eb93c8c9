"""What a story is made of: channels, people with their queries, and timed beats with what they owe.

Whom a post must alert is declared by hand beside it. The engine is never asked: a promise that the
engine computes would hold whatever the engine does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bot.sandbox.media import MediaSpec
from bot.sandbox.script import Act, Step
from storage.records import FollowMode, Role


class Held(Enum):
    """Why the alerts of a beat come later than at once: trouble that the story itself stages."""

    POLLED = "a channel that is polled"
    FLOOD = "the flood wait"
    CUT = "the network cut"


@dataclass(frozen=True, slots=True)
class CastChannel:
    """A channel of the story. Without a username it is private; `is_added_later` by the operator.

    `history` is what it held before Earshot came: stored, and alerting nobody.
    """

    title: str
    username: str = ""
    mode: FollowMode = FollowMode.JOIN
    is_added_later: bool = False
    history: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What steps call it."""
        return self.username or self.title


@dataclass(frozen=True, slots=True)
class CastPerson:
    """A subscriber: who they are, and what they watch for."""

    key: str
    name: str
    role: Role
    phone: str
    queries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Beat:
    """One step, the keys of the people whom it newly owes an alert, and what holds it up."""

    step: Step
    owed_to: tuple[str, ...] = ()
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A whole story. Between two parts the operator adds a channel, which the last part needs."""

    channels: tuple[CastChannel, ...]
    people: tuple[CastPerson, ...]
    before_adding: tuple[Beat, ...]
    while_adding: tuple[Beat, ...] = ()
    after_adding: tuple[Beat, ...] = ()

    @property
    def beats(self) -> tuple[Beat, ...]:
        """All beats, in the order of the parts."""
        return self.before_adding + self.while_adding + self.after_adding


def post(
    at: float,
    channel: str,
    text: str,
    *,
    owes: str = "",
    name: str = "",
    media: MediaSpec | None = None,
    reply_to: str = "",
    held: Held | None = None,
) -> Beat:
    """Make the beat of a post; `owes` are people's keys, parted by spaces."""
    step = Step(
        at,
        Act.POST,
        channel,
        text,
        name=name or f"{channel}@{at}",
        media=(media,) if media else (),
        reply_to=reply_to,
    )
    return Beat(step, tuple(owes.split()), held)


def album(
    at: float, channel: str, text: str, media: tuple[MediaSpec, ...], *, owes: str = ""
) -> Beat:
    """Make the beat of an album, its caption on the first medium."""
    step = Step(at, Act.ALBUM, channel, text, name=f"{channel}@{at}", media=media)
    return Beat(step, tuple(owes.split()))


def forward(
    at: float, channel: str, target: str, *, owes: str = "", held: Held | None = None
) -> Beat:
    """Make the beat of a forward of an earlier post."""
    step = Step(at, Act.FORWARD, channel, name=f"{channel}@{at}", target=target)
    return Beat(step, tuple(owes.split()), held)


def edit(at: float, target: str, text: str, *, owes: str = "", held: Held | None = None) -> Beat:
    """Make the beat of an edit; `owes` are only those whom the old text did not concern."""
    return Beat(Step(at, Act.EDIT, target=target, text=text), tuple(owes.split()), held)


def delete(at: float, target: str, *, held: Held | None = None) -> Beat:
    """Make the beat of a deletion."""
    return Beat(Step(at, Act.DELETE, target=target), held=held)


def flood(at: float, method: str, seconds: float) -> Beat:
    """Make the beat of one refused call: "come back in so many seconds"."""
    return Beat(Step(at, Act.FLOOD, method=method, seconds=seconds))


def cut(at: float, user: str, seconds: float) -> Beat:
    """Make the beat of a network cut: the connection drops, and nobody can connect for so long."""
    return Beat(Step(at, Act.CUT, user=user, seconds=seconds))
