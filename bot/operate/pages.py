"""Lists in chat, page by page, with their buttons: pure.

A page never exceeds a message: its rows are few and each is cut. Button data say what to do and
where the reader is, never whose it is: that is looked up at the press.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.notify.compose import isolated
from bot.notify.snippet import shortened
from bot.operate.buttons import button
from bot.operate.people import Person
from bot.operate.query_pages import CARD, QUERIES, told_shortly
from bot.operate.texts import NO_CHANNELS, NO_QUERIES, ROLES, said
from bot.telegram.messages import Button, OutgoingText, Style, TextBuilder
from bot.translation import Voice, counted, phrase
from storage.activity import Activity
from storage.records import (
    Channel,
    ChannelId,
    ChannelState,
    FollowMode,
    Precision,
    SubscriberState,
    Subscription,
    SubscriptionId,
    SubscriptionState,
)

CHANNELS = "c"
PEOPLE = "w"
PERSON_CARD = "hc"
PAUSE = "lp"
RESUME = "lr"
DELETE = "ld"
QUERIES_A_PAGE = 8
ROWS_A_PAGE = 12
PEOPLE_A_PAGE = 10
YOUR_QUERIES = phrase("Your queries")
CHANNEL_LIST = phrase("Channels")
PEOPLE_LIST = phrase("People")
PAGE_OF = phrase("page {number} of {count}")
BACK = phrase("‹ Back")
MORE = phrase("More ›")
IN_PICTURE = phrase("Found in words that a program read from a picture; it may be wrong.")
PAUSE_IT = phrase("Pause {number}")
RESUME_IT = phrase("Resume {number}")
DELETE_IT = phrase("Delete {number}")
CHANNEL_STATES = {
    ChannelState.WANTED: phrase("not yet read"),
    ChannelState.FOLLOWED: phrase("followed"),
    ChannelState.UNREACHABLE: phrase("unreachable"),
    ChannelState.REMOVED: phrase("off the list"),
}
MODES = {FollowMode.JOIN: phrase("as a member"), FollowMode.POLL: phrase("without joining")}
CHANNEL_SIGNS = {
    ChannelState.WANTED: "…",
    ChannelState.FOLLOWED: "✓",
    ChannelState.UNREACHABLE: "✗",
    ChannelState.REMOVED: "-",
}
IN_GROUPS = phrase("groups: {groups}")
NO_POSTS = phrase("no posts yet")
VOLUME = counted(
    "last post {last}, {n} post in 24 hours, normally {normal} a day",
    "last post {last}, {n} posts in 24 hours, normally {normal} a day",
)
PERSON_STATES = {
    SubscriberState.ACTIVE: phrase("active"),
    SubscriberState.REMOVED: phrase("removed"),
    SubscriberState.BLOCKED_BOT: phrase("blocked the bot"),
}
_QUERY = 120  # code points shown
_NAME = 48
_REASON = 60
_GROUPS = 60
_CARDS_A_ROW = 5


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


def queries(
    rows: Sequence[Subscription],
    page: Page,
    voice: Voice,
    precisions: Mapping[SubscriptionId, Precision] | None = None,
) -> OutgoingText:
    """Show one page of a person's own subscriptions."""
    if not rows:
        return said(voice, NO_QUERIES)
    builder = TextBuilder()
    write_head(builder, YOUR_QUERIES, page, voice)
    buttons = []
    for row in rows:
        builder.add(f"\n{row.id}. {isolated(shortened(row.query, _QUERY))}")
        told = told_shortly(row, voice, (precisions or {}).get(row.id))
        if told:
            builder.add(f" ({told})", Style.ITALIC)
        is_paused = row.state is SubscriptionState.PAUSED
        verb, label = (RESUME, RESUME_IT) if is_paused else (PAUSE, PAUSE_IT)
        buttons.append(
            [
                button(f"⚙ {row.id}", CARD, row.id),
                button(voice.text(label, number=row.id), verb, page.number, row.id),
                button(voice.text(DELETE_IT, number=row.id), DELETE, page.number, row.id),
            ]
        )
    return builder.build([*buttons, *turning(QUERIES, page, voice)])


def channels(
    rows: Sequence[Channel],
    page: Page,
    voice: Voice,
    lively: Mapping[ChannelId, Activity],
    now: datetime,
) -> OutgoingText:
    """Show one page of the channel list: how each is, its groups, its last post and volume."""
    if not rows:
        return said(voice, NO_CHANNELS)
    builder = TextBuilder()
    write_head(builder, CHANNEL_LIST, page, voice)
    for row in rows:
        sign = CHANNEL_SIGNS[row.state]
        builder.add(f"\n{sign} ").add(isolated(shortened(row.name, _NAME)), Style.BOLD)
        builder.add(f": {voice.text(CHANNEL_STATES[row.state])}, {voice.text(MODES[row.mode])}")
        if row.reason:
            builder.add(f" ({isolated(shortened(voice.known(row.reason), _REASON))})")
        if row.groups:
            groups = shortened(", ".join(sorted(row.groups)), _GROUPS)
            builder.add("\n   " + voice.text(IN_GROUPS, groups=isolated(groups)))
        if row.id in lively:
            builder.add("\n   " + _volume(lively[row.id], voice, now))
    return builder.build(turning(CHANNELS, page, voice))


def _volume(found: Activity, voice: Voice, now: datetime) -> str:
    if found.last_post_at is None:
        return voice.text(NO_POSTS)
    normal = f"{found.normal_per_day:.0f}" if found.normal_per_day >= 1 else "<1"
    last = voice.clock(found.last_post_at, now)
    return voice.count(VOLUME, found.last_day, last=last, normal=normal)


def people(rows: Sequence[Person], page: Page, voice: Voice) -> OutgoingText:
    """Show one page of who is in and who was."""
    builder = TextBuilder()
    write_head(builder, PEOPLE_LIST, page, voice)
    for row in rows:
        name = isolated(shortened(row.name, _NAME))
        role, state = voice.text(ROLES[row.role]), voice.text(PERSON_STATES[row.state])
        builder.add(f"\n{row.id}. {name}: {role}, {state}")
    cards = [button(f"⚙ {row.id}", PERSON_CARD, row.id) for row in rows]
    in_rows = [cards[start : start + _CARDS_A_ROW] for start in range(0, len(cards), _CARDS_A_ROW)]
    return builder.build([*in_rows, *turning(PEOPLE, page, voice)])


def write_head(builder: TextBuilder, title: str, page: Page, voice: Voice) -> None:
    """Write the title of a page, how many rows there are in all, and where it is."""
    builder.add(f"{voice.text(title)}: {page.total}", Style.BOLD)
    if page.count > 1:
        builder.add(f" · {voice.text(PAGE_OF, number=page.number + 1, count=page.count)}")


def turning(kind: str, page: Page, voice: Voice) -> list[list[Button]]:
    """Give the row of buttons that turns pages of a kind, no row when there is one page."""
    row = []
    if page.number > 0:
        row.append(button(voice.text(BACK), kind, page.number - 1))
    if page.number + 1 < page.count:
        row.append(button(voice.text(MORE), kind, page.number + 1))
    return [row] if row else []
