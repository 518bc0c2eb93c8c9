import asyncio
import random
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest
from filled import NOW, message, until

from bot.match.lookup import analysis
from bot.publish import questions
from bot.publish.backtest import backtest
from bot.publish.facets import facets
from bot.publish.indexer import Indexer, catch_up, opened
from bot.publish.search import Order, Wanted, search
from bot.publish.timeline import Unit
from bot.publish.unknown import UnknownChannelError
from storage import cursors, posts, retention, searching
from storage.reading import index_path, reader
from storage.records import ALWAYS, Is, Stretch, Words


def index(archive) -> None:
    assert catch_up(archive.database.path, 60)


def indexed_words(path, rules, word="дрон"):
    with reader(path) as connection, searching.opened(connection, rules) as found:
        return found and found.count(Words(frozenset({word})), ALWAYS)


async def numbers(archive, query, **wanted):
    results = await search(archive.database, Wanted(query, **wanted))
    return [found.post.message_id for found in results.found]


async def test_an_edit_is_found_by_its_new_words_and_not_by_its_former_ones(archive):
    await archive.post("kanal_x", ["дрон над містом", "ракета"])
    index(archive)
    await archive.see(
        "kanal_x", message(1, "літак над містом", edited_at=NOW, marks=frozenset({Is.EDITED}))
    )
    for _ in ("not indexed yet", "indexed"):
        assert await numbers(archive, "дрон") == []
        assert await numbers(archive, "літак") == [1]
        assert await numbers(archive, "is:edited місто") == [1]
        index(archive)


async def test_a_deleted_post_is_still_found_and_says_when_it_was_gone(archive):
    await archive.post("kanal_x", ["дрон"])
    index(archive)
    await archive.gone("kanal_x", 1)
    (found,) = (await search(archive.database, Wanted("дрон"))).found
    assert found.post.deleted_at == NOW


