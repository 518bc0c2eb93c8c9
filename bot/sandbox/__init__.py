"""A Telegram on 127.0.0.1 for the demo, the tests and the benches; never for anything else."""

from bot.sandbox.media import Button, DocumentSpec, PhotoSpec, PollSpec, WebPageSpec
from bot.sandbox.server import SandboxServer
from bot.sandbox.world import Channel, Kind, User, World

__all__ = [
    "Button",
    "Channel",
    "DocumentSpec",
    "Kind",
    "PhotoSpec",
    "PollSpec",
    "SandboxServer",
    "User",
    "WebPageSpec",
    "World",
]
