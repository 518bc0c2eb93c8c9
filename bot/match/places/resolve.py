"""Which of the places of one name is meant: a distribution over them, from the post's context."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.match.places.artefact import ADJECTIVE, ALIAS
from bot.match.places.gazetteer import Gazetteer
from bot.match.places.kinds import KINDS, Kind
from storage.records import Mention, PlaceId

# What each hint adds to a place's score; the scores' soft maximum is the distribution.
IMPORTANCE = 1.6
OF_INTEREST = 2.5  # in a country of interest
IN_NAMED_REGION, NOT_IN_REGION = 5.0, -1.5
IN_NAMED_COUNTRY = 2.5
SAME_SENTENCE, SAME_POST = 2.0, 0.7  # of what a region beside the name adds, elsewhere in the post
OF_CITY = 0.35  # as much of that for a name that a city bears: it needs no region to be known by
NEIGHBOUR = 6.0  # next to another place of the post
CHANNEL = 2.0
WRONG_KIND = -4.0
CITY_OF_THAT_NAME = -2.5  # of a region whose bare name is a city's too
HOLDS_NEIGHBOUR = 0.5  # a region that holds another place of the post, against being beside it
WEAK_NAME, BARE_ADJECTIVE = -1.5, -1.0
NEIGHBOUR_KM = 60.0
CLOSE, CLOSE_KM = 1.6, 15.0  # villages named together mostly lie within a day's walk
DEGREE_KM = 111.2
_NEAR_DEGREES = 4.0  # farther off, a neighbour adds nothing
_CITY = 100_000  # inhabitants
_MOST_POINTS = 40  # a longer list says nothing more
_HOPELESS = 12.0  # behind the best by so much, no hint helps
KEPT = 6
_DIVISIONS = frozenset({Kind.REGION, Kind.DISTRICT, Kind.COUNTRY, Kind.COMMUNITY})
_SAID_BEFORE = frozenset({"settlement"})


@dataclass(frozen=True, slots=True)
class ChannelPrior:
    """What a channel usually writes about: how often each region came up beyond doubt.

    `regions` maps region ids to counts; `wrong` and `right` are readers' verdicts as
    (folded surface, place) → count.
    """

    regions: Mapping[PlaceId, float] = field(default_factory=dict)
    right: Mapping[tuple[str, PlaceId], int] = field(default_factory=dict)
    wrong: Mapping[tuple[str, PlaceId], int] = field(default_factory=dict)

    def learnt(self, mentions: Iterable[Mention], gazetteer: Gazetteer) -> ChannelPrior:
        """Return the prior after some more mentions; only the unambiguous ones count."""
        regions = dict(self.regions)
        for mention in mentions:
            number = gazetteer.number(mention.place_id) if mention.place_id else None
            if number is None or mention.confidence < 0.8 or mention.alternatives:  # noqa: PLR2004 a threshold used once
                continue
            for above in gazetteer.above(number):
                if KINDS[gazetteer.kinds[above]] is Kind.REGION:
                    place_id = gazetteer.id(above)
                    regions[place_id] = regions.get(place_id, 0.0) + 1.0
        return ChannelPrior(regions, self.right, self.wrong)

    def judged(self, surface: str, place_id: PlaceId, *, right: bool) -> ChannelPrior:
        """Return the prior after a reader said that this surface was, or was not, this place."""
        table = dict(self.right if right else self.wrong)
        key = (surface.casefold(), place_id)
        table[key] = table.get(key, 0) + 1
        return ChannelPrior(
            self.regions, table if right else self.right, self.wrong if right else table
        )


@dataclass(slots=True)
class Named:
    """A recognised name on its way to a place."""

    start: int
    end: int
    surface: str
    postings: tuple[int, ...]
    sentence: int
    probability: float
    said_kind: str = ""  # "settlement", "division", "direction" or "nature" by the word beside it
    region_beside: int | None = None  # index of the name beside it that says what it lies in
    scores: dict[int, float] = field(default_factory=dict)
    ruled_out: bool = False


@dataclass(frozen=True, slots=True)
class _Point:
    """A likely place of one of a post's names: which name's, where, how likely, what holds it."""

    name: int
    lat: float
    lon: float
    share: float
    chain: frozenset[int]


class Resolver:
    """Scores the places of a post's names against one another."""

    def __init__(self, gazetteer: Gazetteer, of_interest: frozenset[str]) -> None:
        self._gazetteer = gazetteer
        self._of_interest = of_interest
        self._chains: dict[int, frozenset[int]] = {}

    def chain(self, number: int) -> frozenset[int]:
        """Return a place and what it lies in."""
        found = self._chains.get(number)
        if found is None:
            found = self._chains[number] = frozenset((number, *self._gazetteer.above(number)))
        return found

    def resolve(self, names: Sequence[Named], prior: ChannelPrior | None) -> None:
        """Fill in each name's scores (log scale) in place."""
        for name in names:
            name.scores = {posting >> 2: self._alone(name, posting) for posting in name.postings}
        if prior is not None:
            self._by_channel(names, prior)
        if len(names) > 1:
            self._by_regions(names)
            self._by_neighbours(names)
            _one_sense(names)

    def _alone(self, name: Named, posting: int) -> float:
        number = posting >> 2
        gazetteer = self._gazetteer
        kind = KINDS[gazetteer.kinds[number]]
        score = IMPORTANCE * gazetteer.standing(number)
        if gazetteer.country(number) in self._of_interest:
            score += OF_INTEREST
        if posting & ALIAS:
            score += WEAK_NAME
        if posting & ADJECTIVE:
            if name.said_kind == "division" and kind is Kind.SETTLEMENT:
                score += WRONG_KIND
            elif name.said_kind == "direction" and kind in _DIVISIONS:
                score += BARE_ADJECTIVE
        elif name.said_kind == "settlement" and kind is not Kind.SETTLEMENT:
            score += WRONG_KIND
        elif name.said_kind == "nature" and kind not in {Kind.WATER, Kind.RELIEF, Kind.AREA}:
            score += WRONG_KIND / 2
        elif name.said_kind != "nature" and kind is Kind.WATER:
            score += WRONG_KIND / 4
        elif name.said_kind != "division" and kind is Kind.REGION and self._has_city(name):
            score += CITY_OF_THAT_NAME
        return score

    def _has_city(self, name: Named) -> bool:
        """Whether a city bears the name too: "Lviv" alone is the city, not its oblast."""
        gazetteer = self._gazetteer
        return any(
            not posting & ADJECTIVE
            and KINDS[gazetteer.kinds[posting >> 2]] is Kind.SETTLEMENT
            and gazetteer.population[posting >> 2] >= _CITY
            for posting in name.postings
        )

    def _by_channel(self, names: Sequence[Named], prior: ChannelPrior) -> None:
        gazetteer = self._gazetteer
        total = sum(prior.regions.values()) + 5.0
        shares = {
            gazetteer.number(region): count / total for region, count in prior.regions.items()
        }
        for name in names:
            said = name.surface.casefold()
            for number in name.scores:
                share = sum(shares.get(above, 0.0) for above in self.chain(number))
                place_id = gazetteer.id(number)
                verdict = prior.right.get((said, place_id), 0) - prior.wrong.get(
                    (said, place_id), 0
                )
                name.scores[number] += CHANNEL * math.sqrt(share) + 2.0 * verdict

    def _by_regions(self, names: Sequence[Named]) -> None:
        """Let a region or country beside a name decide; elsewhere in the post it hints."""
        for name in names:
            if name.region_beside is not None:
                self._inside(name, names[name.region_beside])
        # What was decided beside counts at once, so the regions are looked up after it.
        regions = self._named_regions(names)
        for index, name in enumerate(names):
            for other_index, above, bonus in regions:
                if other_index in {index, name.region_beside}:
                    continue
                same = names[other_index].sentence == name.sentence
                gain = bonus * (SAME_SENTENCE if same else SAME_POST)
                if self._has_city(name):
                    gain *= OF_CITY
                for number in name.scores:
                    if number != above and above in self.chain(number):
                        name.scores[number] += gain

    def _named_regions(self, names: Sequence[Named]) -> list[tuple[int, int, float]]:
        """Return names that most likely are regions or countries: index, number, what they add."""
        found = []
        for index, name in enumerate(names):
            if not name.scores:
                continue
            above = max(name.scores, key=name.scores.__getitem__)
            kind = KINDS[self._gazetteer.kinds[above]]
            if kind in _DIVISIONS:
                bonus = IN_NAMED_COUNTRY if kind is Kind.COUNTRY else IN_NAMED_REGION
                found.append((index, above, bonus * name.probability))
        return found

    def _inside(self, name: Named, region: Named) -> None:
        """Only places inside the region beside the name remain; none left: unknown to us."""
        wide = {
            number for number in region.scores if KINDS[self._gazetteer.kinds[number]] in _DIVISIONS
        }
        if not wide:
            return
        held = {
            number for number in name.scores if wide & self.chain(number) and number not in wide
        }
        if held:
            for number in name.scores:
                name.scores[number] += IN_NAMED_REGION if number in held else NOT_IN_REGION
            for number in region.scores:
                if any(number in self.chain(inner) for inner in held):
                    region.scores[number] += IN_NAMED_REGION
            return
        home = {self._gazetteer.country(number) for number in wide}
        best = max(name.scores, key=name.scores.__getitem__)
        small = self._gazetteer.population[best] < 100_000  # noqa: PLR2004 a threshold used once
        best_kind = KINDS[self._gazetteer.kinds[best]]
        if small and best_kind is Kind.SETTLEMENT and home & (self._of_interest | {"US"}):
            name.ruled_out = True

    def _by_neighbours(self, names: Sequence[Named]) -> None:
        """Places come in clusters: a candidate near other names' likely places gains."""
        gazetteer = self._gazetteer
        points = [
            _Point(index, *gazetteer.degrees(number), share * name.probability, self.chain(number))
            for index, name in enumerate(names)
            for number, share in distribution(name.scores, 3)
            if KINDS[gazetteer.kinds[number]] is Kind.SETTLEMENT
        ][:_MOST_POINTS]
        for index, name in enumerate(names):
            if len(name.scores) < 2:  # noqa: PLR2004 a threshold used once
                continue
            top = max(name.scores.values())
            others = [
                point
                for point in points
                if point.name != index and name.surface != names[point.name].surface
            ]
            gains = {
                number: NEIGHBOUR * self._gain(number, others)
                for number, score in name.scores.items()
                if score >= top - _HOPELESS
            }
            for number, gain in gains.items():
                name.scores[number] += gain

    def _gain(self, number: int, others: Sequence[_Point]) -> float:
        """Return what the other places of a post say for one candidate."""
        lat, lon = self._gazetteer.degrees(number)
        chain = self.chain(number)
        narrow = math.cos(math.radians(lat))
        gain = 0.0
        for point in others:
            share = point.share
            if share * (1.0 + CLOSE) <= gain:
                continue
            up, across = lat - point.lat, (lon - point.lon) * narrow
            if -_NEAR_DEGREES < up < _NEAR_DEGREES and -_NEAR_DEGREES < across < _NEAR_DEGREES:
                km = DEGREE_KM * math.sqrt(up * up + across * across)  # near enough, so near
                near = math.exp(-km / NEIGHBOUR_KM) + CLOSE * math.exp(-km / CLOSE_KM)
                gain = max(gain, share * near)
            if number in point.chain:
                gain = max(gain, HOLDS_NEIGHBOUR * share)
            elif gain < 0.2 * share:
                common = len(chain & point.chain)
                if common:
                    gain = max(gain, (0.2 if common > 1 else 0.1) * share)
        return gain


def _one_sense(names: Sequence[Named]) -> None:
    """Return the same name in one post means the same place: scores are shared."""
    by_places: dict[tuple[int, ...], list[Named]] = {}
    for name in names:
        by_places.setdefault(name.postings, []).append(name)
    for same in by_places.values():
        if len(same) > 1:
            for number in same[0].scores:
                best = max(name.scores[number] for name in same)
                for name in same:
                    name.scores[number] = best


def distribution(scores: Mapping[int, float], kept: int = KEPT) -> list[tuple[int, float]]:
    """Return the likeliest places with their shares of one, the likeliest first."""
    if not scores:
        return []
    top = max(scores.values())
    shares = {number: math.exp(score - top) for number, score in scores.items()}
    total = sum(shares.values())
    ordered = sorted(shares, key=lambda number: (-shares[number], number))[:kept]
    return [(number, shares[number] / total) for number in ordered]
