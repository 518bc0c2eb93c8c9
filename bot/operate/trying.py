"""`earshot watch test`: what a query would match, which words did it, and why not the rest."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.match.documents import Documents, places_asked_for
from bot.match.json_lines import BadLine
from bot.match.lines import documents_of
from bot.match.query import Query
from bot.match.trial import Explanation, Trial
from bot.notify.compose import link_to
from bot.operate.watching import check_names, marked
from bot.text import language
from storage import channels, places, posts
from storage.database import Database
from storage.records import Document, Span

_PAGE = 500
_WORDS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class TriedText:
    """A query tried on one text; `marked` has the matches in »…«, `why` the parts."""

    normal: str
    is_match: bool
    spans: tuple[Span, ...]
    marked: str
    why: Explanation


@dataclass(frozen=True, slots=True)
class MatchedPost:
    """A post of the archive that matched; `marked` has the matches in »…«."""

    posted_at: datetime
    channel: str
    link: str | None
    spans: tuple[Span, ...]
    marked: str


@dataclass(frozen=True, slots=True)
class PartCount:
    """A part of a query, how deep in it, and in how many posts it matched."""

    part: str
    depth: int
    posts: int


@dataclass(frozen=True, slots=True)
class TriedPosts:
    """A query tried on many posts.

    `words` are the commonest writings that matched, with how often; `examples` the first posts,
    `microseconds` what checking one post cost on average.
    """

    normal: str
    looked_at: int
    matched: int
    parts: tuple[PartCount, ...]
    words: tuple[tuple[str, int], ...]
    examples: tuple[MatchedPost, ...] | tuple[TriedText, ...]
    microseconds: float
    bad_lines: tuple[BadLine, ...] = ()


class _Tally:
    """Counts parts and words over documents."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self.trial = Trial(query)
        self._parts: Counter[int] = Counter()
        self._words: Counter[str] = Counter()
        self._looked_at = 0
        self._seconds = 0.0

    def spans(self, document: Document) -> tuple[Span, ...] | None:
        """Count a document; give where the whole query matched, None if it did not."""
        started = time.perf_counter()
        found = self.trial.on(document)
        self._seconds += time.perf_counter() - started
        self._looked_at += 1
        self._parts.update(found.keys())
        spans = found.get(self.trial.root.key)
        for span in spans or ():
            self._words[document.text[span.start : span.end].lower()] += 1
        return spans

    def result(
        self,
        examples: tuple[MatchedPost, ...] | tuple[TriedText, ...],
        bad_lines: Iterable[BadLine] = (),
    ) -> TriedPosts:
        parts = self.trial.root.walk()
        return TriedPosts(
            normal=self._query.normal,
            looked_at=self._looked_at,
            matched=self._parts[self.trial.root.key],
            parts=tuple(PartCount(b.text, depth, self._parts[b.key]) for depth, b in parts),
            words=tuple(self._words.most_common(_WORDS_SHOWN)),
            examples=examples,
            microseconds=round(self._seconds * 1e6 / max(1, self._looked_at), 1),
            bad_lines=tuple(bad_lines),
        )


def on_text(query: Query, text: str) -> TriedText:
    """Try a query on a text as alerts would. Raises QueryError."""
    lang = language(text)
    mentions = Documents(places_asked_for(query)).mentions(text, lang)
    return _tried(query, Trial(query), Document(text=text, lang=lang, mentions=mentions))


def _tried(query: Query, trial: Trial, document: Document) -> TriedText:
    found = trial.spans(document)
    shown = marked(document.text, found or ())
    return TriedText(query.normal, found is not None, found or (), shown, trial.explained(document))


def on_file(query: Query, path: Path, limit: int) -> TriedPosts | TriedText:
    """Try a query on a file: JSON Lines of posts, or any other text as one post.

    Raises QueryError; OSError and UnicodeDecodeError for a file that is no text.
    """
    if path.suffix not in {".jsonl", ".ndjson"}:
        return on_text(query, path.read_text(encoding="utf-8"))
    tally = _Tally(query)
    examples: list[TriedText] = []
    bad: list[BadLine] = []
    documents = Documents(places_asked_for(query))
    for _, document in documents_of(path.read_bytes().split(b"\n"), documents, bad.append):
        if tally.spans(document) is not None and len(examples) < limit:
            examples.append(_tried(query, tally.trial, document))
    return tally.result(tuple(examples), bad)


async def on_archive(
    database: Database,
    query: Query,
    *,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> TriedPosts:
    """Try a query on the archive's posts, newest first; `limit` is for the examples alone.

    Raises QueryError, for a channel or a group there is not too.
    """
    async with database.reading() as connection:
        known = {item.id: item for item in await channels.listed(connection, removed=True)}
        priors = await places.priors(connection)
    check_names(query, known.values())
    tally = _Tally(query)
    documents = Documents(places_asked_for(query))
    examples: list[MatchedPost] = []
    before = None
    while True:
        async with database.reading() as connection:
            page = await posts.newest_first(
                connection,
                before=before,
                since=since,
                until=until,
                channel_ids=None,
                limit=_PAGE,
            )
        for post in page:
            home = known[post.channel_id]
            spans = tally.spans(documents.of(post, home, priors.get(home.id)))
            if spans is not None and len(examples) < limit:
                link = link_to(home, post.message_id)
                shown = marked(post.text, spans)
                examples.append(MatchedPost(post.posted_at, home.name, link, spans, shown))
        if len(page) < _PAGE:
            return tally.result(tuple(examples))
        before = (page[-1].posted_at, page[-1].id)


def told(tried: TriedPosts | TriedText) -> Iterator[str]:
    """Put a result into lines for a person."""
    if isinstance(tried, TriedText):
        yield f"{'matches' if tried.is_match else 'does not match'}: {tried.marked}"
        yield from _why(tried.why, 1)
        return
    yield f"{tried.matched} of {tried.looked_at} posts match {tried.normal}"
    yield from (f"  {'  ' * part.depth}{part.posts:>6}  {part.part}" for part in tried.parts)
    if tried.words:
        yield "words: " + ", ".join(f"{word} {count}" for word, count in tried.words)
    yield f"checking a post took {tried.microseconds:g} µs"
    for example in tried.examples:
        yield ""
        if isinstance(example, MatchedPost):
            at = f"{example.posted_at:%Y-%m-%d %H:%M}"
            yield " ".join(filter(None, (at, example.channel, example.link)))
        yield example.marked


def _why(part: Explanation, depth: int) -> Iterator[str]:
    by = f": {', '.join(part.forms)}" if part.forms and not part.parts else ""
    yield f"{'  ' * depth}{'yes' if part.matched else 'no '} {part.part}{by}"
    for below in part.parts:
        yield from _why(below, depth + 1)
