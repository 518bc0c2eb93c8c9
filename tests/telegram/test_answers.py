"""Answers that Telethon passes over: no call waits for them for ever."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from newsroom import until
from telethon import functions

from bot.sandbox import SandboxServer, World
from bot.telegram import client as telegram
from bot.telegram.client import Application, FloodWait, Later, Never, Server, call, open_client
from bot.telegram.login import log_in_bot

TOKEN = "1234567890:AAExampleTokenOfTheBotExampleToken0"
BEHIND_S = -200  # old enough that answers seem too new to be true, not to be refused


@asynccontextmanager
async def signed_in_bot(tmp_path):
    world = World()
    world.add_bot(TOKEN, "earshot_bot")
    async with SandboxServer(world) as server:
        where = Server(
            server.dc_id, "127.0.0.1", server.port, server.write_public_key(tmp_path / "server.pem")
        )
        program = Application(12345, "0" * 32, where)
        async with open_client(program, tmp_path / "bot.session", catch_up=False) as client:
            await log_in_bot(client, TOKEN)
            yield server, client


async def test_a_call_whose_answer_is_lost_is_to_be_tried_again(tmp_path, monkeypatch):
    async with signed_in_bot(tmp_path) as (_, client):
        client._sender._state.time_offset = BEHIND_S
        monkeypatch.setattr(telegram, "_ANSWER_TIMEOUT_S", 0.2)
        with pytest.raises(Later):
            await call(client, functions.PingRequest(7))


async def test_a_call_whose_connection_is_given_up_is_to_be_tried_again(tmp_path):
    async with signed_in_bot(tmp_path) as (_, client):
        client._sender._state.time_offset = BEHIND_S
        waiting = asyncio.create_task(call(client, functions.PingRequest(7)))
        await until(lambda: bool(client._sender._pending_state), "the call waits for its answer")
        await client.disconnect()
        with pytest.raises(Later, match="given up"):
            await waiting


async def test_only_telegram_says_how_long_a_flood_wait_lasts(tmp_path):
    async with signed_in_bot(tmp_path) as (server, client):
        server.faults.flood("messages.getAllDrafts", 3600, count=1)
        with pytest.raises(FloodWait):
            await call(client, functions.messages.GetAllDraftsRequest())
        # Telethon would still refuse, by the wall clock, which may have been set.
        with pytest.raises(Never):
            await call(client, functions.messages.GetAllDraftsRequest())
