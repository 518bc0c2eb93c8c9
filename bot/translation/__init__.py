"""What Earshot says to people, in their language and their time zone. No I/O but the catalogues.

Texts are written in English where they are said, marked with `phrase` or `counted`; English is
their name in the catalogues. `tools/catalogues.py` collects them; the compiled catalogues are
committed beside their sources, so that nothing but Python is needed to run.
"""

from bot.translation.phrases import Counted, counted, phrase
from bot.translation.voice import LANGUAGES, Voice, language_of, voice_of, zone_of

__all__ = [
    "LANGUAGES",
    "Counted",
    "Voice",
    "counted",
    "language_of",
    "phrase",
    "voice_of",
    "zone_of",
]
