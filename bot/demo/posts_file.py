"""A story made of a file of real posts: five subscriptions, and what they owe by the slow matcher.

The reference matcher walks each query over each text and shares no index with the engine that the
product runs, so that the two can disagree.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bot.demo.story import Beat, CastChannel, CastPerson, Story
from bot.match.query import parse
from bot.match.reference import reference_match
from bot.sandbox.script import Step, posts_from_jsonl
from storage.records import Document, Role

CHANNELS = 20
POSTS_PER_S = 20.0  # what the latency target is set for; --speed multiplies it
LONGEST = 4096  # UTF-16 code units in a message, Telegram's limit

PEOPLE = (
    CastPerson(
        "reporter",
        "Олена",
        Role.REPORTER,
        "+380440000011",
        ("Харків OR Харьков OR Kharkiv", "евакуація OR эвакуация"),
    ),
    CastPerson(
        "operator",
        "Max",
        Role.OPERATOR,
        "+380440000012",
        ("дрон OR шахед OR безпілотник OR беспилотник -навчання",),
    ),
    CastPerson(
        "archivist",
        "Ірина",
        Role.ARCHIVIST,
        "+380440000013",
        ('"Верховна Рада" OR "Верховный Совет"', "мобілізація OR мобилизация"),
    ),
)
_QUERIES = {person.key: [parse(query) for query in person.queries] for person in PEOPLE}


@dataclass(frozen=True, slots=True)
class PostsStory:
    """The story of a file; `split` posts were too long for Telegram, `empty` had no text."""

    story: Story
    lines: int
    split: int
    empty: int


async def posts_story(path: Path) -> PostsStory:
    """Spread the posts of a file over channels and work out what they owe, slowly.

    A post that is too long goes out in several messages, as Telegram's apps send it. Raises
    ScriptError, OSError, LZMAError and UnicodeDecodeError for a file that cannot be read.
    """
    steps = posts_from_jsonl(path, CHANNELS, interval_s=1 / POSTS_PER_S)
    pieces = [list(_sendable(step, number)) for number, step in enumerate(steps)]
    names = dict.fromkeys(step.channel for step in steps)
    beats = []
    for step in (step for some in pieces for step in some):
        beats.append(Beat(step, _owed_to(step.text)))
        await asyncio.sleep(0)  # it takes seconds in all: Ctrl-C must be heard meanwhile
    story = Story(
        channels=tuple(CastChannel(name.replace("_", " ").title(), name) for name in names),
        people=PEOPLE,
        before_adding=tuple(beats),
    )
    return PostsStory(
        story,
        lines=len(steps),
        split=sum(len(some) > 1 for some in pieces),
        empty=sum(not some for some in pieces),
    )


def _sendable(step: Step, number: int) -> Iterator[Step]:
    """Give a post as messages that Telegram takes; none for an empty one."""
    for part, text in enumerate(pieces_of(step.text)):
        yield replace(step, text=text, name=f"{number}.{part}")


def pieces_of(text: str) -> list[str]:
    """Cut a text into messages, at the last white space before the limit where there is any."""
    rest, found = text.strip(), []
    while _units(rest) > LONGEST:
        end = _fitting(rest)
        cut = max(rest.rfind(" ", 0, end), rest.rfind("\n", 0, end))
        end = cut if cut > 0 else end
        found.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*found, rest] if rest else found


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _fitting(text: str) -> int:
    """Give how many characters from the start are within the limit."""
    end = min(len(text), LONGEST)
    while _units(text[:end]) > LONGEST:
        end -= 1
    return end


def _owed_to(text: str) -> tuple[str, ...]:
    document = Document(text)
    return tuple(
        person
        for person, queries in _QUERIES.items()
        if any(reference_match(query, document) is not None for query in queries)
    )
