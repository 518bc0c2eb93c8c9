"""What RE2 says of a pattern it refuses, said in English, Ukrainian or Russian.

RE2 answers "missing ): (abc": a code, and mostly the part of the pattern it is about.
"""

from __future__ import annotations

from typing import Final

_Texts = tuple[str, str, str]
# RE2's codes (its CodeText), in the order of LANGUAGES; {part} is the part it is about.
_TEXTS: Final[dict[str, _Texts]] = {
    "missing )": (
        "a bracket ( is not closed in “{part}”",
        "дужку ( не закрито в «{part}»",
        "скобка ( не закрыта в «{part}»",
    ),
    "unexpected )": (
        "a bracket ) has no partner",
        "дужка ) не має пари",
        "у скобки ) нет пары",
    ),
    "missing ]": (
        "a bracket [ is not closed in “{part}”",
        "дужку [ не закрито в «{part}»",
        "скобка [ не закрыта в «{part}»",
    ),
    "trailing \\": (
        "a \\ stands at the end with nothing after it",
        "у кінці стоїть \\, а після нього нічого",
        "в конце стоит \\, а после него ничего",
    ),
    "no argument for repetition operator": (
        "there is nothing before “{part}” to repeat",
        "перед «{part}» нема чого повторювати",
        "перед «{part}» нечего повторять",
    ),
    "bad repetition operator": (
        "“{part}” are two signs of repetition in a row",
        "«{part}» — два знаки повторення поспіль",
        "«{part}» — два знака повторения подряд",
    ),
    "invalid repetition size": (
        "“{part}” cannot be counted: at most 1000 times in all, the smaller number first",
        "«{part}» не полічити: щонайбільше 1000 разів загалом, менше число перше",
        "«{part}» не сосчитать: не больше 1000 раз в целом, меньшее число первым",
    ),
    "invalid character class range": (
        "“{part}” is no range or class of characters",
        "«{part}» не є діапазоном чи класом знаків",
        "«{part}» не диапазон и не класс знаков",
    ),
    "invalid escape sequence": (
        "“{part}” means nothing; put \\ only before signs",
        "«{part}» нічого не означає; ставте \\ лише перед знаками",
        "«{part}» ничего не значит; ставьте \\ только перед знаками",
    ),
    "invalid named capture group": (
        "“{part}” is no name of a group",
        "«{part}» не є назвою групи",
        "«{part}» не имя группы",
    ),
    "invalid perl operator": (
        "“{part}” is not known to RE2",
        "RE2 не знає «{part}»",
        "RE2 не знает «{part}»",
    ),
}
_BACK_REFERENCE: Final[_Texts] = (
    "RE2 has no back references like “{part}”",
    "RE2 не має зворотних посилань, як-от «{part}»",
    "в RE2 нет обратных ссылок вроде «{part}»",
)
_LOOK_AROUND: Final[_Texts] = (
    "RE2 cannot look ahead or behind, as “{part}” does; use -word or NEAR beside the pattern",
    "RE2 не зазирає вперед чи назад, як «{part}»; додайте до виразу -слово або NEAR",
    "RE2 не заглядывает вперёд или назад, как «{part}»; добавьте к выражению -слово или NEAR",
)
_LOOKS: Final = ("(?=", "(?!", "(?<=", "(?<!")


def part_of(said: str) -> str:
    """Return the part of the pattern that RE2's reason is about; empty if it names none."""
    return said.partition(": ")[2]


def fault(said: str, language: int) -> str:
    """Say RE2's reason, as RE2 gave it, in the language of this number; what is new stays as is."""
    code, _, part = said.partition(": ")
    texts = _TEXTS.get(code)
    if code == "invalid perl operator" and part in _LOOKS:
        texts = _LOOK_AROUND
    elif code == "invalid escape sequence" and part[1:2].isdigit():
        texts = _BACK_REFERENCE
    return texts[language].format(part=part) if texts else said
