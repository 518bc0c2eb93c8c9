import sqlite3
from contextlib import closing

from storage.database import upgrade

# The clock says what came before: all a former version knows. Revision 7 was matched already.
BEFORE = """
INSERT INTO channels (id, reference, mode, state, added_at, backfill_depth)
    VALUES (1, '@a', 'join', 'followed', 0, 0);
INSERT INTO posts (id, channel_id, message_id, posted_at, first_seen_at, source, text, has, marks)
    VALUES (4294967297, 1, 1, 5, 5, 'live', 't', '', '');
INSERT INTO revisions (id, post_id, channel_id, message_id, number, seen_at, source, text,
        body_length, entities, raw, sha256, content_hash)
    VALUES (7, 4294967297, 1, 1, 1, 5, 'live', 't', 1, '[]', x'00', x'00', x'00'),
           (8, 4294967297, 1, 1, 2, 6, 'live', 't', 1, '[]', x'00', x'00', x'00'),
           (9, 4294967297, 1, 1, 3, 9, 'live', 't', 1, '[]', x'00', x'00', x'00');
INSERT INTO cursors (name, position) VALUES ('match', 7);
INSERT INTO subscribers (id, telegram_user_id, access_hash, name, role, state, timezone, language,
        added_at)
    VALUES (1, 5, 6, 'n', 'reporter', 'active', 'UTC', 'en', 0);
INSERT INTO subscriptions (id, subscriber_id, query, normal, state, added_at)
    VALUES (1, 1, 'a', 'a', 'active', 2), (2, 1, 'b', 'b', 'active', 7);
INSERT INTO alerts (id, subscriber_id, story_id, post_id, state, priority, wanted_version,
        sent_version, attempts, owed_at, due_at)
    VALUES (3, 1, 4294967297, 4294967297, 'sent', 1, 1, 1, 0, 5, 5);
INSERT INTO targets (id, subscriber_id, kind, label, address, secret, state, added_at)
    VALUES (1, 1, 'feed', 'f', 'x', '', 'active', 4), (2, 1, 'feed', 'f', 'y', '', 'active', 6);
INSERT INTO audit (id, at, actor, act, subject, detail)
    VALUES (4, 5, 'x', 'person removed', '1', '{}');
INSERT INTO invites (id, code_hash, role, added_at, expires_at, uses_left)
    VALUES (1, x'01', 'reporter', 4, 99, 1), (2, x'02', 'reporter', 6, 99, 1);
"""


def rows(connection, statement):
    return connection.execute(statement).fetchall()


def test_what_came_before_a_query_a_target_or_an_invite_stays_before_it(tmp_path):
    path = tmp_path / "earshot.db"
    upgrade(path, "0019")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(BEFORE)
    upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        assert rows(connection, "SELECT after_revision FROM subscriptions") == [(0,), (8,)]
        assert rows(connection, "SELECT after_alert, after_notice FROM targets") == [(0, 0), (3, 0)]
        assert rows(connection, "SELECT after_act FROM invites") == [(0,), (4,)]
