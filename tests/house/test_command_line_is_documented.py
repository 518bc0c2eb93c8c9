import re
from pathlib import Path

import pytest
import typer

import main
from bot.config import Settings, example_env, setting_names

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_CODE = re.compile(r"```(?:sh|console)?\n(.*?)```|`([^`\n]+)`", re.DOTALL)
_COMMAND = re.compile(r"^earshot ([a-z]+(?: [a-z]+)?)(?=\s|$)", re.MULTILINE)


def verbs(command=None, name: str = "") -> dict[str, object]:
    """Every verb with the words it takes, such as "channels add"."""
    command = command or typer.main.get_command(main.app)
    found: dict[str, object] = {}
    for word, inner in getattr(command, "commands", {}).items():
        path = f"{name} {word}".strip()
        deeper = verbs(inner, path) if getattr(inner, "commands", None) else {path: inner}
        found |= deeper
    return found


VERBS = verbs()


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_an_example_of_itself(verb):
    assert VERBS[verb].help
    example = VERBS[verb].epilog or ""
    assert example.startswith(f"Example: earshot {verb}"), verb


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_says_what_it_is(verb):
    silent = [
        option.name
        for option in VERBS[verb].params
        if option.param_type_name == "option" and not option.help
    ]
    assert not silent


def test_the_verbs_of_the_design_are_there():
    words = {verb.split()[0] for verb in VERBS}
    wanted = "demo init login run doctor channels people watch search backfill"
    assert words >= set(wanted.split())  # reads like the design


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_in_documents_exist(document):
    known = {verb.split()[0] for verb in VERBS}
    groups = {verb.split()[0] for verb in VERBS if " " in verb}
    for block in re.findall(
        r"```(?:sh|console)?\n(.*?)```|`([^`\n]+)`", document.read_text(), re.DOTALL
    ):
        for said in _COMMAND.findall("\n".join(block)):
            first, _, second = said.partition(" ")
            assert first in known, f"{document.name}: earshot {said}"
            if first in groups and second:
                named = (f"{first} {second}", f"{first} {second} ")
                assert named[0] in VERBS or any(verb.startswith(named[1]) for verb in VERBS), (
                    f"{document.name}: earshot {said}"
                )


def test_the_example_of_settings_equals_the_settings():
    assert (ROOT / "config.example.env").read_text() == example_env(), (
        "write it anew: python -c 'from bot.config import example_env; "
        'print(example_env(), end="")\' > config.example.env'
    )


def test_every_setting_says_its_meaning_and_an_example_that_is_accepted(tmp_path):
    key = tmp_path / "key.pem"
    key.write_text("a key")
    examples = {}
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert len(field.description) > 20, name
        examples[name] = field.examples[0]
    examples["telegram_public_key_file"] = str(key)
    assert Settings(_env_file=None, **examples)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_settings_in_documents_exist(document):
    known = set(setting_names())
    for name in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)=[^`]*`", document.read_text()):
        assert name in known, f"{document.name}: {name}"
