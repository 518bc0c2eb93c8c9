import hashlib
import io
import random

import pytest
from newsroom import newsroom, until
from PIL import Image, ImageDraw
from sqlalchemy import text

from bot.collect.media.keeping import Room
from bot.collect.media.pictures import ALIKE, NotLookedAt, difference, picture_hash
from bot.collect.media.rules import rule_of, verdict
from bot.operate import media as verbs
from bot.sandbox import DocumentSpec, PhotoSpec
from bot.telemetry import Telemetry
from storage import audit, media
from storage.folder import DataFolder
from storage.records import Attachment, Fetch, Has, MediaRule, MediaState


def picture(seed: int, size=(320, 240), quality=90, form="JPEG") -> bytes:
    """Draw something that differs from every other seed's."""
    chance = random.Random(seed)
    image = Image.new("RGB", (320, 240), tuple(chance.choices(range(256), k=3)))
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y = chance.randrange(320), chance.randrange(240)
        box = (x, y, x + chance.randrange(20, 160), y + chance.randrange(20, 160))
        draw.ellipse(box, fill=tuple(chance.choices(range(256), k=3)))
    out = io.BytesIO()
    image.resize(size).save(out, form, quality=quality)
    return out.getvalue()


@pytest.fixture
async def room(tmp_path):
    async with newsroom(tmp_path) as made:
        made.settings = made.settings.model_copy(update={"media_fetch": Fetch.ALL})
        yield made


def post(room, spec, caption=""):
    return room.server.post(room.channel(), caption, media=spec)


async def rows(room):
    async with room.database() as database, database.reading() as connection:
        found = await connection.execute(text("SELECT * FROM media ORDER BY message_id"))
        return [dict(row._mapping) for row in found]


async def until_states(room, *states):
    async def are():
        return [row["state"] for row in await rows(room)] == list(states)

    try:
        await until(are, f"media are {states}")
    except AssertionError as error:
        raise AssertionError(f"{error}; they are {await rows(room)}") from None


def held_files(room):
    folder = room.settings.data_dir / "media"
    return {file.name for file in folder.rglob("*") if file.is_file()}


async def test_photos_and_files_are_held_once_each_under_their_hash(room):
    photo = picture(1)
    plan = bytes(range(256)) * 3000
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        post(room, PhotoSpec(photo))
        post(room, DocumentSpec(plan, "../../../etc/passwd", "application/pdf"))
        post(room, DocumentSpec(photo, "again.jpg", "image/jpeg"))
        await until_states(room, "held", "held", "held")
    folder = DataFolder(room.settings.data_dir)
    for content in (photo, plan):
        assert folder.media_file(hashlib.sha256(content).digest()).read_bytes() == content
    assert held_files(room) == {hashlib.sha256(item).hexdigest() for item in (photo, plan)}
    found = await rows(room)
    assert [row["name"] for row in found] == [None, "../../../etc/passwd", "again.jpg"]
    assert [row["kind"] for row in found] == ["photo", "document", "document"]


async def test_an_expired_reference_is_had_anew_from_the_message(room):
    async with room.running(media_fetch=Fetch.NONE):
        await room.follow("@front_news")
        await room.all_followed(1)
        post(room, PhotoSpec(picture(2)))
        await room.stored(posts=1)
    room.world.files.expire_references()
    async with room.running():
        await until_states(room, "held")


async def test_what_is_gone_or_too_large_says_so(room):
    async with room.running(media_fetch=Fetch.NONE):
        await room.follow("@front_news")
        await room.all_followed(1)
        number = post(room, PhotoSpec(picture(3)))
        post(room, DocumentSpec(bytes(3_000_000), "film.mp4", "video/mp4"))
        await room.stored(posts=2)
    room.server.delete(room.channel(), [number])
    room.world.files.expire_references()
    async with room.running(media_most_mb=2.0):
        await until_states(room, "gone", "refused")
    gone, large = await rows(room)
    assert gone["reason"] == "the message is gone or shows another file now"
    assert large["reason"] == "larger than allowed: 3.0 MB of 2"
    assert held_files(room) == set()


async def test_a_file_longer_than_telegram_says_is_refused(room):
    async with room.running(media_fetch=Fetch.NONE):
        await room.follow("@front_news")
        await room.all_followed(1)
        post(room, DocumentSpec(b"small", "small.bin"))
        await room.stored(posts=1)
    (stored,) = room.world.files.files.values()
    stored.data = bytes(2_000_000)  # what is served is not what was said
    async with room.running():
        await until_states(room, "refused")
    assert "more bytes than it said" in (await rows(room))[0]["reason"]
    assert held_files(room) == set()


async def test_only_hits_media_are_fetched_when_the_rule_says_so(room):
    async with room.running(media_fetch=Fetch.HITS):
        await room.follow("@front_news")
        await room.all_followed(1)
        await room.join("Olena", "міст")
        post(room, PhotoSpec(picture(4)), "Зруйновано міст")
        post(room, PhotoSpec(picture(5)), "Тихий ранок")
        await until_states(room, "held", "waiting")


async def test_a_channels_rule_wins_over_the_settings_and_is_audited(room):
    async with room.running(media_fetch=Fetch.NONE) as app:
        await room.follow("@front_news")
        await room.all_followed(1)
        post(room, PhotoSpec(picture(6)))
        await room.stored(posts=1)
        await verbs.set_rule(app.database, "@front_news", "all", "photo", 5)
        await until_states(room, "held")
        async with app.database.reading() as connection:
            acts = await audit.newest(connection, 5)
    assert ("media rule set", "@front_news") in [(act.act, act.subject) for act in acts]


