import ast
import gettext
import importlib.util
import io
import string
from pathlib import Path

import pytest

from bot.operate import pages, query_pages, setting_pages, texts, why
from bot.operate.rights import COMMANDS
from bot.translation import LANGUAGES
from storage.records import (
    ChannelState,
    FollowMode,
    FollowUps,
    Held,
    Rhythm,
    Role,
    SubscriberState,
    Withheld,
)

ROOT = Path(__file__).parents[2]
_SPEC = importlib.util.spec_from_file_location("catalogues", ROOT / "tools" / "catalogues.py")
catalogues = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(catalogues)
SOURCE = [message for message in catalogues.collected() if message.id]
# Where the bot's texts are put together: whatever of these is handed a bare literal speaks
# English to everybody.
_SAYING = {"add", "plain", "said", "Button", "Pressed", "answer", "Line", "OutgoingText"}
_SPOKEN = [*(ROOT / "bot" / "notify").glob("*.py"), *(ROOT / "bot" / "operate").glob("*.py")]
# These speak to the operator at the keyboard, in English like the rest of the command line.
_AT_THE_KEYBOARD = {
    "asking.py",
    "doctor.py",
    "init.py",
    "listing.py",
    "login.py",
    "outcome.py",
    "status.py",
}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def forms(message) -> list[str]:
    return list(message.string) if isinstance(message.string, tuple) else [message.string]


@pytest.mark.parametrize("language", catalogues.TRANSLATED)
def test_every_text_is_translated_with_the_same_names_in_braces(language):
    known = {message.id: message for message in catalogues.catalogue(language) if message.id}
    for wanted in SOURCE:
        found = known.get(wanted.id)
        assert found is not None, f"run tools/catalogues.py: {wanted.id}"
        assert all(forms(found)), f"translate it in {language}.po: {wanted.id}"
        ids = wanted.id if isinstance(wanted.id, (list, tuple)) else (wanted.id,)
        allowed = {frozenset(placeholders(one)) for one in ids}
        for form in forms(found):
            assert frozenset(placeholders(form)) in allowed, (wanted.id, form)


@pytest.mark.parametrize("language", catalogues.TRANSLATED)
def test_a_counted_text_has_every_form_of_its_language(language):
    known = catalogues.catalogue(language)
    assert known.num_plurals == 3
    for message in known:
        if isinstance(message.id, tuple):
            assert len(forms(message)) == 3, message.id
            assert all("{n}" in form for form in forms(message)), message.id


@pytest.mark.parametrize("language", catalogues.TRANSLATED)
def test_the_compiled_catalogue_is_that_of_its_source(language):
    compiled = catalogues.compiled(catalogues.catalogue(language))
    made = gettext.GNUTranslations(io.BytesIO(compiled))
    with (catalogues.FOLDER / f"{language}.mo").open("rb") as file:
        held = gettext.GNUTranslations(file)
    assert held._catalog == made._catalog, "run tools/catalogues.py"


def test_every_language_but_english_has_a_catalogue():
    assert set(LANGUAGES) == {"en", *catalogues.TRANSLATED}


def bare_literals(source: str) -> list[str]:
    """Literals with words in them that are handed to what speaks."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name not in _SAYING:
            continue
        for argument in [*node.args, *(item.value for item in node.keywords if item.arg != "data")]:
            parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
            for part in parts:
                text = part.value if isinstance(part, ast.Constant) else None
                if isinstance(text, str) and sum(map(str.isalpha, text)) > 1:
                    found.append(text)
    return found


@pytest.mark.parametrize("path", _SPOKEN, ids=lambda path: path.name)
def test_nothing_is_said_past_the_catalogues(path):
    if path.name in _AT_THE_KEYBOARD:
        return
    assert bare_literals(path.read_text()) == []


def test_a_literal_that_escapes_is_seen():
    assert bare_literals('builder.add("Hello")') == ["Hello"]
    assert bare_literals('plain(f"Found {n} posts")') == ["Found ", " posts"]
    assert bare_literals('Button(label, data=b"x", url="no text")') == ["no text"]
    assert bare_literals('builder.add(f" · {clock}")') == []


def test_every_state_a_person_reads_has_its_word():
    assert set(texts.ROLES) == set(Role)
    assert set(pages.CHANNEL_STATES) == set(ChannelState)
    assert set(pages.MODES) == set(FollowMode)
    assert set(pages.PERSON_STATES) == set(SubscriberState)
    assert set(why.REASONS) == {*Withheld, *Held}
    assert all(str(reason) == text for reason, text in why.REASONS.items())
    assert set(query_pages.RHYTHMS) == set(Rhythm)
    assert set(setting_pages.CHANGES_TOLD) == set(FollowUps)


def test_the_menu_of_commands_is_within_telegrams_limits():
    known = {language: catalogues.catalogue(language) for language in catalogues.TRANSLATED}
    for command in COMMANDS:
        for language, texts_known in known.items():
            said = texts_known.get(command.does).string
            assert 3 <= len(said) <= 256, (command.name, language)
