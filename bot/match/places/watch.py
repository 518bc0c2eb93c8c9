"""A quick look whether a post could name any of the places somebody waits for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.match.places.coordinates import coordinates_in
from bot.match.places.gazetteer import Gazetteer
from bot.match.places.nations import nations
from bot.match.places.recognise import WRITTEN_SMALL
from bot.match.places.spelling import WORD, folded
from storage.records import PlaceId

# Adjectives count however they are written: "на покровському напрямку".
_ADJECTIVE = re.compile("[сцз]ь?к(?:ий|ого|ому|им|ім|ом|ая|ой|ую|ое|а|ої|ій|у|ою|е|ие|их|ими|і)$")


class Watch:
    """The places waited for; building it reads the gazetteer's names once (tens of milliseconds)."""  # noqa: E501 a table row or pattern in one line

    _MOST_WORDS = 1 << 17

    def __init__(self, gazetteer: Gazetteer, place_ids: Iterable[PlaceId]) -> None:
        numbers = {
            number for place_id in place_ids if (number := gazetteer.number(place_id)) is not None
        }
        self._gazetteer = gazetteer
        self.sequences = gazetteer.sequences_of(numbers)
        self._first_words = gazetteer.first_words(self.sequences)
        big = {number for number in numbers if gazetteer.importance(number) >= WRITTEN_SMALL}
        self._small_words = gazetteer.first_words(gazetteer.sequences_of(big))
        self.nations = frozenset(
            word
            for word, code in nations().items()
            if gazetteer.number(PlaceId(f"country:{code}")) in numbers
        )
        self._words: dict[str, bool] = {}

    def could_touch(self, text: str) -> bool:
        """Return false only when no name of a place waited for begins anywhere in the text, and it has no coordinates."""  # noqa: E501 a table row or pattern in one line
        known = self._words
        for word in set(WORD.findall(text)):
            told = known.get(word)
            if told is None:
                told = self._learn(word)
            if told:
                return True
        return bool(coordinates_in(text))

    def _learn(self, word: str) -> bool:
        if len(self._words) >= self._MOST_WORDS:
            self._words.clear()
        if self.nations and folded(word) in self.nations:
            self._words[word] = True
            return True
        info = self._gazetteer.word(word)
        small = word.islower() and not _ADJECTIVE.search(word)
        wanted = self._small_words if small else self._first_words
        told = self._words[word] = info is not None and not wanted.isdisjoint(info.bases)
        return told
