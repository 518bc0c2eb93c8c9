"""Channels to post in on a real archive, and the stages that place and decide on what they post."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.notify.stories import Stories
from storage import accounts, channels, posts, stories
from storage.database import Database
from storage.records import Access, FollowMode, Is, NewRevision, Post, SeenMessage, Source
from storage.schema import post_id

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


class Archive:
    """Channels to post in, and the stage that places what they post."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOW
        self.ahead = timedelta(0)  # by how much our clock is fast; Telegram's never is
        self.stories = self.restarted()
        self.numbers = 0

    def restarted(self, **changed) -> Stories:
        self.stories = Stories(self.database, now=lambda: self.now, **changed)
        return self.stories

    async def fill(self):
        async with self.database.transaction() as connection:
            self.channels = [
                await channels.add(connection, f"@front_{number}", FollowMode.JOIN, 0, NOW)
                for number in range(3)
            ]
            account = await accounts.know_account(connection, "main", 1)
            for number, channel in enumerate(self.channels):
                await channels.followed(
                    connection,
                    channel,
                    telegram_id=100 + number,
                    username=f"front_{number}",
                    title="Front",
                    access=Access(account.id, channel, 100 + number, 1, is_member=True),
                    at=NOW,
                )

    async def post(self, text, channel=0, *, message_id=None, minutes=0, number=1, origin=None):
        """Store a post, or with `number` above 1 its edit."""
        self.numbers += 1
        message = message_id or self.numbers
        found = post_id(self.channels[channel], message)
        moment = self.now - self.ahead + timedelta(minutes=minutes)
        seen = SeenMessage(
            telegram_channel_id=100 + channel,
            message_id=message,
            posted_at=moment,
            edited_at=None,
            grouped_id=None,
            text=text,
            body_length=len(text),
            entities="[]",
            has=frozenset(),
            marks=frozenset({Is.FORWARD}) if origin else frozenset(),
            origin=None,
            origin_name=None,
            reply_to=None,
            author=None,
            raw=b"raw",
            content_hash=text.encode(),
        )
        post = Post(
            id=found,
            channel_id=self.channels[channel],
            message_id=message,
            grouped_id=None,
            posted_at=moment,
            first_seen_at=moment,
            edited_at=None,
            deleted_at=None,
            source=Source.LIVE,
            text=text,
            lang=None,
            has=frozenset(),
            marks=seen.marks,
            origin=None,
            origin_name=None,
            reply_to=None,
            origin_id=origin[0] if origin else None,
            origin_message_id=origin[1] if origin else None,
        )
        async with self.database.transaction() as connection:
            if number == 1:
                await posts.add_posts(connection, [post])
            else:
                await posts.update_posts(connection, [post])
            new = NewRevision(
                found, self.channels[channel], number, self.now, Source.LIVE, None, seen
            )
            await posts.add_revisions(connection, [new])
        return found

    def set_clock(self, **by):
        """Set our clock, forward or back."""
        self.now += timedelta(**by)
        self.ahead += timedelta(**by)

    async def placed(self, *ids):
        while await self.stories.step():
            pass
        async with self.database.reading() as connection:
            found = await stories.of_posts(connection, ids)
        return [found[number] for number in ids]
