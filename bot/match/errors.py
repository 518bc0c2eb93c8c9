"""What can be wrong with a query, said in one line in English, Ukrainian or Russian."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from bot.match.pattern_faults import fault
from storage.failures import BadInput


class Reason(StrEnum):
    """Why a query is refused."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_MANY_TERMS = "too_many_terms"
    TOO_DEEP = "too_deep"
    UNEXPECTED = "unexpected"
    UNEXPECTED_END = "unexpected_end"
    OPEN_QUOTE = "open_quote"
    OPEN_BRACKET = "open_bracket"
    NO_WORD = "no_word"
    LONE_SIGN = "lone_sign"
    WILDCARD = "wildcard"
    SHORT_PREFIX = "short_prefix"
    MATCHES_ALL = "matches_all"
    ONLY_NOT = "only_not"
    OR_NOT = "or_not"
    FIELD_TOO_WIDE = "field_too_wide"
    NOT_ONE_WORD = "not_one_word"
    STRIKE_FORM = "strike_form"
    NO_SUCH_FORM = "no_such_form"
    NEAR_OPERAND = "near_operand"
    NEAR_DISTANCE = "near_distance"
    REGEX_INVALID = "regex_invalid"
    REGEX_BOUNDARY = "regex_boundary"
    REGEX_NO_LITERAL = "regex_no_literal"
    REGEX_TOO_LARGE = "regex_too_large"
    UNKNOWN_FIELD = "unknown_field"
    SURGE_FIRST = "surge_first"
    BAD_VALUE = "bad_value"
    BAD_SHAPE = "bad_shape"
    NO_VALUE = "no_value"
    FIELD_SUFFIX = "field_suffix"
    UNKNOWN_CHANNEL = "unknown_channel"
    UNKNOWN_GROUP = "unknown_group"
    UNKNOWN_PLACE = "unknown_place"
    NO_PLACES = "no_places"
    BAD_NEAR = "bad_near"


