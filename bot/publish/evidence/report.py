"""What a verification found, in plain words: what holds, what does not and where, what is open."""

from __future__ import annotations

from dataclasses import dataclass, field

_MOST = 1000  # mismatches kept: a log that was swapped whole has millions of them


def _printable(text: str) -> str:
    """Spell out line ends, terminal codes and bytes that are no text."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Something that does not hold; `where` names the row or the file."""

    where: str
    what: str


@dataclass(slots=True)
class Report:
    """What was checked: it holds when `mismatches` is empty. `open` is what nothing is said of."""

    subject: str
    holds: list[str] = field(default_factory=list)
    mismatches: list[Mismatch] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    more: int = 0  # mismatches beyond those kept

    @property
    def is_whole(self) -> bool:
        """Whether everything that was checked holds."""
        return not self.mismatches

    def fail(self, where: str, what: str) -> None:
        """Note a mismatch. Names of files are anybody's: what would not print is spelled out."""
        if len(self.mismatches) < _MOST:
            self.mismatches.append(Mismatch(_printable(where), _printable(what)))
        else:
            self.more += 1

    def check(self, claim: str, before: int) -> None:
        """Note that a claim holds, if nothing was noted since there were `before` mismatches."""
        if len(self.mismatches) + self.more == before:
            self.holds.append(claim)

    @property
    def count(self) -> int:
        """How many mismatches there are."""
        return len(self.mismatches) + self.more

    def lines(self) -> list[str]:
        """Tell it to a person."""
        said = [f"ok    {claim}" for claim in self.holds]
        said += [f"open  {claim}" for claim in self.open]
        said += [f"WRONG {item.where}: {item.what}" for item in self.mismatches]
        if self.more:
            said.append(f"WRONG and {self.more} more")
        verdict = "everything that was checked holds" if self.is_whole else "this does NOT hold"
        return [*said, f"{self.subject}: {verdict}"]
