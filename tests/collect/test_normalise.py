import hashlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon import types
from telethon.extensions import BinaryReader

from bot.collect.normalise import _media_lines, from_update, seen_message
from storage.records import Has, Is, SeenDeletion, SeenService

DATE = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def message(text="", **fields):
    return types.Message(
        id=fields.pop("id", 5), peer_id=types.PeerChannel(77), date=DATE, message=text, **fields
    )


def seen(text="", entities=None, **fields):
    return seen_message(message(text, **fields), entities or {})


def test_text_media_and_buttons_are_searchable_line_by_line():
    poll = types.MessageMediaPoll(
        poll=types.Poll(
            id=1,
            question=types.TextWithEntities("Чи є світло?", []),
            answers=[types.PollAnswer(types.TextWithEntities("так", []), b"0")],
            hash=0,
        ),
        results=types.PollResults(),
    )
    markup = types.ReplyInlineMarkup(
        rows=[
            types.KeyboardButtonRow(
                buttons=[
                    types.KeyboardInlineButton(
                        text="Карта",
                        type=types.InlineButtonTypeUrl(url="https://example.org"),
                    )
                ]
            )
        ]
    )
    found = seen("Опитування", media=poll, reply_markup=markup)
    assert found.text == "Опитування\nЧи є світло?\nтак\nКарта"
    assert found.body_length == len("Опитування")
    assert found.has == {Has.POLL}


def test_file_names_and_link_previews_are_searchable():
    document = types.MessageMediaDocument(
        document=types.Document(
            id=3,
            access_hash=1,
            file_reference=b"",
            date=DATE,
            mime_type="application/pdf",
            size=1,
            dc_id=2,
            attributes=[types.DocumentAttributeFilename("зведення.pdf")],
        )
    )
    assert seen("", media=document).text == "\nзведення.pdf"
    preview = types.MessageMediaWebPage(
        webpage=types.WebPage(
            id=1,
            url="https://example.org",
            display_url="example.org",
            hash=0,
            title="Headline",
            description="Details",
        )
    )
    found = seen("look", media=preview)
    assert found.text == "look\nHeadline\nDetails"
    assert found.has == {Has.LINK}


def test_a_forward_names_its_origin():
    origin = types.Channel(
        id=9, title="Північ", photo=types.ChatPhotoEmpty(), date=DATE, username="North"
    )
    forward = types.MessageFwdHeader(date=DATE, from_id=types.PeerChannel(9))
    found = seen("text", {-1000000000009: origin}, fwd_from=forward)
    assert (found.origin, found.origin_name) == ("north", "Північ")
    assert found.marks == {Is.FORWARD}
    hidden = types.MessageFwdHeader(date=DATE, from_name="Someone")
    assert seen("text", fwd_from=hidden).origin_name == "Someone"


def test_offsets_are_code_points_of_the_body():
    bold = types.MessageEntityBold(offset=3, length=4)  # after "🔥 " in UTF-16 units
    found = seen_message(message("🔥 Київ", entities=[bold]), {})
    rows = json.loads(found.entities)
    assert rows == [{"type": "bold", "offset": 2, "length": 4}]
    assert found.text[2:6] == "Київ"


@given(
    text=st.text(max_size=30),
    offset=st.integers(-5, 200),
    length=st.integers(-5, 200),
)
def test_offsets_never_leave_the_text_however_wrong_they_come(text, offset, length):
    entity = types.MessageEntityItalic(offset=offset, length=length)
    rows = json.loads(seen_message(_plain(text, [entity]), {}).entities)
    for row in rows:
        assert 0 <= row["offset"] <= len(text)
        assert row["offset"] + row["length"] <= len(text)


def _plain(text, entities):
    clean = text.encode("utf-8", "ignore").decode()
    return message(clean, entities=entities)


def test_the_bytes_are_the_message_itself():
    original = message("Привіт", views=3, forwards=0, post_author="ред.")
    found = seen_message(original, {})
    again = BinaryReader(found.raw).tgread_object()
    assert (again.message, again.views, again.post_author) == ("Привіт", 3, "ред.")
    assert bytes(again) == found.raw
    assert hashlib.sha256(found.raw).digest() == hashlib.sha256(bytes(original)).digest()


@pytest.mark.parametrize(
    "fields",
    [{"views": 10, "forwards": 3}, {"edit_date": DATE, "edit_hide": True}],
)
def test_what_readers_change_is_not_content(fields):
    assert seen("a", **fields).content_hash == seen("a").content_hash


def test_what_the_author_changes_is_content():
    photo = types.MessageMediaPhoto(photo=types.PhotoEmpty(4))
    hashes = {seen("a").content_hash, seen("b").content_hash, seen("a", media=photo).content_hash}
    assert len(hashes) == 3


def test_a_hidden_edit_is_not_marked_as_edited():
    assert Is.EDITED not in seen("a", edit_date=DATE, edit_hide=True).marks
    assert Is.EDITED in seen("a", edit_date=DATE).marks


def test_a_service_message_only_accounts_for_its_id():
    service = types.MessageService(
        id=4,
        peer_id=types.PeerChannel(77),
        date=DATE,
        action=types.MessageActionChatEditTitle("new"),
    )
    update = types.UpdateNewChannelMessage(service, pts=1, pts_count=1)
    assert from_update(update) == (77, 4, SeenService(4, "ChatEditTitle", "new"))


def test_deletions_and_foreign_updates():
    gone = types.UpdateDeleteChannelMessages(channel_id=77, messages=[1, 2], pts=1, pts_count=2)
    assert from_update(gone) == SeenDeletion(77, (1, 2))
    assert from_update(types.UpdateConfig()) is None


def test_a_location_is_written_so_that_near_finds_it():
    point = types.GeoPoint(long=35.27, lat=51.19, access_hash=0)
    nowhere = types.MessageMediaGeo(geo=types.GeoPointEmpty())
    for media, expected in (
        (types.MessageMediaGeo(geo=point), "51.19000, 35.27000"),
        (nowhere, ""),
    ):
        assert [line for line in _media_lines(media) if line] == [expected][: bool(expected)]
