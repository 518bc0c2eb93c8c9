"""Trouble on request: which calls to refuse, which pushes to hold back or lose."""

import math
import time
from dataclasses import dataclass, field

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
class Faults:
    """The faults in force; the server asks before each call and each push."""

    refusals: list[Refusal] = field(default_factory=list)
    suppressed: set[int] = field(default_factory=set)
    push_delay_s: float = 0.0
    answers_to_lose: dict[str, int] = field(default_factory=dict)

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

    def check(self, method: str, user_id: int) -> None:
        """Raise the RpcError this call must get, if any."""
        now = time.monotonic()
        for refusal in self.refusals:
            if refusal.applies(method, user_id, now):
                raise refusal.error(now)
