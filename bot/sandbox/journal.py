"""What the server saw: calls by method and account, and every message bots sent to people.

The truth that tests count against: it is written on the server's side and cannot be flattered.
"""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class BotMessage:
    """A bot sent, edited or deleted a message in a private chat.

    `act` is "sent", "edited" or "deleted"; `message_id` is the receiver's, `at` Unix seconds with
    fraction; `buttons` are the texts of inline buttons, row by row.
    """

    bot_id: int
    user_id: int
    message_id: int
    act: str
    at: float
    text: str
    random_id: int = 0
    buttons: tuple[tuple[str, ...], ...] = ()


@dataclass(slots=True)
class Journal:
    """Counters and the record of bots' messages, in order."""

    calls: Counter[str] = field(default_factory=Counter)
    calls_by_user: dict[int, Counter[str]] = field(default_factory=dict)
    refusals: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    bot_messages: list[BotMessage] = field(default_factory=list)

    def count(self, method: str, user_id: int) -> None:
        """Count one call of a method by an account (0: not signed in)."""
        self.calls[method] += 1
        self.calls_by_user.setdefault(user_id, Counter())[method] += 1

    def sent_to(self, user_id: int) -> list[BotMessage]:
        """Give the messages bots sent to one account (sends only, not edits)."""
        return [
            entry for entry in self.bot_messages if entry.user_id == user_id and entry.act == "sent"
        ]
