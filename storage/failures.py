"""Failures that people are told in a line, told from bugs by what they descend from.

In goes nothing, out come the two kinds every layer derives its own from: the edge that ends a verb
then knows the exit code and the words of each without importing the modules that raise them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class Failure(Exception):
    """Something could not be done, and nobody's input is to blame."""

    exit_code: ClassVar[int] = 1

    @property
    def lines(self) -> Sequence[str]:
        """What a person is told, a line each."""
        return (str(self),)


class BadInput(Failure):
    """What was typed, a file or a setting is wrong: whoever runs Earshot can mend it."""

    exit_code: ClassVar[int] = 2
