"""Links that a post hides behind words: what its column `links` holds. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final

from storage.records import HiddenLink

NONE: Final = "[]"


def hidden_links(parts: Iterable[tuple[str, str]]) -> tuple[HiddenLink, ...]:
    """Give the links of a post; `parts` are the text and entities of each of its messages.

    A post's text is that of its messages, those without any left out, a line apart.
    """
    found: list[HiddenLink] = []
    begins = 0
    for text, entities in parts:
        if not text:
            continue
        if '"text_url"' in entities:
            found += of_entities(text, _listed(entities), begins)
        begins += len(text) + 1
    return tuple(found)


def of_entities(text: str, entities: Iterable[object], begins: int = 0) -> Iterator[HiddenLink]:
    """Read the entities of a text that begins so far on; what makes no link is passed over."""
    for entity in entities:
        if not isinstance(entity, dict):
            continue
        url, start, length = (entity.get(name) for name in ("url", "offset", "length"))
        if entity.get("type") != "text_url" or not isinstance(url, str) or not url:
            continue
        if isinstance(start, int) and isinstance(length, int):
            end = min(start + length, len(text))
            if 0 <= start < end:
                yield HiddenLink(begins + start, begins + end, url)


def _listed(entities: str) -> list[object]:
    try:
        listed = json.loads(entities)
    except ValueError:  # damaged, which `verify` says
        return []
    return listed if isinstance(listed, list) else []


def written(links: Iterable[HiddenLink]) -> str:
    """Write links as they are stored: `[start, end, url]` each, in code points of the text."""
    rows = [[link.start, link.end, link.url] for link in links]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")) if rows else NONE


def read(stored: str) -> tuple[HiddenLink, ...]:
    """Read what `written` wrote."""
    if stored == NONE:
        return ()
    return tuple(HiddenLink(start, end, url) for start, end, url in json.loads(stored))
