import sqlite3
from contextlib import closing

from storage.database import upgrade

BEFORE = """
INSERT INTO channels (id, reference, mode, state, added_at, backfill_depth)
    VALUES (1, '@a', 'join', 'followed', 0, 0);
INSERT INTO posts (id, channel_id, message_id, posted_at, first_seen_at, source, text, has, marks)
    VALUES (4294967297, 1, 1, 5, 5, 'live', 't', '', '');
INSERT INTO revisions (id, post_id, channel_id, message_id, number, seen_at, source, text,
        body_length, entities, raw, sha256, content_hash)
    VALUES (7, 4294967297, 1, 1, 1, 5, 'live', 't', 1, '[]', x'00', x'00', x'00');
INSERT INTO subscribers (id, telegram_user_id, access_hash, name, role, state, timezone, language,
        added_at)
    VALUES (1, 5, 6, 'n', 'reporter', 'active', 'UTC', 'en', 0);
INSERT INTO alerts (id, subscriber_id, post_id, state, wanted_version, sent_version, attempts,
        owed_at, due_at, remote_id)
    VALUES (3, 1, 4294967297, 'sent', 1, 1, 0, 5, 5, 70);
INSERT INTO deliveries (id, alert_id, target, version, at, outcome)
    VALUES (1, 3, 'telegram', 1, 5, 'sent');
"""


def test_alerts_of_posts_become_alerts_of_stories_and_nothing_old_is_told_again(tmp_path):
    path = tmp_path / "earshot.db"
    upgrade(path, "0002")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(BEFORE)
    upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute(
            "SELECT id, story_id, post_id, state, remote_id, told_in FROM alerts"
        ).fetchall() == [(3, 4294967297, 4294967297, "sent", 70, None)]
        assert connection.execute("SELECT post_id, story_id FROM story_posts").fetchall() == [
            (4294967297, 4294967297)
        ]
        assert connection.execute("SELECT alert_id, notice_id FROM deliveries").fetchall() == [
            (3, None)
        ]
        cursors = dict(connection.execute("SELECT name, position FROM cursors"))
        assert cursors["stories"] == cursors["follow-ups.edits"] == 7
