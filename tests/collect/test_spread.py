from hypothesis import given
from hypothesis import strategies as st

from bot.collect.spread import NO_ROOM, Load, Placed, spread
from storage.records import AccountId, ChannelId

A, B, C = AccountId(1), AccountId(2), AccountId(3)


def load(number, label, most=500, **can):
    return Load(number, label, most, **can)


def placed(number, reader=None, *, is_read=True, is_polled=False, known_to=()):
    return Placed(ChannelId(number), f"@c{number}", reader, is_read, is_polled, frozenset(known_to))


def takers(moves):
    return {move.channel_id: move.to for move in moves}


def test_new_channels_go_where_there_is_most_room():
    moves = spread(
        [load(A, "a", 500), load(B, "b", 1000)],
        [placed(n, is_read=False) for n in range(9)],
    )
    counts = [list(takers(moves).values()).count(each) for each in (A, B)]
    assert counts == [3, 6]


def test_a_channel_stays_with_a_reader_that_can_read_it():
    assert spread([load(A, "a"), load(B, "b")], [placed(n, A) for n in range(5)]) == ()


def test_the_channels_of_an_account_that_cannot_be_used_move_to_others_and_say_why():
    moves = spread([load(A, "a", can_read=False), load(B, "b")], [placed(1, A), placed(2, B)])
    assert [(move.channel_id, move.from_label, move.to_label) for move in moves] == [(1, "a", "b")]
    assert moves[0].why == "a cannot be used"


def test_an_account_that_knows_the_channel_comes_first():
    moves = spread(
        [load(A, "a", can_read=False), load(B, "b"), load(C, "c")],
        [placed(1, A, known_to=(C,))],
    )
    assert takers(moves) == {1: C}


def test_a_polled_channel_leaves_an_account_that_telegram_makes_wait_and_a_joined_one_stays():
    moves = spread(
        [load(A, "a", can_poll=False), load(B, "b")],
        [placed(1, A, is_polled=True), placed(2, A)],
    )
    assert takers(moves) == {1: B}


def test_a_channel_not_yet_joined_leaves_an_account_that_may_not_join():
    moves = spread([load(A, "a", can_add=False), load(B, "b")], [placed(1, A, is_read=False)])
    assert takers(moves) == {1: B}
    alone = spread([load(A, "a", can_add=False)], [placed(1, A, is_read=False)])
    assert alone == ()


def test_without_room_anywhere_it_is_said():
    moves = spread([load(A, "a", 1)], [placed(1, A), placed(2)])
    assert [(move.channel_id, move.to, move.why) for move in moves] == [(2, None, NO_ROOM)]


accounts = st.lists(
    st.builds(
        lambda most, can_read, can_add, can_poll: (most, can_read, can_add, can_poll),
        st.integers(1, 6),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@given(accounts, st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.booleans()), max_size=15))
def test_no_account_gets_more_than_it_may_and_nobody_is_left_while_there_is_room(shapes, wanted):
    loads = [
        Load(AccountId(n), str(n), most, can_read, can_add, can_poll)
        for n, (most, can_read, can_add, can_poll) in enumerate(shapes, start=1)
    ]
    channels = [
        placed(n, AccountId(reader) if 0 < reader <= len(loads) else None, is_read=read)
        for n, (reader, read, _) in enumerate(wanted, start=1)
    ]
    before = {each.id: each.reader for each in channels}
    moves = spread(loads, channels)
    after = before | {move.channel_id: move.to for move in moves if move.to}
    for each in loads:
        gained = [key for key, reader in after.items() if reader == each.id != before[key]]
        if gained:
            assert each.can_read
            assert list(after.values()).count(each.id) <= each.most
    usable = [each for each in loads if each.can_read]
    room = sum(max(0, each.most - list(after.values()).count(each.id)) for each in usable)
    unread = [key for key, reader in after.items() if reader not in {each.id for each in usable}]
    assert not unread or not room
    again = [move for move in spread(loads, [_at(each, after) for each in channels]) if move.to]
    assert again == [], "what was spread stays where it is"


def _at(channel, after):
    return Placed(
        channel.id, channel.name, after[channel.id], is_read=True, is_polled=channel.is_polled
    )
