"""Seeded random faults against the promises: CHAOS_SECONDS long (120), from CHAOS_SEED.

`make chaos SECONDS=1800` runs it for longer, from a new seed each time; the suite has one of its
own. A failure prints its seed; the same seed draws the
same faults, though their moments fall as the machine's speed has it. CHAOS_FAULTS="kill flood"
draws from these kinds alone.
"""

import os
from pathlib import Path

import pytest
from harness import chaos, crashes, faults_found, rage, report, seed_of_run

from storage.database import open_database

SECONDS = float(os.environ.get("CHAOS_SECONDS", "120"))


@pytest.mark.long(SECONDS + 30)
@pytest.mark.timeout(SECONDS + 900)
async def test_whatever_breaks_all_is_held_and_told_once(tmp_path: Path) -> None:
    seed = seed_of_run()
    print(f"seed {seed}", flush=True)  # noqa: T201  # shown when the test fails
    async with chaos(tmp_path, seed) as run:
        try:
            await rage(run, SECONDS)
        except AssertionError:
            async with open_database(run.database) as database:
                print(*(await faults_found(run, database))[:40], sep="\n")  # noqa: T201
            print(*run.errors[-3:], sep="\n---\n")  # noqa: T201
            raise
        finally:
            print(report(run, seed, SECONDS), flush=True)  # noqa: T201
            print(*crashes(run), sep="\n---\n")  # noqa: T201
        async with open_database(run.database) as database:
            assert not await faults_found(run, database)
        assert not [line for said in run.errors for line in said.splitlines() if "bug" in line]
