"""Makes what the tests here share importable, and gives them an archive."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "match")]

from filled import Archive  # noqa: E402  # found by the line above

from storage.database import open_database  # noqa: E402  # the same


@pytest.fixture
async def archive(tmp_path):
    async with open_database(tmp_path / "earshot.db") as database:
        made = Archive(database)
        await made.add_channel("kanal_x", "monitors")
        await made.add_channel("kanal_y")
        yield made
