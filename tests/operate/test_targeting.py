"""What becomes of /targets where there is nothing to look up."""

from datetime import UTC, datetime
from pathlib import Path

from bot.notify.ways import Ways
from bot.operate.targeting import Targeting
from bot.telegram.chats import Chats, chat_named
from bot.telegram.messages import Venue
from storage.records import Role, Subscriber, SubscriberId, SubscriberState

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
READER = Subscriber(
    *(SubscriberId(1), 5, 6, "Olena", Role.REPORTER, SubscriberState.ACTIVE, "UTC", "uk", NOW)
)


async def test_a_small_group_is_told_what_it_must_become():
    targeting = Targeting(None, Ways(Path()), Chats(None))
    assert "супергрупою" in (await targeting.take_venue(READER, Venue(0))).text


def test_a_link_leads_to_a_chat_or_to_a_topic_of_it():
    for text, name, number, topic in (
        ("@our_desk", "our_desk", None, 0),
        ("https://t.me/our_desk", "our_desk", None, 0),
        ("https://t.me/our_desk/5", "our_desk", None, 5),
        ("https://t.me/our_desk/5/123", "our_desk", None, 5),
        ("https://t.me/c/1234567890/5", None, 1234567890, 5),
        ("https://t.me/c/1234567890", None, 1234567890, 0),
    ):
        found = chat_named(text)
        assert (found.reference.username, found.reference.telegram_id) == (name, number)
        assert found.topic == topic
