"""`earshot doctor` and `channels add --check` reach Telegram as the accounts would."""

from proxies import socks5_proxy
from test_live_health import written

from bot.operate import channel_check, doctor
from bot.operate.channel_list import parse_list
from bot.telegram.proxy import check
from storage import accounts
from storage.folder import DataFolder
from storage.records import AccountState


async def told(room):
    folder = DataFolder(room.settings.data_dir)
    found = await doctor._telegram_checks(room.settings, folder)
    return {finding.check: (finding.verdict.value, finding.detail) for finding in found}


async def arranged(room, label, **changed):
    async with room.database() as database, database.transaction() as connection:
        account = await accounts.account(connection, label)
        if "proxy" in changed:
            await accounts.arrange(
                connection, account.id, most_channels=500, proxy=changed["proxy"]
            )
        if "state" in changed:
            await accounts.set_state(connection, account.id, changed["state"], "test")


async def test_a_damaged_archive_is_a_finding_among_the_others(room):
    room.settings.data_dir.joinpath("earshot.db").write_bytes(b"noise" * 5_000)
    found = await doctor.examine(written(room, 1))
    (bad,) = [finding for finding in found if finding.verdict is doctor.Verdict.BAD]
    assert (bad.check, bad.mend[:20]) == ("database", "run `earshot repair`")
    assert {"settings", "folder", "disk"} <= {finding.check for finding in found}


async def test_every_account_is_looked_at_by_its_own_proxy(room):
    async with room.running():
        await room.add_account("second", "+380440000002")
    async with socks5_proxy(None) as proxy:
        await arranged(room, "second", proxy=check(f"socks5://127.0.0.1:{proxy.port}", None))
        found = await told(room)
        assert proxy.passed == [room.server.port]
        assert {check: verdict for check, (verdict, _) in found.items()} == {
            "telegram": "ok",
            "clock": "ok",
            "account main": "ok",
            "account second": "ok",
            "bot": "ok",
        }
        await arranged(room, "main", state=AccountState.PAUSED)
        assert (await told(room))["account main"][0] == "note"
        await channel_check.check(room.settings, parse_list("@front_news", 10))
        assert proxy.passed == [room.server.port] * 3
    found = await told(room)  # the proxy is gone
    assert found["account second"][0] == "bad"
    assert "by its proxy 127.0.0.1" in found["account second"][1]
    assert found["bot"][0] == "ok"
