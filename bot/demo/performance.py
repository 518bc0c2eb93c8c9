"""One telling of a story: carries out its beats, and notes when what was told and what arrived."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from bot.demo.promise import Owed, PersonKey, PostKey, link_of, owed_alerts
from bot.demo.show import Show
from bot.demo.stage import Stage
from bot.demo.story import Beat, CastPerson, Story
from bot.sandbox.script import Act, Played, Step, play
from bot.sandbox.visitor import Arrival


class Performance:
    """What is known while a story plays; times by the monotonic clock, in seconds."""

    def __init__(self, stage: Stage, story: Story, show: Show, speed: float) -> None:
        self.owed: tuple[Owed, ...] = owed_alerts(story.beats)
        self.posts: dict[str, PostKey] = {}
        self.played = Played()
        self.edits_shown = 0
        self._stage = stage
        self._show = show
        self._speed = speed
        self._told_at: list[float] = []
        self._reached_at: dict[tuple[PersonKey, PostKey], float] = {}
        self._owed_since = {(item.person, item.post): item.beat for item in self.owed}

    @property
    def edits(self) -> int:
        """How many edits the story made."""
        return self.played.counts.get(Act.EDIT, 0)

    @property
    def told_s(self) -> float:
        """How long the telling took, from the first beat to the last."""
        return self._told_at[-1] - self._told_at[0] if self._told_at else 0.0

    async def tell(self, beats: Sequence[Beat]) -> None:
        """Play the next part of the story; its first beat comes at once. `beats` are in order."""
        if beats:
            began = beats[0].step.at
            steps = [replace(beat.step, at=beat.step.at - began) for beat in beats]
            await play(
                self._stage.server,
                steps,
                speed=self._speed,
                progress=self._told,
                played=self.played,
            )

    def _told(self, step: Step, played: Played) -> None:
        self._told_at.append(time.monotonic())
        if step.act is Act.CUT:
            self._stage.server.refuse_connections(step.seconds / self._speed)
        if step.name in played.ids:
            channel, ids = played.ids[step.name]
            place = channel.username or f"c/{channel.id}"
            self.posts.update({f"t.me/{place}/{number}": step.name for number in ids})
        self._show.told(step)

    def arrived(self, person: CastPerson, arrival: Arrival) -> None:
        """Note what reached a subscriber's client."""
        post = self.posts.get(link_of(arrival.text))
        if post is None:
            return
        after_s = None
        if arrival.is_edit:
            self.edits_shown += 1
        elif (person.key, post) not in self._reached_at:
            self._reached_at[person.key, post] = arrival.at
            after_s = self.delay_s(person.key, post)
        self._show.arrived(person, arrival.text, after_s, is_edit=arrival.is_edit)

    def delay_s(self, person: PersonKey, post: PostKey) -> float | None:
        """Say how long after it was owed an alert came; None when not owed or not there."""
        beat = self._owed_since.get((person, post))
        reached = self._reached_at.get((person, post))
        return None if beat is None or reached is None else reached - self._told_at[beat]

    def delays_s(self, *, held_too: bool) -> list[float]:
        """Give the delays of the owed alerts, with or without those that trouble held up."""
        found = [
            self.delay_s(item.person, item.post)
            for item in self.owed
            if held_too or item.held is None
        ]
        return [delay for delay in found if delay is not None]
