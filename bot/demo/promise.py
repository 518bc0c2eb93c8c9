"""What a story owes against what the server saw delivered: pure, and able to say no.

In come the story's beats, the server's own journal of what the bot sent, and which message is
which post; out comes, for each subscriber, what was owed and what went wrong.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.demo.story import Beat, Held
from bot.sandbox.journal import BotMessage
from bot.sandbox.script import Act

DELETED_SIGN = "🗑"
EDITED_SIGN = "✏️"
_POST_LINK = re.compile(r"https://t\.me/(c/\d+|\w+)/(\d+)")
_ALERT_BUTTON = "Open post"

PostKey = str
PersonKey = str


@dataclass(frozen=True, slots=True)
class Owed:
    """One alert that is owed: what it must show in the end, and why it may be late.

    `beat` is the number of the beat from which it is owed. `shows` is the text after the last
    edit ("" if there was none).
    """

    person: PersonKey
    post: PostKey
    beat: int
    shows: str = ""
    is_edited: bool = False
    is_deleted: bool = False
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """One alert as the server saw it: the post it names ("" if none known), first and last text."""

    person: PersonKey
    post: PostKey
    message_id: int
    first_text: str
    last_text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a subscriber's promise was kept; lists name posts, `strange` first lines of texts."""

    person: PersonKey
    owed: int
    delivered: int
    missing: tuple[PostKey, ...] = ()
    twice: tuple[PostKey, ...] = ()
    unowed: tuple[PostKey, ...] = ()
    stale: tuple[PostKey, ...] = ()
    strange: tuple[str, ...] = ()

    @property
    def is_kept(self) -> bool:
        """Whether each owed alert came once, up to date, and no other."""
        return not (self.missing or self.twice or self.unowed or self.stale or self.strange)


def owed_alerts(beats: Sequence[Beat]) -> tuple[Owed, ...]:
    """Read what the whole story owes when all is told."""
    owed: dict[tuple[PersonKey, PostKey], Owed] = {}
    for number, beat in enumerate(beats):
        step = beat.step
        post = step.target if step.act in (Act.EDIT, Act.DELETE) else step.name
        if step.act is Act.EDIT:
            _change(owed, post, shows=step.text)
        elif step.act is Act.DELETE:
            _change(owed, post, shows=None)
        for person in beat.owed_to:
            shows = step.text if step.act is Act.EDIT else ""
            owed.setdefault((person, post), Owed(person, post, number, shows, held=beat.held))
    return tuple(owed.values())


def _change(
    owed: dict[tuple[PersonKey, PostKey], Owed], post: PostKey, *, shows: str | None
) -> None:
    """Note an edit (its text) or a deletion (None) in the alerts of a post owed so far."""
    for key, old in owed.items():
        if key[1] == post:
            owed[key] = Owed(
                old.person,
                post,
                old.beat,
                old.shows if shows is None else shows,
                is_edited=old.is_edited or shows is not None,
                is_deleted=old.is_deleted or shows is None,
                held=old.held,
            )


def deliveries(
    journal: Iterable[BotMessage],
    people: Mapping[int, PersonKey],
    posts: Mapping[str, PostKey],
) -> tuple[Delivered, ...]:
    """Tell the alerts among a bot's messages, in order; `posts` by their link without https://.

    An alert is what names a post or has the button of one; answers to commands are neither.
    """
    entries = list(journal)
    last = {(entry.user_id, entry.message_id): entry for entry in entries}
    found = []
    for entry in entries:
        if entry.act != "sent" or entry.user_id not in people or not is_alert(entry):
            continue
        final = last[entry.user_id, entry.message_id]
        link = link_of(entry.text)
        text = final.text if final.act != "deleted" else ""
        person, post = people[entry.user_id], posts.get(link, "")
        found.append(Delivered(person, post, entry.message_id, entry.text, text))
    return tuple(found)


def is_alert(entry: BotMessage) -> bool:
    """Tell an alert from an answer."""
    has_button = any(_ALERT_BUTTON in label for row in entry.buttons for label in row)
    return has_button or bool(link_of(entry.text))


def link_of(text: str) -> str:
    """Give the link of the post that an alert names (its last one), without https://; or ""."""
    found = _POST_LINK.findall(text)
    return f"t.me/{found[-1][0]}/{found[-1][1]}" if found else ""


def verdicts(
    people: Iterable[PersonKey], owed: Iterable[Owed], delivered: Iterable[Delivered]
) -> tuple[Verdict, ...]:
    """Hold what was delivered against what was owed, for each person."""
    owed_by: defaultdict[PersonKey, list[Owed]] = defaultdict(list)
    for item in owed:
        owed_by[item.person].append(item)
    got_by: defaultdict[PersonKey, list[Delivered]] = defaultdict(list)
    for alert in delivered:
        got_by[alert.person].append(alert)
    return tuple(_verdict(person, owed_by[person], got_by[person]) for person in people)


def _verdict(person: PersonKey, owed: Sequence[Owed], got: Sequence[Delivered]) -> Verdict:
    by_post: defaultdict[PostKey, list[Delivered]] = defaultdict(list)
    for alert in got:
        if alert.post:
            by_post[alert.post].append(alert)
    wanted = {item.post: item for item in owed}
    kept = [item for item in owed if len(by_post[item.post]) == 1]
    return Verdict(
        person,
        owed=len(wanted),
        delivered=len(kept),
        missing=tuple(post for post in wanted if not by_post[post]),
        twice=tuple(post for post, alerts in by_post.items() if len(alerts) > 1),
        unowed=tuple(post for post, alerts in by_post.items() if alerts and post not in wanted),
        stale=tuple(item.post for item in kept if not _is_up_to_date(item, by_post[item.post][0])),
        strange=tuple(alert.last_text.split("\n")[0] for alert in got if not alert.post),
    )


def _is_up_to_date(owed: Owed, alert: Delivered) -> bool:
    text = alert.last_text
    if owed.shows and owed.shows not in text:
        return False
    # On a busy machine an alert may come only after the edit: then nothing changed in it.
    came_edited = bool(owed.shows) and owed.shows in alert.first_text
    if owed.is_edited and EDITED_SIGN not in text and not came_edited:
        return False
    return not owed.is_deleted or DELETED_SIGN in text
