"""The judged pairs as the tests read them: query, verdict, post, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bot.text import language
from storage.records import Document, Has, Is

FOLDER = Path(__file__).parent / "data"
FILES = ("judged_pairs.txt", "judged_pairs_hard.txt", "judged_pairs_third.txt")
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})")


@dataclass(frozen=True)
class Pair:
    """One judgement; `post` and `struck` have what the pair's `!` line says.

    `is_fault`: it is known that we get this one wrong.
    """

    query: str
    is_match: bool
    post: Document
    why: str
    struck: frozenset[str] = frozenset()
    is_fault: bool = False


def judged(name: str) -> Iterator[Pair]:
    query, facts, struck = "", Document(text="", channel="kanal_x"), frozenset[str]()
    for line in (FOLDER / name).read_text("utf-8").splitlines():
        written = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), line)
        sign, rest = written[:2], written[2:]
        if sign == "? ":
            query, facts, struck = rest, Document(text="", channel="kanal_x"), frozenset()
        elif rest.startswith("struck="):
            struck = frozenset(rest.removeprefix("struck=").split(","))
        elif sign == "! ":
            facts = with_facts(Document(text="", channel="kanal_x"), rest)
        elif sign in {"+ ", "- ", "x ", "o "}:
            text, _, why = rest.rpartition(" ## ")
            post = replace(facts, text=text, lang=facts.lang or language(text))
            yield Pair(query, sign in {"+ ", "o "}, post, why, struck, sign in {"x ", "o "})


def with_facts(document: Document, line: str) -> Document:
    """Give a post the facts that words like has=video,photo say."""
    for name, _, value in (item.partition("=") for item in line.split()):
        match name:
            case "has":
                document = replace(document, has=frozenset(map(Has, value.split(","))))
            case "marks":
                marks = frozenset(map(Is, filter(None, value.split(","))))
                document = replace(document, marks=marks)
            case "groups":
                document = replace(document, groups=frozenset(value.split(",")))
            case "channel":
                document = replace(document, channel=value)
            case "origin":
                document = replace(document, origin=value)
            case "lang":
                document = replace(document, lang=value)
            case _:
                raise ValueError(line)
    return document
