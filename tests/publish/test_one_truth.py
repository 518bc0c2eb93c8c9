"""The same query gives the same posts everywhere: engine, reference, full-text search, counts.

Posts lie in a real archive, some indexed, some indexed before an edit, some not indexed yet.
"""

from __future__ import annotations

import asyncio
import json
import os
from datetime import timedelta

import pytest
from filled import NOW, Archive, message
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from strategies import documents, query_texts

from bot.match.documents import PLACES, Documents, places_asked_for
from bot.match.engine import Matcher
from bot.match.errors import QueryError
from bot.match.query import parse
from bot.match.reference import reference_match
from bot.publish.counting import counted
from bot.publish.indexer import opened
from bot.publish.questions import Question
from bot.publish.search import Wanted, search
from storage import channels, searching
from storage.database import open_database
from storage.reading import reader
from storage.records import Is, Stretch

SEED = int(os.environ.get("EARSHOT_SEED", "20261123"))
ROUNDS = int(os.environ.get("EARSHOT_ROUNDS", "400"))  # times 25 pairs: 10,000 cases a run
POSTS = 5


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    print(  # noqa: T201 - so that a failure can be had again
        f"seed {SEED}, {ROUNDS} rounds; EARSHOT_SEED and EARSHOT_ROUNDS change them"
    )
    with asyncio.Runner() as runner:
        opening = open_database(tmp_path_factory.mktemp("truth") / "earshot.db")
        database = runner.run(opening.__aenter__())
        archive = Archive(database)
        runner.run(archive.add_channel("kanal_x", "monitors"))
        runner.run(archive.add_channel("kanal_y"))
        with opened(database.path) as writer:
            yield Truth(runner, archive, writer)
        runner.run(opening.__aexit__(None, None, None))


class Truth:
    def __init__(self, runner, archive, writer):
        self.runner = runner
        self.archive = archive
        self.writer = writer
        self.round = 0

    def ask(self, texts, given, edits, indexed, *, again):
        self.round += 1
        self.runner.run(self._ask(texts, given, edits, indexed, again=again))

    async def _ask(self, texts, given, edits, indexed, *, again):
        since = NOW + timedelta(hours=self.round)
        stretch = Stretch(since, since + timedelta(minutes=30))
        first = self.round * 10
        for at, document in enumerate(given):
            await self._see(first + at, document, since)
            if at == indexed:  # this one and those before; of the rest the index knows nothing
                while self.writer.step(100):
                    pass
        for at, document in edits.items():
            await self._see(first + at, document, since, is_edit=True)
        while again and self.writer.step(100):
            pass
        for text in texts:
            await self._compare(text, stretch)

    async def _see(self, number, document, since, *, is_edit=False):
        await self.archive.see(
            document.channel or "kanal_y",
            message(
                number,
                document.text,
                # Two seconds for all, so that posts of one second are met.
                posted_at=since + timedelta(seconds=number % 2),
                edited_at=since + timedelta(minutes=9) if is_edit else None,
                has=document.has,
                marks=document.marks | ({Is.EDITED} if is_edit else set()),
                origin=document.origin,
                entities=entities_of(document.links),
            ),
        )

    async def _compare(self, text, stretch):
        query = parse(text, allow_scan=True)
        try:
            matcher = Matcher(query, PLACES)
            asked = Documents(places_asked_for(query))
        except QueryError:
            return
        database = self.archive.database
        async with database.reading() as connection:
            known = {item.id: item for item in await channels.listed(connection)}
        expected = {}
        with reader(database.path) as connection:
            for post in searching.newest_first(connection, stretch):
                document = asked.of(post, known[post.channel_id])
                spans = reference_match(query, document, PLACES)
                assert matcher.match(document) == spans, (query.normal, post.text)
                if spans is not None:
                    expected[post.id] = spans
        results = await search(database, Wanted(text, limit=100, stretch=stretch))
        assert [found.post.id for found in results.found] == list(expected), query.normal
        assert {found.post.id: found.spans for found in results.found} == expected
        with reader(database.path) as connection:
            count = counted(connection, Question(text, known.values()), stretch, 60)
        assert count.is_exact
        assert count.total == len(expected), query.normal
        assert sum(count.languages.values()) == len(expected)


def entities_of(links):
    """Write links behind words as Telegram's entities are stored."""
    return json.dumps(
        [
            {
                "type": "text_url",
                "offset": link.start,
                "length": link.end - link.start,
                "url": link.url,
            }
            for link in links
        ]
    )


@seed(SEED)
@settings(
    max_examples=ROUNDS,
    deadline=None,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
@given(
    st.lists(query_texts, min_size=5, max_size=5),
    st.lists(documents(), min_size=POSTS, max_size=POSTS),
    st.dictionaries(st.integers(0, POSTS - 1), documents(), max_size=2),
    st.integers(-1, POSTS - 1),
    st.booleans(),
)
@pytest.mark.long(40)
@pytest.mark.timeout(600)
def test_engine_reference_search_and_counts_agree(  # noqa: PLR0917 - what is drawn
    truth, texts, posts, edits, indexed, again
):
    truth.ask(texts, posts, edits, indexed, again=again)
