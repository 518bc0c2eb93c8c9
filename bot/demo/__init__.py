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


async def demo(*, speed: float, keep: Path | None, posts: Path | None, as_json: bool) -> int:
    """Play, print the outcome, and give the exit code: 0 only if every promise was kept.

    Raises FolderError when `keep` is in use.
    """
    console = Console(quiet=as_json)
    try:
        result = await _play(DemoOptions(speed, keep, as_json, posts), console)
    except (ScriptError, FileNotFoundError, IsADirectoryError, PermissionError) as error:
        sys.stderr.write(f"earshot: cannot play these posts: {error}\n")
        return _BAD_INPUT
    except (StageFright, NoAnswerError) as error:
        sys.stderr.write(f"earshot: the demo did not get under way: {error}\n")
        return _NOT_KEPT
    if as_json:
        print_json(result)
    else:
        show_result(result, console)
    return _KEPT if result.is_kept else _NOT_KEPT
