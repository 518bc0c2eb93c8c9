"""What any match of a pattern must hold, read from the pattern: so RE2 is seldom asked. Pure.

What is not understood is taken to need nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

LITERAL_LEAST: Final = 3  # letters: fewer occur in most posts
_GROUP_START: Final = re.compile(r"\((?:\?(?:[imsU-]*:|P?<\w+>|[imsU-]+\)))?")
_REPEAT: Final = re.compile(r"[*+?]\??|\{(\d+)(?:,\d*)?\}\??")
_FLAGS: Final = re.compile(r"(?:\(\?[imsU-]+\))*")  # RE2 repeats what stands before them
_DIGIT: Final = re.compile(r"\\d|\[0-9\]|[0-9]").fullmatch


def required_literals(source: str) -> frozenset[str]:
    """Strings in lower case of which at least one occurs in any match; empty if none is certain.

    Looks at the pattern's outermost level: runs of plain characters, and brackets that hold
    nothing but alternatives of them. Anything it does not understand ends a run.
    """
    choices = [_alternative(part) for part in _split(source)]
    if not all(choices):
        return frozenset()
    return frozenset().union(*choices)


def _alternative(source: str) -> frozenset[str]:
    """Return the best literal set of one alternative without a bar on its outer level."""
    best: frozenset[str] = frozenset()
    for literals in _runs(source):
        if literals and min(map(len, literals)) > (min(map(len, best)) if best else 0):
            best = literals
    if not best or min(map(len, best)) < LITERAL_LEAST:
        return frozenset()
    return best


def _split(source: str) -> list[str]:
    """Return the alternatives at the outermost level."""
    parts, depth, last, at, in_class = [], 0, 0, 0, False
    while at < len(source):
        char = source[at]
        if char == "\\":
            at += 1
        elif char == "[":
            in_class = True
        elif char == "]":
            in_class = False
        elif not in_class and char in "()":
            depth += 1 if char == "(" else -1
        elif char == "|" and not in_class and depth == 0:
            parts.append(source[last:at])
            last = at + 1
        at += 1
    return [*parts, source[last:]]


def _runs(source: str) -> Iterator[frozenset[str]]:
    run = ""
    for piece, _, least in _elements(source):
        is_char = len(piece) == 1 and not piece.startswith("(")
        if is_char and least:
            run += piece
        if is_char and least == 1:
            continue
        yield frozenset({run}) if run else frozenset()
        run = ""
        if least and (inside := _inside(piece)) is not None:
            yield required_literals(inside)
    yield frozenset({run}) if run else frozenset()


def _inside(piece: str) -> str | None:
    """Return what a bracket groups; None for anything else."""
    start = _GROUP_START.match(piece)
    return None if start is None or start[0].endswith(")") else piece[start.end() : -1]


def _piece(source: str, at: int) -> tuple[str, int]:
    """Return the next element, a character or a whole bracket, "" for a class; and its end."""
    char = source[at]
    if char == "\\":
        after = source[at + 1 : at + 2]
        return (after if after and not after.isalnum() else ""), _escape_end(source, at)
    if char == "[":
        return "", _class_end(source, at)
    if char == "(":
        end = _bracket_end(source, at)
        return (source[at:end] if end - at > 1 else ""), end
    if char in ".^$":
        return "", at + 1
    lower = char.lower()
    # K (Kelvin) and ſ fold to ASCII letters in RE2 but not in lower(): no literal then.
    return (lower if len(lower) == 1 and lower not in "kſsıσς\u212a" else ""), at + 1


def _escape_end(source: str, at: int) -> int:
    match = re.compile(
        r"\\(?:[pP](?:\{[^}]*\}|.)|x(?:\{[^}]*\}|..)|[0-7]{1,3}|Q.*?(?:\\E|$)|.)", re.DOTALL
    ).match(source, at)
    return match.end() if match else len(source)


def _class_end(source: str, at: int) -> int:
    end = at + 1
    if source[end : end + 1] == "^":
        end += 1
    if source[end : end + 1] == "]":
        end += 1
    while end < len(source) and source[end] != "]":
        if source.startswith("[:", end):
            close = source.find(":]", end)
            end = close + 2 if close > 0 else end + 1
            continue
        end += 2 if source[end] == "\\" else 1
    return min(end + 1, len(source))


def _bracket_end(source: str, at: int) -> int:
    depth = 0
    while at < len(source):
        char = source[at]
        if char == "\\":
            at += 2
            continue
        if char == "[":
            at = _class_end(source, at)
            continue
        depth += {"(": 1, ")": -1}.get(char, 0)
        at += 1
        if depth == 0:
            return at
    return len(source)


def leading_literals(source: str) -> frozenset[str]:
    """Return strings in lower case with one of which any match begins; empty if not certain."""
    choices = [_beginning(part) for part in _split(source)]
    return frozenset().union(*choices) if all(choices) else frozenset()


def _beginning(source: str) -> frozenset[str]:
    run = ""
    for piece, _, least in _elements(source):
        if len(piece) == 1 and least:
            run += piece
            if least > 1:  # repeated, perhaps
                break
        elif piece.startswith("(") and least and not run:
            inside = _inside(piece)
            return frozenset() if inside is None else leading_literals(inside)
        else:
            break
    return frozenset({run}) if len(run) >= LITERAL_LEAST else frozenset()


def needs_digit(source: str) -> bool:
    """Whether any match has a digit, 0 to 9, in it."""
    return all(
        any(least and _DIGIT(written) for _, written, least in _elements(part))
        for part in _split(source)
    )


def _elements(source: str) -> Iterator[tuple[str, str, int]]:
    """Yield each element as `_piece` has it, as it is written, and how often it must stand.

    0: perhaps not at all; 1: once; 2: once or oftener.
    """
    at = 0
    while at < len(source):
        piece, end = _piece(source, at)
        written = source[at:end]
        flags = _FLAGS.match(source, end)
        repeat = _REPEAT.match(source, flags.end() if flags else end)
        least = 1
        if repeat:
            end = repeat.end()
            is_kept = repeat[0][0] == "+" or (repeat[0][0] == "{" and int(repeat[1]) > 0)
            least = 2 if is_kept else 0
        yield piece, written, least
        at = max(end, at + 1)
