"""Posts → what matching sees of them, with the places they name where a query could ask for one.

One gazetteer serves the process; it is opened when the first query asks for a place.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from bot.match.engine import Matcher
from bot.match.nodes import PlaceIs, PlaceNear, walk
from bot.match.places import Gazetteer, Tagger, Watch
from bot.match.query import Query, parse
from storage.records import Channel, Document, Mention, PlaceId, Post, Span


@cache
def _gazetteer() -> Gazetteer:
    return Gazetteer.open()


@cache
def _tagger() -> Tagger:
    return Tagger(_gazetteer())


class Places:
    """The shipped gazetteer as queries ask it. Raises ArtefactUnusable if it cannot be opened."""

    def place_ids(self, name: str) -> frozenset[PlaceId]:
        """Give the places of this name with everything inside them. Raises LookupError."""
        return _gazetteer().place_ids(name)

    def near_ids(self, name_or_coordinates: str, radius_km: float) -> frozenset[PlaceId]:
        """Give the places this near to a name or to "lat, lon". Raises LookupError."""
        return _gazetteer().near_ids(name_or_coordinates, radius_km)


PLACES = Places()


def places_asked_for(query: Query) -> frozenset[PlaceId]:
    """Give every place that would satisfy some part of a query. Raises LookupError."""
    asked = [
        PLACES.place_ids(node.name)
        if isinstance(node, PlaceIs)
        else PLACES.near_ids(node.centre, node.radius_km)
        for node in walk(query.root)
        if isinstance(node, PlaceIs | PlaceNear)
    ]
    return frozenset().union(*asked)


class Documents:
    """Makes documents of posts; places are sought only where one asked for may be named."""

    def __init__(self, asked: Iterable[PlaceId] = ()) -> None:
        asked = frozenset(asked)
        self._watch = Watch(_gazetteer(), asked) if asked else None

    def of(self, post: Post, channel: Channel | None) -> Document:
        """Give what matching sees of a post."""
        return Document(
            text=post.text,
            channel=channel.username if channel else None,
            channel_id=post.channel_id,
            groups=channel.groups if channel else frozenset(),
            lang=post.lang,
            has=post.has,
            marks=post.marks,
            origin=post.origin,
            mentions=self.mentions(post.text, post.lang),
        )

    def mentions(self, text: str, lang: str | None) -> tuple[Mention, ...]:
        """Give the places of a text, none if it can name none of those asked for."""
        if self._watch is None or not self._watch.could_touch(text):
            return ()
        return _tagger().tag(text, lang)


class PostMatcher:
    """One query over many posts: archive search, and an alert's post after an edit.

    Raises QueryError for a query that cannot be read or names no known place.
    """

    def __init__(self, query: str) -> None:
        parsed = parse(query)
        self._matcher = Matcher(parsed, PLACES)
        self._documents = Documents(places_asked_for(parsed))

    def match(self, post: Post, channel: Channel | None) -> tuple[Span, ...] | None:
        """Give the spans, which may be none at all, or None when it does not match."""
        return self._matcher.match(self._documents.of(post, channel))
