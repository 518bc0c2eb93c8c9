"""Windows of history against a model that is obviously right."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.history import ChangeKind, History, StoredMessage, Window

START = datetime(2026, 1, 1, tzinfo=UTC)


def _history(count: int, gone: set[int]) -> History:
    history = History()
    for number in range(1, count + 1):
        date = int((START + timedelta(seconds=number // 3)).timestamp())
        history.add(StoredMessage(number, date, str(number)), date)
    history.delete(sorted(gone), 0)
    return history


def _model(history: History, asked: Window) -> list[int]:
    """All messages newest first; find the offset, shift, cut, then apply max_id and min_id."""
    newest_first = [
        message
        for number in range(history.next_id - 1, 0, -1)
        if (message := history.get(number)) is not None
    ]
    position = 0
    if asked.offset_id > 0:
        position = sum(1 for message in newest_first if message.id >= asked.offset_id)
    elif asked.offset_date:
        position = sum(1 for message in newest_first if message.date >= asked.offset_date)
    start = position + asked.add_offset
    cut = newest_first[max(0, start) : max(0, start + asked.limit)]
    return [
        message.id
        for message in cut
        if message.id > asked.min_id and (not asked.max_id or message.id < asked.max_id)
    ]


@given(
    count=st.integers(0, 40),
    gone=st.sets(st.integers(1, 40), max_size=20),
    asked=st.builds(
        Window,
        limit=st.integers(0, 20),
        offset_id=st.integers(0, 45),
        offset_date=st.sampled_from([0, *(int(START.timestamp()) + s for s in range(15))]),
        add_offset=st.integers(-30, 30),
        max_id=st.integers(0, 45),
        min_id=st.integers(0, 45),
    ),
)
def test_a_window_is_what_the_model_says(count: int, gone: set[int], asked: Window):
    history = _history(count, gone)

    assert [message.id for message in history.window(asked)] == _model(history, asked)


def test_the_log_counts_as_telegram_does():
    history = _history(5, set())
    assert history.pts == 6

    deleted = history.delete([1, 2, 2, 99], 0)
    edited = history.mark_edited(3, 0)

    assert deleted is not None
    assert (deleted.ids, deleted.pts, deleted.pts_count) == ((1, 2), 8, 2)
    assert (edited.pts, edited.pts_count) == (9, 1)
    assert history.delete([1], 0) is None
    since = history.since(6, 10)
    assert since is not None
    assert [change.kind for change in since] == [ChangeKind.DELETED, ChangeKind.EDITED]
    assert history.count == 3


def test_what_was_filled_in_bulk_is_too_long_to_tell():
    history = _history(1, set())
    history.add_many([StoredMessage(number, 0, "") for number in range(2, 100)], 0)

    assert history.since(2, 10) is None
    assert history.since(history.pts, 10) == []
    assert history.next_id == 100
