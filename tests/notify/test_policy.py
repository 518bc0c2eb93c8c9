from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from bot.notify.dispatch import decision
from bot.notify.policy import Hold, Person, Situation, verdict
from storage.alerts import Again, HitFacts
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
    Source,
    StoryId,
    SubscriberId,
    SubscriberState,
    SubscriptionId,
    SubscriptionState,
    Withheld,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
MAX_AGE = timedelta(hours=24)


def facts(**changed):
    whole = {
        "id": 1,
        "subscription_id": SubscriptionId(1),
        "subscription_state": SubscriptionState.ACTIVE,
        "rhythm": Rhythm.NOW,
        "is_urgent": False,
        "is_surge": False,
        "subscriber_id": SubscriberId(1),
        "subscriber_state": SubscriberState.ACTIVE,
        "timezone": "UTC",
        "post_id": PostId(1),
        "channel_id": ChannelId(1),
        "story_id": StoryId(1),
        "posted_at": NOW,
        "source": Source.LIVE,
        "alert_id": None,
        "alert_state": None,
        "alert_post_id": None,
    }
    return HitFacts(**(whole | changed))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"source": Source.GAP}, None),
        ({"source": Source.REREAD}, None),
        ({"source": Source.HISTORY}, Withheld.BACKFILL),
        ({"source": Source.IMPORT}, Withheld.BACKFILL),
        ({"posted_at": NOW - MAX_AGE}, None),
        ({"posted_at": NOW - MAX_AGE - timedelta(seconds=1)}, Withheld.TOO_OLD),
        ({"subscription_state": SubscriptionState.PAUSED}, Withheld.SUBSCRIPTION_PAUSED),
        ({"subscription_state": SubscriptionState.REMOVED}, Withheld.SUBSCRIPTION_REMOVED),
        ({"subscriber_state": SubscriberState.REMOVED}, Withheld.SUBSCRIBER_REMOVED),
        ({"subscriber_state": SubscriberState.BLOCKED_BOT}, Withheld.BLOCKED_BOT),
        # What a person who returns is told is only what nothing else speaks against.
        (
            {
                "subscriber_state": SubscriberState.BLOCKED_BOT,
                "subscription_state": SubscriptionState.PAUSED,
            },
            Withheld.SUBSCRIPTION_PAUSED,
        ),
    ],
)
def test_the_first_reason_that_holds_is_given(changed, reason):
    assert verdict(Situation(facts(**changed), NOW, MAX_AGE)) is reason


def test_one_hit_that_may_be_sent_outweighs_those_that_may_not():
    paused = facts(subscription_state=SubscriptionState.PAUSED)
    for batch in ([paused, facts()], [facts(), paused]):
        (new,) = decision(batch, NOW, MAX_AGE).new
        assert new.reason is None
    (new,) = decision([paused], NOW, MAX_AGE).new
    assert new.reason is Withheld.SUBSCRIPTION_PAUSED


def test_each_person_and_each_story_has_an_alert_of_its_own():
    copy = facts(post_id=PostId(2))
    other = facts(post_id=PostId(3), story_id=StoryId(3))
    batch = [facts(), facts(subscriber_id=SubscriberId(2)), copy, other]
    assert len(decision(batch, NOW, MAX_AGE).new) == 3


def test_a_story_is_shown_by_the_post_that_may_be_told():
    old = facts(posted_at=NOW - 2 * MAX_AGE)
    (new,) = decision([old, facts(post_id=PostId(2))], NOW, MAX_AGE).new
    assert (new.post_id, new.reason) == (PostId(2), None)


def test_an_alert_there_is_has_more_to_tell_unless_it_is_dead():
    there = facts(alert_id=AlertId(9), alert_state=AlertState.SENT)
    assert decision([there, there], NOW, MAX_AGE).again == (Again(AlertId(9), PostId(1)),)
    dead = facts(alert_id=AlertId(9), alert_state=AlertState.DEAD)
    assert decision([dead], NOW, MAX_AGE) == decision([], NOW, MAX_AGE)


def person(**rules):
    return Person(Routing(SubscriberId(1), **rules), zone=UTC)


NIGHT = QuietHours(time(9), time(12))  # it is ten
MUTE = Mute(MuteId(1), SubscriberId(1), None, ChannelId(1), None, NOW)
GROUP = Mute(MuteId(2), SubscriberId(1), SubscriptionId(2), None, "air", NOW)
NOON, ELEVEN = NOW + timedelta(hours=2), NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("changed", "who", "expected"),
    [
        ({}, person(is_paused=True), Withheld.PAUSED),
        ({}, replace(person(), mutes=[MUTE]), Withheld.MUTED),
        ({"channel_id": ChannelId(2)}, replace(person(), mutes=[MUTE]), None),
        ({"subscription_id": SubscriptionId(2)}, replace(person(), mutes=[GROUP]), Withheld.MUTED),
        ({}, replace(person(), mutes=[GROUP]), None),
        ({"is_surge": True}, person(), Withheld.SURGE_ONLY),
        ({}, person(snoozed_until=ELEVEN), Hold(Held.SNOOZED, ELEVEN)),
        ({"is_urgent": True}, person(snoozed_until=ELEVEN), Hold(Held.SNOOZED, ELEVEN)),
        ({}, person(snoozed_until=NOW), None),
        ({}, person(snoozed_until=ELEVEN, quiet=NIGHT), Hold(Held.SNOOZED, NOON)),
        ({}, person(quiet=NIGHT), Hold(Held.QUIET, NOON)),
        ({"is_urgent": True}, person(quiet=NIGHT), None),
        ({"rhythm": Rhythm.HOURLY}, person(), Hold(Held.HOURLY, ELEVEN)),
        ({"rhythm": Rhythm.HOURLY}, person(quiet=NIGHT), Hold(Held.HOURLY, NOON)),
        ({"rhythm": Rhythm.DAILY}, person(), Hold(Held.DAILY, NOW + timedelta(hours=23))),
        ({}, replace(person(cap_per_hour=2), told_lately=1), None),
        ({}, replace(person(cap_per_hour=2), told_lately=2), Hold(Held.CAPPED, ELEVEN)),
        ({"is_urgent": True}, replace(person(cap_per_hour=2), told_lately=2), None),
        # What is never told comes first: nothing muted turns up in a digest.
        ({}, replace(person(snoozed_until=ELEVEN), mutes=[MUTE]), Withheld.MUTED),
    ],
)
def test_a_persons_own_rules_withhold_hold_or_tell(changed, who, expected):
    assert verdict(Situation(facts(**changed), NOW, MAX_AGE, who, frozenset({"air"}))) == expected


def test_the_cap_counts_what_the_same_batch_tells():
    batch = [facts(post_id=PostId(n), story_id=StoryId(n)) for n in range(1, 5)]
    people = {SubscriberId(1): replace(person(cap_per_hour=3), told_lately=1)}
    found = decision(batch, NOW, MAX_AGE, people).new
    assert [new.reason for new in found] == [None, None, Held.CAPPED, Held.CAPPED]


def test_of_several_queries_the_one_that_tells_soonest_decides():
    daily, hourly = facts(rhythm=Rhythm.DAILY), facts(rhythm=Rhythm.HOURLY)
    (new,) = decision([daily, hourly], NOW, MAX_AGE).new
    assert (new.reason, new.until) == (Held.HOURLY, ELEVEN)
    (new,) = decision([daily, facts(), facts(is_urgent=True)], NOW, MAX_AGE).new
    assert (new.reason, new.priority) == (None, Priority.URGENT)
