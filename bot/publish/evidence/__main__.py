"""`python3 -m verify` in a bag: check it with nothing but Python 3.10 or newer."""

from __future__ import annotations

import argparse
import io
import os
import sys
from pathlib import Path

from .bag import check_bag

_HOLDS, _DOES_NOT, _CANNOT_TELL, _INTERRUPTED = 0, 1, 2, 130


class CannotTell(Exception):
    """Something cannot be read; the message says what."""


def main() -> int:
    """Check the bag this lies in, or another: 0 if it holds, 1 if not, 2 if it cannot be read."""
    words = argparse.ArgumentParser(
        prog="verify",
        description="Check that nothing of a bag was changed.",
        epilog="It ends with 0 if all that was checked holds, 1 if not, 2 if it cannot be read.",
    )
    words.add_argument("bag", nargs="?", type=Path, default=Path(__file__).resolve().parents[1])
    words.add_argument("--head", type=Path, help="a signed head that was kept elsewhere: a file")
    given = words.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # consoles that lack a letter
    try:
        return _checked(given.bag, given.head)
    except CannotTell as error:
        said, code = str(error), _CANNOT_TELL
    except BrokenPipeError:  # as of `| head`: what was read was told
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _CANNOT_TELL
    except OSError as error:
        said = f"cannot read {error.filename}: {error.strerror}; nothing is said of the rest"
        code = _CANNOT_TELL
    except KeyboardInterrupt:
        said, code = "broken off; nothing is said", _INTERRUPTED
    print(f"verify: {said}", file=sys.stderr)  # noqa: T201  # it is a program of its own
    return code


def _checked(bag: Path, head: Path | None) -> int:
    if not bag.is_dir():
        what = "is no folder" if bag.exists() else "is not there"
        raise CannotTell(f"{bag} {what}: name the folder of a bag, in which bagit.txt lies")
    try:
        earlier = head.read_bytes().decode() if head else None
    except UnicodeDecodeError:
        raise CannotTell(f"{head} is no signed head: it is no UTF-8 text") from None
    report = check_bag(bag, earlier)
    for line in report.lines():
        print(line)  # noqa: T201  # as above
    sys.stdout.flush()
    return _HOLDS if report.is_whole else _DOES_NOT


if __name__ == "__main__":
    sys.exit(main())
