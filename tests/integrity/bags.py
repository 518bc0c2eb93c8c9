"""Bags for tests: made of an archive, and their manifests written anew as a forger would."""

import asyncio
import hashlib

import kept

from bot.publish.bag import BagWish, write_bag
from bot.publish.evidence.manifests import ALGORITHMS
from bot.publish.signing import signing_key
from storage import channels
from storage.database import open_database
from storage.folder import DataFolder


async def bag_of(folder, target, *names, **narrowed):
    async with open_database(folder / "earshot.db") as database:
        async with database.reading() as connection:
            listed = await channels.listed(connection)
        chosen = tuple(item for item in listed if not names or item.username in names)
        wish = BagWish(target, chosen, media=DataFolder(folder), **narrowed)
        return await write_bag(database, signing_key(folder), wish)


def kept_bag(folder, **narrowed):
    """Make a small archive in a folder, and a bag of one of its channels; give the bag's path."""
    data = folder / "data"
    data.mkdir(mode=0o700)
    asyncio.run(kept.make(data, heads=3))
    return asyncio.run(bag_of(data, folder / "bag", "channel_0", **narrowed))


def remanifest(bag):
    """Write all manifests as if the bag had always been so."""
    for path in bag.glob("*manifest-*.txt"):
        path.unlink()
    found = {path.relative_to(bag).as_posix(): path for path in bag.rglob("*") if path.is_file()}
    for algorithm in ALGORITHMS:
        for name, is_payload in (("manifest", True), ("tagmanifest", False)):
            listed = sorted(n for n in found if n.startswith("data/") == is_payload)
            if not is_payload:
                listed = sorted([*listed, *(f"manifest-{other}.txt" for other in ALGORITHMS)])
            target = bag / f"{name}-{algorithm}.txt"
            if not is_payload and not all((bag / f"manifest-{n}.txt").exists() for n in ALGORITHMS):
                continue
            target.write_text(
                "".join(
                    f"{hashlib.new(algorithm, (bag / n).read_bytes()).hexdigest()}  {n}\n"
                    for n in listed
                )
            )
    if not (bag / "tagmanifest-sha256.txt").exists():
        algorithm = "sha256"
        listed = sorted(
            [n for n in found if not n.startswith("data/")]
            + [f"manifest-{other}.txt" for other in ALGORITHMS]
        )
        (bag / "tagmanifest-sha256.txt").write_text(
            "".join(f"{hashlib.sha256((bag / n).read_bytes()).hexdigest()}  {n}\n" for n in listed)
        )
