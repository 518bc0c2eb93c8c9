"""Places on their way out of the archive: columns of exports, counts of searches."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from filled import NOW, message
from sqlalchemy import insert

from bot.match.documents import PLACES, mentions_of
from bot.operate.exporting import export_bag
from bot.operate.finding import facet_lines
from bot.publish.exports import ExportRefused, ExportWish, tables, write_export
from bot.publish.facets import facets
from bot.publish.indexer import catch_up
from bot.publish.search import Wanted, search
from storage import channels, schema, subscribers
from storage.reading import reader
from storage.records import Is, Role

SUDZHA = "🔥 Бої біля Суджі тривають, Суджа обстріляна"
TEXTS = [SUDZHA, "=Ситуація без назв", "Point 51.1904, 35.2711 near Bryansk", ""]


async def exported(archive, path: Path, told=lambda _done, _of: None, **wish) -> Path:
    async with archive.database.reading() as connection:
        known = await channels.listed(connection, removed=True)
    with reader(archive.database.path) as connection:
        write_export(connection, known, ExportWish(path, **wish), told)
    return path


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_every_revision_says_which_places_its_text_names(archive, tmp_path):
    await archive.post("kanal_x", TEXTS)
    edit = message(2, "Обстріл Херсона", edited_at=NOW, marks=frozenset({Is.EDITED}))
    await archive.see("kanal_x", edit)
    found = lines(await exported(archive, tmp_path / "p", format="jsonl", with_places=True))
    named = [[mention["name"] for mention in item["mentions"]] for item in found]
    assert named == [["Sudzha", "Sudzha"], [], ["Kherson"], ["51.1904, 35.2711", "Bryansk"], []]
    for item in found:
        for mention in item["mentions"]:
            assert item["text"][mention["start"] : mention["end"]] == mention["surface"]
    first = found[0]["mentions"][0]
    (sudzha,) = PLACES.place_ids("Суджа") & {first["place_id"]}
    assert (first["surface"], first["admin1"], first["country"]) == ("Суджі", "Kursk Oblast", "RU")
    assert (round(first["lat"], 1), round(first["lon"], 1)) == (51.2, 35.3)
    assert first["confidence"] > 0.5
    assert sudzha.startswith("gn:")
    without = lines(await exported(archive, tmp_path / "without", format="jsonl"))
    assert without == [{k: v for k, v in item.items() if k != "mentions"} for item in found]


async def test_all_formats_name_the_same_places(archive, tmp_path):
    await archive.post("kanal_x", TEXTS)
    wish = {"with_places": True}
    plain = lines(await exported(archive, tmp_path / "p.jsonl", format="jsonl", **wish))
    mentions = [item["mentions"] for item in plain]
    assert sum(map(len, mentions)) == 4
    path = await exported(archive, tmp_path / "p.csv", format="csv", **wish)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [json.loads(row["mentions"] or "[]") for row in rows] == mentions
    assert [tables.plain(row["places"]) for row in rows] == [
        "Sudzha", "", "51.1904, 35.2711 | Bryansk", ""
    ]  # fmt: skip
    path = await exported(archive, tmp_path / "p.parquet", format="parquet", **wish)
    with duckdb.connect() as connection:
        rows = connection.execute("SELECT mentions FROM read_parquet(?)", [str(path)]).fetchall()
        (east,) = connection.execute(
            "SELECT sum(m.lon > 34) FROM (SELECT unnest(mentions) AS m FROM read_parquet(?))",
            [str(path)],
        ).fetchone()
    assert [kept for (kept,) in rows] == mentions
    assert east == 4
    path = await exported(archive, tmp_path / "result.json", format="telegram", **wish)
    chats = json.loads(path.read_text())["chats"]["list"]
    assert [item["earshot"]["mentions"] for item in chats[0]["messages"]] == mentions


async def test_an_export_gone_on_with_reads_places_as_it_began(archive, tmp_path):
    await archive.post("kanal_x", ["Обстріл Олександрівки"] * 5)
    before = lines(await exported(archive, tmp_path / "before", format="jsonl", with_places=True))
    wish = {"format": "jsonl", "with_places": True}

    def broken(_done, _of):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        await exported(archive, tmp_path / "broken", broken, **wish)
    regions = PLACES.place_ids("Полтавська область") & {"gn:696634"}
    learnt = [
        {"channel_id": archive.channels["kanal_x"], "region_id": region, "mentions": 60}
        for region in regions
    ]
    async with archive.database.transaction() as connection:
        await connection.execute(insert(schema.channel_regions), learnt)
    assert lines(await exported(archive, tmp_path / "broken", **wish)) == before
    after = lines(await exported(archive, tmp_path / "after", **wish))
    assert after[0]["mentions"] != before[0]["mentions"]


async def test_a_deleted_journal_leaves_no_choice_behind(archive, tmp_path):
    await archive.post("kanal_x", ["дрон", "ракета"])

    def broken(_done, _of):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        await exported(archive, tmp_path / "posts", broken, format="jsonl", query="дрон")
    (tmp_path / ".posts.journal").unlink()
    path = await exported(archive, tmp_path / "posts", format="jsonl", query="ракета")
    assert [item["text"] for item in lines(path)] == ["ракета"]


async def test_a_format_without_room_for_places_says_so(archive, tmp_path):
    with pytest.raises(ExportRefused, match="html has no room for places"):
        await exported(archive, tmp_path / "site", format="html", with_places=True)
    wish = ExportWish(tmp_path / "bag", "bag", with_places=True)
    with pytest.raises(ExportRefused, match="a bag holds what was posted"):
        await export_bag(archive.database, tmp_path, wish, organisation=None, told=print)


def test_the_places_of_an_export_are_part_of_its_choice(tmp_path):
    plain = ExportWish(tmp_path / "p", "jsonl")
    assert replace(plain, with_places=True).choice != plain.choice


NAMED = ["Дрон біля Суджі", "Дрон: Суджа і Глухів", "Дрон над Херсоном", "Дрон без міста"]


async def test_facets_count_the_places_and_regions_that_posts_name(archive):
    await archive.post("kanal_x", NAMED * 3)
    assert catch_up(archive.database.path, 60)
    await archive.post("kanal_y", ["Дрон біля Суджі й знову Суджі", "Ракета, Суджа"])
    found = (await facets(archive.database, Wanted("дрон"), NOW.tzinfo, places_within_s=60)).places
    assert [(one.name.split(",")[0], one.posts) for one in found.places] == [
        ("Sudzha", 7), ("Hlukhiv", 3), ("Kherson", 3)
    ]  # fmt: skip
    assert [(one.name, one.posts) for one in found.regions] == [
        ("Kursk Oblast", 7), ("Kherson Oblast", 3), ("Sumy Oblast", 3)
    ]  # fmt: skip
    assert (found.is_exact, found.looked_at, found.of) == (True, 14, 14)


async def test_a_place_of_the_facets_finds_as_many_posts_as_they_say(archive):
    await archive.post("kanal_x", [*NAMED, "Дрон: Олександрівка"] * 3)
    counted = await facets(archive.database, Wanted("дрон"), NOW.tzinfo, places_within_s=60)
    for one in (*counted.places.places, *counted.places.regions):
        results = await search(archive.database, Wanted(f"дрон place:{one.place_id}", limit=99))
        assert len(results.found) == one.posts, one.name


async def test_places_of_more_posts_than_there_is_time_for_are_estimated(archive):
    await archive.post("kanal_x", ["Дрон біля Суджі", "Дрон"] * 150)
    assert catch_up(archive.database.path, 60)
    counted = await facets(archive.database, Wanted("дрон"), NOW.tzinfo, places_within_s=0)
    found = counted.places
    assert (found.is_exact, found.looked_at, found.of) == (False, 100, 300)
    assert 100 < found.places[0].posts < 200
    written = "\n".join(facet_lines(counted, 80))
    assert "(estimated from 100 of 300 posts that may match)" in written
    assert f"  Sudzha, Kursk Oblast  about {found.places[0].posts}  place:gn:" in written


async def test_counts_know_of_a_channel_what_searches_know(archive):
    await archive.post("kanal_x", ["Обстріл Олександрівки"] * 3)
    (mention, *_) = mentions_of("Обстріл Олександрівки", None)
    verdict = {
        "surface": "олександрівки",
        "place_id": mention["place_id"],
        "channel_id": archive.channels["kanal_x"],
        "is_right": 1,
        "judged_at": NOW,
    }
    query = f"place:{mention['place_id']}~strict"
    before = await facets(archive.database, Wanted(query), NOW.tzinfo, places_within_s=60)
    found = (await search(archive.database, Wanted("обстріл"))).found
    async with archive.database.transaction() as connection:
        reader_id = await subscribers.add(
            connection, telegram_user_id=5, access_hash=6, name="Ira", role=Role.REPORTER,
            timezone="UTC", language="uk", added_at=NOW,
        )  # fmt: skip
        verdicts = [verdict | {"subscriber_id": reader_id, "post_id": one.post.id} for one in found]
        await connection.execute(insert(schema.place_verdicts), verdicts)
    after = await facets(archive.database, Wanted(query), NOW.tzinfo, places_within_s=60)
    assert (before.total, after.total) == (0, 3)
    assert len((await search(archive.database, Wanted(query))).found) == 3
