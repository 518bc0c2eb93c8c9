"""What words were expanded to, kept compactly in memory and over restarts.

A kept book only saves time: one that is missing, damaged, or of other dictionaries or rules is
none. It is for the owner's eyes only, since it has the words of people's queries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Final

from bot.text.coding import coded

_HEADER: Final = b"earshot forms 1 "
_RULES: Final = ("conjugation.py", "endings.py", "english.py", "formbook.py", "morphology.py")
_DICTIONARIES: Final = ("pymorphy3", "pymorphy3-dicts-uk", "pymorphy3-dicts-ru")


def joined(codes: Iterable[bytes]) -> bytes:
    """Return codes in order as one run, a space before and after each; nothing for none."""
    ordered = sorted(codes)
    return b" %b " % b"  ".join(ordered) if ordered else b""


class FormBook:
    """Word → the codes of its forms. What was loaded counts only once it is asked for again.

    `changes` says how many words the kept file lacks.
    """

    def __init__(self) -> None:
        self.changes = 0
        self._known: dict[str, bytes] = {}
        self._former: dict[str, bytes] = {}
        self._saving = Lock()

    def __len__(self) -> int:
        return len(self._known)

    def codes(self, word: str) -> bytes | None:
        """Return the codes of a word's forms, as `joined` has them; None if it is new."""
        found = self._known.get(word)
        if found is None and (found := self._former.pop(word, None)) is not None:
            self._known[word] = found
        return found

    def learn(self, word: str, forms: Iterable[str]) -> bytes:
        """Note the forms of a new word, and return their codes."""
        self.changes += 1
        return self._known.setdefault(word, joined(map(coded, forms)))

    def clear(self) -> None:
        """Forget everything, as a new process has."""
        self.changes = 0
        self._known.clear()
        self._former.clear()

    def forget_former(self) -> int:
        """Let go of what was loaded and nobody asked for, and return how many words.

        They are of queries that are gone: the file should not have them either.
        """
        former, self._former = self._former, {}
        return len(former)

    def save(self, path: Path) -> None:
        """Keep the book; a reader sees the old one or the new one. Raises OSError."""
        with self._saving:
            known = self._known.copy()  # others go on expanding meanwhile
            self.changes = 0
            lines = [
                b"%b\t%b" % (word.encode(), codes)
                for word, codes in known.items()
                if word.isprintable()  # so no tab, no line's end, no half of a surrogate pair
            ]
            body = b"\n".join(lines)
            fresh = path.with_suffix(".new")
            fresh.unlink(missing_ok=True)
            fresh.touch(0o600)
            fresh.write_bytes(_header(body) + body)
            fresh.replace(path)

    def load(self, path: Path) -> int:
        """Take up what was kept and return how many words; 0 if it is of no use."""
        try:
            header, _, body = path.read_bytes().partition(b"\n")
        except OSError:
            return 0
        if header + b"\n" != _header(body):
            return 0
        lines = (line.partition(b"\t") for line in body.split(b"\n") if line)
        self._former = {word.decode(): codes for word, _, codes in lines}
        return len(self._former)


def _header(body: bytes) -> bytes:
    digest = hashlib.sha256(_making())
    digest.update(body)
    return _HEADER + digest.hexdigest().encode() + b"\n"


@cache
def _making() -> bytes:
    """Name the way words are expanded: rules, folding and dictionaries."""
    digest = hashlib.sha256(" ".join(map(version, _DICTIONARIES)).encode())
    sources = [files("bot.match").joinpath(name) for name in _RULES]
    sources += sorted(files("bot.text").iterdir(), key=lambda found: found.name)
    for source in sources:
        if source.name.endswith(".py"):
            digest.update(source.read_bytes())
    return digest.digest()
