"""Lists in chat, page by page, with their buttons: pure.

A page never exceeds a message: its rows are few and each is cut. Button data say what to do and
where the reader is, never whose it is: that is looked up at the press.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.notify.compose import isolated
from bot.notify.snippet import shortened
from bot.operate.people import Person
from bot.operate.texts import NO_CHANNELS, NO_QUERIES, plain
from bot.telegram.messages import Button, OutgoingText, Style, TextBuilder
from storage.records import Channel, Subscription, SubscriptionState

QUERIES = "l"
CHANNELS = "c"
PEOPLE = "w"
PAUSE = "lp"
RESUME = "lr"
DELETE = "ld"
QUERIES_A_PAGE = 8
ROWS_A_PAGE = 12
_QUERY = 120  # code points shown
_NAME = 48
_REASON = 60


@dataclass(frozen=True, slots=True)
class Page:
    """Where a page is among all: `number` from 0, `size` rows a page, `total` rows in all."""

    number: int
    size: int
    total: int

    @property
    def count(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))

    @property
    def offset(self) -> int:
        """How many rows come before it."""
        return self.number * self.size


def page_at(number: int, size: int, total: int) -> Page:
    """Give the page with that number, or the nearest there is."""
    last = max(1, -(-total // size)) - 1
    return Page(min(max(number, 0), last), size, total)


def queries(rows: Sequence[Subscription], page: Page) -> OutgoingText:
    """Show one page of a person's own subscriptions."""
    if not rows:
        return plain(NO_QUERIES)
    builder = TextBuilder()
    _write_head(builder, "Your queries", page)
    buttons = []
    for row in rows:
        is_paused = row.state is SubscriptionState.PAUSED
        builder.add(f"\n{row.id}. {isolated(shortened(row.query, _QUERY))}")
        if is_paused:
            builder.add(" (paused)", Style.ITALIC)
        verb, label = (RESUME, "Resume") if is_paused else (PAUSE, "Pause")
        buttons.append(
            [
                Button(f"{label} {row.id}", data=f"{verb}:{page.number}:{row.id}".encode()),
                Button(f"Delete {row.id}", data=f"{DELETE}:{page.number}:{row.id}".encode()),
            ]
        )
    return builder.build([*buttons, *_turning(QUERIES, page)])


def channels(rows: Sequence[Channel], page: Page) -> OutgoingText:
    """Show one page of the channel list."""
    if not rows:
        return plain(NO_CHANNELS)
    builder = TextBuilder()
    _write_head(builder, "Channels", page)
    for row in rows:
        builder.add(f"\n{isolated(shortened(row.name, _NAME))}: {row.state}, {row.mode}")
        if row.reason:
            builder.add(f" ({isolated(shortened(row.reason, _REASON))})")
    return builder.build(_turning(CHANNELS, page))


def people(rows: Sequence[Person], page: Page) -> OutgoingText:
    """Show one page of who is in and who was."""
    builder = TextBuilder()
    _write_head(builder, "People", page)
    for row in rows:
        name = isolated(shortened(row.name, _NAME))
        builder.add(f"\n{row.id}. {name}: {row.role}, {row.state.replace('_', ' ')}")
    return builder.build(_turning(PEOPLE, page))


def _write_head(builder: TextBuilder, title: str, page: Page) -> None:
    builder.add(f"{title}: {page.total}", Style.BOLD)
    if page.count > 1:
        builder.add(f" · page {page.number + 1} of {page.count}")


def _turning(kind: str, page: Page) -> list[list[Button]]:
    row = []
    if page.number > 0:
        row.append(Button("‹ Back", data=f"{kind}:{page.number - 1}".encode()))
    if page.number + 1 < page.count:
        row.append(Button("More ›", data=f"{kind}:{page.number + 1}".encode()))
    return [row] if row else []
