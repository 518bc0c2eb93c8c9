"""The order of a run: the longest tests begin first, one at the head of each worker's share.

A test that waits for minutes and begins last holds up everybody. Random order stays for the rest:
pytest-randomly has shuffled before this hook is asked, with one seed for all workers.
"""

from __future__ import annotations

from typing import Any


def seconds_of(item: Any) -> float:
    """Say about how long a test takes, by its mark; 0 for the many that are short."""
    mark = item.get_closest_marker("long")
    return mark.args[0] if mark else 0.0


def spread(items: list[Any], workers: int) -> list[Any]:
    """Put long ones at the heads of the shares that `--dist worksteal` cuts the order into."""
    heads: list[list[Any]] = [[] for _ in range(workers)]
    for item in sorted(filter(seconds_of, items), key=seconds_of, reverse=True):
        min(heads, key=lambda head: sum(map(seconds_of, head))).append(item)
    rest = iter([item for item in items if not seconds_of(item)])
    ordered: list[Any] = []
    for number, head in enumerate(heads):
        share = (len(items) - len(ordered)) // (workers - number)
        ordered += head
        ordered += [item for _, item in zip(range(share - len(head)), rest, strict=False)]
    return [*ordered, *rest]
