"""The bad input table of the command line, its exit codes, and its promises about output."""

import asyncio
import json
import os
import signal
import sqlite3
from collections.abc import Awaitable, Callable

import pytest
from earshot_command import (
    DEADLINE_S,
    PASSWORD,
    PHONE,
    Earshot,
    Ended,
    telegram,
    write_secret,
)

from bot.sandbox import SandboxServer


@pytest.fixture
async def served(tmp_path):
    async with telegram(tmp_path) as (server, settings):
        home = tmp_path / "home"
        home.mkdir()
        yield server, Earshot(home, settings)


async def log_in(server: SandboxServer, earshot: Earshot) -> None:
    folder = earshot.folder
    ended = await earshot(
        "login",
        *("--phone", PHONE),
        *("--code-file", write_secret(folder / "code", server.world.login_code(PHONE))),
        *("--password-file", write_secret(folder / "password", PASSWORD)),
    )
    assert ended.code == 0, ended.err


async def wrong_token(server, earshot):
    return await earshot(
        "login", TELEGRAM_BOT_TOKEN="1234567890:AAWrongTokenWrongTokenWrongToken01"
    )


async def wrong_token_at_run(server, earshot):
    await log_in(server, earshot)
    return await earshot("run", TELEGRAM_BOT_TOKEN="1234567890:AAWrongTokenWrongTokenWrongToken01")


async def not_a_token(server, earshot):
    return await earshot("run", TELEGRAM_BOT_TOKEN="wrong")


async def wrong_code(server, earshot):
    code = write_secret(earshot.folder / "code", "00000")
    return await earshot("login", "--phone", PHONE, "--code-file", code)


async def wrong_password(server, earshot):
    code = write_secret(earshot.folder / "code", server.world.login_code(PHONE))
    password = write_secret(earshot.folder / "password", "guess")
    options = ("--phone", PHONE, "--code-file", code, "--password-file", password)
    return await earshot("login", *options)


async def unknown_phone(server, earshot):
    code = write_secret(earshot.folder / "code", server.world.login_code("+380440000000"))
    return await earshot("login", "--phone", "+380440000000", "--code-file", code)


async def not_a_phone(server, earshot):
    return await earshot("login", "--phone", "Olena")


async def nobody_answers(server, earshot):
    return await earshot("login")


async def missing_settings(server, earshot):
    return await earshot("run", TELEGRAM_API_HASH="")


async def half_a_server(server, earshot):
    return await earshot("run", TELEGRAM_DC_ID="")


async def not_signed_in(server, earshot):
    return await earshot("run")


async def unknown_channel_removed(server, earshot):
    return await earshot("channels", "remove", "@nobody_has_added")


async def unknown_channel_read_back(server, earshot):
    return await earshot("backfill", "@nobody_has_added", "--depth", "10")


async def unknown_channel_searched(server, earshot):
    return await earshot("search", "fire", "--channel", "@nobody_has_added")


async def unknown_channel_checked(server, earshot):
    await log_in(server, earshot)
    return await earshot("channels", "add", "@nobody_has_this_name", "--check")


async def unreadable_channel(server, earshot):
    return await earshot("channels", "add", "not a channel!")


async def malformed_invite(server, earshot):
    return await earshot("channels", "add", "https://t.me/+")


async def malformed_list(server, earshot):
    (earshot.folder / "list.txt").write_text("@good_channel\nbad channel!\n")
    return await earshot("channels", "import", "list.txt")


async def missing_list(server, earshot):
    return await earshot("channels", "import", "nowhere.txt")


async def unknown_person(server, earshot):
    return await earshot("people", "remove", "77")


async def unknown_subscription(server, earshot):
    return await earshot("watch", "remove", "77")


async def unknown_role(server, earshot):
    return await earshot("people", "invite", "--role", "king")


async def bad_query(server, earshot):
    return await earshot("watch", "test", "(fire OR", "a fire")


async def contradictory_times_searched(server, earshot):
    return await earshot("search", "fire", "--since", "2026-02-01", "--until", "2026-01-01")


async def bad_key_searched(server, earshot):
    return await earshot("search", "fire", "--before", "yesterday")


async def bad_query_searched(server, earshot):
    return await earshot("search", "(fire OR")


async def bad_time(server, earshot):
    return await earshot("search", "fire", "--since", "yesterday-ish")


async def corrupt_database(server, earshot):
    (earshot.folder / "data").mkdir(mode=0o700)
    (earshot.folder / "data" / "earshot.db").write_bytes(b"not a database " * 1000)
    return await earshot("people", "list")


async def corrupt_beyond_repair(server, earshot):
    await corrupt_database(server, earshot)
    return await earshot("repair")


async def restored_from_nothing(server, earshot):
    return await earshot("restore", "nowhere")


