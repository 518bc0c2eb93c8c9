"""Does a post satisfy a plan, and where: the exact answer, given for the few candidates."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from bot.match.entry import Entry, Proof
from bot.match.plan import LIKELY, All, Close, Either, Plan, Sequence, Term, Without
from bot.match.seen import Occurrence, Seen
from storage.records import Span

_LONGEST = 64  # words a joined writing may cover, and more


def is_hit(entry: Entry, seen: Seen) -> bool:
    """Whether a post that goes one of the entry's ways satisfies it."""
    match entry.proof:
        case Proof.NONE:
            return True
        case Proof.TERMS:
            return _has_terms(entry, seen)
        case Proof.ORDER:
            return _is_in_order(entry.worded, seen)
        case _:
            return _has_terms(entry, seen) and holds(entry.plan, seen)


def _has_terms(entry: Entry, seen: Seen) -> bool:
    found = seen.found
    if not found.issuperset(entry.needed) or not found.isdisjoint(entry.excluded):
        return False
    choices = entry.choices
    return not choices or not any(found.isdisjoint(choice) for choice in choices)


def _is_in_order(terms: tuple[Term, ...], seen: Seen) -> bool:
    if not seen.found.issuperset(terms):
        return False
    if seen.extra_led and not seen.joined.isdisjoint(terms):
        return bool(_chained(terms, seen))
    return bool(_starts(terms, seen))


def _starts(terms: tuple[Term, ...], seen: Seen) -> list[int]:
    """Return where words stand one after another, none of them on joined writings."""
    led = seen.led
    last = len(led) - len(terms) + 1
    starts: Iterable[int] = (start for start in seen.at(terms[0]) if start < last)
    for step, term in enumerate(terms[1:], start=1):
        starts = [start for start in starts if term in led[start + step]]
    return list(starts)


def entry_spans(entry: Entry, seen: Seen) -> tuple[Span, ...]:
    """Return the spans of everything that satisfied an entry that is a hit."""
    terms = entry.worded
    if not terms or (seen.extra_led and not seen.joined.isdisjoint(terms)):
        return spans(entry.plan, seen)
    if len(terms) == 1:
        return seen.spans_at(seen.at(terms[0]))
    if entry.proof is Proof.ORDER:
        last = len(terms) - 1
        return merged(seen.span((start, start + last)) for start in _starts(terms, seen))
    found = seen.joint.get(terms)
    if found is None:
        positions = {at for term in terms for at in seen.at(term)}
        found = seen.joint[terms] = seen.spans_at(tuple(sorted(positions)))
    return found


def holds(plan: Plan, seen: Seen) -> bool:
    """Whether the post satisfies the plan."""
    if isinstance(plan, Term):
        return seen.holds(plan) if plan.kind in LIKELY else plan in seen.found
    held = seen.held.get(plan)
    if held is None:
        held = seen.held[plan] = _holds(plan, seen)
    return held


def _holds(plan: All | Either | Without | Sequence | Close, seen: Seen) -> bool:
    match plan:
        case All(parts):
            for part in parts:  # noqa: SIM110 - half the price of a generator
                if not holds(part, seen):
                    return False
            return True
        case Either(parts):
            for part in parts:  # noqa: SIM110 - as above
                if holds(part, seen):
                    return True
            return False
        case Without(part):
            return not holds(part, seen)
        case Sequence() | Close():
            return _is_possible(plan, seen) and bool(occurrences(plan, seen))


def _is_possible(plan: Plan, seen: Seen) -> bool:
    """Whether the words of a plan are there at all, wherever: asked before their places are."""
    match plan:
        case Term():
            return plan in seen.found
        case Sequence(parts) | All(parts):
            return all(_is_possible(part, seen) for part in parts)
        case Either(parts):
            return any(_is_possible(part, seen) for part in parts)
        case Close(left, right, _):
            return _is_possible(left, seen) and _is_possible(right, seen)
        case _:
            return True


