"""Places in exports: what each text names, as columns, read with what was known of its channel.

What is known grows while Earshot runs, so it is kept beside the journal of an export: one that is
gone on with reads the rest as it began.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.match.documents import mentions_of
from bot.match.expand import SURENESS
from bot.match.nodes import Sureness
from storage.place_priors import priors_read
from storage.reading import Connection
from storage.records import ChannelId, PlaceId, PlacePrior
from storage.records.exporting import Exported

_SURE = SURENESS[Sureness.NORMAL]


class Mentions:
    """Finds the places of revisions; `kept` is the file of what is known of channels."""

    def __init__(self, connection: Connection, kept: Path) -> None:
        if not kept.exists():
            part = kept.with_suffix(".priors-new")
            part.write_text(json.dumps(_rows_of(priors_read(connection))), encoding="utf-8")
            part.replace(kept)
        self._priors = _priors_of(json.loads(kept.read_text(encoding="utf-8")))

    def add_to(self, revision: Exported) -> None:
        """Put the places that its text names into a revision, in their order."""
        prior = self._priors.get(revision.channel.id)
        revision.mentions = mentions_of(revision.text, revision.lang, prior)


def sure_names(mentions: tuple[dict[str, Any], ...]) -> list[str]:
    """Give the names of the places that `place:` would find, each once, in their order."""
    names = (
        mention["name"]
        for mention in mentions
        if mention["name"] is not None and mention["confidence"] >= _SURE
    )
    return list(dict.fromkeys(names))


def _rows_of(priors: Mapping[ChannelId, PlacePrior]) -> list[list[Any]]:
    return [
        [
            channel,
            dict(prior.regions),
            [[*key, count] for key, count in prior.right.items()],
            [[*key, count] for key, count in prior.wrong.items()],
        ]
        for channel, prior in priors.items()
    ]


def _priors_of(rows: list[list[Any]]) -> Mapping[ChannelId, PlacePrior]:
    return {
        ChannelId(channel): PlacePrior(
            {PlaceId(region): count for region, count in regions.items()},
            {(surface, PlaceId(place)): count for surface, place, count in right},
            {(surface, PlaceId(place)): count for surface, place, count in wrong},
        )
        for channel, regions, right, wrong in rows
    }
