from datetime import UTC, datetime, timedelta

import pytest

from bot.notify.dispatch import decision
from bot.notify.policy import Situation, verdict
from storage.alerts import Again, HitFacts
from storage.records import (
    AlertId,
    AlertState,
    PostId,
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
        "subscriber_id": SubscriberId(1),
        "subscriber_state": SubscriberState.ACTIVE,
        "post_id": PostId(1),
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
        assert new.withheld is None
    (new,) = decision([paused], NOW, MAX_AGE).new
    assert new.withheld is Withheld.SUBSCRIPTION_PAUSED


def test_each_person_and_each_story_has_an_alert_of_its_own():
    copy = facts(post_id=PostId(2))
    other = facts(post_id=PostId(3), story_id=StoryId(3))
    batch = [facts(), facts(subscriber_id=SubscriberId(2)), copy, other]
    assert len(decision(batch, NOW, MAX_AGE).new) == 3


def test_a_story_is_shown_by_the_post_that_may_be_told():
    old = facts(posted_at=NOW - 2 * MAX_AGE)
    (new,) = decision([old, facts(post_id=PostId(2))], NOW, MAX_AGE).new
    assert (new.post_id, new.withheld) == (PostId(2), None)


def test_an_alert_there_is_has_more_to_tell_unless_it_is_dead():
    there = facts(alert_id=AlertId(9), alert_state=AlertState.SENT)
    assert decision([there, there], NOW, MAX_AGE).again == (Again(AlertId(9), PostId(1)),)
    dead = facts(alert_id=AlertId(9), alert_state=AlertState.DEAD)
    assert decision([dead], NOW, MAX_AGE) == decision([], NOW, MAX_AGE)
