"""What posts, queries and names may hold, and what every message of the bot's must still be."""

from hypothesis import strategies as st

from bot.telegram.messages import TEXT_LIMIT, OutgoingText, utf16_length
from bot.telegram.seal import PAYLOAD_LIMIT
from bot.translation import Voice

LABEL_LIMIT = 200  # UTF-16 units of a button's label; more is cut on every client's screen
voices = st.sampled_from([Voice("en"), Voice("uk"), Voice("ru")])
hostile = st.one_of(
    st.text(max_size=1500),
    st.sampled_from(
        [
            "🚀" * 2048,
            "👩‍👩‍👧‍👦" * 400,
            "\u202e" * 4096,
            "e" + "\u0301" * 4095,
            "\u200b" * 4096,
            "a\n" * 2048,
            "<b><i>" * 600,
            "{name} {0} %s" * 300,
            "\ud800",
            "שלום עולם " * 300,
            "слово " * 680,
            "",
        ]
    ),
)


def fits(message: OutgoingText) -> None:
    """Check that Telegram takes a message, and that each mark covers whole characters of it."""
    length = utf16_length(message.text)
    assert 0 < length <= TEXT_LIMIT
    assert message.text.strip("\u200b \n\t\u2068\u2069")
    message.text.encode()  # no lone surrogates
    edges = {0}
    at = 0
    for character in message.text:
        at += 2 if character > "\uffff" else 1
        edges.add(at)
    for mark in message.marks:
        assert 0 <= mark.offset < mark.offset + mark.length <= length
        assert {mark.offset, mark.offset + mark.length} <= edges
    for row in message.buttons:
        for button in row:
            assert 0 < utf16_length(button.label) <= LABEL_LIMIT
            button.label.encode()
            assert button.url or len(button.data) <= PAYLOAD_LIMIT
