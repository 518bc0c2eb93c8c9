from pathlib import Path

import pytest

from bot.notify.ways import Ways
from bot.operate.commands import Commands
from bot.operate.operating import Surroundings
from bot.operate.rights import COMMANDS, commands_of, may, nearest
from bot.telegram.chats import Chats
from storage.records import Role

EVERYBODYS = {"watch", "list", "unwatch", "surge", "pause", "resume", "help"} | {
    *(
        "watchnow",
        "edit",
        "forms",
        "why",
        "mute",
        "mutes",
        "targets",
        "settings",
        "snooze",
        "quiet",
        "digest",
        "cap",
        "timezone",
        "language",
    )
}
OPERATORS = {"channels", "add", "remove", "invite", "invites", "people", "broadcast", "health"}


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (Role.REPORTER, EVERYBODYS),
        (Role.ARCHIVIST, EVERYBODYS | {"search"}),
        (Role.OPERATOR, EVERYBODYS | {"search"} | OPERATORS),
    ],
)
def test_each_role_may_do_its_own_and_nothing_else(role, names):
    assert {command.name for command in commands_of(role)} == names
    assert not any(may(role, name) for name in ("", "nothing", *(OPERATORS - names)))


def test_every_command_has_what_does_it():
    commands = Commands(
        None,
        Surroundings("bot", "main", "UTC", "en", 0, lambda: (), Ways(Path()), Chats(None)),
    )
    assert commands._handlers.keys() == {command.name for command in COMMANDS}


def test_a_mistyped_command_is_guessed_within_ones_rights():
    assert nearest(Role.REPORTER, "wacth") == "watch"
    assert nearest(Role.REPORTER, "setings") == "settings"
    assert nearest(Role.REPORTER, "chanels") is None
    assert nearest(Role.OPERATOR, "chanels") == "channels"
    assert nearest(Role.REPORTER, "нишпорка") is None
