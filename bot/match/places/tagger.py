"""Text → mentions: recognise, weigh, resolve."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.match.places.artefact import ADJECTIVE
from bot.match.places.classifier import Classifier, probability
from bot.match.places.coordinates import coordinates_in, point_id
from bot.match.places.cues import Cue
from bot.match.places.gazetteer import Gazetteer
from bot.match.places.nations import nations
from bot.match.places.recognise import Recogniser
from bot.match.places.resolve import ChannelPrior, Named, Resolver, distribution
from bot.match.places.tokens import UNKNOWN, Candidate, Token
from bot.match.places.unknown import is_adjective, stem_of
from bot.match.places.watch import Watch
from storage.records import Mention, PlaceId

THRESHOLD = 0.5  # of being a place at all; the share of the place comes on top
LATIN_UNKNOWN = 0.85  # of being a place, for words in Latin letters that no gazetteer has
BARE_UNKNOWN = 0.6  # of words that nothing but a capital within a sentence speaks for
DEMONYM = 0.3  # confidence of a country named by its adjective, in English
LEAST_SHARE = 0.02  # alternatives below it are not kept
_SENTENCE = re.compile(r"[.!?…]\s|\n")
_IN_LIST = re.compile(r"\s*[,/–—-]\s*")
_BESIDE_ONE = ("beside",)
_SPACES = frozenset({" ", "\u00a0"})
_BESIDE = re.compile(r"[ \u00a0]*[,(]?[ \u00a0]*(?:в|у|во|на|in|of)?[ \u00a0]*")


class Tagger:
    """Finds places in texts with one gazetteer; safe to share, but not between threads."""

    def __init__(
        self,
        gazetteer: Gazetteer,
        *,
        country_of_interest: Iterable[str] = ("UA", "RU", "BY"),
        classifier: Classifier | None = None,
        threshold: float = THRESHOLD,
    ) -> None:
        self._gazetteer = gazetteer
        self._recogniser = Recogniser(gazetteer)
        self._classifier = classifier or Classifier.shipped()
        self._of_interest = frozenset(country_of_interest)
        self._resolver = Resolver(gazetteer, self._of_interest)
        self._resolver_abroad = Resolver(gazetteer, frozenset())
        self._threshold = threshold

    def tag(
        self,
        text: str,
        lang: str | None = None,
        channel_prior: ChannelPrior | None = None,
        *,
        waited_for: Watch | None = None,
    ) -> tuple[Mention, ...]:
        """Return the places of a text in order, none overlapping.

        A name of a place unknown to us has no `place_id`. Coordinates in the text become a
        mention with the id "point:LAT,LON" and the nearest settlement as its alternative. With
        `waited_for`, a text that names none of those places is not read further: it gives none.
        """
        points = coordinates_in(text)
        tokens = self._recogniser.tokens(text)
        self._recogniser.meet(tokens)
        candidates = self._recogniser.candidates(tokens)
        if waited_for and not points:
            hopeful = self._names_any(text, tokens, candidates, waited_for)
            if not hopeful:
                return ()
        chosen = self._chosen(tokens, self._weighed(text, tokens, candidates, candidates))
        chosen = [c for c in chosen
                  if not any(p.start < tokens[c.last - 1].end and tokens[c.first].start < p.end for p in points)]  # fmt: skip  # noqa: E501 a table row or pattern in one line
        names = self._named(text, tokens, chosen)
        latin = lang == "en" if lang else not self._recogniser.is_cyrillic
        resolver = self._resolver_abroad if latin and not self._near_home(names) else self._resolver
        resolver.resolve([name for name in names if name.postings], channel_prior)
        mentions = [self._mention(name) for name in names]
        if latin:
            mentions += self._demonyms(tokens, mentions)
        mentions += [
            self._point(text, point.start, point.end, point.lat, point.lon) for point in points
        ]
        return tuple(sorted(mentions, key=lambda mention: mention.start))

    def _names_any(
        self, text: str, tokens: list[Token], candidates: list[Candidate], watch: Watch
    ) -> bool:
        """Whether any stretch of a text is likely to be a place that is waited for."""
        if watch.nations and any(token.fold in watch.nations for token in tokens):
            return True
        touching = [one for one in candidates if not watch.sequences.isdisjoint(one.sequences)]
        if not touching:
            return False
        stems = {stem_of(tokens[one.first].fold) for one in touching}
        befores = {_end_before(tokens, one.first) for one in touching}
        afters = {_start_after(tokens, one.last) for one in touching}
        of_them = [
            one
            for one in candidates
            if stem_of(tokens[one.first].fold) in stems
            or one.last in befores
            or one.first in afters
        ]
        self._weighed(text, tokens, candidates, of_them)
        return any(one.probability >= self._least(tokens[one.first], one) for one in touching)

    def _near_home(self, names: list[Named]) -> bool:
        """Whether an English text speaks of a country of interest at all."""
        interest = self._of_interest
        best = (
            max(name.postings, key=lambda posting: self._gazetteer.importance(posting >> 2)) >> 2
            for name in names
            if name.postings
        )
        return any(self._gazetteer.country(number) in interest for number in best)

    def weighed(self, text: str, tokens: list[Token]) -> list[Candidate]:
        """All candidates of a text with their features and probabilities."""
        self._recogniser.meet(tokens)
        candidates = self._recogniser.candidates(tokens)
        return self._weighed(text, tokens, candidates, candidates)

    def _weighed(
        self, text: str, tokens: list[Token], candidates: list[Candidate], some: list[Candidate]
    ) -> list[Candidate]:
        """Give some of a text's candidates their probabilities, and return these."""
        ends = {candidate.last for candidate in candidates if candidate.sequences}
        starts = {candidate.first for candidate in candidates if candidate.sequences}
        for candidate in some:
            if candidate.parts:
                continue
            candidate.company = _company(tokens, candidate, ends, starts)
            self._recogniser.describe(text, tokens, candidate)
            candidate.score = self._classifier.score(candidate.parts, candidate.manner)
        listed = [one for one in some if one.company and one.company != _BESIDE_ONE]
        if listed:
            _share_in_lists(tokens, some, listed)
        _share_evidence(tokens, some)
        return some

    def chosen(self, text: str, tokens: list[Token]) -> list[Candidate]:
        """Return the candidates that are places, in order, none overlapping."""
        return self._chosen(tokens, self.weighed(text, tokens))

    def _chosen(self, tokens: list[Token], candidates: list[Candidate]) -> list[Candidate]:
        likely = [
            candidate
            for candidate in candidates
            if candidate.probability >= self._least(tokens[candidate.first], candidate)
        ]
        likely.sort(key=lambda one: (-(one.last - one.first), -one.probability, one.first))
        taken: set[int] = set()
        chosen = []
        for candidate in likely:
            span = range(candidate.first, candidate.last)
            if not taken.intersection(span):
                taken.update(span)
                chosen.append(candidate)
        return _joined_names(tokens, sorted(chosen, key=lambda candidate: candidate.first))

    def _least(self, first: Token, candidate: Candidate) -> float:
        """Return how likely a candidate must be: English writes too much large to trust unknown words."""  # noqa: E501 a sentence
        if candidate.manner == UNKNOWN and first.fold[0] < "а":
            return max(self._threshold, LATIN_UNKNOWN)
        if candidate.pattern.startswith("bare"):
            return max(self._threshold, BARE_UNKNOWN)
        return self._threshold

    def _named(self, text: str, tokens: list[Token], chosen: list[Candidate]) -> list[Named]:
        names: list[Named] = []
        sentence, at = 0, 0
        for candidate in chosen:
            start, end = tokens[candidate.first].start, tokens[candidate.last - 1].end
            sentence += len(_SENTENCE.findall(text, at, start))
            at = start
            postings: dict[int, int] = {}
            for sequence in candidate.sequences or _of_adjective(tokens, candidate):
                for posting in self._gazetteer.named(sequence):
                    number = posting >> 2
                    if number not in postings or posting < postings[number]:
                        postings[number] = posting
            said = _said_kind(candidate)
            if any(not posting & ADJECTIVE for posting in postings.values()):
                adjective = said in {"direction", "division"}
                postings = {n: p for n, p in postings.items() if adjective or not p & ADJECTIVE}
            names.append(Named(start, end, text[start:end], tuple(sorted(postings.values())), sentence,  # noqa: E501 a table row or pattern in one line
                               candidate.probability, _said_kind(candidate)))  # fmt: skip
        with_places = [name for name in names if name.postings]
        for index, name in enumerate(with_places):
            for other in (index + 1, index - 1):
                if 0 <= other < len(with_places) and name.region_beside is None:
                    left, right = (
                        (name, with_places[other]) if other > index else (with_places[other], name)
                    )
                    if _BESIDE.fullmatch(text, left.end, right.start) and (
                        other > index or "," not in text[left.end : right.start]
                    ):
                        name.region_beside = other
        return names

    def _demonyms(self, tokens: list[Token], mentions: list[Mention]) -> list[Mention]:
        """Countries by their adjectives ("Iranian"), sure enough for `wide` queries only."""
        taken = [(mention.start, mention.end) for mention in mentions]
        found = []
        for token in tokens:
            country = nations().get(token.fold) if token.shape == "title" else None
            if country and not any(start < token.end and token.start < end for start, end in taken):
                number = self._gazetteer.number(PlaceId(f"country:{country}"))
                if number is not None:
                    place_id = self._gazetteer.id(number)
                    found.append(Mention(token.start, token.end, token.surface, place_id, DEMONYM))
        return found

    def _mention(self, name: Named) -> Mention:
        shares = distribution(name.scores)
        if not shares or name.ruled_out:
            others = tuple(
                (self._gazetteer.id(number), round(share * name.probability * 0.2, 4))
                for number, share in shares
            )
            return Mention(
                name.start, name.end, name.surface, None, round(name.probability, 4), others
            )
        (best, share), *rest = shares
        others = tuple(
            (self._gazetteer.id(number), round(part * name.probability, 4))
            for number, part in rest
            if part >= LEAST_SHARE
        )
        return Mention(
            name.start,
            name.end,
            name.surface,
            self._gazetteer.id(best),
            round(share * name.probability, 4),
            others,
        )

    def _point(self, text: str, start: int, end: int, lat: float, lon: float) -> Mention:
        near = self._gazetteer.nearest(lat, lon)
        others = (
            ((self._gazetteer.id(near[0]), round(0.9 * 2 ** (-near[1] / 10), 4)),) if near else ()
        )
        return Mention(start, end, text[start:end], PlaceId(point_id(lat, lon)), 1.0, others)


