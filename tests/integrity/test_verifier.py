"""The verifier inside each bag, with nothing but Python: whatever the bag, an answer and a code."""

import json
import os
import random
import shutil
import subprocess
import sys

import pytest
from bags import kept_bag, remanifest

from bot.publish.evidence.bag import check_bag
from bot.publish.signing import is_valid

FUZZED = int(os.environ.get("FUZZ_EXAMPLES", "300")) // 4
AS_OTHERS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]  # root reads all


@pytest.fixture(scope="module")
def bag(tmp_path_factory):
    return kept_bag(tmp_path_factory.mktemp("verifier"))


@pytest.fixture
def copy(bag, tmp_path):
    return shutil.copytree(bag, tmp_path / "bag")


def verify(bag, *words, program=(), **environment):
    return subprocess.run(  # noqa: S603  # ours
        [*program, sys.executable, "-B", "-m", "verify", *words],
        cwd=bag,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **environment},
    )


def test_a_whole_bag_is_told_in_words_and_ends_with_zero(bag):
    ended = verify(bag)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.endswith("everything that was checked holds\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "verify: nowhere is not there: name the folder of a bag"),
        (["bagit.txt"], "verify: bagit.txt is no folder: name the folder of a bag"),
        (["--head", "nothing.txt"], "verify: cannot read nothing.txt: No such file or directory"),
        (["--head", "data"], "verify: cannot read data: Is a directory"),
        (["--head", "data/raw.txt"], "verify: data/raw.txt is no signed head: it is no UTF-8 text"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_ends_with_two(copy, words, said):
    (copy / "data" / "raw.txt").write_bytes(b"\xff\xfe\0")
    ended = verify(copy, *words)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(said), ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["manifest-sha256.txt", "data/revisions.jsonl", "data"])
def test_what_may_not_be_read_is_one_line_and_ends_with_two(copy, name):
    (copy / name).chmod(0)
    try:
        ended = verify(copy, program=AS_OTHERS if os.geteuid() == 0 else ())
    finally:
        (copy / name).chmod(0o700)
    assert ended.returncode == 2, ended.stdout
    assert ended.stderr.startswith("verify: cannot read "), ended.stderr
    assert f"{name}: Permission denied" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_name_of_a_file_cannot_forge_a_line_nor_stop_the_answer(copy):
    (copy / "data" / "x\nok    all is well \x1b[2J").touch()
    (copy / "data" / os.fsdecode(b"\xff.txt")).touch()
    ended = verify(copy, PYTHONIOENCODING="latin-1", PYTHONUTF8="0")
    assert (ended.returncode, ended.stderr) == (1, "")
    assert r"WRONG data/x\nok    all is well \x1b[2J: this file was added" in ended.stdout
    assert r"WRONG data/\udcff.txt: this file was added" in ended.stdout


@pytest.mark.parametrize("name", ["manifest-sha512.txt", "data/log.jsonl", "data/key.txt"])
@pytest.mark.parametrize("instead", ["folder", "pipe", "link", "binary"])
def test_what_stands_in_a_files_place_is_named(copy, name, instead):
    path = copy / name
    path.unlink()
    match instead:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)  # whoever opens it waits forever
        case "link":
            path.symlink_to("/dev/zero")
        case "binary":
            path.write_bytes(b"\xff\xfe\0\n")
    assert [item for item in check_bag(copy, None, is_valid).mismatches if name in item.where]


DEEP = "[" * 100_000
HOSTILE = [
    *(None, True, -1, 0, 2**70, 10**9, 1.5, 1e400, "", "x", "\0", "../../etc/passwd", "/dev/zero"),
    *("\ud800", "a" * 5000, [], {}, [[]], {"a": 1}, "9" * 5000, "=1", "é", "data", "2026-01-01"),
]
LINES = [
    *(b"", b"\n", b"null", b"[]", b"5", b'"x"', b"{}", b"\xff\xfe", b"\0", b"NaN", b"1" * 5000),
    *(DEEP.encode(), b'{"note": 5}', b'{"note": "a\\n"}', b'{"hash": "00", "level": 1000000000}'),
    *(b'"\\ud800"', "{}".encode("utf-16"), b'{"hash": "zz", "kind": []}', b"\xef\xbb\xbf{}"),
]


def tampered(bag, chance):
    """Change one table or text of a bag as no honest program would; say which."""
    files = sorted(path for path in bag.rglob("*") if path.suffix in {".jsonl", ".txt", ".csv"})
    path = chance.choice([path for path in files if path.stat().st_size])
    lines = path.read_bytes().splitlines(keepends=True)
    at = chance.randrange(len(lines))
    if path.suffix == ".jsonl" and chance.random() < 0.6:
        row = json.loads(lines[at])
        row[chance.choice(sorted(row))] = chance.choice(HOSTILE)
        lines[at] = json.dumps(row, sort_keys=True).encode() + b"\n"
    else:
        lines[at : at + chance.randrange(2)] = [chance.choice(LINES) + b"\n"]
    path.write_bytes(b"".join(lines))
    return path.relative_to(bag).as_posix(), lines[at][:200]


def test_hostile_tables_get_an_answer_never_a_traceback(bag, tmp_path):
    chance = random.Random(7)
    copy = tmp_path / "bag"
    for number in range(FUZZED):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(bag, copy)
        done = tampered(copy, chance)
        if number % 2 and not done[0].partition("-")[0].endswith("manifest"):
            remanifest(copy)
        report = check_bag(copy, None, is_valid)
        assert all(line.isprintable() for line in report.lines()), done
