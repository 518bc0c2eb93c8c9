"""The time that an export or a bag says it was made at: given, so that bytes can be made again."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from storage.failures import BadInput


class DateUnreadable(BadInput):
    """The time that was given for an export is none; the message says how to write it."""


def time_of_making() -> datetime:
    """Give the time of export; SOURCE_DATE_EPOCH sets it, as in all tools that make the same bytes.

    Raises DateUnreadable.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given is None:
        return datetime.now(UTC)
    try:
        return datetime.fromtimestamp(int(given), UTC)
    except (ValueError, OverflowError, OSError):
        raise DateUnreadable(
            f"SOURCE_DATE_EPOCH is {given!r}: write seconds since 1970, or unset it"
        ) from None
