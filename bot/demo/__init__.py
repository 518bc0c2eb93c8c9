"""The demo: a scripted morning on a loopback Telegram, and the proof that Earshot kept up."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from bot.demo.play import DemoOptions, StageFright
from bot.demo.play import demo as _play
from bot.demo.summary import show_result
from bot.operate.listing import print_json
from bot.sandbox.script import ScriptError
from bot.sandbox.visitor import NoAnswerError

_KEPT, _NOT_KEPT, _BAD_INPUT = 0, 1, 2
_PLAIN_WIDTH = 120  # columns where there is no terminal


async def demo(*, speed: float, keep: Path | None, posts: Path | None, as_json: bool) -> int:
    """Play, print the outcome, and give the exit code: 0 only if every promise was kept.

    Raises FolderError when `keep` is in use.
    """
    console = Console(quiet=as_json, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
    complaint, code = "", _NOT_KEPT
    try:
        result = await _play(DemoOptions(speed, keep, posts), console)
    except* (ScriptError, FileNotFoundError, IsADirectoryError, PermissionError) as trouble:
        complaint, code = f"cannot play these posts: {trouble.exceptions[0]}", _BAD_INPUT
    except* (StageFright, NoAnswerError) as trouble:
        complaint = f"the demo did not get under way: {_first_of(trouble)}"
    if complaint:
        sys.stderr.write(f"earshot: {complaint}\n")
        return code
    if as_json:
        print_json(result)
    else:
        show_result(result, console)
    return _KEPT if result.is_kept else _NOT_KEPT


def _first_of(trouble: BaseException) -> BaseException:
    """Take the failure out of the groups that task groups raise."""
    while isinstance(trouble, BaseExceptionGroup):
        trouble = trouble.exceptions[0]
    return trouble
