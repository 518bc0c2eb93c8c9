"""Structured logs on stderr, without secrets: text on a terminal, JSON lines elsewhere.

A message is a short constant phrase and its facts are fields. Text on a terminal never shows a
traceback; JSON lines carry it in the field `exception`.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

_HIDDEN = "[hidden]"
_SECRET_FIELDS = frozenset(
    {"api_hash", "bot_token", "invite_code", "login_code", "password", "phone", "session", "token"}
)
_BOT_TOKEN = re.compile(r"\b\d{6,20}:[\w-]{20,}")
_PHONE = re.compile(r"(?<!\w)\+\d[\d ()-]{7,17}\d\b")
_SHORTEST_SECRET = 6  # replacing shorter ones would tear words apart


class Redactor:
    """Hides the secrets of the settings, and whatever looks like a bot token or phone number."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # The longest first, lest a secret which contains another be left half in sight.
        self._secrets = sorted((s for s in secrets if len(s) >= _SHORTEST_SECRET), key=len)[::-1]

    def hide(self, text: str) -> str:
        """Give the text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return _PHONE.sub(_HIDDEN, _BOT_TOKEN.sub(_HIDDEN, text))

    def __call__(
        self, _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Hide secrets in every field of a log event (structlog's form of a processor)."""
        return {
            name: _HIDDEN if name in _SECRET_FIELDS else self._hide_in(value)
            for name, value in event.items()
        }

    def _hide_in(self, value: Any) -> Any:
        match value:
            case str():
                return self.hide(value)
            case None | bool() | int() | float():
                return value
            case list() | tuple() | set() | frozenset():
                return [self._hide_in(item) for item in value]
            case dict():
                return {name: self._hide_in(item) for name, item in value.items()}
        return self.hide(str(value))


class _Stderr:
    """Standard error as it is at the moment of writing: a live status line may stand in for it."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


class _Forward(logging.Handler):
    """Hands what libraries log by the standard module to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            record.levelno,
            record.getMessage(),
            logger=record.name,
            **({"exc_info": record.exc_info} if record.exc_info else {}),
        )


def set_up_logging(level: str, *, as_json: bool, secrets: Iterable[str] = ()) -> None:
    """Send the process's logs to stderr; libraries' own from WARNING on."""
    number = logging.getLevelNamesMapping()[level]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if as_json else _name_error,
            Redactor(secrets),
            *_renderers(as_json=as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(file=_Stderr()),  # type: ignore[arg-type]  # write and flush is all it uses
        cache_logger_on_first_use=False,  # tests and the demo set it up again
    )
    logging.basicConfig(handlers=[_Forward()], level=max(number, logging.WARNING), force=True)
    # At a stop the pool calls the cancellation of a connection's last statement an error.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)


def _renderers(*, as_json: bool) -> list[Processor]:
    if as_json:
        return [structlog.processors.JSONRenderer(ensure_ascii=False)]
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=32)]


def _name_error(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"] = f"{type(error).__name__}: {error}"
    return event