async def backup_of_nothing(server, earshot):
    return await earshot("backup")


async def foreign_database(server, earshot):
    (earshot.folder / "data").mkdir(mode=0o700)
    with sqlite3.connect(earshot.folder / "data" / "earshot.db") as connection:
        connection.execute("CREATE TABLE notes (text TEXT)")
    connection.close()
    return await earshot("channels", "list")


async def newer_database(server, earshot):
    assert (await earshot("channels", "list")).code == 0
    with sqlite3.connect(earshot.folder / "data" / "earshot.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    return await earshot("channels", "list")


async def folder_others_can_read(server, earshot):
    (earshot.folder / "data").mkdir()
    (earshot.folder / "data" / "notes.txt").write_text("mine")
    (earshot.folder / "data").chmod(0o755)
    return await earshot("run")


async def folder_that_cannot_be_made(server, earshot):
    # No user may make a folder there, root neither.
    return await earshot("channels", "list", "--data", "/proc/earshot")


async def folder_without_rights(server, earshot):
    if os.geteuid() == 0:  # root may read everything, so give it what nobody can
        return await folder_that_cannot_be_made(server, earshot)
    (earshot.folder / "data").mkdir(mode=0o000)
    return await earshot("channels", "list")


async def folder_is_a_file(server, earshot):
    (earshot.folder / "data").write_text("a file")
    return await earshot("channels", "list")


async def session_others_can_read(server, earshot):
    await log_in(server, earshot)
    (earshot.folder / "data" / "sessions" / "main.session").chmod(0o644)
    return await earshot("run")


async def second_run(server, earshot):
    await log_in(server, earshot)
    first = await earshot.start("run")
    try:
        await readiness(first)
        return await earshot("run")
    finally:
        await stop(first)


async def taken_port(server, earshot):
    await log_in(server, earshot)
    return await earshot("run", METRICS_PORT=str(server.port))


async def second_init(server, earshot):
    (earshot.folder / ".env").write_text("")
    return await earshot("init")


async def unknown_verb(server, earshot):
    return await earshot("lissen")


async def unknown_option(server, earshot):
    return await earshot("channels", "list", "--colour")


BAD_INPUT: list[tuple[Callable[[SandboxServer, Earshot], Awaitable[Ended]], str]] = [
    (wrong_token, "TELEGRAM_BOT_TOKEN: ask @BotFather"),
    (wrong_token_at_run, "TELEGRAM_BOT_TOKEN: ask @BotFather"),
    (not_a_token, "TELEGRAM_BOT_TOKEN: is not of the form"),
    (wrong_code, "the login code is wrong"),
    (wrong_password, "the password is wrong"),
    (unknown_phone, "no Telegram account with that phone number"),
    (not_a_phone, "no such phone number"),
    (nobody_answers, "give --phone"),
    (missing_settings, "TELEGRAM_API_HASH: is missing"),
    (half_a_server, "TELEGRAM_DC_ID must be set too"),
    (not_signed_in, "earshot login"),
    (unknown_channel_removed, "earshot channels list"),
    (unknown_channel_read_back, "earshot channels list"),
    (unknown_channel_searched, "earshot channels list"),
    (unknown_channel_checked, "@nobody_has_this_name"),
    (unreadable_channel, "write @name"),
    (malformed_invite, "https://t.me/+invite"),
    (malformed_list, "line 2"),
    (missing_list, "nowhere.txt"),
    (unknown_person, "earshot people list"),
    (unknown_subscription, "earshot watch list"),
    (unknown_role, "operator"),
    (bad_query, "("),
    (bad_query_searched, "("),
    (contradictory_times_searched, "--since is not before --until"),
    (bad_key_searched, "--before 'yesterday'"),
    (bad_time, "'yesterday-ish' is no date that can be read: write 2026-01-31"),
    (corrupt_database, "is not a readable database"),
    (corrupt_beyond_repair, "earshot restore"),
    (restored_from_nothing, "name a folder that `earshot backup` made"),
    (backup_of_nothing, "nothing to back up"),
    (foreign_database, "another program's database"),
    (newer_database, "newer Earshot"),
    (folder_others_can_read, "chmod 700"),
    (folder_that_cannot_be_made, "cannot use the data folder /proc/earshot"),
    (folder_without_rights, "cannot use the data folder"),
    (folder_is_a_file, "is a file"),
    (session_others_can_read, "chmod 600"),
    (second_run, "another earshot is running"),
    (taken_port, "METRICS_PORT="),
    (second_init, "--force"),
    (unknown_verb, "earshot --help"),
    (unknown_option, "earshot channels --help"),
]


@pytest.mark.parametrize(
    ("mistake", "answer"), BAD_INPUT, ids=[mistake.__name__ for mistake, _ in BAD_INPUT]
)
async def test_bad_input_is_one_clear_line_and_exit_code_2(served, mistake, answer):
    server, earshot = served
    ended = await mistake(server, earshot)
    said = [line for line in ended.err.splitlines() if line.startswith("earshot: ")]
    assert ended.code == 2, ended.err
    assert len(said) == 1, ended.err
    assert answer in said[0]
    assert "Traceback" not in ended.err + ended.out
    assert ended.out == ""


async def readiness(process: asyncio.subprocess.Process) -> None:
    """Wait until a run says where its metrics are: it has everything open by then."""
    assert process.stderr is not None
    async with asyncio.timeout(DEADLINE_S):
        while b"metrics and health served" not in await process.stderr.readline():
            assert not process.stderr.at_eof(), "the run ended before it was ready"


async def stop(process: asyncio.subprocess.Process) -> int:
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(DEADLINE_S):
        await process.communicate()
    assert process.returncode is not None
    return process.returncode


async def test_sigterm_ends_a_run_in_order_and_ctrl_c_says_interrupted(served):
    server, earshot = served
    await log_in(server, earshot)
    first = await earshot.start("run")
    await readiness(first)
    assert await stop(first) == 0
    second = await earshot.start("run")  # the folder is free again
    await readiness(second)
    second.send_signal(signal.SIGINT)
    async with asyncio.timeout(DEADLINE_S):
        await second.communicate()
    assert second.returncode == 130


async def test_a_channel_list_goes_out_as_it_came_in(tmp_path):
    earshot = Earshot(tmp_path)
    lines = "@alpha_news\n@beta_news poll depth=50 group=north\nhttps://t.me/+AbCdEf123456\n"
    (tmp_path / "list.txt").write_text(f"# our channels\n\n{lines}")
    assert (await earshot("channels", "import", "list.txt")).code == 0
    exported = await earshot("channels", "export")
    assert exported.code == 0, exported.err
    again = Earshot(tmp_path / "again")
    again.folder.mkdir()
    (again.folder / "list.txt").write_text(exported.out)
    assert (await again("channels", "import", "list.txt")).code == 0
    assert (await again("channels", "export")).out == exported.out
    listed = json.loads((await earshot("channels", "list", "--json")).out)
    assert [item["reference"] for item in listed] == [
        "@alpha_news",
        "@beta_news",
        "https://t.me/+AbCdEf123456",
    ]
    assert (listed[1]["mode"], listed[1]["backfill_depth"], listed[1]["groups"]) == (
        "poll",
        50,
        ["north"],
    )


@pytest.mark.parametrize(
    "verb",
    [("channels", "list"), ("people", "list"), ("watch", "list")],
    ids=" ".join,
)
async def test_listing_verbs_give_one_json_document_and_need_no_telegram(tmp_path, verb):
    ended = await Earshot(tmp_path)(*verb, "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out) == []


async def test_a_bug_is_one_line_and_a_private_report(tmp_path):
    earshot = Earshot(tmp_path)
    assert (await earshot("channels", "list")).code == 0
    with sqlite3.connect(tmp_path / "data" / "earshot.db") as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DROP TABLE channel_groups")  # nothing a user can do to it
    connection.close()
    ended = await earshot("channels", "list")
    assert ended.code == 3, ended.err
    assert len(ended.err.splitlines()) == 1
    assert "Traceback" not in ended.err
    (report,) = sorted((tmp_path / "data").glob("report-*.txt"))  # nothing else runs
    assert str(report.relative_to(tmp_path)) in ended.err
    assert "channel_groups" in report.read_text()


async def test_an_archive_is_backed_up_damaged_and_restored_by_verbs(tmp_path):
    earshot = Earshot(tmp_path)
    assert (await earshot("channels", "add", "@north")).code == 0
    made = json.loads((await earshot("backup", "--to", "elsewhere", "--json")).out)[0]
    assert (await earshot("repair", "--check")).out == "the archive is sound\n"
    (tmp_path / "data" / "earshot.db").write_bytes(b"noise" * 5_000)
    assert (await earshot("channels", "list")).code == 2
    restored = await earshot("restore", made["path"], "--replace")
    assert restored.code == 0, restored.err
    listed = json.loads((await earshot("channels", "list", "--json")).out)
    assert [channel["reference"] for channel in listed] == ["@north"]
    assert (
        len(json.loads((await earshot("backup", "--list", "--to", "elsewhere", "--json")).out)) == 1
    )


async def test_an_empty_archive_is_searched_without_telegram(tmp_path):
    ended = await Earshot(tmp_path)("search", "fire", "--facets", "--json")
    assert ended.code == 0, ended.err
    page = json.loads(ended.out)
    assert (page["found"], page["next"], page["facets"]["total"]) == ([], None, 0)
