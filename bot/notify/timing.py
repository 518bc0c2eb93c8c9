"""When a person may be told: quiet hours, snoozes, times of digests. Pure; zones and `now` come in.

Times of day are the person's own. Where a clock is put forward or back a time of day may be missed
or come twice: what is given is always later than what was asked from, and never inside a stretch in
which the person wants to hear nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo

from storage.records import QuietHours, Rhythm, Routing

_DAYS = 3  # a time of day comes within two, whatever the clocks do
_SETTLING = 8  # a snooze, then quiet hours, then nothing more


def is_quiet(quiet: QuietHours | None, moment: datetime, zone: tzinfo) -> bool:
    """Say whether the clock on a person's wall is within their quiet hours."""
    if quiet is None or quiet.since == quiet.until:
        return False
    clock = moment.astimezone(zone).time()
    if quiet.since < quiet.until:
        return quiet.since <= clock < quiet.until
    return clock >= quiet.since or clock < quiet.until


def quiet_ends(quiet: QuietHours, moment: datetime, zone: tzinfo) -> datetime:
    """Say when the quiet hours that hold at `moment` are over."""
    ends = _moments((quiet.until,), moment, zone)
    return next(end for end in ends if not is_quiet(quiet, end, zone))


def next_time_of_day(times: Sequence[time], after: datetime, zone: tzinfo) -> datetime:
    """Give the first of these times of day after a moment."""
    return _moments(times, after, zone)[0]


def next_full_hour(after: datetime, zone: tzinfo) -> datetime:
    """Give the next moment at which a person's clock shows a full hour."""
    local = after.astimezone(zone)
    left = timedelta(hours=1) - timedelta(
        minutes=local.minute, seconds=local.second, microseconds=local.microsecond
    )
    return after.astimezone(UTC) + left


def first_telling(
    rhythm: Rhythm, rules: Routing, now: datetime, zone: tzinfo, *, is_urgent: bool = False
) -> datetime:
    """Say when something of that rhythm is told, `now` at the earliest."""
    match rhythm:
        case Rhythm.NOW:
            wanted = now
        case Rhythm.HOURLY:
            wanted = next_full_hour(now, zone)
        case Rhythm.DAILY:
            wanted = next_time_of_day(rules.digest_times, now, zone)
    return free_from(rules, wanted, zone, is_urgent=is_urgent)


def free_from(
    rules: Routing, wanted: datetime, zone: tzinfo, *, is_urgent: bool = False
) -> datetime:
    """Give the first moment from `wanted` on that is neither snoozed nor, unless urgent, quiet."""
    moment = wanted
    for _ in range(_SETTLING):
        if rules.snoozed_until and moment < rules.snoozed_until:
            moment = rules.snoozed_until
        elif rules.quiet and not is_urgent and is_quiet(rules.quiet, moment, zone):
            moment = quiet_ends(rules.quiet, moment, zone)
        else:
            break
    return moment


def _moments(times: Sequence[time], after: datetime, zone: tzinfo) -> list[datetime]:
    """Give when these times of day come in the next days, ascending, both times if one does."""
    day = after.astimezone(zone).date()
    found = {
        datetime.combine(day + timedelta(days=ahead), moment, zone)
        .replace(fold=fold)
        .astimezone(UTC)
        for ahead in range(-1, _DAYS)
        for moment in times
        for fold in (0, 1)
    }
    return sorted(moment for moment in found if moment > after)
