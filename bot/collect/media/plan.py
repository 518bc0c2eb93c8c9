"""Appended revisions and hits → attachments that are wanted, behind two cursors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bot.collect.media.attached import attachment_of_raw
from bot.collect.media.rules import rule_of, verdict
from storage import channels, cursors, media
from storage.database import Connection, Database
from storage.records import Fetch, MediaRule, NewMedia, ShownMedia

BELL = "media"
SHOWN = "media.shown"
HITS = "media.hits"
_POLL_S = 2.0
_BATCH = 200


class MediaPlanner:
    """Notes what is attached and wanted. Start `run` as a task."""

    def __init__(self, database: Database, otherwise: MediaRule) -> None:
        self._database = database
        self._otherwise = otherwise

    async def run(self) -> None:
        """Work off what comes, until cancelled."""
        await self._database.bell.serve(BELL, self.step, _POLL_S)

    async def step(self) -> bool:
        """Look at a batch of revisions and of hits; say whether there was anything.

        While no rule wants anything, nothing is looked at: a rule made later starts from the first.
        """
        now = datetime.now(UTC)
        async with self._database.reading() as connection:
            rules = await media.rules(connection)
            if all(rule.fetch is Fetch.NONE for rule in (self._otherwise, *rules.values())):
                return False
            after = await cursors.position(connection, SHOWN)
            last, shown = await media.shown_after(connection, after, _BATCH)
            new = await self._new(connection, shown, rules)
        async with self._database.redoable() as connection:
            await media.add(connection, new, now)
            if last:
                await cursors.advance(connection, SHOWN, last)
            # What a hit wants must have been noted before, so revisions come first.
            hit = 0
            if not last:
                position = await cursors.position(connection, HITS)
                hit = await media.want_hits(connection, position, _BATCH, now)
            if hit:
                await cursors.advance(connection, HITS, hit)
        self._database.bell.ring("media.fetch")
        return bool(last or hit)

    async def _new(
        self, connection: Connection, shown: Sequence[ShownMedia], rules: Mapping[str, MediaRule]
    ) -> list[NewMedia]:
        homes = await channels.by_ids(connection, {item.channel_id for item in shown})
        are_hits = await media.hit_posts(connection, {item.post_id for item in shown})
        found = []
        for item in shown:
            attachment = attachment_of_raw(item.raw)
            if attachment is None:
                continue
            rule = rule_of(homes[item.channel_id], rules, self._otherwise)
            said = verdict(attachment, rule, is_hit=item.post_id in are_hits)
            if said:
                found.append(
                    NewMedia(
                        post_id=item.post_id,
                        channel_id=item.channel_id,
                        message_id=item.message_id,
                        revision_id=item.revision_id,
                        attachment=attachment,
                        state=said[0],
                        reason=said[1],
                    )
                )
        return found
