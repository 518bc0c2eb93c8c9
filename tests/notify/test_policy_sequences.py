"""Any sequence of posts, edits, settings and clock steps, decided by the policy alone.

What the stages keep in rows is kept in a small book here, so hundreds of sequences take a second;
`test_telling` plays a few of the same on the real archive.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from test_policy import facts

from bot.notify.dispatch import decision
from bot.notify.policy import Hold, Person, Telling, of_changed, of_held
from bot.notify.timing import is_quiet
from storage.records import (
    AlertId,
    AlertState,
    ChannelId,
    Held,
    Mute,
    MuteId,
    PostId,
    Priority,
    QuietHours,
    Rhythm,
    Routing,
    StoryId,
    SubscriberId,
    SubscriberState,
    SubscriptionId,
    SubscriptionState,
    Withheld,
)

ME = SubscriberId(1)
MAX_AGE = timedelta(hours=24)
# The evening before clocks are put forward or back, or where they never are.
EVENINGS = (
    (ZoneInfo("Europe/Kyiv"), datetime(2026, 3, 28, 20, 0, tzinfo=UTC)),
    (ZoneInfo("Europe/Kyiv"), datetime(2026, 10, 24, 20, 0, tzinfo=UTC)),
    (ZoneInfo("Australia/Lord_Howe"), datetime(2026, 4, 4, 12, 0, tzinfo=UTC)),
    (ZoneInfo("America/New_York"), datetime(2026, 11, 1, 1, 0, tzinfo=UTC)),
    (ZoneInfo("Asia/Kathmandu"), datetime(2026, 6, 1, 12, 0, tzinfo=UTC)),
)
GROUPS = {ChannelId(2): frozenset({"air"})}


@dataclass
class Entry:
    """What is kept of the alert of one story."""

    state: AlertState
    reason: Withheld | Held | None
    until: datetime
    is_urgent: bool
    queries: set[int]
    told_at: datetime | None = None
    times: int = 0


@dataclass
class Query:
    rhythm: Rhythm = Rhythm.NOW
    is_urgent: bool = False
    state: SubscriptionState = SubscriptionState.ACTIVE


@dataclass
class Book:
    """One person, two queries, their rules, and what they were owed."""

    zone: ZoneInfo
    now: datetime
    rules: Routing = field(default_factory=lambda: Routing(ME))
    mutes: tuple[Mute, ...] = ()
    is_blocked: bool = False
    queries: tuple[Query, Query] = field(default_factory=lambda: (Query(), Query()))
    entries: dict[int, Entry] = field(default_factory=dict)
    posted: dict[int, datetime] = field(default_factory=dict)

    def hit(self, story: int, channel: int, watched: tuple[int, ...]) -> None:
        self.posted.setdefault(story, self.now)
        entry = self.entries.get(story)
        batch = [
            facts(
                id=number,
                subscription_id=SubscriptionId(number),
                subscription_state=self.queries[number].state,
                rhythm=self.queries[number].rhythm,
                is_urgent=self.queries[number].is_urgent,
                subscriber_state=SubscriberState.BLOCKED_BOT
                if self.is_blocked
                else SubscriberState.ACTIVE,
                story_id=StoryId(story),
                post_id=PostId(story),
                channel_id=ChannelId(channel),
                posted_at=self.posted[story],
                alert_id=AlertId(story) if entry else None,
                alert_state=entry.state if entry else None,
            )
            for number in watched
        ]
        person = Person(self.rules, self.mutes, self.zone, self._told_lately())
        made = decision(batch, self.now, MAX_AGE, {ME: person}, GROUPS)
        for new in made.new:
            is_urgent = new.priority is Priority.URGENT
            until = new.until or self.now
            self.entries[story] = Entry(new.state, new.reason, until, is_urgent, set(watched))
        for again in made.again:
            self._again(self.entries[story], again.held, again.until, again.priority)
        self.entries[story].queries |= set(watched)

    def _again(self, entry, held, until, priority) -> None:
        if entry.state is AlertState.SENT:
            return  # it is brought up to date in place
        is_urgent = priority is Priority.URGENT
        if held is None:
            entry.state, entry.reason, entry.until = AlertState.OWED, None, self.now
            entry.is_urgent |= is_urgent
        elif entry.state is AlertState.WITHHELD or (
            entry.state is AlertState.HELD and until < entry.until
        ):
            entry.state, entry.reason, entry.until = AlertState.HELD, held, until

    def _told_lately(self) -> int:
        since = self.now - timedelta(hours=1)
        return sum(
            entry.state is AlertState.OWED or bool(entry.told_at and entry.told_at >= since)
            for entry in self.entries.values()
        )

    def change(self, **rules) -> None:
        self.rules = replace(self.rules, **rules)
        ended = {Held.QUIET} if "quiet" in rules else set()
        if "snoozed_until" in rules and rules["snoozed_until"] is None:
            ended.add(Held.SNOOZED)
        for entry in self.entries.values():  # as `routing.set_…` do
            if entry.state is AlertState.HELD and entry.reason in ended:
                entry.until = self.now
        if rules.get("is_paused") or rules.get("snoozed_until"):
            for entry in self.entries.values():
                if entry.state is AlertState.OWED:
                    entry.state, entry.reason, entry.until = AlertState.HELD, Held.SNOOZED, self.now
        self.hold_anew()

    def set_back(self, by: timedelta) -> None:
        self.now -= by
        for entry in self.entries.values():  # as the app does
            if entry.state is AlertState.OWED:
                entry.until = min(entry.until, self.now)
        self.hold_anew()

    def hold_anew(self) -> None:
        if self.rules.is_paused:
            return
        for entry in self.entries.values():
            if entry.state is AlertState.HELD:
                active = [
                    Telling(query.rhythm, query.is_urgent)
                    for number in entry.queries
                    if (query := self.queries[number]).state is SubscriptionState.ACTIVE
                ]
                before = Hold(entry.reason, entry.until)
                found = of_changed(before, active, self.rules, self.now, self.zone)
                entry.until = found.until if found else self.now
                entry.reason = found.reason if found else entry.reason

    def digest(self) -> None:
        due = [
            entry
            for entry in self.entries.values()
            if entry.state is AlertState.HELD and entry.until <= self.now
        ]
        found = of_held(self.rules, SubscriberState.ACTIVE, self.now, self.zone)
        for entry in due:
            if isinstance(found, Hold):
                assert found.until > self.now
                entry.reason, entry.until = found.reason, found.until
            elif found is not None:
                entry.state, entry.reason = AlertState.WITHHELD, found
            else:
                self._tell(entry)

    def send(self) -> None:
        for entry in self.entries.values():
            if entry.state is AlertState.OWED:
                self._tell(entry)

    def _tell(self, entry: Entry) -> None:
        rules = self.rules
        assert not rules.is_paused
        assert rules.snoozed_until is None or rules.snoozed_until <= self.now
        assert entry.is_urgent or not is_quiet(rules.quiet, self.now, self.zone)
        assert entry.until <= self.now
        entry.state, entry.reason, entry.told_at = AlertState.SENT, None, self.now
        entry.times += 1


acts = st.one_of(
    st.tuples(
        st.just("hit"),
        st.integers(0, 5),
        st.integers(1, 3),
        st.sampled_from([(0,), (1,), (0, 1)]),
    ),
    st.tuples(st.just("wait"), st.sampled_from([1, 29, 120, 600])),
    st.tuples(st.just("back"), st.sampled_from([1, 90, 900, 60_000])),
    st.tuples(st.just("rhythm"), st.integers(0, 1), st.sampled_from(Rhythm)),
    st.tuples(st.just("urgent"), st.integers(0, 1), st.booleans()),
    st.tuples(st.just("state"), st.integers(0, 1), st.sampled_from(["active", "paused"])),
    st.tuples(st.just("pause"), st.booleans()),
    st.tuples(st.just("snooze"), st.sampled_from([None, 1, 9, 170])),
    st.tuples(
        st.just("quiet"),
        st.sampled_from([None, QuietHours(time(22), time(3, 30)), QuietHours(time(1), time(2))]),
    ),
    st.tuples(st.just("cap"), st.sampled_from([None, 1, 3])),
    st.tuples(
        st.just("digests"),
        st.sampled_from([(time(9),), (time(2, 30), time(18)), (time(0), time(3))]),
    ),
    st.tuples(st.just("mute"), st.booleans()),
    st.tuples(st.just("block"), st.booleans()),
)


def play(book: Book, act: tuple) -> None:  # noqa: C901, PLR0912  # a line for each act
    match act:
        case ("hit", story, channel, watched):
            book.hit(story, channel, watched)
        case ("wait", minutes):
            book.now += timedelta(minutes=minutes)
        case ("back", minutes):
            book.set_back(timedelta(minutes=minutes))
        case ("rhythm", number, rhythm):
            book.queries[number].rhythm = rhythm
        case ("urgent", number, is_urgent):
            book.queries[number].is_urgent = is_urgent
        case ("state", number, state):
            book.queries[number].state = SubscriptionState(state)
        case ("pause", is_paused):
            book.change(is_paused=is_paused)
        case ("snooze", hours):
            until = book.now + timedelta(hours=hours) if hours else None
            book.change(snoozed_until=until)
        case ("quiet", quiet):
            book.change(quiet=quiet)
        case ("cap", cap):
            book.change(cap_per_hour=cap)
        case ("digests", times):
            book.change(digest_times=times)
        case ("mute", is_muted):
            mute = Mute(MuteId(1), ME, None, None, "air", book.now)
            book.mutes = (mute,) if is_muted else ()
        case ("block", is_blocked):
            book.is_blocked = is_blocked
    if act[0] in ("rhythm", "urgent"):
        book.hold_anew()


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(EVENINGS), st.lists(acts, max_size=30))
def test_any_sequence_tells_each_story_once_or_holds_it_for_a_reason(evening, played):
    book = Book(*evening)
    for act in played:
        play(book, act)
        book.digest()
        book.send()
        for entry in book.entries.values():
            assert entry.times <= 1
            assert (entry.state is AlertState.SENT) == (entry.times == 1)
            assert entry.reason or entry.state is AlertState.SENT
            assert entry.state is not AlertState.HELD or entry.until > book.now
    book.is_blocked = False
    book.change(is_paused=False, snoozed_until=None)
    for _ in range(24):  # past every digest, over the change of clocks
        book.now += timedelta(hours=3)
        book.digest()
        book.send()
    assert {entry.state for entry in book.entries.values()} <= {
        AlertState.SENT,
        AlertState.WITHHELD,
    }
