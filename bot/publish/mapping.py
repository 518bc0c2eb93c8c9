"""Posts on maps: mentions of what a query found as GeoJSON or KML, the last day's as a picture.

Coordinates are WGS 84. A mention that lies nowhere we know is on no map.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from html import escape

from bot.match.documents import mentions_of, mentions_on_map
from bot.publish.search import Wanted, search
from storage import places, posts
from storage.database import Database
from storage.records import Channel, Mention, PlacePrior, Post, Stretch

_PAGE = 500
_TEXT = 300  # code points of a post in a mark on the map


class MapFormat(StrEnum):
    """What a file of mentions is written as."""

    GEOJSON = "geojson"  # RFC 7946: longitude first
    KML = "kml"


@dataclass(frozen=True, slots=True)
class PlacedMention:
    """One mention that lies somewhere, in its post; `fields` are the columns of `places tag`."""

    post: Post
    channel: Channel
    fields: dict[str, object]

    @property
    def link(self) -> str | None:
        """The post's address."""
        channel, number = self.channel, self.post.message_id
        if channel.username:
            return f"https://t.me/{channel.username}/{number}"
        return f"https://t.me/c/{channel.telegram_id}/{number}" if channel.telegram_id else None


async def placed(database: Database, wanted: Wanted) -> AsyncIterator[PlacedMention]:
    """Give the mentions of the posts that a query finds, newest post first.

    Raises QueryError and UnknownChannelError.
    """
    left = wanted.limit
    async with database.reading() as connection:
        priors = await places.priors(connection)
    while left > 0:
        page = await search(database, replace(wanted, limit=min(left, _PAGE)))
        for found in page.found:
            for fields in _on_map(found.post, priors.get(found.post.channel_id)):
                yield PlacedMention(found.post, found.channel, fields)
        left -= len(page.found)
        if page.next is None or not page.found:
            return
        wanted = replace(wanted, before=page.next)


def _on_map(post: Post, prior: PlacePrior | None) -> Iterator[dict[str, object]]:
    return (
        fields for fields in mentions_of(post.text, post.lang, prior) if fields["lat"] is not None
    )


async def written(found: AsyncIterator[PlacedMention], form: MapFormat) -> AsyncIterator[str]:
    """Give the pieces of a file of mentions, one after another, however many there are."""
    head, between, tail = _FRAMES[form]
    yield head
    is_first = True
    async for mention in found:
        yield ("" if is_first else between) + _PIECES[form](mention)
        is_first = False
    yield tail


def _feature(mention: PlacedMention) -> str:
    fields = dict(mention.fields)
    lon, lat = fields.pop("lon"), fields.pop("lat")
    fields |= {
        "post": str(mention.post.id),
        "channel": mention.channel.name,
        "posted_at": mention.post.posted_at.isoformat(),
        "link": mention.link,
        "text": mention.post.text[:_TEXT],
    }
    point = {"type": "Point", "coordinates": [lon, lat]}
    feature = {"type": "Feature", "geometry": point, "properties": fields}
    return json.dumps(feature, ensure_ascii=False)


def _placemark(mention: PlacedMention) -> str:
    fields, post = mention.fields, mention.post
    about = (
        f"{fields['surface']} · {mention.channel.name} · {mention.link or ''}\n{post.text[:_TEXT]}"
    )
    return (
        f"<Placemark><name>{_xml(str(fields['name']))}</name>"
        f"<description>{_xml(about)}</description>"
        f"<TimeStamp><when>{post.posted_at.isoformat()}</when></TimeStamp>"
        f"<Point><coordinates>{fields['lon']},{fields['lat']}</coordinates></Point></Placemark>"
    )


def _xml(text: str) -> str:
    """Keep what XML 1.0 may hold."""
    return escape("".join(char for char in text if char in "\t\n\r" or char >= " "))


_KML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>\n'
_FRAMES = {
    MapFormat.GEOJSON: ('{"type": "FeatureCollection", "features": [\n', ",\n", "\n]}\n"),
    MapFormat.KML: (_KML_HEAD, "\n", "\n</Document></kml>\n"),
}
_PIECES = {MapFormat.GEOJSON: _feature, MapFormat.KML: _placemark}


async def mentions_since(database: Database, since: datetime, query: str = "") -> list[Mention]:
    """Give the places named since then in the posts of a query, or in all without one.

    Each is read with what is known of its channel. Raises QueryError.
    """
    async with database.reading() as connection:
        priors = await places.priors(connection)
    found: list[Mention] = []
    async for post in _posts_since(database, since, query):
        found += mentions_on_map(post.text, post.lang, priors.get(post.channel_id))
    return found


async def _posts_since(database: Database, since: datetime, query: str) -> AsyncIterator[Post]:
    before = None
    while True:
        if query:
            wanted = Wanted(query, _PAGE, Stretch(since), before=before)
            results = await search(database, wanted)
            page, before = [found.post for found in results.found], results.next
        else:
            async with database.reading() as connection:
                page = await posts.newest_first(
                    connection,
                    before=before,
                    since=since,
                    until=None,
                    channel_ids=None,
                    limit=_PAGE,
                )
            before = (page[-1].posted_at, page[-1].id) if len(page) == _PAGE else None
        for post in page:
            yield post
        if before is None:
            return
