"""A query before it is watched, as a message: how often, which posts, and the buttons. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.match.asides import Aside, Meant
from bot.match.errors import QueryError
from bot.match.repairs import Repair
from bot.match.strikes import Expansion, all_forms
from bot.match.weighing import Weight
from bot.notify.compose import isolated, link_to
from bot.notify.snippet import clean, pieces, shortened, windows
from bot.operate.buttons import button
from bot.publish.backtest import Backtest, Day
from bot.publish.search import Found
from bot.telegram.messages import Button, OutgoingText, Style, TextBuilder
from bot.translation import Voice, counted, phrase
from storage.records import Draft, Rhythm, Surge

TAKE = "wt"
CHANGE = "wc"
CANCEL = "wx"
REPAIR = "wm"
WITHOUT = "wf"
_QUERY_SHOWN = 700  # code points
_SNIPPET = 260  # code points of each example
_NAME_SHOWN = 60
_LABEL_SHOWN = 48
_BARS = "▁▂▃▄▅▆▇█"
_BARS_SHOWN = 30  # days

NOT_YET = phrase("Not watched yet. It would have told you:")
IS_EDIT = phrase("Query {number} is not changed yet. The new one would have told you:")
ONLY_SURGES = phrase(
    "Not watched yet. Only surges would be told: {channels} independent channels within {minutes} "
    "minutes. Posts that match:"
)
NEVER = phrase("It would have told you nothing in the last 30 days.")
A_DAY = counted("{n} post in the last 24 hours", "{n} posts in the last 24 hours")
A_WEEK = counted("{n} in the last 7 days", "{n} in the last 7 days")
A_MONTH = counted("{n} in the last 30 days", "{n} in the last 30 days")
ABOUT = phrase("about {said}")
LATEST = phrase("The latest:")
NOT_TESTED = phrase("How often it would have told you is not known yet: the archive was too slow.")
OFTEN = phrase("That is often: a digest would be calmer, or add a word or a place.")
NOW = phrase("At once")
HOURLY = phrase("Hourly")
DAILY = phrase("Daily")
CHANGE_IT = phrase("Change")
CANCEL_IT = phrase("Cancel")
REPLACE_IT = phrase("Replace query {number}")
DOUBTFUL = phrase("{form} is also a form of {others}; {word}!{form} leaves it out.")
OWN_WORD = phrase("{form} is also a word of its own; {word}!{form} leaves it out.")
WORD_OR = phrase("“{word}” is looked for as a word; OR in capitals finds one of the two.")
WORD_AND = phrase("“{word}” must stand in the post, too; leave it out if it need not.")
WORD_NOT = phrase("“{word}” is looked for as a word; -word leaves posts with that word out.")
SCAN = phrase(
    "Every post must be checked against this query: {cost} µs a post, {dearest} µs the dearest, "
    "measured on the newest {posts} posts, of which {matched} match."
)
SCAN_UNMEASURED = phrase(
    "Every post must be checked against this query; there are no posts yet to measure its cost on."
)
MEANT = phrase("Press what you meant:")
WITHOUT_FORM = phrase("Without {form}")
WITHOUT_TEXT = phrase("(no text)")
_ASIDES = {Meant.OR: WORD_OR, Meant.AND: WORD_AND, Meant.NOT: WORD_NOT}
_RHYTHMS = {Rhythm.NOW: NOW, Rhythm.HOURLY: HOURLY, Rhythm.DAILY: DAILY}
_OFTEN_A_DAY = 50
_DOUBTS_SHOWN = 4
_OTHERS_SHOWN = 3  # words a doubtful form also belongs to


def proposal(
    draft: Draft,
    normal: str,
    tested: Backtest | None,
    voice: Voice,
    now: datetime,
    *,
    words: Sequence[Expansion] = (),
    said_aside: Sequence[Aside] = (),
    weight: Weight | None = None,
    surge: Surge | None = None,
) -> OutgoingText:
    """Show what a query would have found, with the buttons that take it, change it or drop it.

    `words` are its expansions: forms that are oftener other words are named, each with a button.
    `said_aside` are words that were perhaps meant as operators.
    `weight` is what it costs, if every post must be checked against it; `surge` what alone is to be
    told of it.
    """
    builder = TextBuilder().add(isolated(shortened(normal, _QUERY_SHOWN)), Style.CODE)
    _write_doubts(builder, words, voice)
    for aside in said_aside:
        said = voice.text(_ASIDES[aside.meant], word=isolated(shortened(aside.word, _NAME_SHOWN)))
        builder.add(f"\n• {said}")
    if weight is not None:
        builder.add("\n⚠️ " + _cost(weight, voice))
    if surge is not None:
        size = {"channels": surge.channels, "minutes": surge.minutes}
        builder.add("\n📈 " + voice.text(ONLY_SURGES, **size))
    elif draft.replaces_id is None:
        builder.add("\n" + voice.text(NOT_YET))
    else:
        builder.add("\n" + voice.text(IS_EDIT, number=draft.replaces_id))
    if tested is None:
        builder.add("\n" + voice.text(NOT_TESTED))
    else:
        _write_counts(builder, tested, voice)
        _write_examples(builder, tested.newest, voice, now)
    return builder.build([*_buttons(draft, voice), *_strikes(draft, words, voice)])


def refusal(fault: QueryError, meant: Sequence[Button], voice: Voice) -> OutgoingText:
    """Say why a query is refused; each button puts right what was probably meant."""
    builder = TextBuilder().add(clean(fault.message(voice.language)) + "\n" + voice.text(MEANT))
    return builder.build([[one] for one in meant])


def named(repair: Repair) -> str:
    """Give the label of the button that puts a query right."""
    piece = clean(f"{repair.piece} · {repair.title}" if repair.title else repair.piece)
    return shortened(piece, _LABEL_SHOWN)


def _cost(weight: Weight, voice: Voice) -> str:
    if not weight.posts:
        return voice.text(SCAN_UNMEASURED)
    return voice.text(
        SCAN,
        cost=f"{weight.microseconds:.1f}",
        dearest=f"{weight.dearest:.0f}",
        posts=weight.posts,
        matched=weight.matched,
    )


def _doubtful(words: Sequence[Expansion]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Give (word, form, other words) for the forms not struck out that are oftener other words."""
    return [
        (word.word, form, others)
        for word in words
        for form, others in word.shared
        if form not in word.struck
    ][:_DOUBTS_SHOWN]


