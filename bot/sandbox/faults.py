"""Trouble on request: which calls to refuse, which pushes to hold back or lose."""

import math
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from telethon.extensions import BinaryReader

from bot.sandbox.tl import RpcError


@dataclass(slots=True)
class Refusal:
    """Refuse a method ("*" for all): skip `after` calls, then refuse `count` (0: no end).

    `until` is on the monotonic clock (0: no end); `user_id` 0 means everybody. A flood wait that
    has an end counts down to it, another always asks for `flood_s`.
    """

    method: str
    name: str = ""
    code: int = 400
    flood_s: int = 0
    after: int = 0
    count: int = 0
    until: float = 0.0
    user_id: int = 0
    done: int = 0

    def applies(self, method: str, user_id: int, now: float) -> bool:
        """Say whether this call is one to refuse; counts the calls it sees."""
        if self.method not in ("*", method) or (self.user_id and self.user_id != user_id):
            return False
        if (self.until and now >= self.until) or (self.count and self.done >= self.count):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.done += 1
        return True

    def error(self, now: float) -> RpcError:
        """Give the error to answer with."""
        if self.flood_s:
            left = math.ceil(self.until - now) if self.until else self.flood_s
            return RpcError(f"FLOOD_WAIT_{max(1, left)}", 420)
        return RpcError(self.name, self.code)


@dataclass(slots=True)
class Garble:
    """What becomes of pushes on their way: each chance is from 0 to 1, drawn from one seed.

    `wrong_pts` lets channels' pushes claim a number of changes that is not theirs.
    """

    seed: int
    drop: float = 0.0
    repeat: float = 0.0
    reorder: float = 0.0
    wrong_pts: float = 0.0
    done: Counter[str] = field(default_factory=Counter)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311  # trouble on request, guards nothing

    def garbled(self, updates: Sequence[bytes]) -> list[bytes]:
        """Give the updates as they arrive."""
        arriving: list[bytes] = []
        for update in updates:
            if self._happens("drop", self.drop):
                continue
            sent = (
                _with_wrong_pts(update, self._random.randrange(2, 50))
                if self._happens("wrong_pts", self.wrong_pts)
                else update
            )
            arriving += [sent, sent] if self._happens("repeat", self.repeat) else [sent]
        if len(arriving) > 1 and self._happens("reorder", self.reorder):
            self._random.shuffle(arriving)
        return arriving

    def _happens(self, name: str, chance: float) -> bool:
        if not chance or self._random.random() >= chance:
            return False
        self.done[name] += 1
        return True


def _with_wrong_pts(update: bytes, more: int) -> bytes:
    """Let an update of a channel claim to be later than it is; others stay as they are."""
    with BinaryReader(update) as reader:
        read = reader.tgread_object()
    if not hasattr(read, "pts_count") or not hasattr(read, "pts"):
        return update
    read.pts += more
    return bytes(read)


@dataclass(slots=True)
class Faults:
    """The faults in force; the server asks before each call and each push."""

    refusals: list[Refusal] = field(default_factory=list)
    suppressed: set[int] = field(default_factory=set)
    push_delay_s: float = 0.0
    answers_to_lose: dict[str, int] = field(default_factory=dict)
    garble: Garble | None = None
    too_long: int = 0  # differences of channels to be answered "too long", whatever is missing
    empty_slices: int = 0  # differences of channels to be answered with nothing, and "go on"

    def flood(
        self, method: str, seconds: int, *, count: int = 0, lasting: bool = False, user_id: int = 0
    ) -> Refusal:
        """Answer a method with FLOOD_WAIT: the next `count` calls, or `lasting` until it is over.

        With neither, the next call only.
        """
        until = time.monotonic() + seconds if lasting else 0.0
        times = 0 if lasting else max(1, count)
        refusal = Refusal(method, flood_s=seconds, count=times, until=until, user_id=user_id)
        self.refusals.append(refusal)
        return refusal

    def fail(
        self,
        method: str,
        name: str,
        *,
        code: int = 400,
        count: int = 1,
        after: int = 0,
        user_id: int = 0,
    ) -> Refusal:
        """Answer a method with an RPC error: `count` times (0: always), after `after` calls."""
        refusal = Refusal(method, name, code, count=count, after=after, user_id=user_id)
        self.refusals.append(refusal)
        return refusal

    def suppress(self, channel_id: int, *, suppressed: bool = True) -> None:
        """Lose all pushes of a channel silently, or stop losing them."""
        (self.suppressed.add if suppressed else self.suppressed.discard)(channel_id)

    def lose_answers(self, method: str, count: int = 1) -> None:
        """Carry the next calls of a method out, but cut the connection instead of answering."""
        self.answers_to_lose[method] = count

    def loses_answer(self, method: str) -> bool:
        """Say whether the answer to this call must be lost; counts down."""
        left = self.answers_to_lose.get(method, 0)
        if left:
            self.answers_to_lose[method] = left - 1
        return bool(left)

    def clear(self) -> None:
        """End all faults."""
        self.refusals.clear()
        self.suppressed.clear()
        self.answers_to_lose.clear()
        self.push_delay_s = 0.0
        self.garble = None
        self.too_long = self.empty_slices = 0

    def is_too_long(self) -> bool:
        """Say whether a channel's difference must be "too long"; counts down."""
        self.too_long, due = max(0, self.too_long - 1), self.too_long > 0
        return due

    def is_empty_slice(self) -> bool:
        """Say whether a channel's difference must be an empty slice; counts down."""
        self.empty_slices, due = max(0, self.empty_slices - 1), self.empty_slices > 0
        return due

    def check(self, method: str, user_id: int) -> None:
        """Raise the RpcError this call must get, if any."""
        now = time.monotonic()
        for refusal in self.refusals:
            if refusal.applies(method, user_id, now):
                raise refusal.error(now)