def _joined_names(tokens: list[Token], chosen: list[Candidate]) -> list[Candidate]:
    """Unknown words that stand together are one name: "на Аскольдовій Могилі"."""
    found: list[Candidate] = []
    for candidate in chosen:
        last = found[-1] if found else None
        if (
            last is not None
            and last.last == candidate.first
            and not last.sequences
            and not candidate.sequences
            and tokens[candidate.first].before in {" ", "-"}
        ):
            last.last = candidate.last
        else:
            found.append(candidate)
    for at, candidate in enumerate(found):
        taken = found[at + 1].first if at + 1 < len(found) else len(tokens)
        if candidate.last < taken and _begins_name(tokens, candidate):
            candidate.last += 1
    return found


def _begins_name(tokens: list[Token], candidate: Candidate) -> bool:
    """Whether an unknown adjective goes on in a word written large: "в Лазурном Мысе"."""
    if candidate.manner != UNKNOWN or candidate.pattern == "heaven":
        return False
    word, following = tokens[candidate.last - 1], tokens[candidate.last]
    large = following.shape == "title" and following.before == " "
    return large and word.fold[0] >= "а" and is_adjective(word.fold)


def _share_in_lists(
    tokens: list[Token], candidates: list[Candidate], listed: list[Candidate]
) -> None:
    """Let what stands beside a name in a list ("Сумы, Ромны и Конотоп") speak for or against it."""
    ends: dict[int, Candidate] = {}
    starts: dict[int, Candidate] = {}
    for one in candidates:
        if one.last not in ends or ends[one.last].score < one.score:
            ends[one.last] = one
        if one.first not in starts or starts[one.first].score < one.score:
            starts[one.first] = one
    for one in listed:
        before, after = _end_before(tokens, one.first), _start_after(tokens, one.last)
        beside = (ends.get(before), starts.get(after))
        heard = [_capped(other.score) for other in beside if other is not None]
        one.leaning = SHARED * sum(heard) / len(heard) if heard else 0.0


