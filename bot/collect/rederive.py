"""Posts made again of their revisions, for an archive that lost their rows.

The same decisions as intake's, on what was stored instead of what is seen. What the raw bytes do
not hold, such as the username of a forward's origin, stays unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.collect import intake
from bot.collect.intake import Change, Sight
from bot.collect.stored import stored_message
from storage import derived, posts
from storage.database import Database
from storage.derived import StoredRevision
from storage.records import Post, SeenMessage

_BATCH = 200


async def rederive_posts(database: Database) -> int:
    """Make the missing rows of posts that have revisions; give how many. Safe to repeat."""
    made = 0
    while True:
        async with database.transaction() as connection:
            missing = await derived.homeless(connection, _BATCH)
            if not missing:
                return made
            stored = await derived.revisions_by_post(connection, missing)
            remade = [post_of(stored[number]) for number in missing]
            await posts.add_posts(connection, remade)
            await derived.mark_ended(connection, missing)
        made += len(missing)


def post_of(stored: Sequence[StoredRevision]) -> Post:
    """Make a post of all its revisions, in the order in which they were stored."""
    first = stored[0]
    seen = [_seen(item) for item in stored]
    post = intake.new_post(
        first.post_id, first.channel_id, seen[0], Sight(first.source, None, first.seen_at)
    )
    for item in seen[1:]:
        post = intake.changed(post, Change(item.edited_at, item.has, item.marks), ())
    latest = {item.message_id: (item.text, item.entities) for item in stored}
    return intake.changed(post, Change(), [latest[number] for number in sorted(latest)])


def _seen(stored: StoredRevision) -> SeenMessage:
    try:
        return stored_message(stored.raw, stored.source, stored.text)
    except ValueError:  # damaged, or removed by retention: its text is what is known
        return SeenMessage(
            telegram_channel_id=0,
            message_id=stored.message_id,
            posted_at=stored.seen_at,
            edited_at=None,
            grouped_id=None,
            text=stored.text,
            body_length=len(stored.text),
            entities=stored.entities,
            has=frozenset(),
            marks=frozenset(),
            origin=None,
            origin_name=None,
            reply_to=None,
            author=None,
            raw=stored.raw,
            content_hash=b"",
        )
