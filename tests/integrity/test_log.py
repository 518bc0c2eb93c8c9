import hashlib
import json
import random
from datetime import timedelta

import kept
import pytest
from sqlalchemy import text
from test_tree import by_the_book

from bot.publish import log as keeping
from bot.publish.evidence.heads import is_signed_by
from bot.publish.evidence.tree import Frontier, node_hash
from bot.publish.signing import is_valid, signing_key
from storage import log
from storage.database import open_database
from storage.records import LeafKind, LogNode, NewLeaf


@pytest.fixture
async def database(tmp_path):
    async with open_database(tmp_path / "earshot.db") as opened:
        yield opened


async def hashes(database):
    async with database.reading() as connection:
        return await log.leaf_hashes(connection, 0, await log.size(connection))


async def test_every_kept_row_becomes_one_leaf_however_often_the_stage_is_begun_anew(database):
    await kept.fill(database)
    while await keeping.LogKeeper(database).step():
        pass
    assert await keeping.LogKeeper(database).step() == 0
    async with database.reading() as connection:
        counted = {
            name: await connection.scalar(text(f"SELECT count(*) FROM {name}"))  # ours
            for name in ("revisions", "deletions", "audit", "log_leaves")
        }
    assert counted.pop("log_leaves") == sum(counted.values())


async def test_a_leaf_is_what_the_documentation_says(database):
    """The format is written out here once more, by hand: others rely on it."""
    channel = await kept.add_channel(database, "one", 77)
    await kept.see(database, channel, seen := kept.message(77, 5, "Міст «цілий»\n🔥"))
    await keeping.LogKeeper(database).step()
    raw_hash = hashlib.sha256(seen.raw).hexdigest()
    content = json.dumps(
        {
            "author": None,
            "body_length": 14,
            "content_hash": seen.content_hash.hex(),
            "entities": "[]",
            "text": "Міст «цілий»\n🔥",
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
    content_hash = hashlib.sha256(content.encode()).hexdigest()
    facts = (
        f'{{"account":1,"channel":1,"content_sha256":"{content_hash}","edited_at":null,"id":1,'
        f'"kind":"revision","message":5,"number":1,"post":4294967301,"raw_sha256":"{raw_hash}",'
        '"seen_at":"2026-03-01T09:00:00.000000+00:00","source":"live"}'
    )
    assert (await hashes(database))[0] == hashlib.sha256(b"\0" + facts.encode()).digest()


async def test_heads_are_signed_over_the_root_of_all_leaves(database, tmp_path):
    channels = await kept.fill(database)
    key = signing_key(tmp_path)
    first = await keeping.sign(database, key)
    assert first.root == by_the_book(await hashes(database))
    assert await keeping.sign(database, key) == first
    await kept.see(database, channels[0], kept.message(1000, 50, "далі"))
    second = await keeping.sign(database, key)
    assert second.size > first.size
    assert second.root == by_the_book(await hashes(database))
    assert by_the_book((await hashes(database))[: first.size]) == first.root
    for head in (first, second):
        assert is_signed_by(key.public, keeping.head_of(head), head.signature, is_valid)
    async with database.reading() as connection:
        assert await log.heads(connection) == [first, second]


async def test_coverage_is_stated_when_it_changed_and_only_then(database, tmp_path):
    channels = await kept.fill(database)
    key = signing_key(tmp_path)
    await keeping.sign(database, key)
    async with database.transaction() as connection:
        assert await log.state_coverage(connection, kept.NOW) == 0
    later = kept.NOW + timedelta(days=1)
    await kept.see(database, channels[1], kept.message(1001, 60, "далі"), at=later)
    async with database.transaction() as connection:
        assert await log.state_coverage(connection, later) == 1


async def fill_log(database, count):
    """Append leaves as a batch of the stage would, without rows behind them."""
    chance = random.Random(count)
    async with database.transaction() as connection:
        at = await log.size(connection)
        while at < count:
            batch = [
                NewLeaf(number, LeafKind.AUDIT, number + 1, chance.randbytes(32))
                for number in range(at, min(count, at + chance.randrange(1, 400)))
            ]
            nodes = await keeping._completed(connection, at, batch)
            await log.append(connection, batch, nodes)
            at += len(batch)


@pytest.mark.parametrize("count", [1, 255, 256, 257, 1500, 66_000])
async def test_kept_subtrees_give_the_same_roots_as_all_leaves(database, count):
    await fill_log(database, count)
    frontier = Frontier()
    nodes = []
    for leaf in await hashes(database):
        nodes += [LogNode(*done) for done in frontier.add(leaf) if done[0] in keeping.KEPT_LEVELS]
    async with database.reading() as connection:
        assert (await keeping.frontier_at(connection, count)).root() == frontier.root()
        for level in keeping.KEPT_LEVELS:
            found = await log.node_hashes(connection, level, 0, count)
            assert found == [node.hash for node in nodes if node.level == level]


def root_by_path(leaf, position, size, path):
    """RFC 9162, section 2.1.3.2: the root that an inclusion proof gives."""
    at, last, hash_ = position, size - 1, leaf
    for other in path:
        if at & 1 or at == last:
            hash_ = node_hash(other, hash_)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hash_ = node_hash(hash_, other)
        at, last = at >> 1, last >> 1
    assert last == 0
    return hash_


@pytest.mark.parametrize("count", [1, 2, 3, 7, 300, 1021])
async def test_any_leaf_is_proved_to_be_in_the_tree(database, count):
    await fill_log(database, count)
    leaves = await hashes(database)
    chance = random.Random(count)
    async with database.reading() as connection:
        for size in {count, (count + 1) // 2}:
            root = by_the_book(leaves[:size])
            for position in {0, size - 1, chance.randrange(size), chance.randrange(size)}:
                path = await keeping.inclusion_proof(connection, position, size)
                assert root_by_path(leaves[position], position, size, path) == root
