"""Folded words as bytes, a letter a byte: a third of the memory, and cut by `bytes.split`.

Latin, Ukrainian and Russian letters and digits have a byte each. A word of others is written in
UTF-8 behind a byte that no letter has, so that every word has one code and every code one word.
"""

from __future__ import annotations

import codecs
from typing import Any, Final

_LOWER: Final = "абвгдежзийклмнопрстуфхцчшщъыьэюяіїє"
_ASCII: Final = "".join(map(chr, range(128)))
_CHARS: Final = f"{_ASCII}{_LOWER}{_LOWER.upper()}ёґЁҐ"
_UNUSED: Final = "\ufffe"  # says to the codec that a byte stands for nothing
_TO_BYTES: Final[Any] = codecs.charmap_build(_CHARS + _UNUSED * (256 - len(_CHARS)))
_OTHER: Final = b"\xff"  # before a word in UTF-8
_SPACE: Final = b"\x01"  # for a space inside a code; codes stand between spaces


def _folding() -> bytes:
    table = bytearray(b" " * 256)
    for byte, char in enumerate(_CHARS):
        folded = char.lower().replace("ё", "е").replace("ґ", "г")
        if folded.isalnum():
            table[byte] = _CHARS.index(folded)
    return bytes(table)


_FOLDING: Final = _folding()
_encode: Final = codecs.charmap_encode
_decode: Final[Any] = codecs.charmap_decode


def line_of(text: str) -> bytes:
    """Fold a text into words between spaces: byte `at + 1` is what code point `at` became.

    All that is no Latin, Ukrainian or Russian letter and no digit becomes a space.
    """
    return b" %b " % _encode(text, "replace", _TO_BYTES)[0].translate(_FOLDING)


def coded(word: str) -> bytes:
    """Return the code of a word or any other key; it has no space in it."""
    try:
        code: bytes = _encode(word, "strict", _TO_BYTES)[0]
    except UnicodeEncodeError:
        code = _OTHER + word.encode("utf-8", "surrogatepass")
    return code.replace(b" ", _SPACE) if b" " in code else code


def decoded(code: bytes) -> str:
    """Return what was coded."""
    code = code.replace(_SPACE, b" ")
    if code.startswith(_OTHER):
        return code[1:].decode("utf-8", "surrogatepass")
    word: str = _decode(code, "strict", _CHARS)[0]
    return word
