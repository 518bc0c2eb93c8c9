"""The state of the sandbox: accounts, channels, who belongs where, and what was said.

Pure state: methods change it and emit `Push` records for the accounts that must hear of it; the
server (if there is one) turns those into updates on its connections. A world outlives its server
and can be pickled, so that a restart keeps everything, authorization keys included.
"""

import hashlib
import os
import secrets
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from telethon.tl import types

from bot.sandbox.history import History
from bot.sandbox.journal import Journal
from bot.sandbox.media import FileStore, PhotoSpec
from bot.sandbox.tickets import Invite, KeyRecord
from bot.sandbox.tl import RpcError

FIRST_USER_ID = 5_000_000_001
FIRST_CHANNEL_ID = 1_500_000_001
CHANNELS_PER_ACCOUNT = 500
LOGIN_CODE = "12345"


class Kind(Enum):
    """What a channel is: only its admins post, or every member does."""

    BROADCAST = "broadcast"
    MEGAGROUP = "megagroup"


@dataclass(slots=True)
class User:
    """An account: a person (with a phone) or a bot (with a token)."""

    id: int
    first_name: str
    phone: str = ""
    token: str = ""
    username: str = ""
    password: str = ""
    box: History = field(default_factory=History)
    blocked: set[int] = field(default_factory=set)
    met: set[int] = field(default_factory=set)
    random_ids: set[int] = field(default_factory=set)
    commands: dict[tuple[bytes, str], list[Any]] = field(default_factory=dict)
    photo: Any = None
    qts: int = 0
    version: int = 0
    language: str = ""  # of their client, such as uk; bots are told it

    @property
    def is_bot(self) -> bool:
        """Whether this is a bot."""
        return bool(self.token)


@dataclass(slots=True)
class Member:
    """One account's place in a channel; `since` in Unix seconds."""

    user_id: int
    since: int
    admin: bool = False


@dataclass(slots=True)
class Channel:
    """A broadcast channel or a megagroup; without a username it is private."""

    id: int
    title: str
    kind: Kind
    created: int
    username: str = ""
    about: str = ""
    members: dict[int, Member] = field(default_factory=dict)
    banned: set[int] = field(default_factory=set)
    history: History = field(default_factory=History)
    photo: Any = None
    pinned_id: int = 0
    linked_chat_id: int = 0
    restriction: str = ""
    topics: dict[int, str] = field(default_factory=dict)  # of a forum: number → title
    version: int = 0

    @property
    def is_broadcast(self) -> bool:
        """Whether only admins post here."""
        return self.kind is Kind.BROADCAST


@dataclass(frozen=True, slots=True)
class Push:
    """An update for one account: serialised, with the peers it mentions.

    `origin` names the connection whose own request caused it (0: none): it learns by the answer.
    """

    user_id: int
    update: bytes
    peers: tuple[int, ...] = ()
    channel_id: int = 0
    origin: int = 0


