import random
import shutil

import kept
import pytest

from bot.operate.evidence import verify
from bot.publish import log as keeping
from bot.publish.manifest import manifest_path, write_manifest
from bot.publish.signing import signing_key
from storage.database import open_database


@pytest.fixture
async def export(tmp_path):
    """An export of one file, and one of a folder, each beside its manifest."""
    await kept.make(tmp_path / "data", heads=0)
    async with open_database(tmp_path / "data" / "earshot.db") as database:
        head = await keeping.sign(database, key := signing_key(tmp_path / "data"))
    (tmp_path / "posts.csv").write_text("a;b\n1;2\n")
    (tmp_path / "site" / "pages").mkdir(parents=True)
    for name in ("index.html", "pages/1.html", "pages/2.html"):
        (tmp_path / "site" / name).write_text(f"<p>{name}")
    for name in ("posts.csv", "site"):
        write_manifest(tmp_path / name, "all revisions", head, key)
    return tmp_path, keeping.note_of(head)


def named(report):
    return [item.where for item in report.mismatches]


async def test_an_export_is_as_it_was_written(export):
    folder, note = export
    for name in ("posts.csv", "site", "site.manifest.json"):
        report = verify(folder / name, note)
        assert report.is_whole, report.mismatches
        assert "the given head is signed by the key of this export" in report.holds


async def test_every_changed_file_is_named(export):
    folder, _ = export
    (folder / "posts.csv").write_text("a;b\n1;3\n")
    assert named(verify(folder / "posts.csv", None)) == ["posts.csv"]
    (folder / "site" / "pages" / "1.html").write_text("else")
    (folder / "site" / "pages" / "2.html").unlink()
    (folder / "site" / "more.js").write_text("alert(1)")
    assert named(verify(folder / "site", None)) == [
        "site/more.js",
        "site/pages/1.html",
        "site/pages/2.html",
    ]


async def test_no_byte_of_a_manifest_can_be_changed(export):
    folder, _ = export
    manifest = manifest_path(folder / "posts.csv")
    content = manifest.read_bytes()
    chance = random.Random(3)
    for _ in range(100):
        at = chance.randrange(len(content))
        changed = bytearray(content)
        changed[at] ^= 1 << chance.randrange(7)
        manifest.write_bytes(changed)
        report = verify(folder / "posts.csv", None)
        if not report.is_whole:
            assert "posts.csv.manifest.json" in named(report)
            continue
        # What says the same in other signs, such as a space, is no change of what is said.
        assert bytes(changed).split() == content.split() or changed[at : at + 1].isspace()


async def test_a_manifest_made_with_another_key_does_not_fit_a_given_head(export):
    folder, note = export
    shutil.rmtree(folder / "data")
    await kept.make(folder / "data", heads=0, whose="a stranger's")
    async with open_database(folder / "data" / "earshot.db") as database:
        head = await keeping.sign(database, key := signing_key(folder / "data"))
    write_manifest(folder / "posts.csv", "all revisions", head, key)
    assert verify(folder / "posts.csv", None).is_whole
    assert named(verify(folder / "posts.csv", note)) == ["the given head"]