def _write_doubts(builder: TextBuilder, words: Sequence[Expansion], voice: Voice) -> None:
    for word, form, others in _doubtful(words):
        shown = isolated(shortened(word, _NAME_SHOWN))
        rest = [other for other in others if other != form][:_OTHERS_SHOWN]
        said = voice.text(
            DOUBTFUL if rest else OWN_WORD, form=form, others=", ".join(rest), word=shown
        )
        builder.add(f"\n• {said}")


def _strikes(draft: Draft, words: Sequence[Expansion], voice: Voice) -> list[list[Button]]:
    forms = all_forms(words)
    return [
        [button(voice.text(WITHOUT_FORM, form=form), WITHOUT, draft.id, forms.index(form))]
        for _, form, _ in _doubtful(words)
    ]


def bars(days: Sequence[Day]) -> str:
    """Draw how many posts matched on each day, oldest first: a day without any is a dot."""
    most = max((day.posts for day in days), default=0)
    return "".join(
        _BARS[(day.posts * (len(_BARS) - 1)) // most] if day.posts else "·"
        for day in days[-_BARS_SHOWN:]
    )


def _write_counts(builder: TextBuilder, tested: Backtest, voice: Voice) -> None:
    if not tested.last_30_days:
        builder.add("\n" + voice.text(NEVER))
        return
    said = [
        voice.count(A_DAY, tested.last_24_h),
        voice.count(A_WEEK, tested.last_7_days),
        voice.count(A_MONTH, tested.last_30_days),
    ]
    if not tested.is_exact:
        said = [voice.text(ABOUT, said=text) for text in said]
    builder.add("\n• " + "\n• ".join(said))
    builder.add("\n").add(bars(tested.per_day), Style.CODE)
    if tested.last_7_days > 7 * _OFTEN_A_DAY:
        builder.add("\n" + voice.text(OFTEN), Style.ITALIC)


def _write_examples(
    builder: TextBuilder, found: Sequence[Found], voice: Voice, now: datetime
) -> None:
    if not found:
        return
    builder.add("\n\n").add(voice.text(LATEST), Style.ITALIC)
    for item in found:
        builder.add("\n\n").add(isolated(shortened(item.channel.name, _NAME_SHOWN)), Style.BOLD)
        builder.add(f" · {voice.clock(item.post.posted_at, now)}\n")
        write_snippet(builder, item, _SNIPPET, voice)
        link = link_to(item.channel, item.post.message_id)
        if link:
            builder.add(f"\n{link}")


def write_snippet(builder: TextBuilder, item: Found, budget: int, voice: Voice) -> None:
    """Write the stretch of a post around its matches, which are bold, on one line."""
    text = item.post.text
    if not text.strip():
        builder.add(voice.text(WITHOUT_TEXT))
        return
    spans = sorted(item.spans, key=lambda span: span.start)
    for window in windows(text, spans, budget):
        builder.add("… " if window.start else "")
        for piece, is_match in pieces(text, window, spans):
            line = " ".join(clean(piece).split("\n"))
            builder.add(line, *((Style.BOLD,) if is_match else ()))


def _buttons(draft: Draft, voice: Voice) -> list[list[Button]]:
    if draft.replaces_id is None:
        take = [
            button(voice.text(_RHYTHMS[rhythm]), TAKE, draft.id, at)
            for at, rhythm in enumerate(Rhythm)
        ]
    else:
        take = [button(voice.text(REPLACE_IT, number=draft.replaces_id), TAKE, draft.id, 0)]
    change = button(voice.text(CHANGE_IT), CHANGE, draft.id)
    return [take, [change, button(voice.text(CANCEL_IT), CANCEL, draft.id)]]
