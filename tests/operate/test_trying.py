"""`earshot watch test` over an archive, a file and a text; forms struck out of stored queries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.collect import intake
from bot.collect.intake import Sight
from bot.match.errors import QueryError
from bot.match.query import parse
from bot.operate import trying, watching, weighing
from bot.operate.watching import UnknownSubscriptionError
from bot.operate.weighing import ScanForOperators, ScanUnconfirmed
from storage import channels, subscribers
from storage.database import open_database
from storage.records import FollowMode, Role, SeenMessage, Source

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
TEXTS = ("Ракети на Київ", "ракетою по Одесі", "Київ спить", "вони стали ждати", "тихо")


@pytest.fixture
async def database(tmp_path):
    async with open_database(tmp_path / "earshot.db") as opened:
        async with opened.transaction() as connection:
            channel = await channels.add(connection, "@front_news", FollowMode.JOIN, 10, NOW)
            await channels.set_groups(connection, channel, ["north"])
            seen = [message(number, text) for number, text in enumerate(TEXTS, 1)]
            await intake.write(
                connection, [(channel, item) for item in seen], Sight(Source.LIVE, None, NOW)
            )
            for number in (1, 2):
                await subscribers.add(
                    connection,
                    telegram_user_id=number,
                    access_hash=6,
                    name="Olena",
                    role=Role.REPORTER,
                    timezone="UTC",
                    language="en",
                    added_at=NOW,
                )
        yield opened


def message(number: int, text: str) -> SeenMessage:
    return SeenMessage(
        telegram_channel_id=7,
        message_id=number,
        posted_at=NOW + timedelta(minutes=number),
        edited_at=None,
        grouped_id=None,
        text=text,
        body_length=len(text),
        entities="[]",
        has=frozenset(),
        marks=frozenset(),
        origin=None,
        origin_name=None,
        reply_to=None,
        author=None,
        raw=text.encode(),
        content_hash=text.encode(),
    )


async def tried(database, query, **how):
    wishes = {"since": None, "until": None, "limit": 10} | how
    return await trying.on_archive(database, parse(query), **wishes)


async def test_the_archive_is_counted_part_by_part_with_the_words_that_matched(database):
    found = await tried(database, "ракета Київ")
    assert (found.matched, found.looked_at) == (1, 5)
    assert [(part.part, part.depth, part.posts) for part in found.parts] == [
        ("ракета Київ", 0, 1),
        ("ракета", 1, 2),
        ("Київ", 1, 2),
    ]
    assert dict(found.words) == {"ракети": 1, "київ": 1}
    assert [example.marked for example in found.examples] == ["»Ракети« на »Київ«"]


async def test_only_the_time_asked_for_is_looked_at(database):
    found = await tried(database, "Київ", since=NOW + timedelta(minutes=3))
    assert (found.matched, found.looked_at) == (1, 3)
    assert (await tried(database, "Київ", limit=0)).examples == ()


async def test_channels_and_groups_nobody_has_are_named_with_the_nearest(database):
    with pytest.raises(QueryError, match="did you mean north"):
        await tried(database, "ракета group:nort")
    assert (await tried(database, "ракета group:north")).matched == 2


def test_a_file_of_posts_is_counted_and_its_bad_lines_named(tmp_path):
    posts = tmp_path / "posts.jsonl"
    posts.write_text('{"id": 1, "text": "ракети"}\nnonsense\n{"id": 2, "text": "тихо"}\n', "utf-8")
    found = trying.on_file(parse("ракета"), posts, 10)
    assert (found.matched, found.looked_at) == (1, 2)
    assert [line.number for line in found.bad_lines] == [2]
    assert [example.marked for example in found.examples] == ["»ракети«"]


def test_any_other_file_is_one_text(tmp_path):
    text = tmp_path / "post.txt"
    text.write_text("Вибух.\n\nРакети летять", "utf-8")
    assert trying.on_file(parse("вибух ракета"), text, 10).is_match


async def test_forms_are_struck_out_of_a_stored_query_and_put_back(database):
    made = await watching.add(database, 1, "сталь")
    assert (await watching.strike_forms(database, made.id, ["стали"])).query == "сталь!стали"
    (held,) = await watching.listed(database, 1)
    assert (held.query, held.normal, held.id) == ("сталь!стали", "сталь!стали", made.id)
    assert (await tried(database, held.query)).matched == 0
    again = await watching.strike_forms(database, made.id, ["стали"], restore=True)
    assert (await tried(database, again.query)).matched == 1


async def test_nobody_strikes_in_anothers_query(database):
    made = await watching.add(database, 1, "сталь")
    with pytest.raises(UnknownSubscriptionError):
        await watching.strike_forms(database, made.id, ["стали"], owner_id=2)
    with pytest.raises(QueryError, match="no form of this word"):
        await watching.strike_forms(database, made.id, ["ракета"])


async def test_a_query_every_post_must_be_checked_against_is_for_operators(database):
    with pytest.raises(QueryError):
        await watching.add(database, 1, "-ракета")
    with pytest.raises(ScanForOperators, match="person 1 is reporter"):
        await weighing.add(database, 1, "-ракета", is_confirmed=True)
    await as_operator(database, 1)
    with pytest.raises(ScanUnconfirmed, match=r"newest 5 posts, of which 3 match; give --scan"):
        await weighing.add(database, 1, "-ракета", is_confirmed=False)
    assert await watching.listed(database, 1) == []
    added, weight = await weighing.add(database, 1, "-ракета", is_confirmed=True)
    assert (added.query, weight.checked, weight.matched) == ("-ракета", 5, 3)
    assert trying.on_text(parse("-ракета", allow_scan=True), "тихо").is_match
    with pytest.raises(ScanUnconfirmed, match="of which 5 match"):
        await weighing.edit(database, added.id, "*", is_confirmed=False)
    changed, _ = await weighing.edit(database, added.id, "*", is_confirmed=True)
    assert changed.query == "*"
    assert (await weighing.edit(database, added.id, "ракета", is_confirmed=False))[1] is None


async def test_stored_queries_are_listed_by_what_they_cost_with_how_often_in_vain(database):
    await as_operator(database, 1)
    await weighing.add(database, 1, r"/.*.*.*./", is_confirmed=True)
    await watching.add(database, 2, '"Київ спить"')
    await watching.add(database, 2, "дирижабль")
    rows = await weighing.listed(database, None)
    assert [(row.query, row.posts, row.checked, row.matched) for row in rows] == [
        (r"/.*.*.*./", 5, 5, 5),
        ('"Київ спить"', 5, 1, 1),
        ("дирижабль", 5, 0, 0),
    ]
    assert rows[0].cost_us > rows[1].cost_us > rows[2].cost_us == 0
    assert [row.id for row in await weighing.listed(database, 2)] == [rows[1].id, rows[2].id]


async def as_operator(database, number):
    async with database.transaction() as connection:
        await subscribers.set_role(connection, number, Role.OPERATOR)
