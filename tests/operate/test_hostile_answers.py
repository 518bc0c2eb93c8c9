"""Whatever posts, queries and names hold, what the bot answers fits and is well formed."""

from datetime import UTC, datetime, timedelta

from hostile import fits, hostile, voices
from hypothesis import given
from hypothesis import strategies as st

from bot.match.trial import Explanation
from bot.operate import draft_pages, query_pages, why
from bot.operate.suggestions import Suggestion
from bot.operate.under_alerts import _offered
from bot.publish.backtest import Backtest, Day
from bot.publish.search import Found
from storage.own_alerts import Delivery
from storage.records import (
    Alert,
    AlertId,
    AlertState,
    Channel,
    ChannelId,
    ChannelState,
    Draft,
    DraftId,
    FollowMode,
    FormerQuery,
    Outcome,
    Post,
    PostId,
    Precision,
    RevisionId,
    Source,
    Span,
    StoryId,
    SubscriberId,
    Subscription,
    SubscriptionId,
    SubscriptionState,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
spans = st.lists(st.tuples(st.integers(0, 4200), st.integers(1, 50)), max_size=9)


def channel(name):
    return Channel(
        ChannelId(1),
        name,
        FollowMode.JOIN,
        ChannelState.FOLLOWED,
        7,
        None,
        name,
        frozenset(),
        None,
        NOW,
        0,
    )


def post(text):
    return Post(
        PostId(9),
        ChannelId(1),
        12,
        None,
        NOW,
        NOW,
        None,
        None,
        Source.LIVE,
        text,
        "uk",
        frozenset(),
        frozenset(),
        None,
        None,
        None,
    )


def cut(found, text):
    made = [Span(start, min(start + length, len(text))) for start, length in found]
    return tuple(span for span in made if span.start < span.end)


@given(query=hostile, texts=st.lists(hostile, max_size=3), found=spans, voice=voices, name=hostile)
def test_a_proposal_fits(query, texts, found, voice, name):
    examples = tuple(Found(post(text), channel(name), cut(found, text)) for text in texts)
    days = tuple(Day((NOW - timedelta(days=n)).date(), n**5) for n in range(30))
    tested = Backtest(
        query,
        10**9,
        10**9,
        10**9,
        days,
        examples,
        is_exact=False,
        is_scan=True,
        looked_at=1,
        candidates=1,
    )
    draft = Draft(DraftId(2**53), SubscriberId(1), query, None, is_asked=False, expires_at=NOW)
    fits(draft_pages.proposal(draft, query, tested, voice, NOW))
    fits(draft_pages.proposal(draft, query, None, voice, NOW))


@given(
    queries=st.lists(hostile, min_size=1, max_size=12),
    parts=st.lists(hostile, max_size=6),
    forms=st.lists(hostile, max_size=6),
    detail=hostile,
    voice=voices,
    state=st.sampled_from(AlertState),
    is_match=st.booleans(),
)
def test_an_explanation_fits(*, queries, parts, forms, detail, voice, state, is_match):
    failed = tuple(Explanation(part, matched=False, forms=()) for part in parts)
    reason = Explanation("all", is_match, tuple(forms), failed)
    explained = [
        why.Explained(
            Subscription(
                SubscriptionId(n), SubscriberId(1), query, query, SubscriptionState.PAUSED, NOW
            ),
            reason,
        )
        for n, query in enumerate(queries)
    ]
    alert = Alert(
        AlertId(1), SubscriberId(1), StoryId(9), PostId(9), state, 1, 1, 5, 0, detail, NOW, NOW
    )
    tries = [Delivery("telegram", NOW, Outcome.LATER, detail)] * 3
    told = why.Told(post(detail), RevisionId(1), channel(detail), alert, tries)
    fits(why.written(told, explained, voice))


@given(query=hostile, former=st.lists(hostile, max_size=20), voice=voices)
def test_a_querys_card_fits(query, former, voice):
    found = Subscription(
        SubscriptionId(2**53), SubscriberId(1), query, query, SubscriptionState.ACTIVE, NOW
    )
    kept = [FormerQuery(text, text, NOW) for text in former]
    fits(query_pages.card(found, voice, Precision(10**6, 10**6), kept, NOW))


@given(word=hostile.filter(bool), voice=voices)
def test_an_offer_fits(word, voice):
    hint = Suggestion(word[:200], 10**6, 10**6, 0, 10**6, word)
    fits(_offered(hint, SubscriptionId(2**53), 2**53, voice))
