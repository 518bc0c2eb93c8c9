"""The demo: a scripted morning on a loopback Telegram, and the proof that Earshot kept up."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from bot.demo.play import DemoOptions, StageFright
from bot.demo.play import demo as _play
from bot.demo.summary import show_result
from bot.operate.listing import print_json
from bot.operate.outcome import BAD_INPUT, FAILED
from bot.operate.stopping import run_until_signal
from bot.sandbox.script import ScriptError
from bot.sandbox.visitor import NoAnswerError

_PLAIN_WIDTH = 120  # columns where there is no terminal


async def demo(*, speed: float, keep: Path | None, posts: Path | None, as_json: bool) -> int:
    """Play, print the outcome, and give the exit code: 0 only if every promise was kept.

    Ctrl-C and SIGTERM stop it in order, and leave nothing behind. Raises FolderError when `keep`
    is in use.
    """
    codes: list[int] = []

    async def whole() -> None:
        codes.append(await _told(DemoOptions(speed, keep, posts), as_json=as_json))

    stopped = await run_until_signal(whole())
    return codes[0] if codes else stopped or FAILED


async def _told(options: DemoOptions, *, as_json: bool) -> int:
    console = Console(quiet=as_json, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
    complaint, code = "", FAILED
    try:
        result = await _play(options, console)
    except* ScriptError as trouble:
        complaint, code = f"cannot play this: {_first_of(trouble)}", BAD_INPUT
    except* (StageFright, NoAnswerError) as trouble:
        complaint = f"the demo did not get under way: {_first_of(trouble)}"
    if complaint:
        sys.stderr.write(f"earshot: {complaint}\n")
        return code
    if as_json:
        print_json(result)
    else:
        show_result(result, console)
    return 0 if result.is_kept else FAILED


def _first_of(trouble: BaseException) -> BaseException:
    """Take the failure out of the groups that task groups raise."""
    while isinstance(trouble, BaseExceptionGroup):
        trouble = trouble.exceptions[0]
    return trouble