async def test_a_reused_picture_is_found_however_it_was_scaled_or_saved(room, tmp_path):
    async with room.running() as app:
        await room.follow("@front_news")
        await room.all_followed(1)
        numbers = [post(room, PhotoSpec(picture(seed))) for seed in range(10, 15)]
        again = post(room, PhotoSpec(picture(12, (160, 120), quality=40)))
        await until_states(room, *["held"] * 6)
        (tmp_path / "asked.png").write_bytes(picture(12, (640, 480), form="PNG"))
        by_file = await verbs.same_picture(app.database, str(tmp_path / "asked.png"))
        by_post = await verbs.same_picture(app.database, f"@front_news/{again}")
    assert [row.message_id for row in by_file] == [numbers[2], again]
    assert {row.message_id for row in by_post} == {numbers[2], again}


def test_copies_of_a_picture_differ_little_and_others_much(tmp_path):
    def hash_of(content):
        (tmp_path / "x").write_bytes(content)
        return picture_hash(tmp_path / "x")

    originals = [hash_of(picture(seed)) for seed in range(30)]
    for seed, original in enumerate(originals):
        for copy in (
            picture(seed, (160, 120)),
            picture(seed, (900, 700), quality=60),
            picture(seed, quality=25),
            picture(seed, form="PNG"),
        ):
            assert difference(original, hash_of(copy)) <= ALIKE
    apart = [difference(a, b) for i, a in enumerate(originals) for b in originals[:i]]
    assert min(apart) > ALIKE


def test_a_bomb_of_pixels_is_not_decoded(tmp_path):
    bomb = tmp_path / "bomb.png"
    for side, reason in ((9_000, "too many to look at"), (20_000, "decompression bomb")):
        Image.new("1", (side, side)).save(bomb)
        with pytest.raises(NotLookedAt, match=reason):
            picture_hash(bomb)
    (tmp_path / "no.jpg").write_bytes(b"not a picture at all")
    with pytest.raises(NotLookedAt, match="cannot be read"):
        picture_hash(tmp_path / "no.jpg")


async def test_the_oldest_that_no_hit_refers_to_makes_room_and_this_is_told(room):
    async with room.running() as app:
        await room.follow("@front_news")
        await room.all_followed(1)
        await room.join("Olena", "міст")
        for number in range(4):
            content = bytes([number]) * 100_000
            caption = "Міст" if number == 0 else "Тихо"
            post(room, DocumentSpec(content, f"{number}.bin"), caption)
            await until_states(room, *["held"] * (number + 1))
        making = Room(app.database, DataFolder(room.settings.data_dir), 350_000, Telemetry())
        assert await making.make(100_000)
        assert [row["state"] for row in await rows(room)] == ["held", "dropped", "dropped", "held"]
        assert len(held_files(room)) == 2
        assert not await making.make(300_000), "what a hit refers to stays"
        async with app.database.reading() as connection:
            (act, *_) = await audit.newest(connection, 1)
            assert await media.used_bytes(connection) == 200_000
    assert (act.act, act.detail["files"], act.detail["bytes"]) == ("media dropped", "2", "200000")


def attachment(kind=Has.PHOTO, length=1000):
    return Attachment(1, 1, b"", 2, kind, "image/jpeg", None, length, "x")


@pytest.mark.parametrize(
    ("fetch", "kinds", "is_hit", "state"),
    [
        (Fetch.ALL, {Has.PHOTO}, False, MediaState.WANTED),
        (Fetch.HITS, {Has.PHOTO}, False, MediaState.WAITING),
        (Fetch.HITS, {Has.PHOTO}, True, MediaState.WANTED),
        (Fetch.NONE, {Has.PHOTO}, True, None),
        (Fetch.ALL, {Has.VIDEO}, True, None),
    ],
)
def test_a_rule_decides_by_kind_and_hit(fetch, kinds, is_hit, state):
    said = verdict(attachment(), MediaRule(fetch, frozenset(kinds), 5000), is_hit=is_hit)
    assert (said and said[0]) == state


def test_a_channels_own_rule_wins_over_its_groups_and_that_over_the_default():
    from types import SimpleNamespace  # noqa: PLC0415  # only here

    default, own, group = (MediaRule(Fetch.ALL, frozenset(), size) for size in (1, 2, 3))
    channel = SimpleNamespace(id=7, groups=frozenset({"north", "south"}))
    assert rule_of(channel, {}, default) is default
    assert rule_of(channel, {"group south": group}, default) is group
    assert rule_of(channel, {"group south": group, "channel 7": own}, default) is own


async def test_a_folder_that_refuses_is_told_and_tried_again_later(room):
    async with room.running() as app:
        await room.follow("@front_news")
        await room.all_followed(1)
        parts = room.settings.data_dir / "media"
        parts.write_bytes(b"a file where the folder should be")
        post(room, PhotoSpec(picture(7)))

        async def postponed():
            return [row["attempts"] for row in await rows(room)] == [1]

        await until(postponed, "the fetch is postponed")
        assert (await rows(room))[0]["reason"].startswith("the disk refuses")
        parts.unlink()
        async with app.database.transaction() as connection:
            await connection.execute(text("UPDATE media SET due_at = 0"))
        await until_states(room, "held")