def _end_before(tokens: list[Token], first: int) -> int:
    """Return where the name before in a list ends, -1 when it is no list."""
    if first and _IN_LIST.fullmatch(tokens[first].before):
        return first
    return first - 1 if first > 1 and tokens[first - 1].cue & Cue.AND else -1


def _start_after(tokens: list[Token], last: int) -> int:
    """Return where the name after in a list starts, -1 when it is no list."""
    if last >= len(tokens):
        return -1
    if _IN_LIST.fullmatch(tokens[last].before):
        return last
    return last + 1 if tokens[last].cue & Cue.AND else -1


def _share_evidence(tokens: list[Token], candidates: list[Candidate]) -> None:
    """Let the occurrences of one word in a text speak for one another."""
    same: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        if candidate.last - candidate.first == 1:
            same.setdefault(stem_of(tokens[candidate.first].fold), []).append(candidate)
        candidate.probability = probability(candidate.score + candidate.leaning)
    for group in same.values():
        if len(group) > 1:
            scores = [one.score + one.leaning for one in group]
            capped = list(map(_capped, scores))
            total = sum(capped)
            for one, score, own in zip(group, scores, capped, strict=True):
                others = (total - own) / (len(group) - 1)
                one.probability = probability(score + SHARED * others)


def _capped(score: float) -> float:
    return max(-CAP, min(CAP, score))


