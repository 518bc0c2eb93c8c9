"""JSON Lines of queries and posts: every good line counts, every bad one is named."""

from __future__ import annotations

import json

import pytest

from bot.match.json_lines import BadLine
from bot.match.lines import match_lines, queries_of


def matched(queries: list[str], posts: list[bytes], *, allow_scan: bool = False):
    bad: list[BadLine] = []
    standing = queries_of([line.encode() for line in queries], bad.append, allow_scan=allow_scan)
    hits = [json.loads(line) for line in match_lines(standing, posts, bad.append)]
    return hits, [(line.source, line.number) for line in bad]


def as_lines(*posts: dict[str, object]) -> list[bytes]:
    return [json.dumps(post, ensure_ascii=False).encode() for post in posts]


BAD_QUERIES = [
    "{",
    "[]",
    "null",
    "7",
    '{"id": 1}',
    '{"query": "ракета"}',
    '{"id": 1, "query": 5}',
    '{"id": 1, "query": "*"}',
    '{"id": 1, "query": "-ракета"}',
    '{"id": 1, "query": "place:Нетакогоміста"}',
    f'{{"id": {"9" * 5000}, "query": "ракета"}}',
    "[" * 100_000,
]
BAD_POSTS = [
    b"\xff",
    b"{",
    b"[]",
    b'{"id": 1}',
    b'{"text": "x"}',
    b'{"id": 1, "text": null}',
    b'{"id": 1, "text": "x", "lang": 5}',
    b'{"id": 1, "text": "x", "channel": []}',
    b'{"id": 1, "text": "x", "has": ["sound"]}',
    b'{"id": 1, "text": "x", "groups": [1]}',
    b'{"id": 1, "text": "x", "entities": "bold"}',
]
QUERY = '{"id": 1, "query": "ракета"}'


def test_a_link_behind_words_counts_as_exports_write_it():
    link = {"type": "text_url", "offset": 2, "length": 3, "url": "https://www.bbc.com/1"}
    odd = [{"type": "bold"}, 7, {**link, "url": None}, {**link, "offset": 9}]
    posts = as_lines(
        {"id": 7, "text": "а тут", "entities": [*odd, link]},
        {"id": 8, "text": "а тут", "entities": odd},
    )
    queries = ['{"id": 1, "query": "url:bbc.com"}']
    assert matched(queries, posts) == ([{"post": 7, "query": 1, "spans": [[2, 5]]}], [])


def test_queries_and_posts_become_hits_in_order():
    queries = ['{"id": "q1", "query": "ракета"}', "", '{"id": 2, "query": "channel:@kanal_x"}']
    posts = as_lines(
        {"id": 7, "text": "дві ракети", "channel": "@Kanal_X"}, {"id": 8, "text": "тихо"}
    )
    assert matched(queries, posts) == (
        [
            {"post": 7, "query": "q1", "spans": [[4, 10]]},
            {"post": 7, "query": 2, "spans": []},
        ],
        [],
    )


@pytest.mark.parametrize("line", BAD_QUERIES)
def test_a_bad_query_is_named_by_its_line_and_the_others_stand(line: str):
    hits, bad = matched(["", line, QUERY], as_lines({"id": 1, "text": "ракета"}))
    assert bad == [("queries", 2)]
    assert len(hits) == 1


@pytest.mark.parametrize("line", BAD_POSTS)
def test_a_bad_post_is_named_by_its_line_and_the_others_are_matched(line: bytes):
    hits, bad = matched([QUERY], [line, *as_lines({"id": 2, "text": "ракета"})])
    assert bad == [("posts", 1)]
    assert [hit["post"] for hit in hits] == [2]


def test_what_json_may_hold_is_taken_as_it_is():
    rocket = "".join(f"\\u{ord(letter):04x}" for letter in "ракета")
    posts = [
        '\ufeff{"id": 1, "text": "\u2028 ракета"}\r'.encode(),
        f'{{"id": "\\ud800", "text": "\\ud800 \\ud83d\\ude80 {rocket}"}}'.encode(),
    ]
    hits, bad = matched([QUERY, '{"id": 2, "query": "/ракет[аи]/"}'], posts)
    assert not bad
    assert [hit["spans"] for hit in hits] == [[[2, 8]], [[2, 8]], [[4, 10]], [[4, 10]]]


def test_facts_of_posts_are_what_fields_ask_about():
    queries = [
        '{"id": "g", "query": "group:monitors"}',
        '{"id": "h", "query": "ракета has:video -is:forward"}',
        '{"id": "f", "query": "from:@kpszsu"}',
        '{"id": "l", "query": "ракета lang:ru"}',
    ]
    posts = as_lines(
        {"id": 1, "text": "ракета", "groups": ["Monitors"], "has": ["video"]},
        {"id": 2, "text": "ракета", "has": "video", "is": ["forward"], "from": "@KPSZSU"},
        {"id": 3, "text": "ракета", "lang": "ru", "channel": 12},
    )
    hits, bad = matched(queries, posts)
    assert not bad
    assert [(hit["post"], hit["query"]) for hit in hits] == [
        (1, "g"),
        (1, "h"),
        (2, "f"),
        (3, "l"),
    ]


def test_queries_every_post_must_be_checked_against_are_admitted_on_request():
    hits, bad = matched(['{"id": 1, "query": "-ракета"}'], as_lines({"id": 1, "text": "дрон"}))
    assert (hits, bad) == ([], [("queries", 1)])
    hits, bad = matched(
        ['{"id": 1, "query": "-ракета"}'], as_lines({"id": 1, "text": "дрон"}), allow_scan=True
    )
    assert ([hit["post"] for hit in hits], bad) == ([1], [])
