"""What a person sees while the demo runs: a line for each post and alert, and what is stored."""

from __future__ import annotations

import time

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from bot.demo.story import CastPerson
from bot.operate.status import status_line
from bot.sandbox.script import Act, Step
from bot.telemetry import Telemetry

_EXCERPT = 60
_WORDS = {
    Act.ALBUM: "posts an album",
    Act.FORWARD: "forwards",
    Act.EDIT: "is edited",
    Act.DELETE: "is deleted",
    Act.FLOOD: "Telegram asks to wait",
    Act.CUT: "the network is cut",
}
_REFRESH_S = 0.25


class Show:
    """Prints to a console; `is_brief` leaves single posts and alerts out (there are thousands)."""

    def __init__(self, console: Console, *, is_brief: bool) -> None:
        self._console = console
        self._is_brief = is_brief
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._telemetry: Telemetry | None = None
        self._began = time.monotonic()
        self._shown_at = 0.0

    def open(self, telemetry: Telemetry) -> None:
        """Begin to show the line of what is stored."""
        self._telemetry = telemetry
        if self._console.is_terminal:
            self._live.start()

    def close(self) -> None:
        """Take the live line away."""
        self._live.stop()

    def phase(self, text: str) -> None:
        """Say what happens next."""
        self._print(f"[bold]{escape(text)}[/bold]")

    def told(self, step: Step) -> None:
        """Show a step of the story."""
        if self._is_brief:
            self._refresh()
            return
        if step.act in (Act.FLOOD, Act.CUT):
            where = f"{step.method} {step.seconds:g} s".strip()
            self._print(f"[yellow]⚠ {_WORDS[step.act]}: {escape(where)}[/yellow]")
            return
        verb = _WORDS.get(step.act, "posts")
        subject = step.channel or step.target
        said = step.text or step.target if step.channel else step.text
        self._print(f"  {escape(subject)} {verb}{_quoted(said)}")

    def arrived(
        self, person: CastPerson, text: str, after_s: float | None, *, is_edit: bool
    ) -> None:
        """Show an alert that reached a subscriber; `after_s` is None for a later change of it."""
        if self._is_brief:
            self._refresh()
            return
        what = "sees the change" if is_edit else "is alerted"
        delay = "" if after_s is None else f" after {1000 * after_s:.0f} ms"
        first = " ".join(text.split("\n", maxsplit=1)[0].split())
        self._print(
            f"    [cyan]→ {escape(person.name)} ({person.role}) {what}{delay}:[/cyan] "
            f"{escape(first)}"
        )

    def _print(self, markup: str) -> None:
        moment = time.monotonic() - self._began
        self._console.print(
            f"[dim]{moment:6.2f}[/dim] {markup}", highlight=False, no_wrap=True, overflow="ellipsis"
        )
        self._refresh()

    def _refresh(self) -> None:
        now = time.monotonic()
        if self._telemetry is None or now - self._shown_at < _REFRESH_S:
            return
        self._shown_at = now
        line = status_line(self._telemetry.tally, [])
        if self._console.is_terminal:
            self._live.update(Text(line, style="green", no_wrap=True), refresh=True)


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    if not line:
        return ""
    return f": {escape(line[:_EXCERPT])}{'…' * (len(line) > _EXCERPT)}"
