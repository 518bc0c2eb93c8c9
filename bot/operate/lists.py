"""Long lists as messages with pages and buttons: pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.notify.snippet import shortened
from bot.operate import texts
from bot.telegram.messages import Button, OutgoingText, Style, TextBuilder
from storage.records import Channel, Subscriber, Subscription, SubscriptionState

PAGE = 5  # of subscriptions: each takes a row of buttons
LONG_PAGE = 20  # of channels and people, which take none
_QUERY = 300
_LINE = 120


def subscriptions_page(items: Sequence[Subscription], page: int, total: int) -> OutgoingText:
    """Show a page (from 0) of a person's subscriptions."""
    if not total:
        return OutgoingText(texts.NOTHING_WATCHED)
    builder = _headed("Your queries", page, PAGE, total)
    rows: list[list[Button]] = []
    for item in items:
        is_paused = item.state is SubscriptionState.PAUSED
        builder.add(f"\n#{item.id}", Style.BOLD)
        builder.add(f"{' (paused)' if is_paused else ''}  {shortened(item.query, _QUERY)}")
        verb, label = ("lr", "Resume") if is_paused else ("lp", "Pause")
        rows.append(
            [
                Button(f"{label} #{item.id}", data=f"{verb}:{item.id}:{page}".encode()),
                Button(f"Delete #{item.id}", data=f"ld:{item.id}:{page}".encode()),
            ]
        )
    return builder.build([*rows, *_turns("lg", page, PAGE, total)])


def channels_page(items: Sequence[Channel], page: int) -> OutgoingText:
    """Show a page (from 0) of all channels."""
    if not items:
        return OutgoingText(texts.NO_CHANNELS)
    builder = _headed("Channels", page, LONG_PAGE, len(items))
    for item in items[page * LONG_PAGE : (page + 1) * LONG_PAGE]:
        reason = f": {item.reason}" if item.reason else ""
        title = f" {item.title}" if item.title else ""
        builder.add("\n" + shortened(f"{item.reference}{title} – {item.state}{reason}", _LINE))
    return builder.build(_turns("cg", page, LONG_PAGE, len(items)))


def people_page(items: Sequence[Subscriber], page: int, total: int) -> OutgoingText:
    """Show a page (from 0) of the people."""
    builder = _headed("People", page, LONG_PAGE, total)
    for item in items:
        builder.add("\n" + shortened(f"{item.id}. {item.name} – {item.role}, {item.state}", _LINE))
    return builder.build(_turns("pg", page, LONG_PAGE, total))


def last_page(total: int, size: int) -> int:
    """Give the number (from 0) of the last page."""
    return max(0, (total - 1) // size)


def _headed(title: str, page: int, size: int, total: int) -> TextBuilder:
    pages = last_page(total, size) + 1
    builder = TextBuilder().add(f"{title} ({total})", Style.BOLD)
    return builder.add(f", page {page + 1} of {pages}" if pages > 1 else "")


def _turns(verb: str, page: int, size: int, total: int) -> list[list[Button]]:
    row = []
    if page > 0:
        row.append(Button("‹ Back", data=f"{verb}:{page - 1}".encode()))
    if page < last_page(total, size):
        row.append(Button("More ›", data=f"{verb}:{page + 1}".encode()))
    return [row] if row else []
