"""What a person at the keyboard gives: answers, never echoing a secret, and files they name."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from storage.failures import BadInput

_FILE_POLL_S = 0.5
_FILE_DEADLINE_S = 300  # a person or a script fetches the code from another device meanwhile


BAD_LINES = 2  # the exit code of a verb that passed lines of its input over
_T = TypeVar("_T")


class FileUnreadableError(BadInput):
    """A file named on the command line cannot be read or written; the message says which."""


class NoAnswer(BadInput):
    """Nobody answers: standard input is closed; the message says what to give instead."""


async def ask(question: str, *, instead: str, is_secret: bool = False) -> str:
    """Ask on stderr and read a line from standard input. Raises NoAnswer, naming `instead`.

    Waits without blocking the loop on a terminal, so that Ctrl-C works and connections live on.
    """
    sys.stderr.write(f"{question}: ")
    sys.stderr.flush()
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        sys.stderr.write("\n")
    else:
        with _without_echo() if is_secret else contextlib.nullcontext():
            line = await _line_from_terminal()
    if not line:
        raise NoAnswer(f"no answer on standard input: give {instead}")
    return line.strip()


async def _line_from_terminal() -> str:
    loop = asyncio.get_running_loop()
    is_readable = asyncio.Event()
    loop.add_reader(sys.stdin, is_readable.set)
    try:
        await is_readable.wait()
    finally:
        loop.remove_reader(sys.stdin)
    return sys.stdin.readline()


@contextlib.contextmanager
def _without_echo() -> Iterator[None]:
    before = termios.tcgetattr(sys.stdin)
    silent = [*before]
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, silent)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, before)
        sys.stderr.write("\n")


async def read_when_there(path: Path) -> str:
    """Give what a file holds as soon as it holds something. Raises NoAnswer after five minutes."""
    try:
        async with asyncio.timeout(_FILE_DEADLINE_S):
            while True:
                if await asyncio.to_thread(path.exists):
                    text = (await asyncio.to_thread(path.read_text)).strip()
                    if text:
                        return text
                await asyncio.sleep(_FILE_POLL_S)
    except TimeoutError:
        raise NoAnswer(f"the file {path} stayed empty for {_FILE_DEADLINE_S} s") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise NoAnswer(f"cannot read the file {path}: {reason}") from None


def read_text(path: Path) -> str:
    """Give what a file named on the command line holds. Raises NoAnswer."""
    try:
        return path.expanduser().read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise NoAnswer(f"cannot read the file {path}: {reason}") from None


def reading(path: Path, read: Callable[[Path], _T]) -> _T:
    """Read a file named on the command line. Raises FileUnreadableError."""
    try:
        return read(path)
    except OSError as error:
        raise FileUnreadableError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise FileUnreadableError(f"cannot read {path}: not UTF-8") from None


def asked_yes(question: str, *, instead: str) -> bool:
    """Ask for a yes on the terminal. Raises NoAnswer, naming `instead`, when nobody is there."""
    answer = asyncio.run(ask(f"{question} [y/N]", instead=instead))
    return answer.lower() in {"y", "yes"}