@dataclass(slots=True)
class World:
    """Everything the sandbox knows; see the module's docstring."""

    users: dict[int, User] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    invites: dict[str, Invite] = field(default_factory=dict)
    usernames: dict[str, int] = field(default_factory=dict)
    phones: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    keys: dict[int, KeyRecord] = field(default_factory=dict)
    files: FileStore = field(default_factory=FileStore)
    journal: Journal = field(default_factory=Journal)
    codes: dict[str, str] = field(default_factory=dict)
    secret: bytes = field(default_factory=lambda: os.urandom(16))
    ahead_s: float = 0.0  # of its clock over this machine's, so that a client's can be wrong
    sink: Callable[[Push], None] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__ if name != "sink"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.ahead_s = 0.0  # a state kept by an older version has none
        for name, value in state.items():
            setattr(self, name, value)
        self.sink = None

    def time(self) -> float:
        """Give the time by the sandbox's clock, in Unix seconds."""
        return time.time() + self.ahead_s

    def now(self) -> int:
        """Give the time by the sandbox's clock, in whole Unix seconds."""
        return int(self.time())

    # Making people and places

    def add_user(
        self,
        phone: str,
        first_name: str,
        *,
        password: str | None = None,
        username: str = "",
        language: str = "",
    ) -> User:
        """Make an account that logs in with `phone` (any form), the login code and `password`."""
        digits = phone_digits(phone)
        if digits in self.phones:
            raise ValueError(f"phone {phone} has an account already")
        user = User(
            FIRST_USER_ID + len(self.users),
            first_name,
            phone=digits,
            password=password or "",
            language=language,
        )
        self._keep_user(user, username)
        self.phones[digits] = user.id
        return user

    def add_bot(self, token: str, username: str, first_name: str = "") -> User:
        """Make a bot that logs in with `token`."""
        if token in self.tokens:
            raise ValueError("this token has a bot already")
        user = User(FIRST_USER_ID + len(self.users), first_name or username, token=token)
        self._keep_user(user, username)
        self.tokens[token] = user.id
        return user

    def add_channel(
        self,
        title: str,
        username: str | None = None,
        *,
        kind: Kind = Kind.BROADCAST,
        about: str = "",
        members: Iterable[User] = (),
        photo: bytes | None = None,
    ) -> Channel:
        """Make a channel, public if it has a username; `members` belong to it from the start."""
        channel = Channel(
            FIRST_CHANNEL_ID + len(self.channels), title, kind, self.now(), about=about
        )
        if photo:
            channel.photo = self.files.add_photo(PhotoSpec(photo), self.now())
        self.channels[channel.id] = channel
        if username:
            self._take_username(username, channel.id)
            channel.username = username
        for user in members:
            channel.members[user.id] = Member(user.id, self.now())
        return channel

    def invite_link(self, channel: Channel, *, expires: int = 0, limit: int = 0) -> str:
        """Make an invite link; `expires` in Unix seconds (0: never)."""
        return self.add_invite(channel, expires=expires, limit=limit).link

    def add_invite(self, channel: Channel, *, expires: int = 0, limit: int = 0) -> Invite:
        """Make an invite and give its record."""
        invite = Invite(secrets.token_urlsafe(12), channel.id, self.now(), expires, limit)
        self.invites[invite.hash] = invite
        return invite

    def login_code(self, phone: str) -> str:
        """Give the code that signs this phone in; fixed unless set in `codes`."""
        return self.codes.get(phone_digits(phone), LOGIN_CODE)

    # Who may see whom

    def access_hash(self, viewer_id: int, peer_id: int) -> int:
        """Give the hash with which `viewer` must name `peer`: it differs for each viewer."""
        packed = struct.pack("<qq", viewer_id, peer_id)
        digest = hashlib.blake2b(packed, key=self.secret, digest_size=8).digest()
        return int(struct.unpack("<q", digest)[0])

    def channel_for(self, viewer: User, named: Any) -> Channel:
        """Give the channel an InputChannel or InputPeerChannel names; raises RpcError."""
        number = getattr(named, "channel_id", 0)
        channel = self.channels.get(number)
        given = getattr(named, "access_hash", None)
        right = given == self.access_hash(viewer.id, number) or (viewer.is_bot and given == 0)
        if channel is None or not right:
            raise RpcError("CHANNEL_INVALID")
        if not self.may_read(viewer, channel):
            raise RpcError("CHANNEL_PRIVATE")
        return channel

    @staticmethod
    def may_read(viewer: User, channel: Channel) -> bool:
        """Say whether an account sees a channel's posts: public, or a member, and not banned."""
        if viewer.id in channel.banned:
            return False
        return bool(channel.username) or viewer.id in channel.members

    def user_for(self, viewer: User, named: Any) -> User:
        """Give the account an InputUser or InputPeerUser names; raises RpcError."""
        match named:
            case types.InputUserSelf() | types.InputPeerSelf():
                return viewer
            case types.InputUser() | types.InputPeerUser():
                user = self.users.get(named.user_id)
                known = named.user_id == viewer.id or (
                    named.access_hash == self.access_hash(viewer.id, named.user_id)
                    or (viewer.is_bot and named.user_id in viewer.met)
                )
                if user is not None and known:
                    return user
        raise RpcError("PEER_ID_INVALID")

    def peer_for(self, viewer: User, named: Any) -> User | Channel:
        """Give the account or channel an InputPeer names; raises RpcError."""
        if hasattr(named, "channel_id"):
            return self.channel_for(viewer, named)
        return self.user_for(viewer, named)

    def channels_of(self, user: User) -> list[Channel]:
        """Give the channels an account belongs to."""
        return [channel for channel in self.channels.values() if user.id in channel.members]

    # Telling

    def emit(self, push: Push) -> None:
        """Hand an update to the server, if there is one."""
        if self.sink is not None:
            self.sink(push)

    def channel_changed(self, channel: Channel, user_ids: Iterable[int], origin: int = 0) -> None:
        """Tell accounts that a channel, or their place in it, is no longer what it was."""
        channel.version += 1
        update = bytes(types.UpdateChannel(channel.id))
        for user_id in list(user_ids):
            self.emit(Push(user_id, update, (channel.id,), 0, origin))

    def rename(
        self, channel: Channel, *, title: str | None = None, username: str | None = None
    ) -> None:
        """Change a channel's title or username; an empty username makes it private."""
        if title is not None:
            channel.title = title
        if username is not None:
            self.usernames.pop(channel.username.lower(), None)
            channel.username = ""
            if username:
                self._take_username(username, channel.id)
                channel.username = username
        self.channel_changed(channel, channel.members)

    def restrict(self, channel: Channel, reason: str) -> None:
        """Restrict a channel as Telegram does in a country or for copyright; "" takes it back.

        `reason` is Telegram's code for it, with its words after a colon: "terms: Not shown."
        """
        channel.restriction = reason
        self.channel_changed(channel, channel.members)

    def link(self, channel: Channel, group: Channel | None) -> None:
        """Give a channel a group for comments, or take it away."""
        channel.linked_chat_id = group.id if group else 0
        self.channel_changed(channel, channel.members)

    def join(self, user: User, channel: Channel, *, origin: int = 0) -> None:
        """Make an account a member; raises RpcError when it may not be."""
        if user.id in channel.banned:
            raise RpcError("CHANNEL_PRIVATE")
        if user.id in channel.members:
            return
        if len(self.channels_of(user)) >= CHANNELS_PER_ACCOUNT:
            raise RpcError("CHANNELS_TOO_MUCH")
        channel.members[user.id] = Member(user.id, self.now())
        self.channel_changed(channel, [user.id], origin)

    def add_member(
        self, channel: Channel, user: User, *, admin: bool = False, by: User | None = None
    ) -> None:
        """Put an account into a channel, or change its rank, without asking it; bots are told."""
        before = channel.members.get(user.id)
        channel.members[user.id] = Member(user.id, self.now(), admin=admin)
        self.channel_changed(channel, [user.id])
        self._tell_bot(channel, user, before, by)

    def _tell_bot(
        self, channel: Channel, user: User, before: Member | None, by: User | None
    ) -> None:
        """Tell a bot what became of its own place in a channel."""
        if not user.is_bot:
            return
        user.qts += 1
        actor = by.id if by else user.id
        now = channel.members.get(user.id)
        update = types.UpdateChannelParticipant(
            channel.id,
            self.now(),
            actor,
            user.id,
            user.qts,
            prev_participant=participant(before) if before else None,
            new_participant=participant(now) if now else None,
        )
        self.emit(Push(user.id, bytes(update), (channel.id, actor, user.id)))

    def leave(self, user: User, channel: Channel, *, origin: int = 0) -> None:
        """End a membership; raises RpcError when there is none."""
        if channel.members.pop(user.id, None) is None:
            raise RpcError("USER_NOT_PARTICIPANT")
        self.channel_changed(channel, [user.id], origin)

    def ban(self, channel: Channel, user: User) -> None:
        """Throw an account out of a channel and keep it out."""
        before = channel.members.pop(user.id, None)
        channel.banned.add(user.id)
        self.channel_changed(channel, [user.id])
        self._tell_bot(channel, user, before, None)

    def block(self, user: User, bot: User, *, blocked: bool = True) -> None:
        """Let an account block a bot, or take that back; the bot is told."""
        (user.blocked.add if blocked else user.blocked.discard)(bot.id)
        bot.qts += 1
        stopped = types.UpdateBotStopped(user.id, self.now(), blocked, bot.qts)
        self.emit(Push(bot.id, bytes(stopped), (user.id,)))

    def _keep_user(self, user: User, username: str) -> None:
        if username:
            self._take_username(username, user.id)
            user.username = username
        self.users[user.id] = user

    def _take_username(self, username: str, peer_id: int) -> None:
        if username.lower() in self.usernames:
            raise ValueError(f"username {username} is taken")
        self.usernames[username.lower()] = peer_id


def participant(member: Member) -> Any:
    """Give a member as others see it."""
    if not member.admin:
        return types.ChannelParticipant(member.user_id, member.since)
    rights = types.ChatAdminRights(post_messages=True, edit_messages=True, delete_messages=True)
    return types.ChannelParticipantAdmin(member.user_id, member.user_id, member.since, rights)


def phone_digits(phone: str) -> str:
    """Give a phone number as Telegram keeps it: digits only."""
    return "".join(character for character in phone if character.isdigit())