@pytest.mark.parametrize("page", [1, 3, 7])
@pytest.mark.parametrize("crowded", [1, 40])
async def test_pages_put_together_are_the_whole_newest_first(archive, page, crowded):
    """Up to forty posts a second are more than the index has room for in that second."""
    chance = random.Random(page)
    every = list(range(1, 121))
    for start in chance.sample(range(0, 120, 10), 12):  # as back-fills come: not in order
        await archive.see(
            chance.choice(["kanal_x", "kanal_y"]),
            *(
                message(
                    number, f"дрон {number}", posted_at=NOW + timedelta(seconds=number // crowded)
                )
                for number in every[start : start + 10]
            ),
        )
        if start != 50:
            index(archive)
    whole = (await search(archive.database, Wanted("дрони", limit=1000))).found
    keys = [found.key for found in whole]
    assert len(keys) == 120
    assert keys == sorted(keys, reverse=True)
    wanted, paged = Wanted("дрони", limit=page), []
    while True:
        results = await search(archive.database, wanted)
        paged += [found.key for found in results.found]
        if results.next is None:
            break
        wanted = replace(wanted, before=results.next)
    assert paged == keys


async def test_since_is_included_and_until_is_not_even_in_a_crowded_second(archive):
    await archive.see(
        "kanal_x",
        *(message(n, "дрон", posted_at=NOW + timedelta(seconds=n // 50)) for n in range(1, 200)),
    )
    index(archive)
    stretch = Stretch(NOW + timedelta(seconds=1), NOW + timedelta(seconds=3))
    assert sorted(await numbers(archive, "дрон", limit=500, stretch=stretch)) == list(
        range(50, 150)
    )
    counts = await facets(archive.database, Wanted("дрон", stretch=stretch), NOW.tzinfo)
    assert (counts.total, counts.is_exact) == (100, True)


async def test_channels_and_groups_narrow_a_search(archive):
    await archive.post("kanal_x", ["дрон"])
    await archive.post("kanal_y", ["дрон"], first=7)
    index(archive)
    assert await numbers(archive, "дрон", channels=("@kanal_y",)) == [7]
    assert await numbers(archive, "дрон", groups=("Monitors",)) == [1]
    with pytest.raises(UnknownChannelError, match="no channel is both 'kanal_y' and in group"):
        await numbers(archive, "дрон", groups=("monitors",), channels=("kanal_y",))
    assert await numbers(archive, "/др.н/", channels=("@kanal_x",)) == [1]
    with pytest.raises(UnknownChannelError, match="no group 'north'"):
        await numbers(archive, "дрон", groups=("north",))


async def test_a_search_without_an_index_looks_at_every_post(archive):
    await archive.post("kanal_x", ["дрон", "ракета"])
    assert not index_path(archive.database.path).exists()
    assert await numbers(archive, "дрони") == [1]


async def test_an_index_made_by_other_rules_is_not_used_and_is_made_anew(archive, monkeypatch):
    await archive.post("kanal_x", ["дрон", "ракета"])
    index(archive)
    monkeypatch.setattr(questions, "analysis", lambda: "newer rules")
    with (
        reader(archive.database.path) as connection,
        searching.opened(connection, "newer") as found,
    ):
        assert found is None
    assert await numbers(archive, "дрони") == [1]


async def test_an_index_of_another_archive_is_made_anew(archive, tmp_path):
    await archive.post("kanal_x", ["дрон", "ракета"])
    await archive.database.backup(tmp_path / "copy.db")
    index(archive)
    index_path(archive.database.path).rename(tmp_path / "copy.search.db")
    await archive.post("kanal_x", ["танк"], first=3)
    index(archive)
    assert indexed_words(archive.database.path, analysis(), "танк") == 1
    index_path(archive.database.path).replace(tmp_path / "copy.search.db")
    assert indexed_words(tmp_path / "copy.db", analysis()) is None


async def test_the_stage_indexes_what_comes_and_stops_when_cancelled(archive):
    stage = asyncio.create_task(Indexer(archive.database).run())
    for first in (1, 400, 800):
        await archive.post("kanal_x", ["дрон"] * 300, first=first)
    await until(lambda: _is_indexed(archive), "all is indexed")
    stage.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stage
    assert len(await numbers(archive, "дрон", limit=1000)) == 900


async def _is_indexed(archive):
    async with archive.database.transaction() as connection:  # no other stage matches here
        last = (await posts.revisions_waiting(connection, 0)).rows
        await cursors.advance(connection, "match", last)
    try:
        return indexed_words(archive.database.path, analysis()) == last
    except sqlite3.OperationalError:  # the file is only being made
        return False


async def test_the_best_come_first_when_asked(archive):
    await archive.post(
        "kanal_x", ["дрон дрон дрон", "дрон і багато іншого " + "слово " * 40, "дрон над"]
    )
    index(archive)
    assert await numbers(archive, "дрон") == [3, 2, 1]
    assert await numbers(archive, "дрон", order=Order.RELEVANCE) == [1, 3, 2]


async def test_a_scan_says_so_and_stops_in_time_where_it_can_go_on(archive):
    await archive.post("kanal_x", ["дрон"] * 500)
    index(archive)
    results = await search(archive.database, Wanted("/др.н/", limit=1000, within_s=0.0))
    assert results.is_scan
    assert results.looked_back_to is not None
    assert results.next is not None
    rest = await search(archive.database, Wanted("/др.н/", limit=1000))
    assert len(rest.found) == 500
    assert rest.next is None


async def test_facets_count_by_channel_language_and_day_of_the_zone(archive):
    late = NOW.replace(hour=23, minute=30)
    await archive.post("kanal_x", ["дрони летять над містом"], posted_at=NOW)
    await archive.post("kanal_y", ["дроны летят над городом сегодня"] * 2, posted_at=late)
    index(archive)
    found = await facets(archive.database, Wanted("дрон"), NOW.tzinfo)
    assert found.total == 3
    assert found.channels == {"@kanal_y": 2, "@kanal_x": 1}
    assert found.languages == {"ru": 2, "uk": 1}
    assert {str(day): count for day, count in found.days.items()} == {"2026-03-01": 3}
    assert found.unit is Unit.HOUR
    assert [bar.posts for bar in found.bars] == [1, *[0] * 13, 2]


async def test_counts_that_cannot_all_be_made_in_time_are_called_estimates(archive):
    await archive.post("kanal_x", ["дрон летить" if n % 4 else "летить дрон" for n in range(1000)])
    index(archive)
    exact = await facets(archive.database, Wanted('"дрон летить"'), NOW.tzinfo)
    assert (exact.total, exact.is_exact) == (750, True)
    hasty = await facets(archive.database, Wanted('"дрон летить"'), NOW.tzinfo, within_s=0.0)
    assert not hasty.is_exact
    assert (hasty.looked_at, hasty.candidates) == (200, 1000)
    assert abs(hasty.total - 750) < 100


async def test_a_backtest_counts_day_week_and_month_and_shows_the_newest(archive):
    for days, count in ((0, 2), (3, 3), (20, 4), (50, 5)):
        await archive.see(
            "kanal_x",
            *(
                message(1 + days * 10 + n, "дрони", posted_at=NOW - timedelta(days=days, hours=1))
                for n in range(count)
            ),
        )
    for _ in ("not indexed yet", "indexed"):
        tested = await backtest(archive.database, "дрон", now=NOW)
        assert (tested.last_24_h, tested.last_7_days, tested.last_30_days) == (2, 5, 9)
        assert tested.is_exact
        assert len(tested.per_day) == 30
        assert [day.posts for day in tested.per_day if day.posts] == [4, 3, 2]
        assert tested.per_day[-1].day == NOW.date()
        assert [found.post.message_id for found in tested.newest] == [2, 1, 33]
        assert all(found.spans for found in tested.newest)
        index(archive)


async def test_struck_forms_are_not_found(archive):
    await archive.post("kanal_x", ["дрон", "дрони"])
    index(archive)
    assert await numbers(archive, "дрон!дрони") == [1]
    tested = await backtest(archive.database, "дрон!дрони", now=NOW + timedelta(days=1))
    assert (tested.last_30_days, tested.is_exact) == (1, True)


async def test_two_writers_take_turns_and_index_each_post_once(archive):
    await archive.post("kanal_x", ["дрон"] * 50)
    with opened(archive.database.path) as one, opened(archive.database.path) as other:
        assert one.step(30) == 30
        assert other.step(30) == 20
        assert one.step(30) == 0
    assert len(await numbers(archive, "дрон", limit=100)) == 50


@pytest.mark.parametrize("damage", [b"no database at all, whatever its name says" * 30, b""])
async def test_a_damaged_index_is_made_anew(archive, damage):
    await archive.post("kanal_x", ["дрон"])
    index(archive)
    index_path(archive.database.path).write_bytes(damage)
    assert await numbers(archive, "дрон") == [1]
    index(archive)
    assert indexed_words(archive.database.path, analysis()) == 1


async def test_an_index_of_another_format_is_made_anew(archive):
    await archive.post("kanal_x", ["дрон"])
    index(archive)
    with sqlite3.connect(index_path(archive.database.path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert indexed_words(archive.database.path, analysis()) is None
    assert await numbers(archive, "дрон") == [1]
    index(archive)
    assert indexed_words(archive.database.path, analysis()) == 1


async def test_what_retention_took_away_is_found_and_counted_no_more(archive):
    await archive.post("kanal_x", ["дрон", "дрон над містом"])
    index(archive)
    async with archive.database.transaction() as connection:
        await retention.remove(connection, {1: b"hash"}, at=NOW, reason="30 days")
    for _ in ("not indexed yet", "indexed"):
        assert await numbers(archive, "дрон") == [2]
        counts = await facets(archive.database, Wanted("дрон"), NOW.tzinfo)
        assert (counts.total, counts.is_exact) == (1, True)
        index(archive)
