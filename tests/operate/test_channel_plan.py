from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.operate import channel_list, channel_plan
from bot.operate.channel_file import BadFileError, Entry, entries_of, exported, written
from bot.operate.channel_list import BadListError
from bot.operate.channel_plan import NoSuchStateError, Step
from storage import audit, channels
from storage.database import open_database
from storage.records import Channel, ChannelId, ChannelState, FollowMode

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
names = st.sampled_from([f"@channel_{letter}" for letter in "abcdef"])
entries = st.builds(
    Entry,
    reference=names,
    mode=st.sampled_from(FollowMode),
    depth=st.integers(0, 10**6),
    groups=st.frozensets(st.sampled_from(["front", "столиця", 'quote"d', "a b"]), max_size=3),
)
lists = st.lists(entries, unique_by=lambda entry: entry.reference, max_size=6)


def channel(number, entry):
    return Channel(
        ChannelId(number),
        entry.reference,
        entry.mode,
        ChannelState.FOLLOWED,
        number,
        None,
        None,
        entry.groups,
        None,
        NOW,
        entry.depth,
    )


@given(lists)
def test_a_written_file_is_read_back_as_it_was(wanted):
    assert sorted(entries_of(written(wanted), 0), key=lambda e: e.reference) == sorted(
        wanted, key=lambda e: e.reference
    )


@given(before=lists, after=lists)
def test_a_plan_names_every_difference_once_and_nothing_else(before, after):
    listed = [channel(number, entry) for number, entry in enumerate(before, start=1)]
    changes = channel_plan.plan(listed, after)
    left = {entry.reference: entry for entry in before}
    for change in changes:
        assert change.line.startswith(change.step)
        if change.step is Step.REMOVE:
            del left[change.reference]
        else:
            assert (change.reference in left) is (change.step is Step.CHANGE)
            left[change.reference] = change.after
    assert left == {entry.reference: entry for entry in after}
    assert channel_plan.plan([channel(1, entry) for entry in after], after) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("channel = [", "not TOML"),
        ("[[channel]]\nmode = 'join'", "channel 1 has no reference"),
        ("[[channel]]\nreference = '@a_b_c'\nmod = 'join'", "there is no 'mod'"),
        ("[[channel]]\nreference = '@a_b_c'\nmode = 'watch'", "join or poll"),
        ("[[channel]]\nreference = '@a_b_c'\ndepth = true", "number of messages"),
        ("[[channel]]\nreference = '@a_b_c'\ngroups = 'x'", "groups are names"),
        ("[[channel]]\nreference = '@a_b_c'\n[[channel]]\nreference = '@a_b_c'", "twice"),
        ("chanel = []", "nothing but channels"),
        ("", "nothing but channels"),
    ],
)
def test_a_bad_file_is_answered_with_the_place_of_the_fault(text, said):
    with pytest.raises(BadFileError, match=said):
        entries_of(text, 0)


async def held(database):
    async with database.reading() as connection:
        return exported(await channels.listed(connection))


async def test_applying_is_whole_or_nothing_and_every_state_can_be_restored(tmp_path):
    first = written([Entry("@channel_a", FollowMode.JOIN, 5, frozenset({"front"}))])
    second = written(
        [
            Entry("@channel_a", FollowMode.POLL, 5, frozenset()),
            Entry("@channel_b", FollowMode.JOIN, 9, frozenset({"front", "sea"})),
        ]
    )
    async with open_database(tmp_path / "earshot.db") as database:
        assert len(await channel_plan.apply(database, first, 0)) == 1
        assert await held(database) == first
        assert await channel_plan.apply(database, first, 0) == []
        planned = await channel_plan.planned(database, second, 0)
        assert [change.step for change in planned] == [Step.ADD, Step.CHANGE]
        await channel_plan.apply(database, second, 0)
        assert await held(database) == second
        invite = "https://t.me/+AbCdEf123456"
        broken = second + f'\n[[channel]]\nreference = "{invite}"\nmode = "poll"\n'
        with pytest.raises(BadListError):
            await channel_plan.apply(database, broken, 0)
        assert await held(database) == second
        await channel_list.remove(database, ["@channel_b"])
        states = await channel_plan.history(database, 10)
        assert [state.act for state in states] == [
            "channels removed",
            "list applied",
            "list applied",
            "as it was",
        ]
        await channel_plan.roll_back(database, states[1].id)
        assert await held(database) == second
        await channel_plan.roll_back(database, states[3].id)
        assert "[[channel]]" not in await held(database)
        with pytest.raises(NoSuchStateError):
            await channel_plan.roll_back(database, 999)
        async with database.reading() as connection:
            acts = {entry.act for entry in await audit.newest(connection, 50)}
        assert {"list applied", f"list rolled back to {states[1].id}", "channel changed"} <= acts
