"""Digests, surges, follow-ups and lists fit and are well formed, whatever posts and names hold."""

from dataclasses import replace
from datetime import timedelta

from hostile import fits, hostile, voices
from hypothesis import given, settings
from hypothesis import strategies as st
from test_compose import ALERT, CHANNEL, NOW, READER, case, subscription

from bot.notify import news
from bot.notify.digest import digest
from bot.notify.follow_ups import follow_up
from bot.notify.notices import kept, read
from bot.notify.relay import _trouble
from bot.notify.surges import compose_surge
from bot.operate.reports import BLINDNESS, EVENTS
from bot.operate.searching import _written
from bot.operate.target_list import Shown
from bot.operate.targeting import page_of
from bot.publish.search import Found
from bot.telegram.messages import OutgoingText, clipped
from storage.concerned import Missed
from storage.records import (
    Blindness,
    BlindPeriod,
    ChannelEvent,
    ChannelEventKind,
    ChannelId,
    DeliveryTarget,
    FollowUps,
    Held,
    PostId,
    Routing,
    Span,
    StoryId,
    SubscriberId,
    Surge,
    TargetId,
    TargetKind,
    TargetState,
)
from storage.surges import Voiced

spans = st.lists(st.tuples(st.integers(0, 4200), st.integers(1, 60)), max_size=6)


def cut(found, text):
    made = [Span(start, min(start + length, len(text))) for start, length in found]
    return tuple(span for span in made if span.start < span.end)


@settings(max_examples=40)
@given(
    texts=st.lists(hostile, min_size=1, max_size=12),
    query=hostile,
    name=hostile,
    times=st.integers(1, 30),
    voice=voices,
)
def test_a_digest_fits_in_messages_or_in_one_and_a_file(texts, query, name, times, voice):
    channel = replace(CHANNEL, username=None, title=name)
    cases = [
        replace(
            case(text),
            alert=replace(ALERT, reason=tuple(Held)[n % len(Held)].value),
            channel=channel,
            matches=tuple(replace(m, subscription=subscription(n % 3, query)) for m in match),
        )
        for n, text in enumerate(texts * times)
        for match in [case(text).matches]
    ]
    made = digest(cases, NOW, voice)
    for part in made.parts:
        fits(part)
        assert read(kept(part)) == part
    if made.file is not None:
        made.file.encode()
        assert made.file.count("• ") >= len(cases)


@settings(max_examples=50)
@given(texts=st.lists(hostile, min_size=1, max_size=12), name=hostile, query=hostile, voice=voices)
def test_a_surge_fits(texts, name, query, voice):
    found = [
        Voiced(
            *(PostId(n), StoryId(n), ChannelId(n), name, None, 777, n, NOW, text),
            is_forward=False,
        )
        for n, text in enumerate(texts)
    ]
    fits(compose_surge(replace(subscription(3, query), surge=Surge(3, 10)), found, NOW, voice))


@settings(max_examples=60)
@given(before=hostile, after=hostile, language=st.sampled_from(["en", "uk", "ru"]))
def test_a_follow_up_fits(before, after, language):
    rules = Routing(SubscriberId(1), follow_ups=FollowUps.CHANGES)
    reader = replace(READER, language=language)
    changed = replace(case(after), first_text=before, latest_text=after, subscriber=reader)
    gone = replace(changed, post=replace(changed.post, deleted_at=NOW))
    for told in (follow_up(changed, rules, NOW), follow_up(gone, rules, NOW)):
        if told is not None:
            fits(read(told.body))
    assert follow_up(gone, rules, NOW) is not None


@settings(max_examples=50)
@given(texts=st.lists(hostile, min_size=1, max_size=5), found=spans, name=hostile, voice=voices)
def test_a_page_of_a_search_fits(texts, found, name, voice):
    channel = replace(CHANNEL, username=None, title=name)
    pages = tuple(Found(case(text).post, channel, cut(found, text)) for text in texts)
    fits(_written(pages, voice, []))


@settings(max_examples=50)
@given(labels=st.lists(hostile, max_size=10), reason=hostile, voice=voices)
def test_targets_and_their_troubles_fit(labels, reason, voice):
    kinds = tuple(TargetKind)
    shown = [
        Shown(
            *(TargetId(2**53), SubscriberId(1), kinds[n % len(kinds)], label),
            works=bool(n % 2),
            reason=reason,
            added_at=NOW,
        )
        for n, label in enumerate(labels)
    ]
    fits(page_of(shown, voice))
    for kind in kinds:
        target = DeliveryTarget(
            *(TargetId(7), SubscriberId(1), kind, (labels or ["x"])[0][:40], "", ""),
            *(TargetState.ACTIVE, NOW, reason, NOW),
        )
        fits(read(_trouble(target, READER, NOW).body))


@settings(max_examples=40)
@given(
    names=st.lists(hostile, min_size=1, max_size=12),
    details=hostile,
    kind=st.sampled_from(ChannelEventKind),
    voice=voices,
)
def test_news_of_channels_fit(names, details, kind, voice):
    about = {
        ChannelId(n): replace(CHANNEL, id=ChannelId(n), username=None, title=name)
        for n, name in enumerate(names)
    }
    event = ChannelEvent(ChannelId(0), NOW, kind, before=details, after=details)
    events = [replace(event, channel_id=number) for number in about]
    said = news.events_text(events, about, NOW, voice, EVENTS)
    fits(OutgoingText(clipped(said)))
    why = tuple(Blindness)[len(names) % len(Blindness)]
    period = BlindPeriod(1, None, None, why, NOW - timedelta(hours=3), NOW, details)
    said = news.blind_text(
        period, names, good_at=None, missed=Missed(3, 2), now=NOW, voice=voice, why=BLINDNESS[why]
    )
    fits(OutgoingText(clipped(said)))
