"""Random changes of bags and of archives: all are caught, and each is named.

500 of bags and 500 of archives; TAMPER_CHANGES sets how many in all, TAMPER_SEED draws others:
`make tampering CHANGES=5000 SEED=7`.
"""

import os
import random
import shutil
import sqlite3
from contextlib import closing

import pytest
from archives import of_every_origin
from bags import kept_bag
from tampering import Forger, Tampering, ways

from bot.collect.stored import stored_message
from bot.publish.bag.parquet import check_tables
from bot.publish.evidence.bag import check_bag
from bot.publish.signing import is_valid
from bot.publish.verify_archive import verify_archive

CHANGES = int(os.environ.get("TAMPER_CHANGES") or 1000) // 4  # two parts of each half
SEED = int(os.environ.get("TAMPER_SEED", "1") or random.SystemRandom().randrange(10**6))
SEEDS = [SEED, SEED + 1]  # printed by `make tampering`, which draws one if none is given


@pytest.fixture(scope="module")
def bag(tmp_path_factory):
    return kept_bag(tmp_path_factory.mktemp("bags"), with_parquet=True)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return of_every_origin(tmp_path_factory.mktemp("archive") / "data")


@pytest.mark.parametrize("seed", SEEDS)
def test_every_random_change_of_a_bag_is_caught_and_named(bag, tmp_path, seed):
    chance = random.Random(seed)
    copy = tmp_path / "bag"
    for number in range(CHANGES):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(bag, copy)
        way = ways(Forger)[number % len(ways(Forger))]
        name = getattr(Forger(copy, chance), way)()
        said = [
            f"{item.where}: {item.what}"
            for item in check_bag(copy, None, is_valid, check_tables).mismatches
        ]
        # A line of a manifest that was changed is told of the file which it is about.
        named = [
            line for line in said if name in line or ("manifest-" in name and "line in" in line)
        ]
        assert named, (way, name, said[:5])
    print(f"seed {seed}: {CHANGES} changes of a bag")  # noqa: T201  # for who drew it


@pytest.mark.parametrize("seed", SEEDS)
def test_every_random_change_of_an_archive_is_caught_and_named(archive, tmp_path, seed):
    chance = random.Random(seed)
    copy = tmp_path / "earshot.db"
    for number in range(CHANGES):
        shutil.copyfile(archive, copy)
        shutil.rmtree(tmp_path / "media", ignore_errors=True)
        shutil.copytree(archive.parent / "media", tmp_path / "media")
        way = ways(Tampering)[number % len(ways(Tampering))]
        with closing(sqlite3.connect(copy)) as connection:
            name = getattr(Tampering(connection, chance, tmp_path / "media"), way)()
            connection.commit()
        report = verify_archive(copy, stored_message)
        said = [f"{item.where}: {item.what}" for item in report.mismatches]
        place, _, column = name.partition(": ")
        named = [line for line in said if line.startswith(place) and column in line]
        assert named, (way, name, said[:5])
    print(f"seed {seed}: {CHANGES} changes of an archive")  # noqa: T201  # as above
