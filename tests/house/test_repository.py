import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_SKIPPED = {".git", ".venv", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
# The hosts that packages come from: a lock or script which names one works only where it is open.
_REGISTRIES = re.compile(
    r"(?:pypi|pythonhosted|crates|npmjs|anaconda|conda)\.(?:org|io|com)"
    r"|(?:registry|proxy|mirror|index)[.-][\w.-]+\.(?:org|io|com|net|dev)|--(?:extra-)?index-url\s*[=h]"
)
_ODD_NAMES = {"utils", "helpers", "manager", "base", "common"}


def files(*suffixes: str) -> list[Path]:
    found = []
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if path.is_file() and not _SKIPPED & set(parts) and path.suffix in suffixes:
            found.append(path)
    return found


def sources() -> list[Path]:
    return [ROOT / "main.py", *(ROOT / "bot").rglob("*.py"), *(ROOT / "storage").rglob("*.py")]


def test_the_import_contracts_hold():
    linter = Path(sys.executable).with_name("lint-imports")
    ended = subprocess.run(  # noqa: S603  # our own tool
        [str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout[-3000:]


def test_no_file_names_a_package_registry():
    lock = ROOT / "requirements.lock"
    for path in [lock, *files(".py", ".toml", ".md", ".env", ".yaml", ".in", "")]:
        if path == Path(__file__):
            continue
        text = path.read_text(errors="ignore")
        assert not _REGISTRIES.search(text), path.relative_to(ROOT)


def test_modules_are_named_for_what_they_are():
    assert not [path for path in sources() if path.stem in _ODD_NAMES]


def test_every_module_says_what_it_is_for():
    for path in sources():
        if "versions" in path.parts:
            continue
        assert re.match(r'\s*(#[^\n]*\n\s*)*r?"""\S', path.read_text()), path.relative_to(ROOT)


def test_no_module_is_longer_than_it_may_be():
    # The house style asks at 300 and splits at 400.
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path in sources()
        if "versions" not in path.parts and (lines := len(path.read_text().splitlines())) > 400
    }
    assert not too_long


def test_a_todo_names_its_issue():
    for path in sources():
        for line in path.read_text().splitlines():
            if "TODO" in line:
                assert re.search(r"TODO\(#\d+\)", line), f"{path}: {line}"


def test_every_noqa_gives_its_reason():
    for path in sources():
        for line in path.read_text().splitlines():
            assert not re.search(r"# noqa: [A-Z0-9, ]+$", line), f"{path}: {line}"


def test_the_tree_has_the_folders_of_the_design():
    for name in ("collect", "match", "notify", "operate", "publish", "sandbox", "telegram"):
        assert (ROOT / "bot" / name / "__init__.py").exists(), name
    for name in ("main.py", "config.example.env", "README.md", "CHANGELOG.md", "LICENSE"):
        assert (ROOT / name).exists(), name
    for name in ("bench", "docs", "tests"):
        assert (ROOT / name).is_dir(), name


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")
def test_the_run_of_ci_is_a_valid_script():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o100
    subprocess.run(["bash", "-n", str(script)], check=True)  # noqa: S603, S607
