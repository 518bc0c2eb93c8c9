import asyncio
import json
import os
import shutil
import sqlite3
import stat
from contextlib import closing

import kept
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from earshot_command import ROOT, Earshot, command

from storage.database import open_database


@pytest.fixture
def earshot(tmp_path):
    return Earshot(tmp_path)


async def test_verify_needs_no_settings_and_exits_1_when_something_was_changed(earshot, tmp_path):
    await kept.make(tmp_path / "data")
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    whole = await earshot("verify", "copy")
    assert (whole.code, whole.err) == (0, "")
    assert "everything that was checked holds" in whole.out
    with closing(sqlite3.connect(tmp_path / "copy" / "earshot.db")) as connection:
        connection.execute("UPDATE revisions SET text = 'інше' WHERE id = 7")
        connection.commit()
    broken = await earshot("verify", "copy")
    assert broken.code == 1
    assert "WRONG revision 7 (channel 1, message 7, number 1): it was changed" in broken.out
    assert "this does NOT hold" in broken.out
    as_json = json.loads((await earshot("verify", "copy", "--json")).out)
    assert as_json["mismatches"][0]["where"].startswith("revision 7 ")


async def test_a_signed_head_is_printed_kept_and_checked_against(earshot, tmp_path):
    await kept.make(tmp_path / "data", heads=0)
    signed = await earshot("log", "sign")
    (tmp_path / "head.txt").write_text(signed.out)
    listed = json.loads((await earshot("log", "list", "--json")).out)
    assert [row["note"] for row in listed] == [signed.out]
    checked = await earshot("verify", "data", "--head", "head.txt")
    assert checked.code == 0
    assert "the given head of" in checked.out


async def test_the_public_key_is_given_in_the_form_openssl_reads(earshot, tmp_path):
    printed = await earshot("log", "key")
    assert printed.code == 0
    (tmp_path / "key.pem").write_text(printed.out)
    assert stat.S_IMODE((tmp_path / "data" / "log.key").stat().st_mode) == 0o600
    key = serialization.load_pem_public_key((tmp_path / "key.pem").read_bytes())
    assert isinstance(key, Ed25519PublicKey)


@pytest.mark.parametrize("path", ["nothing", "empty"])
async def test_what_cannot_be_verified_is_told_in_a_line(earshot, tmp_path, path):
    (tmp_path / "empty").mkdir()
    ended = await earshot("verify", path)
    assert ended.code == 2
    assert ended.err.startswith("earshot: there is n")
    assert ended.err.count("\n") == 1


async def test_a_bag_with_a_file_that_may_not_be_read_is_told_in_a_line(tmp_path):
    (tmp_path / "bag").mkdir()
    (tmp_path / "bag" / "bagit.txt").touch(0)
    as_others = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]  # root reads all
    program = [*(as_others if os.geteuid() == 0 else []), *command()]
    ended = await Earshot(tmp_path, program=program)("verify", "bag")
    assert ended.code == 2, ended.err
    assert ended.err.startswith("earshot: cannot read bag/bagit.txt: Permission denied")
    assert ended.err.count("\n") == 1


async def test_a_bag_is_exported_by_the_verb_and_verified_by_the_other(earshot, tmp_path):
    await kept.make(tmp_path / "data")
    made = await earshot(
        *("export", "--format", "bag", "--channel", "@channel_0", "--with-media", "-o", "bag"),
        *("--organisation", "Front News"),
    )
    assert made.code == 0, made.err
    assert "Source-Organization: Front News" in (tmp_path / "bag" / "bag-info.txt").read_text()
    assert len(list((tmp_path / "bag" / "data" / "media").rglob("*"))) == 2
    checked = await earshot("verify", "bag")
    assert (checked.code, checked.err) == (0, "")
    (tmp_path / "bag" / "data" / "acts.jsonl").write_text("{}\n")
    broken = await earshot("verify", "bag")
    assert broken.code == 1
    assert "WRONG data/acts.jsonl" in broken.out


async def test_a_bag_that_does_not_fit_the_disk_is_told_in_a_line_and_goes_on(earshot, tmp_path):
    await kept.make(tmp_path / "data")
    async with open_database(tmp_path / "data" / "earshot.db") as database:
        await kept.hold(database, 1, 2, os.urandom(6_000_000))
    # No file may grow beyond 4 MB: what the system then says is like a disk that is full.
    script = tmp_path / "limited"
    words = " ".join(command())
    script.write_text(f"#!/bin/bash\nulimit -f 4000\ntrap '' XFSZ\nexec {words} \"$@\"\n")
    script.chmod(0o700)
    arguments = ("export", "--format", "bag", "-o", "bag", "--data", "data", "--with-media")
    ended = await asyncio.create_subprocess_exec(
        script,
        *arguments,
        cwd=tmp_path,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    _, errors = await ended.communicate()
    assert ended.returncode == 2, errors
    (*_, said) = errors.decode().splitlines()
    assert said.startswith("earshot: cannot write bag: File too large")
    assert not (tmp_path / "bag").exists()
    whole = await earshot(*arguments)
    assert whole.code == 0, whole.err
    assert (await earshot("verify", "bag")).code == 0
