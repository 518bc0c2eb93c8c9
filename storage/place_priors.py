"""What is known of channels' places, put together from rows; for readers in a thread too."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping

from storage.records import ChannelId, PlaceId, PlacePrior

Learnt = tuple[ChannelId, PlaceId, int]  # channel, region, mentions beyond doubt
Judged = tuple[ChannelId, str, PlaceId, int]  # channel, surface in lower case, place, right or not


def assembled(learnt: Iterable[Learnt], judged: Iterable[Judged]) -> Mapping[ChannelId, PlacePrior]:
    """Put rows together by channel; one of which nothing is known has no entry."""
    regions: defaultdict[ChannelId, dict[PlaceId, float]] = defaultdict(dict)
    for channel, region, mentions in learnt:
        regions[channel][region] = float(mentions)
    right: defaultdict[ChannelId, dict[tuple[str, PlaceId], int]] = defaultdict(dict)
    wrong: defaultdict[ChannelId, dict[tuple[str, PlaceId], int]] = defaultdict(dict)
    for channel, surface, place, is_right in judged:
        table = (right if is_right else wrong)[channel]
        table[surface, place] = table.get((surface, place), 0) + 1
    return {
        channel: PlacePrior(
            regions.get(channel, {}), right.get(channel, {}), wrong.get(channel, {})
        )
        for channel in regions.keys() | right.keys() | wrong.keys()
    }


def priors_read(connection: sqlite3.Connection) -> Mapping[ChannelId, PlacePrior]:
    """Read what is known of every channel, on a connection of `storage.reading`."""
    learnt = connection.execute("SELECT channel_id, region_id, mentions FROM channel_regions")
    judged = connection.execute(
        "SELECT channel_id, surface, place_id, is_right FROM place_verdicts"
    )
    return assembled((tuple(row) for row in learnt), (tuple(row) for row in judged))
