"""The settings of media: what is fetched, how much of the disk it may take."""

from __future__ import annotations

from pydantic import field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.config.describing import setting
from storage.records import Fetch, Has, MediaRule

_FILES = (Has.PHOTO, Has.VIDEO, Has.DOCUMENT)


class MediaFields(BaseSettings):
    """What is fetched of channels without a rule of their own (`earshot media rule`)."""

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    media_fetch: Fetch = setting(
        Fetch.NONE,
        "Of which posts photos and files are fetched: none, hits (posts that a subscription "
        "matched) or all. none, because files cost much of Telegram's patience and of the disk.",
        example="hits",
    )
    media_kinds: str = setting(
        "photo,video,document",
        "Kinds of media that are fetched, with commas: photo, video, document.",
        example="photo,document",
    )
    media_most_mb: float = setting(
        20,
        "Megabytes of the largest file that is fetched; larger ones are noted and refused. "
        "Photos have less than one, a minute of video about ten.",
        example="20",
        gt=0,
    )
    media_budget_gb: float = setting(
        10,
        "Gigabytes of the disk that media may take. Beyond it the oldest that no subscription "
        "matched are dropped, which is told in the audit trail.",
        example="100",
        gt=0,
    )

    ocr_languages: str = setting(
        "",
        "Languages in which the text in fetched pictures is read, as Tesseract names them, with "
        "plus signs; empty: it is not read. Off, because a picture takes a second of a core; needs "
        "the extra `ocr` and the program tesseract.",
        example="ukr+rus+eng",
        pattern=r"^([A-Za-z_]+(\+[A-Za-z_]+)*)?$",
    )

    @field_validator("media_kinds", mode="after")
    @classmethod
    def _known_kinds(cls, value: str) -> str:
        kinds_of(value)
        return value

    @property
    def media_rule(self) -> MediaRule:
        """What is fetched where no rule says otherwise."""
        return MediaRule(
            self.media_fetch, kinds_of(self.media_kinds), int(self.media_most_mb * 1e6)
        )


def kinds_of(text: str) -> frozenset[Has]:
    """Read kinds of media, written with commas. Raises ValueError."""
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    for word in words:
        if word not in _FILES:
            raise ValueError(f"no kind {word!r}: write photo, video or document, with commas")
    return frozenset(map(Has, words))
