from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.notify.snippet import clean, pieces, shortened, windows
from storage.records import Span

HOSTILE = st.text(
    st.one_of(
        st.characters(exclude_categories=("Cs",)),
        st.sampled_from("\u202e\u2066\u0301\u200d\ufe0f\U0001f468\U0001f3fd\u200b\nа "),
    ),
    min_size=1,
    max_size=2500,
)


@st.composite
def marked_texts(draw):
    text = draw(HOSTILE)
    ends = draw(st.lists(st.integers(0, len(text)), max_size=12))
    pairs = zip(sorted(ends)[::2], sorted(ends)[1::2], strict=False)
    return text, [Span(a, b) for a, b in pairs if a < b]


@given(marked_texts(), st.sampled_from([200, 400, 700]))
def test_windows_ascend_within_the_text_and_the_budget(marked, budget):
    text, spans = marked
    shown = windows(text, spans, budget)
    assert shown
    assert all(0 <= window.start < window.end <= len(text) for window in shown)
    assert all(a.end <= b.start for a, b in pairwise(shown))
    assert sum(window.end - window.start for window in shown) <= budget + len(shown)


@given(marked_texts())
def test_pieces_join_to_the_window_they_were_cut_from(marked):
    text, spans = marked
    for window in windows(text, spans, 400):
        cut = list(pieces(text, window, spans))
        assert "".join(piece for piece, _ in cut) == text[window.start : window.end]


def test_the_first_match_is_in_what_is_shown():
    text = "слово " * 1000 + "ракета" + " слово" * 1000
    start = text.index("ракета")
    (window,) = windows(text, [Span(start, start + 6)], 700)
    assert window.start < start
    assert start + 6 < window.end


def test_a_match_is_widened_to_whole_characters():
    text = "a\u0301b 👨‍👩‍👧 c"
    cut = list(pieces(text, Span(0, len(text)), [Span(0, 1), Span(4, 5)]))
    assert cut == [("a\u0301", True), ("b ", False), ("👨‍👩‍👧", True), (" c", False)]


def test_direction_overrides_and_control_characters_are_taken_out():
    assert clean("a\u202eb\u2066c\x00d\n\n\n\ne") == "abc d\n\ne"
    assert shortened("  much\n\ntoo long  ", 6) == "much…"
