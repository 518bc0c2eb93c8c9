from collections import Counter
from datetime import UTC, datetime, timedelta

from bot.operate.reports import State, report
from bot.telemetry import Part
from bot.translation import Voice
from storage.condition import Holes
from storage.records import (
    Account,
    AccountId,
    AccountState,
    Blindness,
    BlindPeriod,
    ChannelEvent,
    ChannelEventKind,
    ChannelId,
    ChannelState,
    Waiting,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def test_the_worst_comes_first_and_each_thing_is_said():
    state = State(
        parts=(Part("main", is_ready=True, detail="ok"), Part("bot", is_ready=False, detail="out")),
        channel_states=Counter({ChannelState.FOLLOWED: 7, ChannelState.UNREACHABLE: 1}),
        reasons=("@gone: private",),
        waits={"main": {"resolve": NOW + timedelta(hours=2)}},
        queues={
            "posts to be matched": Waiting(3, NOW - timedelta(seconds=4)),
            "alerts to be sent": Waiting(9, NOW - timedelta(seconds=400)),
        },
        dead=2,
    )
    lines = report(state, NOW, Voice()).splitlines()
    assert lines == [
        "✗ bot: out",
        "   → see the log; check the network, or `earshot doctor`",
        "✗ channels unreachable: 1",
        "   @gone: private",
        "   → see /channels; remove what is gone for good",
        "! Telegram asks main to wait with resolve until 12:00",
        "   → nothing: it goes on by itself; more accounts would share the load",
        "! alerts to be sent: 9, the oldest for 400 seconds",
        "   → look at the machine's load and the log",
        "! alerts refused for good: 2",
        "   → the reasons are in the log: `alert not delivered`",
        "✓ main: ok",
        "✓ channels followed: 7",
        "✓ posts to be matched: 3, the oldest for 4 seconds",
    ]


def test_what_is_blind_lost_or_changed_is_said_with_what_to_do():
    state = State(
        parts=(),
        channel_states=Counter({ChannelState.FOLLOWED: 2}),
        reasons=(),
        waits={},
        queues={},
        dead=0,
        unused=(Account(AccountId(2), "second", None, AccountState.SIGNED_OUT, "banned"),),
        lasting=(
            BlindPeriod(
                1,
                AccountId(2),
                None,
                Blindness.ACCOUNT_LIMITED,
                NOW - timedelta(minutes=30),
                None,
                None,
            ),
        ),
        blind_today=(2, 600.0),
        holes=Holes((ChannelId(7),), 12),
        oldest_check=NOW - timedelta(hours=3),
        events=(ChannelEvent(ChannelId(7), NOW, ChannelEventKind.NAME_CHANGED, "@old", "@front"),),
        names={ChannelId(7): "@front"},
        labels={2: "second"},
    )
    said = report(state, NOW, Voice())
    assert said.splitlines()[:4] == [
        "✗ account second is not used: banned",
        "   → `earshot accounts add second` signs it in anew, or `resume` it",
        "✗ blind since 09:30: the account was signed out, limited or paused (second)",
        "   → see the log; check the network, or `earshot doctor`",
    ]
    assert "! 12 message ids unknown in @front" in said
    assert "! a channel was last looked at 07:00" in said
    assert "! @front changed its @name (10:00): @old → @front" in said
    assert "✓ 2 blind periods in a day, 10 minutes in all" in said
