"""One leaf of a query text to its node: words, phrases, patterns, fields and places."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Final

from bot.match.errors import QueryError, Reason
from bot.match.nodes import (
    STRIKE,
    Everything,
    FieldIs,
    FieldName,
    Mention,
    Mode,
    Node,
    Phrase,
    PlaceIs,
    PlaceNear,
    Prefix,
    Regex,
    Sureness,
    Word,
)
from bot.match.pattern_faults import part_of
from bot.match.patterns import PatternError, check
from bot.text import words_of
from bot.text.tokens import host_of
from storage.records import Has, Is

EXAMPLE: Final = 'ракета OR "балістична загроза"'
_PREFIX_LEAST: Final = 3  # letters before the star
_RADIUS_MOST_KM: Final = 500.0
_OPERATORS: Final = re.compile(r"OR|АБО|ИЛИ|AND|NOT|НЕ|NEAR(/\d+)?")
_USERNAME: Final = re.compile(r"[a-z0-9_]{3,32}")
_ABBREVIATION: Final = re.compile(r"[^\W\d_]{1,4}(?:\.[^\W\d_]{1,4})+\.?")  # т.зв., к.м.н.
_STRUCK: Final = re.compile(rf"([^{STRIKE}]+){STRIKE}((?:[^{STRIKE}]+{STRIKE}?)+)", re.DOTALL)
_HOST: Final = re.compile(r"[\w-]+(\.[\w-]+)+")
_FIELD: Final = re.compile(r"([^\W\d_]+):(?:\"((?:[^\"\\]|\\.)*)\"(?:~([a-z]+))?|(.+))", re.DOTALL)
_NEAR_VALUE: Final = re.compile(
    r"(.+?)(?:\s*,\s*|\s+)(\d{1,4}(?:\.\d{1,3})?)\s*(?:km|км)\.?", re.IGNORECASE
)
_LONE_SIGNS: Final = dict.fromkeys("-–—−!", "ракета -навчання") | {
    "=": "=ракети",
    "~": "~Зеленський",
}
_PRIVATE: Final = frozenset({"joinchat", "addlist", "share", "proxy"})  # t.me/… of no channel
_LANGS: Final = ("uk", "ru", "en")
_FIELD_EXAMPLES: Final = {
    "channel": "ракета channel:@kpszsu",
    "group": "ракета group:monitors",
    "lang": "ракета lang:uk",
    "has": "ракета has:video",
    "is": "ракета -is:forward",
    "from": "ракета from:@kpszsu",
    "place": "place:Суджа",
    "near": 'near:"Sudzha, 30 km"',
    "url": "ракета url:pravda.com.ua",
}
# Fields and their values in Ukrainian and Russian; what is printed has the English ones.
_FIELD_ALIASES: Final = {
    "канал": "channel", "група": "group", "группа": "group", "мова": "lang", "язык": "lang",
    "місце": "place", "место": "place", "біля": "near", "около": "near", "поруч": "near",
    "рядом": "near", "від": "from", "от": "from", "має": "has", "есть": "has", "є": "is",
    "сайт": "url", "посилання": "url", "ссылка": "url",
}  # fmt: skip
_VALUE_ALIASES: Final = {
    "has": {
        "фото": "photo", "відео": "video", "видео": "video", "документ": "document",
        "файл": "document", "посилання": "link", "ссылка": "link", "опитування": "poll",
        "опрос": "poll", "геолокація": "location", "геолокация": "location",
    },
    "is": {
        "переслане": "forward", "репост": "forward", "відповідь": "reply", "ответ": "reply",
        "змінене": "edited", "изменено": "edited", "альбом": "album", "коментар": "comment",
        "комментарий": "comment",
    },
    "lang": {"укр": "uk", "рос": "ru", "рус": "ru", "англ": "en"},
}  # fmt: skip
# What a field takes that has no fixed values.
_VALUE_EXAMPLES: Final = {
    "channel": "@username",
    "group": "monitors",
    "from": "@username",
    "place": "Суджа",
    "near": '"Sudzha, 30 km"',
    "url": "pravda.com.ua",
}


def leaf(kind: str, text: str, at: int, *, is_checked: bool = False) -> Node:
    """Return the node of one terminal of the grammar, at a code point of the query's text.

    `is_checked`: RE2 took its pattern before, and need not compile it.
    """
    match kind:
        case "STRING" | "SINGLE":
            return _phrase(_unescaped(text[1:-1]), at, Mode.FORMS)
        case "EXACT_STRING" | "NAME_STRING":
            return _phrase(_unescaped(text[2:-1]), at, Mode(text[0]))
        case "REGEX":
            return Regex(text[1:-1]) if is_checked else _regex(text[1:-1], at)
        case "FIELD":
            return _field(text, at)
        case _:
            return _word(text, at)


def field_values(name: str) -> tuple[str, ...]:
    """Return the fixed values of a field, for completion; empty for names."""
    values = {"has": tuple(Has), "is": tuple(Is), "lang": _LANGS}
    return tuple(str(value) for value in values.get(name, ()))


def field_name(written: str) -> str:
    """Return a field by the name it may also be written with, in lower case."""
    name = written.lower()
    return _FIELD_ALIASES.get(name, name)


def field_names() -> tuple[str, ...]:
    """All fields, for completion."""
    return tuple(_FIELD_EXAMPLES)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _no_word(text: str, at: int) -> QueryError:
    return QueryError(Reason.NO_WORD, at, detail=text[:40], example=EXAMPLE)


def single_words(text: str) -> list[str]:
    """Return the words a query text names, as written: joined writings (Т-90М, С.Б.У) stay one."""
    found = words_of(text)
    if not found.words:
        return []
    whole = (0, len(found.words) - 1)
    is_joined = any((form.first, form.last) == whole for form in found.extras)
    if len(found.words) == 1 or is_joined or _ABBREVIATION.fullmatch(text):
        return [text[found.spans[0][0] : found.spans[-1][1]]]
    return [text[start:end] for start, end in found.spans]


def _phrase(text: str, at: int, mode: Mode) -> Node:
    has_forms = mode is Mode.FORMS
    words = [word for chunk in text.split() for word in _words(chunk, at, has_forms=has_forms)]
    if not words:
        raise _no_word(text, at)
    return Phrase(tuple(words), mode)


def _words(text: str, at: int, *, has_forms: bool) -> list[str]:
    """Return the words of a stretch without spaces, with the forms struck out of the last."""
    match = _STRUCK.fullmatch(text)
    if match is None:
        return single_words(text)
    struck = {_one_word(form) for form in match[2].split(STRIKE)} - {""}
    words = single_words(match[1])
    if not words or not struck:
        return words
    if not has_forms:
        raise QueryError(Reason.STRIKE_FORM, at, detail=match[2], example="сталь!стали")
    return [*words[:-1], STRIKE.join([words[-1], *sorted(struck)])]


def _one_word(form: str) -> str:
    """Fold a form; its pieces, put together, once more, as they will be read when printed."""
    return "".join(words_of("".join(words_of(form).words)).words)


def _word(text: str, at: int) -> Node:
    if text == "*":
        return Everything()
    _refuse_alone(text, at)
    if (address := _address(text)) is not None:
        return address
    mode = Mode(text[0]) if text[0] in "=~" else Mode.FORMS
    is_prefix = text.endswith("*")
    body = text.removeprefix(mode).rstrip("*")
    if "*" in body:
        raise QueryError(Reason.WILDCARD, at + text.index("*"), example="ракет*")
    words = _words(body, at, has_forms=mode is Mode.FORMS and not is_prefix)
    if not words:
        raise _no_word(text, at)
    if is_prefix and len(words) == 1:
        if len("".join(words_of(words[0]).words)) < _PREFIX_LEAST:
            raise QueryError(Reason.SHORT_PREFIX, at, example="ракет*")
        return Prefix(words[0])
    if len(words) > 1 or _OPERATORS.fullmatch(words[0]):
        return Phrase(tuple(words), mode)
    return Word(words[0], mode)


def _refuse_alone(text: str, at: int) -> None:
    """Raise QueryError for what is no word: an operator, stars alone, a field without a value."""
    if _OPERATORS.fullmatch(text):
        raise QueryError(Reason.UNEXPECTED, at, detail=text, example=EXAMPLE)
    if set(text) <= set("*?."):
        raise QueryError(Reason.MATCHES_ALL, at, example=EXAMPLE)
    if text in _LONE_SIGNS:
        raise QueryError(Reason.LONE_SIGN, at, detail=text, example=_LONE_SIGNS[text])
    name = field_name(text[:-1])
    if text.endswith(":") and name in _FIELD_EXAMPLES:
        hint = ", ".join(field_values(name)) or _VALUE_EXAMPLES[name]
        example = _FIELD_EXAMPLES[name]
        raise QueryError(Reason.NO_VALUE, at, detail=text, hint=hint, example=example)


def _address(text: str) -> Node | None:
    """Return @name, a link or the bare name of a site; `bbc.com*` is none."""
    facts = words_of(text).facts
    if not facts or text.startswith(("=", "~")):
        return None
    if text.endswith("*") and facts[0].end < len(text):
        return None
    names = [fact.text for fact in facts if fact.text[0] == "@" and len(fact.text) > len("@abc")]
    form = names[0] if names and names[0][1:] not in _PRIVATE else facts[0].text
    if form.startswith("@"):
        return Mention(form[1:])
    return FieldIs(FieldName.URL, form.removeprefix("url:"))


def _regex(source: str, at: int) -> Node:
    try:
        check(source)
    except PatternError as error:
        reason = Reason.REGEX_BOUNDARY if error.boundary else Reason.REGEX_INVALID
        said = str(error)
        reason = Reason.REGEX_TOO_LARGE if "too large" in said else reason
        where = source.find(part_of(said)) if part_of(said) else -1
        raise QueryError(
            reason,
            at + 1 + where if where >= 0 else at,
            detail=said[:80],
            example=r"/ракет[аиу]\s+\d+/",
        ) from None
    return Regex(source)


def _field(text: str, at: int) -> Node:
    match = _FIELD.fullmatch(text)
    if match is None:
        raise AssertionError("the grammar's FIELD and ours agree")
    name = field_name(match[1])
    if name == "surge":
        raise QueryError(Reason.SURGE_FIRST, at, example="ракета")
    if name not in _FIELD_EXAMPLES:
        near = get_close_matches(name, _FIELD_EXAMPLES, n=1, cutoff=0.5)
        hint = f"{near[0]}:" if near else ""
        example = _FIELD_EXAMPLES[near[0]] if near else _FIELD_EXAMPLES["channel"]
        raise QueryError(Reason.UNKNOWN_FIELD, at, detail=match[1], hint=hint, example=example)
    if match[4] is None:
        value, suffix = _unescaped(match[2]), match[3] or ""
    elif name in {"place", "near"}:
        value, _, suffix = match[4].partition("~")
    else:
        value, suffix = match[4], ""
    value = " ".join(value.split())
    if name in {"place", "near"}:
        return _place(name, value, suffix, at)
    if suffix:
        example = _FIELD_EXAMPLES[name]
        raise QueryError(Reason.FIELD_SUFFIX, at, detail=f"~{suffix}", example=example)
    return FieldIs(FieldName(name), _field_value(name, value, at))


def _bad_value(name: str, value: str, at: int, hint: str = "") -> QueryError:
    """`hint` are all the values there are; of a field without fixed ones an example is told."""
    reason = Reason.BAD_VALUE if hint else Reason.BAD_SHAPE
    hint = hint or _VALUE_EXAMPLES[name]
    return QueryError(reason, at, detail=value[:40], hint=hint, example=_FIELD_EXAMPLES[name])


def _field_value(name: str, value: str, at: int) -> str:
    value = value.lower()
    allowed = field_values(name)
    value = _VALUE_ALIASES.get(name, {}).get(value, value)
    if allowed:
        if value not in allowed:
            raise _bad_value(name, value, at, ", ".join(allowed))
        return value
    if name == "group":
        value = value.removeprefix("#")
        if not value:
            raise _bad_value(name, value, at)
        return value
    if name == "url":
        host = host_of(value).strip(".")
        if not _HOST.fullmatch(host):
            raise _bad_value(name, value, at)
        return host
    value = re.sub(r"^(?:https?://)?(?:www\.)?t\.me/", "", value).removeprefix("@")
    if value.isdigit() or _USERNAME.fullmatch(value):
        return value
    raise _bad_value(name, value, at)


def _place(name: str, value: str, suffix: str, at: int) -> Node:
    if suffix not in tuple(Sureness):
        raise _bad_value(name, f"~{suffix}", at, "~wide, ~strict")
    sureness = Sureness(suffix)
    if name == "place":
        if not words_of(value).words:
            raise _no_word(value, at)
        return PlaceIs(value, sureness)
    match = _NEAR_VALUE.fullmatch(value)
    if match is None or not 0 < float(match[2]) <= _RADIUS_MOST_KM:
        raise QueryError(
            Reason.BAD_NEAR, at, detail=f"{_RADIUS_MOST_KM:g}", example='near:"Sudzha, 30 km"'
        )
    return PlaceNear(match[1].strip(), float(match[2]), sureness)
