"""Places: find them in texts and know which one is meant. This is the front door."""

from __future__ import annotations

from bot.match.places.artefact import ArtefactUnusable
from bot.match.places.cells import claims_of
from bot.match.places.coordinates import point_in
from bot.match.places.gazetteer import Gazetteer, PlaceUnknown
from bot.match.places.kinds import Kind, Place
from bot.match.places.resolve import ChannelPrior
from bot.match.places.tagger import Tagger
from bot.match.places.watch import Watch

__all__ = [
    "ArtefactUnusable",
    "ChannelPrior",
    "Gazetteer",
    "Kind",
    "Place",
    "PlaceUnknown",
    "Tagger",
    "Watch",
    "claims_of",
    "point_in",
]
