"""`python3 -m verify` in a bag: check it with nothing but Python 3.10 or newer."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .bag import check_bag


def main() -> int:
    """Check the bag this lies in, or another; 0 if it holds, 1 if not."""
    words = argparse.ArgumentParser(description="Check that nothing of a bag was changed.")
    words.add_argument("bag", nargs="?", type=Path, default=Path(__file__).resolve().parents[1])
    words.add_argument("--head", type=Path, help="a signed head that was kept elsewhere: a file")
    given = words.parse_args()
    earlier = given.head.read_text(encoding="utf-8") if given.head else None
    report = check_bag(given.bag, earlier)
    for line in report.lines():
        print(line)  # noqa: T201  # it is a program of its own
    return 0 if report.is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