def spans(plan: Plan, seen: Seen) -> tuple[Span, ...]:
    """Return the spans of everything that satisfied a plan that holds, merged and sorted."""
    parts: dict[Plan, None] = {}
    _note_satisfied(plan, seen, parts)
    satisfied = frozenset(parts)
    found = seen.merged.get(satisfied)
    if found is None:
        found = merged(span for part in satisfied for span in _spans(part, seen))
        seen.merged[satisfied] = found
    return found


def _note_satisfied(plan: Plan, seen: Seen, into: dict[Plan, None]) -> None:
    """Note the terms, sequences and pairs that made the plan hold.

    Queries by the hundred differ only in what they exclude: their spans are made once.
    """
    match plan:
        case Term():
            into[plan] = None
        case All(parts):
            for part in parts:
                _note_satisfied(part, seen, into)
        case Either(parts):
            for part in parts:
                if holds(part, seen):
                    _note_satisfied(part, seen, into)
        case Without():
            return
        case _:
            into[plan] = None


def _spans(part: Plan, seen: Seen) -> list[Span]:
    match part:
        case Term():
            return seen.spans(part)
        case Close(left, right, distance):
            pairs = _pairs(left, right, distance, seen)
            return [seen.span(place) for pair in pairs for place in pair]
        case _:
            return [seen.span(place) for place in occurrences(part, seen)]


def merged(found: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order, those that overlap or repeat made one; those that only touch stay apart."""
    found = list(found)
    if len(found) < 2:  # noqa: PLR2004 - nothing to merge
        return tuple(found)
    out: list[Span] = []
    for span in sorted(found, key=lambda span: (span.start, span.end)):
        if out and span.start < out[-1].end:
            if span.end > out[-1].end:
                out[-1] = Span(out[-1].start, span.end)
        elif not out or span != out[-1]:
            out.append(span)
    return tuple(out)


def occurrences(plan: Plan, seen: Seen) -> list[Occurrence]:
    """Where a plan that has a place in the order of words stands; sorted, each once."""
    match plan:
        case Term():
            return seen.occurrences(plan)
        case Either(parts):
            return sorted({place for part in parts for place in occurrences(part, seen)})
        case Sequence(parts):
            return _chained(parts, seen)
        case Close(left, right, distance):
            return sorted(
                {(min(a[0], b[0]), max(a[1], b[1])) for a, b in _pairs(left, right, distance, seen)}
            )
        case _:
            return []


def _chained(parts: tuple[Plan, ...], seen: Seen) -> list[Occurrence]:
    """Chains of occurrences, each starting right after the one before."""
    chains = set(occurrences(parts[0], seen))
    for part in parts[1:]:
        if not chains:
            return []
        following: dict[int, list[int]] = {}
        for first, last in occurrences(part, seen):
            following.setdefault(first, []).append(last)
        chains = {(first, end) for first, last in chains for end in following.get(last + 1, ())}
    return sorted(chains)


def _pairs(
    left: Plan, right: Plan, distance: int, seen: Seen
) -> list[tuple[Occurrence, Occurrence]]:
    """Pairs near enough: one ends before the other starts, at most `distance` words on.

    For each occurrence only its nearest partners on both sides count, so that two common words
    near one another cost no more than their number.
    """
    lefts, rights = occurrences(left, seen), occurrences(right, seen)
    found = {(a, b) for a in lefts for b in _nearest(a, rights, distance)}
    found |= {(a, b) for b in rights for a in _nearest(b, lefts, distance)}
    return sorted(found)


def _nearest(place: Occurrence, others: list[Occurrence], distance: int) -> list[Occurrence]:
    """Return the occurrences nearest after and before `place`, if near enough."""
    found = []
    after = bisect_left(others, (place[1] + 1, -1))
    if after < len(others) and others[after][0] - place[1] <= distance:
        found.append(others[after])
    # Sorted by first word; joined writings cover several, so some that start earlier end later.
    low = bisect_left(others, (place[0] - distance - _LONGEST, -1))
    high = bisect_left(others, (place[0], -1))
    ended = [other for other in others[low:high] if 0 < place[0] - other[1] <= distance]
    if ended:
        found.append(max(ended, key=lambda other: (other[1], other[0])))
    return found
