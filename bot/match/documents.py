"""Posts → what matching sees of them, with the places they name where a query could ask for one.

One gazetteer serves the process; it is opened when the first query asks for a place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from bot.match.chosen import Chosen, chosen
from bot.match.engine import Matcher
from bot.match.expand import SURENESS
from bot.match.nodes import PlaceIs, PlaceNear, Sureness, walk
from bot.match.places import ChannelPrior, Gazetteer, Kind, Place, Tagger, Watch, claims_of
from bot.match.places.maps import is_dot, svg_map
from bot.match.places.mentions import mention_fields
from bot.match.places.raster import png_of
from bot.match.placing import Asked, asked_for, places_of
from bot.match.query import Query, parse
from storage.records import (
    Channel,
    ChannelId,
    Document,
    HitPlace,
    Mention,
    PlaceId,
    PlacePrior,
    Post,
    Span,
)

_SURE = SURENESS[Sureness.NORMAL]


def _gazetteer() -> Gazetteer:
    return _opened(chosen().file)


@lru_cache(1)
def _opened(file: Path | None) -> Gazetteer:
    return Gazetteer.open(file)


def _tagger() -> Tagger:
    return _made(chosen())


@lru_cache(1)
def _made(which: Chosen) -> Tagger:
    return Tagger(_opened(which.file), country_of_interest=which.countries)


class Places:
    """The shipped gazetteer as queries ask it. Raises ArtefactUnusable if it cannot be opened."""

    def place_ids(self, name: str) -> frozenset[PlaceId]:
        """Give the places of this name with everything inside them. Raises LookupError."""
        return _gazetteer().place_ids(name)

    def near_ids(self, name_or_coordinates: str, radius_km: float) -> frozenset[PlaceId]:
        """Give the places this near to a name or to "lat, lon". Raises LookupError."""
        return _gazetteer().near_ids(name_or_coordinates, radius_km)

    def rivals(self, name: str) -> list[Place]:
        """Give the places among which a bare name leaves a doubt; none if it leaves none."""
        return _gazetteer().rivals(name)

    def label(self, place: Place, language: str) -> str:
        """Give a place's name with its raion and oblast in a language."""
        number = _gazetteer().number(place.id)
        return place.label if number is None else _gazetteer().record(number, language).label

    def named_in(
        self, text: str, lang: str | None, prior: PlacePrior | None = None
    ) -> frozenset[PlaceId]:
        """Give the places that `place:` finds in a text, and the regions that they lie in.

        Coordinates count as the settlement nearest to them.
        """
        gazetteer, found = _gazetteer(), set[PlaceId]()
        for mention in mentions_on_map(text, lang, prior):
            shares: Counter[PlaceId] = Counter()
            for place, share in claims_of(mention):
                number = gazetteer.number(place)
                if number is None:
                    continue
                above = {gazetteer.id(up) for up in gazetteer.above(number)}
                for one in {place, *filter(self.is_region, above)}:
                    shares[one] += share  # type: ignore[assignment]  # a Counter of shares holds floats
            found.update(one for one, share in shares.items() if share >= _SURE)
        return frozenset(found)

    def is_region(self, place_id: PlaceId) -> bool:
        """Say whether a place is a first-level region of its country."""
        return _gazetteer().place(place_id).kind is Kind.REGION

    def label_of(self, place_id: PlaceId, language: str = "en") -> str:
        """Give the name of a place of this id with its raion and oblast in a language."""
        return self.label(_gazetteer().place(place_id), language)


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


def wishes_for_places(query: Query) -> tuple[Asked, ...]:
    """Give what a query asks about places, one for each place: or near:. Raises LookupError."""
    if not any(isinstance(node, PlaceIs | PlaceNear) for node in walk(query.root)):
        return ()
    return asked_for(query, _gazetteer())


def said_of_places(asked: Iterable[Asked], document: Document) -> tuple[HitPlace, ...]:
    """Give the places for which a document satisfies what was asked."""
    return places_of(asked, document, _gazetteer()) if document.mentions else ()


def regions_beyond_doubt(mentions: Iterable[Mention]) -> Mapping[PlaceId, float]:
    """Give what mentions teach of their channel: how many name places of which region."""
    return ChannelPrior().learnt(mentions, _gazetteer()).regions if mentions else {}


def mentions_of(
    text: str, lang: str | None, prior: PlacePrior | None = None
) -> tuple[dict[str, object], ...]:
    """Give every place of a text as the flat columns of `places tag`, for exports."""
    found = _tagger().tag(text, lang, _channel_prior(prior))
    return tuple(mention_fields(mention, _gazetteer()) for mention in found)


def mentions_on_map(
    text: str, lang: str | None, prior: PlacePrior | None = None
) -> tuple[Mention, ...]:
    """Give every place of a text."""
    return _tagger().tag(text, lang, _channel_prior(prior))


def are_on_map(mentions: Iterable[Mention]) -> bool:
    """Say whether a picture shows any of them: regions and rivers are not drawn."""
    return any(is_dot(one.place_id, _gazetteer()) for one in mentions if one.place_id)


def picture(mentions: Iterable[Mention], title: str) -> str:
    """Draw mentions over borders and rivers; an SVG document."""
    return svg_map(mentions, _gazetteer(), title=title)


def picture_as_png(picture: str) -> bytes:
    """Give such a picture as PNG. Raises PngMissing without the extra `pictures`."""
    return png_of(picture)


def _channel_prior(prior: PlacePrior | None) -> ChannelPrior | None:
    return ChannelPrior(prior.regions, prior.right, prior.wrong) if prior else None


class Documents:
    """Makes documents of posts; places are sought only where one asked for may be named."""

    def __init__(self, asked: Iterable[PlaceId] = ()) -> None:
        asked = frozenset(asked)
        self._watch = Watch(_gazetteer(), asked) if asked else None

    def of(self, post: Post, channel: Channel | None, prior: PlacePrior | None = None) -> Document:
        """Give what matching sees of a post; `prior` is what is known of its channel's places."""
        return Document(
            text=post.text,
            channel=channel.username if channel else None,
            channel_id=post.channel_id,
            groups=channel.groups if channel else frozenset(),
            lang=post.lang,
            has=post.has,
            marks=post.marks,
            origin=post.origin,
            mentions=self.mentions(post.text, post.lang, prior),
            links=post.links,
        )

    def mentions(
        self, text: str, lang: str | None, prior: PlacePrior | None = None
    ) -> tuple[Mention, ...]:
        """Give the places of a text, none if it can name none of those asked for."""
        if self._watch is None or not self._watch.could_touch(text):
            return ()
        return _tagger().tag(text, lang, _channel_prior(prior), waited_for=self._watch)


class PostMatcher:
    """One query over many posts: archive search, and an alert's post after an edit.

    Raises QueryError for a query that cannot be read or names no known place.
    """

    def __init__(self, query: str, priors: Mapping[ChannelId, PlacePrior] | None = None) -> None:
        parsed = parse(query, allow_scan=True)  # an operator's may be one
        self._priors = priors or {}
        self._matcher = Matcher(parsed, PLACES)
        self._documents = Documents(places_asked_for(parsed))

    def match(self, post: Post, channel: Channel | None) -> tuple[Span, ...] | None:
        """Give the spans, which may be none at all, or None when it does not match."""
        prior = self._priors.get(post.channel_id)
        return self._matcher.match(self._documents.of(post, channel, prior))