LANGUAGES: Final = ("en", "uk", "ru")
# Each text may use {detail} (what was found) and {hint} (what would do); both may be empty.
_TEXTS: Final[dict[Reason, tuple[str, str, str]]] = {
    Reason.EMPTY: ("the query is empty", "запит порожній", "запрос пустой"),
    Reason.TOO_LONG: (
        "the query is too long ({detail} characters allowed)",
        "запит задовгий (дозволено знаків: {detail})",
        "запрос слишком длинный (разрешено знаков: {detail})",
    ),
    Reason.TOO_MANY_TERMS: (
        "too many words in one query ({detail} allowed)",
        "забагато слів в одному запиті (дозволено: {detail})",
        "слишком много слов в одном запросе (разрешено: {detail})",
    ),
    Reason.TOO_DEEP: (
        "brackets are nested too deep ({detail} levels allowed)",
        "дужки вкладено заглибоко (дозволено рівнів: {detail})",
        "скобки вложены слишком глубоко (разрешено уровней: {detail})",
    ),
    Reason.UNEXPECTED: (
        "“{detail}” cannot stand here",
        "«{detail}» не може тут стояти",
        "«{detail}» не может здесь стоять",
    ),
    Reason.UNEXPECTED_END: (
        "the query ends too early: a word is missing",
        "запит обірвано: бракує слова",
        "запрос обрывается: не хватает слова",
    ),
    Reason.OPEN_QUOTE: (
        "this quotation mark is not closed",
        "цю лапку не закрито",
        "эта кавычка не закрыта",
    ),
    Reason.OPEN_BRACKET: (
        "this bracket has no partner",
        "ця дужка не має пари",
        "у этой скобки нет пары",
    ),
    Reason.NO_WORD: (
        "there is no letter or digit in “{detail}”",
        "у «{detail}» немає ні літери, ні цифри",
        "в «{detail}» нет ни буквы, ни цифры",
    ),
    Reason.LONE_SIGN: (
        "“{detail}” stands alone: put it directly before a word, or leave it out",
        "«{detail}» стоїть окремо: поставте впритул до слова або приберіть",
        "«{detail}» стоит отдельно: поставьте вплотную к слову или уберите",
    ),
    Reason.WILDCARD: (
        "* can stand only at the end of a word",
        "* може стояти лише в кінці слова",
        "* может стоять только в конце слова",
    ),
    Reason.SHORT_PREFIX: (
        "at least 3 letters must stand before *",
        "перед * має бути щонайменше 3 літери",
        "перед * должно быть не меньше 3 букв",
    ),
    Reason.MATCHES_ALL: (
        "this would match every post",
        "це збіглося б з кожним дописом",
        "это совпало бы с каждым постом",
    ),
    Reason.ONLY_NOT: (
        "only exclusions: say also what should be found",
        "лише виключення: вкажіть також, що шукати",
        "только исключения: укажите также, что искать",
    ),
    Reason.OR_NOT: (
        "an exclusion beside OR would match nearly every post",
        "виключення поруч з OR збіглося б майже з усім",
        "исключение рядом с OR совпало бы почти со всем",
    ),
    Reason.FIELD_TOO_WIDE: (
        "{detail} alone matches too many posts: add a word, a place or a channel",
        "сам лише {detail} збігається із забагатьма дописами: додайте слово, місце або канал",
        "один лишь {detail} совпадает со слишком многими постами: добавьте слово, место или канал",
    ),
    Reason.NOT_ONE_WORD: (
        "“{detail}” is not one word in any form",
        "«{detail}» не є одним словом у всіх формах",
        "«{detail}» не одно слово во всех формах",
    ),
    Reason.STRIKE_FORM: (
        "forms ({detail}) can be struck only from a word in any form, not from =, ~ or *",
        "форми ({detail}) можна викреслити лише зі слова в усіх формах, не з =, ~ чи *",
        "формы ({detail}) можно вычеркнуть только из слова во всех формах, не из =, ~ или *",
    ),
    Reason.NO_SUCH_FORM: (
        "{detail} is no form of this word, so it cannot be struck out{hint}",
        "{detail} не є формою цього слова, тож викреслити нема чого{hint}",
        "{detail} не форма этого слова, вычёркивать нечего{hint}",
    ),
    Reason.NEAR_OPERAND: (
        "NEAR takes words, phrases and (a OR b) on both sides",
        "NEAR приймає слова, фрази та (a OR b) з обох боків",
        "NEAR принимает слова, фразы и (a OR b) с обеих сторон",
    ),
    Reason.NEAR_DISTANCE: (
        "the distance of NEAR must be 1 to {detail} words",
        "відстань NEAR має бути від 1 до {detail} слів",
        "расстояние NEAR должно быть от 1 до {detail} слов",
    ),
    Reason.REGEX_INVALID: (
        "RE2 refuses the pattern: {detail}",
        "RE2 не приймає виразу: {detail}",
        "RE2 не принимает выражение: {detail}",
    ),
    Reason.REGEX_BOUNDARY: (
        "\\b works only at the very beginning and end of a pattern",
        "\\b діє лише на самому початку й наприкінці виразу",
        "\\b действует только в самом начале и в конце выражения",
    ),
    Reason.REGEX_NO_LITERAL: (
        "the pattern needs at least 3 plain letters in a row that must occur",
        "у виразі потрібні щонайменше 3 звичайні літери поспіль, що мусять траплятися",
        "в выражении нужны хотя бы 3 обычные буквы подряд, которые обязаны встретиться",
    ),
    Reason.REGEX_TOO_LARGE: (
        "the pattern is too large for RE2",
        "вираз завеликий для RE2",
        "выражение слишком велико для RE2",
    ),
    Reason.UNKNOWN_FIELD: (
        "there is no field {detail}:{hint}",
        "поля {detail}: немає{hint}",
        "поля {detail}: нет{hint}",
    ),
    Reason.SURGE_FIRST: (
        "surge: is no part of a query: it stands before it, and only where a query is watched",
        "surge: не частина запиту: воно стоїть перед ним і лише там, де запит відстежують",
        "surge: не часть запроса: оно стоит перед ним и только там, где запрос отслеживают",
    ),
    Reason.BAD_VALUE: (
        "“{detail}” is no value of this field; it takes {hint}",
        "«{detail}» не є значенням цього поля; воно приймає {hint}",
        "«{detail}» не значение этого поля; оно принимает {hint}",
    ),
    Reason.BAD_SHAPE: (
        "“{detail}” cannot be a value of this field: write it like {hint}",
        "«{detail}» не може бути значенням цього поля: пишіть, як-от {hint}",
        "«{detail}» не может быть значением этого поля: пишите, например, {hint}",
    ),
    Reason.NO_VALUE: (
        "{detail} needs a value directly after it: {hint}",
        "після {detail} без пробілу має стояти значення: {hint}",
        "после {detail} без пробела должно стоять значение: {hint}",
    ),
    Reason.FIELD_SUFFIX: (
        "{detail} is for place: and near: only",
        "{detail} буває лише після place: і near:",
        "{detail} бывает только после place: и near:",
    ),
    Reason.UNKNOWN_CHANNEL: (
        "no followed channel is called {detail}{hint}",
        "серед каналів немає {detail}{hint}",
        "среди каналов нет {detail}{hint}",
    ),
    Reason.UNKNOWN_GROUP: (
        "no group is called {detail}{hint}",
        "немає групи {detail}{hint}",
        "нет группы {detail}{hint}",
    ),
    Reason.UNKNOWN_PLACE: (
        "no place is known as {detail}{hint}",
        "невідоме місце {detail}{hint}",
        "неизвестное место {detail}{hint}",
    ),
    Reason.NO_PLACES: (
        "places are not available here",
        "місця тут недоступні",
        "места здесь недоступны",
    ),
    Reason.BAD_NEAR: (
        "near: needs a place or coordinates and a distance in km (at most {detail})",
        "near: потребує місця чи координат і відстані в км (щонайбільше {detail})",
        "near: нужно место или координаты и расстояние в км (не больше {detail})",
    ),
}
_AT: Final = (
    "At character {at}: {what} Try: {example}",
    "Знак {at}: {what} Спробуйте: {example}",
    "Знак {at}: {what} Попробуйте: {example}",
)
_MEANT: Final = ("; did you mean {hint}?", "; може, {hint}?", "; может быть, {hint}?")
_SUGGESTING: Final = {
    Reason.NO_SUCH_FORM,
    Reason.UNKNOWN_FIELD,
    Reason.UNKNOWN_CHANNEL,
    Reason.UNKNOWN_GROUP,
    Reason.UNKNOWN_PLACE,
}


class QueryError(BadInput, ValueError):
    """A query cannot be used.

    `position` is the code point in the query's text where the fault is, `reason` what it is,
    `detail` what was found there, `hint` what was probably meant, `example` a query that works.
    """

    def __init__(
        self, reason: Reason, position: int, *, detail: str = "", hint: str = "", example: str
    ) -> None:
        super().__init__(reason, position)
        self.reason = reason
        self.position = position
        self.detail = detail
        self.hint = hint
        self.example = example

    def __str__(self) -> str:
        return self.message("en")

    def message(self, language: str = "en") -> str:
        """One line for a person; languages we do not speak get English."""
        at = LANGUAGES.index(language) if language in LANGUAGES else 0
        hint = self.hint
        if self.reason in _SUGGESTING and hint:
            hint = _MEANT[at].format(hint=hint)
        detail = self.detail
        if self.reason is Reason.REGEX_INVALID:
            detail = fault(detail, at)
        what = _TEXTS[self.reason][at].format(detail=detail, hint=hint)
        what += "" if what.endswith(("?", ".")) else "."
        line = _AT[at].format(at=self.position + 1, what=what, example=self.example)
        return " ".join(line.split())
