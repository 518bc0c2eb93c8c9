"""`earshot search`: what was found, as a person or a program reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.match.documents import mentions_of
from bot.notify.compose import link_to
from bot.notify.snippet import pieces, windows
from bot.operate.watching import marked
from bot.publish.facets import Facets, facets
from bot.publish.place_counts import PlaceCounts
from bot.publish.search import Found, PageKey, Wanted, search
from bot.publish.timeline import drawn
from storage import places
from storage.database import Database
from storage.failures import BadInput
from storage.records import PlacePrior, PostId, Span

_SNIPPET = 300  # code points
_IN_PICTURE = " [read from a picture]"
_FACETS_SHOWN = 15


class BadKey(BadInput, ValueError):
    """The place to go on from is not one that a search gave."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"--before {text!r} is no key of a search: copy it from the line at the end of a page"
        )


class ContradictoryTimes(BadInput, ValueError):
    """Nothing can be between these times."""

    def __init__(self) -> None:
        super().__init__("--since is not before --until: nothing can be between them")


@dataclass(frozen=True, slots=True)
class FoundPost:
    """A post that was found.

    `marked` is its text with the matches in »…«, `snippet` what of that shows them. From
    `picture_text_at` on (None: nowhere) the text was read from its pictures. `mentions` are the
    places it names.
    """

    channel: str
    message_id: int
    posted_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    link: str | None
    text: str
    spans: tuple[Span, ...]
    marked: str
    snippet: str
    picture_text_at: int | None
    mentions: tuple[dict[str, object], ...]


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A page of a search; `next` is what --before takes to go on, None when this is all.

    `is_scan`: no word of the query could be looked up. `looked_back_to`: time ran out there.
    """

    normal: str
    found: tuple[FoundPost, ...]
    next: str | None
    is_scan: bool
    looked_at: int
    looked_back_to: datetime | None
    facets: Facets | None = None


async def find(
    database: Database, wanted: Wanted, zone: ZoneInfo, *, with_facets: bool = False
) -> FoundPage:
    """Search the archive. Raises QueryError and UnknownChannelError."""
    results = await search(database, wanted)
    async with database.reading() as connection:
        homes = {found.channel.id for found in results.found}
        priors = await places.priors(connection, homes)
    counts = await facets(database, wanted, zone) if with_facets else None
    return FoundPage(
        normal=results.normal,
        found=tuple(_found_post(one, priors.get(one.channel.id)) for one in results.found),
        next=key_text(results.next) if results.next else None,
        is_scan=results.is_scan,
        looked_at=results.looked_at,
        looked_back_to=results.looked_back_to,
        facets=counts,
    )


def _found_post(found: Found, prior: PlacePrior | None) -> FoundPost:
    post = found.post
    return FoundPost(
        channel=found.channel.name,
        message_id=post.message_id,
        posted_at=post.posted_at,
        edited_at=post.edited_at,
        deleted_at=post.deleted_at,
        link=link_to(found.channel, post.message_id),
        text=post.text,
        spans=found.spans,
        marked=marked(post.text, found.spans),
        snippet=snippet(post.text, found.spans, _SNIPPET) + _IN_PICTURE * in_picture(found),
        picture_text_at=post.picture_text_at,
        mentions=mentions_of(post.text, post.lang, prior),
    )


def in_picture(found: Found) -> bool:
    """Say whether it was found by words that were read from a picture."""
    begins = found.post.picture_text_at
    return begins is not None and any(span.start >= begins for span in found.spans)


def snippet(text: str, spans: tuple[Span, ...], most: int) -> str:
    """Give what of a text shows its matches, which are in »…«."""
    ordered = sorted(spans, key=lambda span: span.start)
    parts = []
    for window in windows(text, ordered, most):
        parts.append("… " if window.start else "")
        parts += [f"»{piece}«" if hit else piece for piece, hit in pieces(text, window, ordered)]
        parts.append(" …" if window.end < len(text) else "")
    return "".join(parts)


def notes(page: FoundPage) -> Iterator[str]:
    """Say what a person should know about a page besides what is on it."""
    if page.is_scan:
        yield (
            "no word of this query can be looked up, so posts were looked at one by one"
            f" ({page.looked_at}); a word beside it makes it fast"
        )
    if page.looked_back_to:
        yield f"time ran out: nothing before {page.looked_back_to.isoformat()} was looked at"
    if page.next:
        yield f"there is more: --before {page.next}"


def facet_lines(counts: Facets, width: int) -> Iterator[str]:
    """Write counts out for a person."""
    about = "" if counts.is_exact else "about "
    yield f"{about}{counts.total} posts"
    if not counts.is_exact:
        yield f"(estimated from {counts.looked_at} of {counts.candidates} posts that may match)"
    for title, found in (("channel", counts.channels), ("language", counts.languages)):
        yield ""
        yield f"by {title}:"
        shown = list(found.items())
        for name, count in shown[:_FACETS_SHOWN]:
            yield f"  {name}  {about}{count}"
        if len(shown) > _FACETS_SHOWN:
            yield f"  and {len(shown) - _FACETS_SHOWN} more"
    yield from _place_lines(counts.places)
    yield ""
    yield f"by {counts.unit.value}:"
    yield from (f"  {line}" for line in drawn(counts.bars, width - 2))


def _place_lines(counts: PlaceCounts) -> Iterator[str]:
    about = "" if counts.is_exact else "about "
    for title, found in (("region", counts.regions), ("place", counts.places)):
        yield ""
        yield f"by {title}:"
        if not counts.is_exact:
            yield f"  (estimated from {counts.looked_at} of {counts.of} posts that may match)"
        if not found:
            yield "  none is named"
        for one in found[:_FACETS_SHOWN]:
            yield f"  {one.name}  {about}{one.posts}  place:{one.place_id}"
        if len(found) > _FACETS_SHOWN:
            yield f"  and {len(found) - _FACETS_SHOWN} more"


def key_text(key: PageKey) -> str:
    """Write the key of a page so that a person can hand it back."""
    return f"{key[0].astimezone(UTC):%Y-%m-%dT%H:%M:%S}/{key[1]}"


def key_of(text: str) -> PageKey:
    """Read what `key_text` wrote. Raises BadKey."""
    time, _, number = text.partition("/")
    try:
        return datetime.fromisoformat(time).replace(tzinfo=UTC), PostId(int(number))
    except ValueError:
        raise BadKey(text) from None


def stretch_of(
    since: datetime | None, until: datetime | None, zone: ZoneInfo
) -> tuple[datetime | None, datetime | None]:
    """Take times without a zone, as typed, to be in this one. Raises ContradictoryTimes."""
    first, last = in_zone(since, zone), in_zone(until, zone)
    if first and last and first >= last:
        raise ContradictoryTimes
    return first, last


def in_zone(time: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Take a time without a zone, as typed, to be in this one."""
    return time if time is None or time.tzinfo else time.replace(tzinfo=zone)
