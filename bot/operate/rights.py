"""Who may do what: every command of the bot, and the roles it is for. The only place that knows."""

from __future__ import annotations

from dataclasses import dataclass

from storage.records import Role

_ALL = frozenset(Role)
_ARCHIVE = frozenset({Role.ARCHIVIST, Role.OPERATOR})
_OPERATE = frozenset({Role.OPERATOR})


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its name without the slash, what follows it, what it does, and for whom."""

    name: str
    arguments: str
    does: str
    roles: frozenset[Role]

    @property
    def usage(self) -> str:
        """How to write it."""
        return f"/{self.name} {self.arguments}".rstrip()


COMMANDS = (
    Command("watch", "QUERY", "be alerted when a post matches", _ALL),
    Command("list", "", "your queries, with buttons to pause and delete", _ALL),
    Command("unwatch", "NUMBER", "delete a query", _ALL),
    Command("pause", "NUMBER", "stop the alerts of a query for now", _ALL),
    Command("resume", "NUMBER", "start them again", _ALL),
    Command("timezone", "ZONE", "the zone your times are shown in", _ALL),
    Command("search", "QUERY", "the newest posts in the archive that match", _ARCHIVE),
    Command("channels", "", "the channels on the list and how they are", _OPERATE),
    Command("add", "CHANNEL …", "follow channels", _OPERATE),
    Command("remove", "CHANNEL", "stop following; what was stored stays", _OPERATE),
    Command("invite", "[ROLE] [DAYS] [USES]", "make a way in for somebody", _OPERATE),
    Command("people", "", "who is in", _OPERATE),
    Command("health", "", "what is wrong, what waits", _OPERATE),
    Command("help", "", "this list", _ALL),
)
_BY_NAME = {command.name: command for command in COMMANDS}


def commands_of(role: Role) -> tuple[Command, ...]:
    """Give what a role may use."""
    return tuple(command for command in COMMANDS if role in command.roles)


def may(role: Role, name: str) -> bool:
    """Say whether there is such a command for this role."""
    return name in _BY_NAME and role in _BY_NAME[name].roles
