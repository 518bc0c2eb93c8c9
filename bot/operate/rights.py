"""Who may do what: every command of the bot, and the roles it is for. The only place that knows."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from bot.translation import Voice, phrase
from storage.records import Role

_NAME_READ = 32
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

    def usage(self, voice: Voice) -> str:
        """Say how to write it."""
        return f"/{self.name} {voice.known(self.arguments)}".rstrip()


COMMANDS = (
    Command("watch", phrase("QUERY"), phrase("see what a query finds, then be alerted"), _ALL),
    Command("watchnow", phrase("QUERY"), phrase("the same, without looking first"), _ALL),
    Command("list", "", phrase("your queries, with buttons to pause and delete"), _ALL),
    Command("edit", phrase("NUMBER [QUERY]"), phrase("change a query; what it was is kept"), _ALL),
    Command(
        "forms", phrase("NUMBER [FORM …]"), phrase("the forms of its words; strike some out"), _ALL
    ),
    Command("why", phrase("LINK"), phrase("why a post was told to you, or was not"), _ALL),
    Command(
        "surge",
        phrase("NUMBER CHANNELS MINUTES"),
        phrase("tell a query only when so many channels say it; off: every story"),
        _ALL,
    ),
    Command("unwatch", phrase("NUMBER"), phrase("delete a query"), _ALL),
    Command(
        "pause", phrase("[NUMBER]"), phrase("stop the alerts of a query, or all, for now"), _ALL
    ),
    Command("resume", phrase("[NUMBER]"), phrase("start them again"), _ALL),
    Command("settings", "", phrase("how and when you are told"), _ALL),
    Command("snooze", phrase("[LENGTH]"), phrase("silence for a while: 1h, 2d, off"), _ALL),
    Command("quiet", phrase("HH:MM-HH:MM"), phrase("silence every night; off ends it"), _ALL),
    Command("mute", phrase("CHANNEL [NUMBER]"), phrase("leave a channel out"), _ALL),
    Command("mutes", "", phrase("what you leave out"), _ALL),
    Command("targets", "", phrase("where else your alerts go: groups, mail, webhooks"), _ALL),
    Command("digest", phrase("HH:MM …"), phrase("when daily digests come"), _ALL),
    Command("cap", phrase("NUMBER"), phrase("alerts an hour at most; off: no limit"), _ALL),
    Command("language", phrase("LANGUAGE"), phrase("the language I speak: en, uk, ru"), _ALL),
    Command("timezone", phrase("ZONE"), phrase("the zone your times are shown in"), _ALL),
    Command(
        "search", phrase("QUERY"), phrase("the newest posts in the archive that match"), _ARCHIVE
    ),
    Command("channels", "", phrase("the channels on the list and how they are"), _OPERATE),
    Command("add", phrase("CHANNEL …"), phrase("follow channels"), _OPERATE),
    Command("remove", phrase("CHANNEL"), phrase("stop following; what was stored stays"), _OPERATE),
    Command(
        "invite", phrase("[ROLE] [DAYS] [USES]"), phrase("make a way in for somebody"), _OPERATE
    ),
    Command("invites", "", phrase("invites that still let somebody in"), _OPERATE),
    Command("people", "", phrase("who is in: roles, putting out, erasing"), _OPERATE),
    Command("broadcast", phrase("TEXT"), phrase("a message to all, asks first"), _OPERATE),
    Command("health", "", phrase("what is wrong, what waits"), _OPERATE),
    Command("help", phrase("[all]"), phrase("how it works; all: every command"), _ALL),
)
_BY_NAME = {command.name: command for command in COMMANDS}


def commands_of(role: Role) -> tuple[Command, ...]:
    """Give what a role may use."""
    return tuple(command for command in COMMANDS if role in command.roles)


def may(role: Role, name: str) -> bool:
    """Say whether there is such a command for this role."""
    return name in _BY_NAME and role in _BY_NAME[name].roles


def nearest(role: Role, name: str) -> str | None:
    """Give the command of this role that was probably meant."""
    names = [command.name for command in commands_of(role)]
    return next(iter(get_close_matches(name[:_NAME_READ], names, n=1, cutoff=0.7)), None)
