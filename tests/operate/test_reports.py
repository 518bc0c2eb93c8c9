from collections import Counter
from datetime import UTC, datetime, timedelta

from bot.operate.reports import State, report
from bot.telemetry import Part
from bot.translation import Voice
from storage.records import ChannelState, Waiting

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def test_the_worst_comes_first_and_each_thing_is_said():
    state = State(
        parts=(Part("main", is_ready=True, detail="ok"), Part("bot", is_ready=False, detail="out")),
        channel_states=Counter({ChannelState.FOLLOWED: 7, ChannelState.UNREACHABLE: 1}),
        reasons=("@gone: private",),
        waits={"resolve": NOW + timedelta(hours=2)},
        queues={
            "posts to be matched": Waiting(3, NOW - timedelta(seconds=4)),
            "alerts to be sent": Waiting(9, NOW - timedelta(seconds=400)),
        },
        dead=2,
    )
    lines = report(state, NOW, Voice()).splitlines()
    assert lines == [
        "✗ bot: out",
        "✗ channels unreachable: 1",
        "   @gone: private",
        "! Telegram asks to wait with resolve until 12:00",
        "! alerts to be sent: 9, the oldest for 400 seconds",
        "! alerts refused for good: 2",
        "✓ main: ok",
        "✓ channels followed: 7",
        "✓ posts to be matched: 3, the oldest for 4 seconds",
    ]
