"""Settings of more than one part, read: addresses, labels, timetables, budgets. Pure."""

from __future__ import annotations

import re

_ACCOUNT_LABEL = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_STEP = re.compile(r"(\d{1,6})([smhd])/(\d{1,6})([smhd])")
_SECONDS_IN = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_BUDGET_KINDS = ("resolve", "join", "history")
_BUDGET = re.compile(r"(resolve|join|history)=(\d{1,9})/(\d{1,9})")


def account_label(text: str) -> str | None:
    """Give what may be an account's name; None for what may not, `bot` among it."""
    return text if _ACCOUNT_LABEL.fullmatch(text) and text != "bot" else None


def timetable(text: str) -> tuple[tuple[float, float], ...]:
    """Read `age/interval` pairs, such as `1h/15m 1d/3h`, in seconds. Raises ValueError."""
    steps = []
    for pair in text.split():
        found = _STEP.fullmatch(pair)
        if found is None:
            raise ValueError(f"cannot read {pair!r}: write age/interval, such as 1h/15m")
        steps.append((int(found[1]) * _SECONDS_IN[found[2]], int(found[3]) * _SECONDS_IN[found[4]]))
    ages = [age for age, _ in steps]
    if ages != sorted(set(ages)) or any(interval <= 0 for _, interval in steps):
        raise ValueError("ages must ascend, and intervals be greater than 0")
    return tuple(steps)


def budgets(text: str) -> dict[str, tuple[int, int]]:
    """Read `kind=hour/day` for each of the three kinds of call. Raises ValueError."""
    found: dict[str, tuple[int, int]] = {}
    for part in text.split():
        read = _BUDGET.fullmatch(part)
        if read is None:
            raise ValueError(f"cannot read {part!r}: write resolve=60/180 join=30/100 history=…/…")
        found[read[1]] = (int(read[2]), int(read[3]))
    missing = [kind for kind in _BUDGET_KINDS if kind not in found]
    if missing:
        raise ValueError(f"{' and '.join(missing)} must be there too")
    return found


def split_address(text: str) -> tuple[str, int]:
    """Read `host:port`, an IPv6 host in brackets. Raises ValueError."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ValueError("write host:port")
    return host.strip("[]"), int(port)