SHARED, CAP = 0.3, 4.0


def _of_adjective(tokens: list[Token], candidate: Candidate) -> tuple[int, ...]:
    """Return the names whose adjective an unknown word is: "ребят из Мариупольского центра"."""
    info = tokens[candidate.first].info
    return info.sequences if info is not None and candidate.pattern != "heaven" else ()


def _said_kind(candidate: Candidate) -> str:
    features = set(candidate.features)
    if "before=settlement" in features:
        return "settlement"
    if features & {"adjective:direction", "after=direction"}:
        return "direction"
    if features & {"adjective:division", "after=division"}:
        return "division"
    if "before=nature" in features or "after=nature" in features:
        return "nature"
    return ""


def _company(
    tokens: list[Token], candidate: Candidate, ends: set[int], starts: set[int]
) -> tuple[str, ...]:
    """How it stands to other candidates: in a list or chain ("Раздоловка-Весёлое, Бахмут/Соледар, Сумы и Ромны"), or right after one."""  # noqa: E501 a table row or pattern in one line
    first, last = candidate.first, candidate.last
    found = []
    if first in ends:
        gap = tokens[first].before
        if _IN_LIST.fullmatch(gap):
            found.append("listed")
        elif gap in _SPACES:
            found.append("beside")
    elif first > 1 and tokens[first - 1].cue & Cue.AND and first - 1 in ends:
        found.append("and before")
    if last < len(tokens):
        following = tokens[last]
        if last in starts:
            if _IN_LIST.fullmatch(following.before):
                found.append("listed")
        elif following.cue & Cue.AND and last + 1 in starts and following.before in _SPACES:
            found.append("and after")
    return tuple(found)
