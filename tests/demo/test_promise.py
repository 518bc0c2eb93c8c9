"""The demo's judge must be able to find fault: each way of breaking the promise is shown to it."""

import pytest

from bot.demo.promise import Delivered, Owed, deliveries, owed_alerts, verdicts
from bot.demo.story import Held, delete, edit, post
from bot.sandbox.journal import BotMessage

BOT, ANN, BEN = 9, 1, 2
PEOPLE = {ANN: "ann", BEN: "ben"}
POSTS = {"t.me/north/1": "first", "t.me/north/2": "second", "t.me/c/77/3": "hidden"}


def sent(user, number, text, act="sent", buttons=(("Open post",),)):
    return BotMessage(BOT, user, number, act, 0.0, text, buttons=buttons)


def judged(owed, *journal):
    found = verdicts(["ann"], owed, deliveries(journal, PEOPLE, POSTS))
    return found[0]


OWED = (Owed("ann", "first", 0),)
ALERT = sent(ANN, 5, "North\nракета\nhttps://t.me/north/1")


def test_an_alert_that_came_once_keeps_the_promise():
    verdict = judged(OWED, ALERT)

    assert verdict.is_kept
    assert (verdict.owed, verdict.delivered) == (1, 1)


@pytest.mark.parametrize(
    ("journal", "fault"),
    [
        ((), "missing"),
        ((ALERT, sent(ANN, 6, ALERT.text)), "twice"),
        ((ALERT, sent(ANN, 6, "x\nhttps://t.me/north/2")), "unowed"),
        ((ALERT, sent(ANN, 6, "about nothing")), "strange"),
        ((ALERT, sent(ANN, 6, "x\nhttps://t.me/elsewhere/4", buttons=())), "strange"),
        ((sent(BEN, 5, ALERT.text),), "missing"),
    ],
)
def test_a_broken_promise_is_found(journal, fault):
    verdict = judged(OWED, *journal)

    assert not verdict.is_kept
    assert getattr(verdict, fault)


def test_an_answer_to_a_command_is_no_alert():
    answer = sent(ANN, 6, "Watching: ракета", buttons=(("Pause",), ("Delete",)))

    assert judged(OWED, ALERT, answer).is_kept


@pytest.mark.parametrize(
    ("owed", "last", "is_kept"),
    [
        (Owed("ann", "first", 0, "нове", is_edited=True), "✏️ Edited\nнове", True),
        (Owed("ann", "first", 0, "нове", is_edited=True), "ракета", False),
        (Owed("ann", "first", 0, "нове", is_edited=True), "нове", False),
        (Owed("ann", "first", 0, is_deleted=True), "🗑 Deleted\nракета", True),
        (Owed("ann", "first", 0, is_deleted=True), "ракета", False),
    ],
)
def test_what_happens_to_a_post_must_show_in_its_alert(owed, last, is_kept):
    verdict = judged((owed,), ALERT, sent(ANN, 5, last, act="edited"))

    assert verdict.is_kept is is_kept
    assert bool(verdict.stale) is not is_kept


def test_an_alert_that_came_after_the_edit_need_not_say_that_it_changed():
    owed = Owed("ann", "first", 0, "нове", is_edited=True)
    late = sent(ANN, 5, "North\nнове\nhttps://t.me/north/1")

    assert judged((owed,), late).is_kept
    assert judged((owed,), late, sent(ANN, 5, "ракета", act="edited")).stale


def test_an_alert_taken_back_is_stale():
    owed = (Owed("ann", "first", 0, is_deleted=True),)

    assert judged(owed, ALERT, sent(ANN, 5, "", act="deleted")).stale


def test_a_private_post_is_told_by_its_number():
    alerts = deliveries([sent(ANN, 5, "x https://t.me/c/77/3")], PEOPLE, POSTS)

    assert alerts == (Delivered("ann", "hidden", 5, *["x https://t.me/c/77/3"] * 2),)


def test_a_link_inside_the_post_is_not_the_link_to_it():
    text = "see https://t.me/other/8\nhttps://t.me/north/1"

    assert deliveries([sent(ANN, 5, text)], PEOPLE, POSTS)[0].post == "first"


def test_what_a_story_owes_follows_its_edits_and_deletions():
    beats = (
        post(0, "north", "ракета", name="a", owes="ann", held=Held.CUT),
        post(0, "north", "тихо", name="b"),
        edit(1, "a", "дві ракети"),
        edit(2, "b", "тихо, але ракета", owes="ben"),
        delete(3, "a"),
    )

    first, second = owed_alerts(beats)

    assert first == Owed(
        "ann", "a", 0, "дві ракети", is_edited=True, is_deleted=True, held=Held.CUT
    )
    assert second == Owed("ben", "b", 3, "тихо, але ракета")
