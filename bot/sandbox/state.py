"""A world on disk, so that a restarted server process goes on where it stopped."""

import os
import pickle
from pathlib import Path

from bot.sandbox.world import World


def save_world(world: World, path: Path) -> None:
    """Write the world to `path` atomically, readable by its owner only."""
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.touch(mode=0o600)
    fresh.write_bytes(pickle.dumps(world, protocol=pickle.HIGHEST_PROTOCOL))
    os.replace(fresh, path)  # noqa: PTH105 the atomic rename is the point


def load_world(path: Path) -> World:
    """Read a world that `save_world` wrote. The file runs code when read: only ever one's own."""
    world = pickle.loads(path.read_bytes())  # noqa: S301 a file of our own making, see above
    if not isinstance(world, World):
        raise TypeError(f"{path} holds no sandbox world")
    return world
