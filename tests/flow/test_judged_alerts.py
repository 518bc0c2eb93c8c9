"""The first judged pairs once more, from the channel's post to the alert on the reader's screen."""

from __future__ import annotations

import re

from judged import FILES, judged
from newsroom import until

PAIRS = list(judged(FILES[0]))[:50]
LAST = "[999]"


def told(room, reader) -> set[int]:
    """Give the numbers of the pairs whose posts the reader was alerted of."""
    return {int(number) for a in room.alerts(reader) for number in re.findall(r"\[(\d+)\]", a.text)}


async def test_the_first_fifty_judged_pairs_are_alerted_as_judged(room):
    queries = list(dict.fromkeys(pair.query for pair in PAIRS))
    async with room.running(sends_per_chat_per_s=1000.0, sends_per_s=1000.0):
        await room.follow("@front_news")
        await room.all_followed(1)
        readers = {
            query: await room.join(f"reader {at}", query) for at, query in enumerate(queries)
        }
        for number, pair in enumerate(PAIRS):
            # The number tells posts that differ in hidden characters apart, and alerts of them.
            room.server.post(room.channel(), f"{pair.post.text}\n\n[{number}]")
        room.server.post(room.channel(), f"{' '.join(queries)}\n\n{LAST}")
        for query, reader in readers.items():
            await until(lambda reader=reader: 999 in told(room, reader), f"the last of {query}")
        found = {query: told(room, reader) for query, reader in readers.items()}
    for number, pair in enumerate(PAIRS):
        assert (number in found[pair.query]) is pair.is_match, (pair.query, pair.post.text)
