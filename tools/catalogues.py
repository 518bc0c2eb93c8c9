"""Collects the texts marked in the source, brings the catalogues up to date and compiles them.

    .venv/bin/python tools/catalogues.py

New texts come into `bot/translation/catalogues/*.po` untranslated; translate them there and run
it again. Exit code 1 while any is missing. Needs Babel (of the development group).
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "bot" / "translation" / "catalogues"
TRANSLATED = ("uk", "ru")
_KEYWORDS = {"phrase": None, "counted": (1, 2)}
_WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)  # not the present: a catalogue changes with its texts

_HEADER = "# What Earshot says. Edit the lines of msgstr, then run tools/catalogues.py."


def collected() -> Catalog:
    """Give every marked text of the source."""
    found = Catalog(project="Earshot", fuzzy=False, creation_date=_WRITTEN, revision_date=_WRITTEN)
    for file, _line, message, _comments, _context in extract_from_dir(
        ROOT / "bot", method_map=[("**.py", "python")], keywords=_KEYWORDS
    ):
        found.add(message, locations=[(f"bot/{file}", 1)])
    return found


def catalogue(language: str) -> Catalog:
    """Read a language's catalogue as it is committed, an empty one if there is none."""
    file = FOLDER / f"{language}.po"
    if not file.is_file():
        return Catalog(locale=language, project="Earshot", fuzzy=False)
    with file.open("rb") as opened:
        return read_po(opened, locale=language)


def compiled(known: Catalog) -> bytes:
    """Compile a catalogue to what gettext reads."""
    written = io.BytesIO()
    write_mo(written, known)
    return written.getvalue()


def missing(known: Catalog) -> list[str]:
    """Give the texts without a whole translation."""
    texts = [message for message in known if message.id]
    return [
        str(message.id)
        for message in texts
        if not (all(message.string) if isinstance(message.string, tuple) else message.string)
    ]


def main() -> int:
    """Bring everything up to date; say what is not translated yet."""
    source = collected()
    lacking = 0
    for language in TRANSLATED:
        known = catalogue(language)
        known.update(source, no_fuzzy_matching=True)
        known.obsolete.clear()
        known.creation_date = known.revision_date = _WRITTEN
        known.header_comment = _HEADER
        known.version = known.msgid_bugs_address = ""
        known.last_translator = known.language_team = ""
        with (FOLDER / f"{language}.po").open("wb") as file:
            write_po(file, known, width=100, no_location=True, sort_output=True)
        (FOLDER / f"{language}.mo").write_bytes(compiled(known))
        for text in missing(known):
            lacking += 1
            print(f"{language}: not translated: {text}")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
