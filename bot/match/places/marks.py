"""What else a word form can be than a place: bits an artefact keeps for each form."""

from __future__ import annotations

COMMON_RU, COMMON_UK, COMMON_EN, FIRST_NAME, SURNAME, GEO, PERSON = 1, 2, 4, 8, 16, 32, 64
