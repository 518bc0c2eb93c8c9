"""The fields: each says its meaning, unit, default and reason, and refuses what cannot be meant."""

from __future__ import annotations

import os
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.config.describing import setting as _setting
from bot.config.media import MediaFields
from bot.config.reading import account_label, budgets, split_address, timetable
from bot.config.sources import SecretFiles, Unreadable, env_files, read_env_files

_SERVER = ("telegram_dc_id", "telegram_dc_address", "telegram_public_key_file")
_BOT_TOKEN = re.compile(r"\d{3,20}:[\w-]{10,}")


class LogFormat(StrEnum):
    """How a log line is written."""

    AUTO = "auto"  # text on a terminal, JSON elsewhere
    JSON = "json"
    TEXT = "text"


def _refuse_unreadable(value: object) -> object:
    if isinstance(value, Unreadable):
        raise ValueError(value.reason)  # noqa: TRY004  # pydantic collects ValueErrors
    return value


Secret = Annotated[SecretStr, BeforeValidator(_refuse_unreadable)]


def _required(meaning: str, *, example: str) -> Any:
    return Field(description=meaning, examples=[example])


class ArchiveSettings(BaseSettings):
    """What a verb needs that works on the data folder alone."""

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    data_dir: Path = _setting(
        Path("data"),
        "Folder that holds everything Earshot keeps: database, sessions, backups. "
        "`--data DIR` on any verb wins over it. One folder, so that it can be moved and backed up "
        "as a whole.",
        example="/srv/earshot",
    )
    default_timezone: str = _setting(
        "UTC",
        "Time zone (IANA name) of people who have not chosen their own; times in alerts are "
        "written in it. UTC, because no other guess is right for everyone.",
        example="Europe/Kyiv",
    )
    places_file: Path | None = _setting(
        None,
        "Gazetteer to read places with, made by `earshot places build` or `places update`; empty "
        "for the one that comes with Earshot, which knows every country but few small villages.",
        example="/srv/earshot/fuller.places",
    )
    places_countries: str = _setting(
        "UA,RU,BY",
        "Countries of interest (ISO 3166 codes, commas between): of several places of one name "
        "those in them are likelier. The countries of the war, because most readers follow it.",
        example="UA,RU,BY,MD",
        pattern=r"^([A-Za-z]{2}(\s*,\s*[A-Za-z]{2})*)?$",
    )
    targets_may_be_private: bool = _setting(
        default=False,
        meaning="Whether webhooks and other targets of people may reach hosts in private networks. "
        "Off, so that nobody's webhook becomes a way into the newsroom's own network.",
        example="false",
    )
    default_language: str = _setting(
        "en",
        "Language of the bot (en, uk or ru) for people whose Telegram tells none of them; each may "
        "choose another with /language. English, because no other guess is right for everyone.",
        example="uk",
        pattern="^(en|uk|ru)$",
    )
    backfill_depth: int = _setting(
        1000,
        "Messages of its history to read when a channel is added without --depth. A thousand is "
        "days to weeks of most channels and ten calls to Telegram.",
        example="1000",
        ge=0,
    )
    timestamp_url: str | None = _setting(
        None,
        "Address of a time-stamping server (RFC 3161) that stamps each signed head of the log. "
        "The stamp shows to others that the head existed then; it needs the extra timestamps.",
        example="https://freetsa.org/tsr",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _setting(
        "INFO",
        "Least severe log line written: DEBUG, INFO, WARNING or ERROR. INFO is one line per unit "
        "of work; message texts appear at DEBUG only.",
        example="INFO",
    )
    log_format: LogFormat = _setting(
        LogFormat.AUTO,
        "How log lines are written to stderr: auto, json or text. auto writes text on a terminal "
        "and JSON elsewhere, which is what log collectors read.",
        example="json",
    )

    @field_validator("data_dir", mode="after")
    @classmethod
    def _expand_home(cls, value: Path) -> Path:
        return value.expanduser()

    @field_validator("default_timezone", mode="after")
    @classmethod
    def _know_timezone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"no time zone is called {value!r}")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @property
    def zone(self) -> ZoneInfo:
        """The default time zone."""
        return ZoneInfo(self.default_timezone)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # pydantic passes it
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Add the `NAME_FILE` twins of secrets after the names themselves."""
        files = env_files(dotenv_settings)
        twins = SecretFiles(settings_cls, {**read_env_files(files), **os.environ})
        return init_settings, env_settings, dotenv_settings, twins


class Settings(ArchiveSettings, MediaFields):
    """The effective settings of a verb that talks to Telegram."""

    telegram_api_id: int = _required(
        "Number of your application at Telegram (my.telegram.org, API development tools). "
        "Telegram lets no program in without one.",
        example="1234567",
    )
    telegram_api_hash: Secret = _required(
        "Secret of your application, shown beside the number. Whoever has it can pose as your "
        "application.",
        example="0123456789abcdef0123456789abcdef",
    )
    telegram_bot_token: Secret = _required(
        "Token of the bot that talks to your people, from @BotFather. Whoever has it is the bot.",
        example="1234567890:AAExampleTokenOfTheBotExampleToken0",
    )
    session_passphrase: Secret | None = _setting(
        None,
        "Passphrase that seals the session files: without it, whoever reads one is logged in. Long "
        "and random, best in a file of its own on another disk or from a vault. Once set, files "
        "are sealed at the next start; lost, every account must log in anew.",
        example="six random words make a good one",
        min_length=12,
    )
    telegram_dc_id: int | None = _setting(
        None,
        "Data centre number of a Telegram server other than the public one. Set this, "
        "TELEGRAM_DC_ADDRESS and TELEGRAM_PUBLIC_KEY_FILE all three or none; none means the "
        "public Telegram.",
        example="2",
        ge=1,
    )
    telegram_dc_address: str | None = _setting(
        None,
        "Address (host:port) of that server.",
        example="127.0.0.1:4430",
    )
    telegram_public_key_file: Path | None = _setting(
        None,
        "PEM file with that server's RSA public key (PKCS#1), by which it proves itself.",
        example="/srv/earshot/server.pem",
        validate_default=True,
    )
    account_label: str = _setting(
        "main",
        "Your name for the account that follows channels; also the name of its session file. "
        "A label, so that no phone number is ever stored or logged.",
        example="main",
    )
    check_interval_s: float = _setting(
        600,
        "Seconds between two looks at a joined channel for posts that no live update told of. "
        "Some channels never send updates. One call looks at fifty of them.",
        example="600",
        gt=0,
    )
    poll_interval_s: float = _setting(
        60,
        "Seconds between two looks at a channel that is read without joining. It is all the delay "
        "such a channel has, and one call each time.",
        example="60",
        gt=0,
    )
    poll_interval_max_s: float = _setting(
        900,
        "Longest time between two looks at a channel that is read without joining. Between "
        "POLL_INTERVAL_S and this the interval follows the channel's own rhythm: half its usual "
        "pause between posts, an eighth of its silence so far.",
        example="900",
        gt=0,
    )
    call_budgets: str = _setting(
        "resolve=60/180 join=30/100 history=6000/100000",
        "Most calls an account makes in an hour/in a day: look-ups by name, joins, readings of "
        "history. Telegram publishes no limits; about 200 look-ups a day are reported as safe, "
        "and floods on them grow to many hours. Kept in rows, so a restart does not spend them "
        "twice. Back-fills and looking again leave a fifth of the history calls to holes and new "
        "posts.",
        example="resolve=60/180 join=30/100 history=6000/100000",
    )
    reread_timetable: str = _setting(
        "1h/15m 1d/3h 7d/1d",
        "How often held posts are looked at again for edits and deletions that no event told of: "
        "age/interval pairs, ascending. The default looks at posts up to an hour old every quarter "
        "of an hour, up to a day old every three hours, up to a week old once a day; a post costs "
        "a share of a call each time, a hundred share one, so a channel of 20 posts a day takes "
        "some 70 calls a day. Most edits come in the first hour.",
        example="1h/15m 1d/3h 7d/1d",
    )
    reread_depth: int = _setting(
        200,
        "Recent messages of a channel to look at again at start and after each reconnection; a "
        "hundred is one call. Nobody tells of edits and deletions made while Earshot was away.",
        example="200",
        ge=0,
    )
    blind_told_after_s: float = _setting(
        300,
        "Seconds a blind period must last for those it concerns to be told of it, once, when it is "
        "made good. Shorter ones are recorded only: a reconnection is no news.",
        example="300",
        ge=0,
    )
    alert_max_age_s: float = _setting(
        86_400,
        "Seconds after which a post is too old to be alerted, counted from its posting; it is "
        "stored all the same. A day, so that a long outage still ends in alerts, and a "
        "back-fill of last year does not.",
        example="86400",
        gt=0,
    )
    sign_interval_s: float = _setting(
        3600,
        "Seconds between two signatures under the log of all that is kept. Each costs one wait "
        "for the disk; what was kept since the last is not proved yet.",
        example="3600",
        gt=0,
    )
    sends_per_s: float = _setting(
        25,
        "Messages per second the bot sends in all. Telegram allows about 30; the rest is left "
        "for answers to commands.",
        example="25",
        gt=0,
    )
    sends_per_chat_per_s: float = _setting(
        1,
        "Messages per second the bot sends to one person. Telegram asks for no more than one.",
        example="1",
        gt=0,
    )
    sends_per_group_per_min: float = _setting(
        20,
        "Messages per minute the bot sends to a group or channel that is somebody's target. "
        "Telegram asks for no more than 20.",
        example="20",
        gt=0,
    )
    backup_interval_h: float = _setting(
        24,
        "Hours between two backups into the data folder's backups; 0 makes none. A day, since what "
        "is lost with it Telegram mostly still has. For another disk, run `earshot backup --to`.",
        example="24",
        ge=0,
    )
    backup_keep: int = _setting(
        7,
        "Newest backups of the timetable to keep, a copy of the archive each; 0 keeps all.",
        example="7",
        ge=0,
    )
    metrics_port: int = _setting(
        9464,
        "Port on 127.0.0.1 for /metrics, /healthz and /readyz; 0 takes any free one and logs it. "
        "9464 is what Prometheus exporters commonly use for applications.",
        example="9464",
        ge=0,
        le=65_535,
    )

    @field_validator("reread_timetable", mode="after")
    @classmethod
    def _readable_timetable(cls, value: str) -> str:
        timetable(value)
        return value

    @field_validator("call_budgets", mode="after")
    @classmethod
    def _readable_budgets(cls, value: str) -> str:
        budgets(value)
        return value

    @property
    def most_calls(self) -> dict[str, tuple[int, int]]:
        """The budgets as kind of call → (an hour, a day)."""
        return budgets(self.call_budgets)

    @property
    def reread_steps(self) -> tuple[tuple[float, float], ...]:
        """The timetable of looking again as (greatest age, interval) in seconds."""
        return timetable(self.reread_timetable)

    @field_validator("telegram_api_hash", mode="after")
    @classmethod
    def _some_hash(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().strip():
            raise ValueError("is empty")
        return value

    @field_validator("telegram_bot_token", mode="after")
    @classmethod
    def _shape_of_token(cls, value: SecretStr) -> SecretStr:
        if not _BOT_TOKEN.fullmatch(value.get_secret_value()):
            raise ValueError("is not of the form number:letters")
        return value

    @field_validator("telegram_dc_address", mode="after")
    @classmethod
    def _host_and_port(cls, value: str | None) -> str | None:
        if value is not None:
            split_address(value)
        return value

    @field_validator("telegram_public_key_file", mode="after")
    @classmethod
    def _all_three_or_none(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        # A field that is itself faulty is not in `data`; it was set, so it is not missing.
        given = {name: info.data.get(name, "faulty") for name in _SERVER[:2]}
        given[_SERVER[2]] = value
        missing = [name.upper() for name, answer in given.items() if answer is None]
        if 0 < len(missing) < len(_SERVER):
            raise ValueError(
                f"{' and '.join(missing)} must be set too: all three of "
                f"{', '.join(name.upper() for name in _SERVER)} or none"
            )
        if value is not None and not value.expanduser().is_file():
            raise ValueError(f"there is no file {value}")
        return value and value.expanduser()

    @field_validator("account_label", mode="after")
    @classmethod
    def _plain_label(cls, value: str) -> str:
        if account_label(value) is None:
            raise ValueError(
                "write up to 32 small letters, digits, - or _, and not bot, which is the bot's"
            )
        return value


def example_of(field: FieldInfo) -> str:
    """Give a value of the setting that is accepted."""
    return str((field.examples or [field.default])[0])


def plain(value: object) -> str:
    """Write a value as it stands in a `.env` file."""
    return "" if value is None else str(value)
