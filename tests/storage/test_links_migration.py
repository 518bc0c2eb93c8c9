import json
import sqlite3
from contextlib import closing

from storage.database import upgrade

HIDDEN = [{"type": "text_url", "offset": 2, "length": 3, "url": "https://bbc.com/1"}]
PLAIN = [{"type": "bold", "offset": 0, "length": 1}]
REVISION = """INSERT INTO revisions (post_id, channel_id, message_id, number, seen_at, source, text,
    body_length, entities, raw, sha256, content_hash)
    VALUES (?, 1, ?, ?, 5, 'live', ?, 1, ?, x'00', x'00', x'00')"""


def test_links_behind_words_of_stored_posts_are_found_by_their_newest_revisions(tmp_path):
    path = tmp_path / "earshot.db"
    upgrade(path, "0021")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO channels (id, reference, mode, state, added_at, backfill_depth)"
            " VALUES (1, '@a', 'join', 'followed', 0, 0)"
        )
        for post, text in ((1, "перше\n\nа тут є"), (2, "без"), (3, ""), (4, "а тут")):
            connection.execute(
                "INSERT INTO posts (id, channel_id, message_id, posted_at, first_seen_at, source,"
                " text, has, marks) VALUES (?, 1, ?, 5, 5, 'live', ?, '', '')",
                (post, post, text),
            )
        for post, message, number, text, entities in (
            (1, 11, 1, "перше", PLAIN),
            (1, 12, 1, "", []),
            (1, 13, 1, "тут", [{**HIDDEN[0], "url": "https://old.com"}]),
            (1, 13, 2, "а тут є", HIDDEN),
            (2, 2, 1, "а тут", HIDDEN),
            (2, 2, 2, "без", []),
            (3, 3, 1, "а тут", HIDDEN),  # its words were removed
            (4, 4, 1, "а тут", [{"type": "text_url", "url": 5}, {**HIDDEN[0], "length": 99}]),
        ):
            row = (post, message, number, text, json.dumps(entities, separators=(",", ":")))
            connection.execute(REVISION, row)
        connection.commit()
    upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        links = dict(connection.execute("SELECT id, links FROM posts"))
    assert {post: json.loads(found) for post, found in links.items()} == {
        1: [[8, 11, "https://bbc.com/1"]],
        2: [],
        3: [],
        4: [[2, 5, "https://bbc.com/1"]],
    }
