"""`earshot places tag`: JSON Lines of texts in, a line of mentions out for each.

A line that cannot be used is reported with its number and costs no other line anything. Offsets
are code points of the text as JSON spells it: half a surrogate pair counts as one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator

from bot.match.json_lines import BadLine, LineUnusable, record_of, text_of
from bot.match.places import Gazetteer, Tagger
from bot.match.places.mentions import mention_fields

_HALF = re.compile("[\ud800-\udfff]")  # UTF-8 has no writing for half a pair
_LANGUAGES = frozenset({"uk", "ru", "en"})


def tag_lines(
    tagger: Tagger,
    gazetteer: Gazetteer,
    lines: Iterable[bytes],
    report: Callable[[BadLine], None],
) -> Iterator[str]:
    """Read lines `{id, text, lang?}` and yield lines `{id, mentions}`, in order.

    A language we do not know counts as none given.
    """
    for number, line in enumerate(lines, 1):
        try:
            record = record_of(line)
            if record is None:
                continue
            text = _HALF.sub("\ufffd", text_of(record, "text"))
        except LineUnusable as error:
            report(BadLine("texts", number, str(error)))
            continue
        lang = str(record.get("lang") or "").lower()
        found = tagger.tag(text, lang if lang in _LANGUAGES else None)
        mentions = [mention_fields(mention, gazetteer) for mention in found]
        written = json.dumps({"id": record["id"], "mentions": mentions}, ensure_ascii=False)
        yield json.dumps(json.loads(written)) if _HALF.search(written) else written
