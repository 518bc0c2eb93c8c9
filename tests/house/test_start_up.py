"""What a verb does not need it does not load: people wait for each command's start."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer

import main
from bot.operate.verbs import channels, people, places, watch

ROOT = Path(__file__).parents[2]
DEAR = {"telethon", "sqlalchemy", "bot.match.engine", "structlog", "httpx", "jinja2"}
_TABLES = [part.MODULES for part in (main, watch, places, people, channels)]
# Runs verbs one after the other in one process, and tells what is loaded after each.
_RUN_EACH = """
import contextlib, io, json, sys
import main
loaded = []
for verb in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()):
        assert main.run_verb(verb) == 0, verb
    loaded.append(sorted(sys.modules))
print(json.dumps(loaded))
"""
# From the lightest to the heaviest; the second of each pair is what the verb must not load.
VERBS = (
    (["--version"], DEAR | {"rich", "pydantic", "asyncio", "bot.config", "bot.match"}),
    (["places", "find", "Суджа"], DEAR),
    (["watch", "explain", "ракета"], DEAR - {"bot.match.engine"}),
    (["channels", "list", "--data", "home"], {"telethon", "httpx", "jinja2"}),
)


def test_a_verb_loads_no_part_of_earshot_that_it_does_not_need(tmp_path):
    (tmp_path / "home").mkdir()
    ended = subprocess.run(  # noqa: S603  # our own interpreter and code
        [sys.executable, "-c", _RUN_EACH],
        input=json.dumps([verb for verb, _ in VERBS]),
        env={"PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    for (verb, forbidden), loaded in zip(VERBS, json.loads(ended.stdout), strict=True):
        assert not forbidden & set(loaded), verb


@pytest.mark.parametrize("table", _TABLES)
def test_each_module_puts_the_words_on_the_command_line_that_the_table_gives_it(table):
    for name in set(table.values()):
        app = typer.Typer()
        import_module(name).add_to(app)
        given = {word for word, module in table.items() if module == name}
        assert set(typer.main.get_group(app).commands) == given
