import json
import stat
from pathlib import Path

import pytest
from earshot_command import API_HASH, PASSWORD, PHONE, TOKEN, Earshot, telegram, write_secret


@pytest.fixture
async def served(tmp_path):
    async with telegram(tmp_path) as (server, settings):
        home = tmp_path / "home"
        home.mkdir()
        yield server, Earshot(home, settings)


def files(tmp_path: Path, server, code: str | None = None, password: str = PASSWORD) -> list[str]:
    code = code or server.world.login_code(PHONE)
    return [
        *("--phone", PHONE),
        *("--code-file", write_secret(tmp_path / "code", code)),
        *("--password-file", write_secret(tmp_path / "password", password)),
    ]


async def test_login_signs_both_in_once_and_keeps_the_sessions_private(served, tmp_path):
    server, earshot = served
    first = await earshot("login", "--json", *files(tmp_path, server))
    assert first.code == 0, first.err
    assert json.loads(first.out)["account"]["username"] == "olena"
    assert json.loads(first.out)["bot"]["is_bot"] is True
    sessions = earshot.folder / "data" / "sessions"
    assert stat.S_IMODE(sessions.stat().st_mode) == 0o700
    names = {file.name: stat.S_IMODE(file.stat().st_mode) for file in sessions.iterdir()}
    assert "main.session" in names
    assert set(names.values()) == {0o600}

    again = await earshot("login")  # nothing is asked for
    assert again.code == 0, again.err
    assert "signed in as Olena (@olena)" in again.out


async def test_login_reads_code_and_password_from_standard_input(served):
    server, earshot = served
    answers = f"{PHONE}\n{server.world.login_code(PHONE)}\n{PASSWORD}\n"
    ended = await earshot("login", answers=answers)
    assert ended.code == 0, ended.err


async def test_login_writes_no_secret_anywhere(served, tmp_path):
    server, earshot = served
    ended = await earshot("login", *files(tmp_path, server), LOG_LEVEL="DEBUG")
    said = ended.out + ended.err
    for secret in (PASSWORD, TOKEN, API_HASH, PHONE, server.world.login_code(PHONE)):
        assert secret not in said


async def test_doctor_is_content_after_login_and_says_what_to_do_before(served, tmp_path):
    server, earshot = served
    before = await earshot("doctor", "--json")
    assert before.code == 1
    assert "earshot login" in before.out
    await earshot("login", *files(tmp_path, server))
    after = await earshot("doctor", "--json")
    findings = {finding["check"]: finding["verdict"] for finding in json.loads(after.out)}
    assert after.code == 0, after.out
    assert findings == {
        "settings": "ok",
        "folder": "ok",
        "secrets": "ok",
        "disk": "ok",
        "database": "note",
        "telegram": "ok",
        "clock": "ok",
        "account": "ok",
        "bot": "ok",
    }


async def test_doctor_tells_a_revoked_session_and_a_readable_session_file(served, tmp_path):
    server, earshot = served
    await earshot("login", *files(tmp_path, server))
    for record in server.world.keys.values():
        record.user_id = 0
    found = await earshot("doctor")
    assert found.code == 1
    assert "bad  account: not signed in" in found.out
    session = earshot.folder / "data" / "sessions" / "main.session"
    session.chmod(0o644)
    found = await earshot("doctor")
    assert found.code == 1
    assert f"chmod 600 {Path('data/sessions/main.session')}" in found.out


async def test_init_writes_private_settings_that_every_verb_reads(tmp_path):
    earshot = Earshot(tmp_path)
    ended = await earshot("init", answers=f"12345\n{API_HASH}\n{TOKEN}\nEurope/Kyiv\n")
    assert ended.code == 0, ended.err
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert "earshot login" in ended.out
    doctor = await earshot("doctor", "--json", TELEGRAM_DC_ID="2")
    assert "TELEGRAM_API_HASH" not in doctor.out  # it was read; only the server is unfinished


async def test_init_leaves_no_file_behind_when_an_answer_is_wrong(tmp_path):
    ended = await Earshot(tmp_path)("init", answers=f"12345\n{API_HASH}\nno token\nEurope/Kyiv\n")
    assert ended.code == 2
    assert "TELEGRAM_BOT_TOKEN: is not of the form number:letters" in ended.err
    assert "no token" not in ended.err
    assert not (tmp_path / ".env").exists()
