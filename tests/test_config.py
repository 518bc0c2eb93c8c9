from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import (
    ArchiveSettings,
    Settings,
    SettingsError,
    effective,
    load_settings,
    secrets,
    setting_names,
)
from bot.operate.init import InitAnswers, write_env

GOOD = {
    "TELEGRAM_API_ID": "12345",
    "TELEGRAM_API_HASH": "0123456789abcdef0123456789abcdef",
    "TELEGRAM_BOT_TOKEN": "1234567890:AAExampleTokenOfTheBotExampleToken0",
}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch, tmp_path):
    for name in setting_names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def environment(monkeypatch):
    def set_all(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return set_all


def mistakes(data: Path | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(Settings, data)
    return "\n".join(caught.value.mistakes)


def test_every_mistake_is_told_at_once_with_an_example(environment):
    environment(
        TELEGRAM_API_ID="twelve",
        TELEGRAM_BOT_TOKEN="nonsense",
        METRICS_PORT="70000",
        DEFAULT_TIMEZONE="Kyiv",
        TELEGRAM_DC_ADDRESS="127.0.0.1",
    )
    said = mistakes().splitlines()
    assert [line.partition(":")[0] for line in said] == [
        "DEFAULT_TIMEZONE",
        "TELEGRAM_API_ID",
        "TELEGRAM_API_HASH",
        "TELEGRAM_BOT_TOKEN",
        "TELEGRAM_DC_ADDRESS",
        "TELEGRAM_PUBLIC_KEY_FILE",
        "METRICS_PORT",
    ]
    assert all("for example" in line for line in said)
    assert "nonsense" not in mistakes()


@pytest.mark.parametrize(
    "given_names",
    [
        ["TELEGRAM_DC_ID"],
        ["TELEGRAM_DC_ID", "TELEGRAM_DC_ADDRESS"],
        ["TELEGRAM_PUBLIC_KEY_FILE"],
        ["TELEGRAM_DC_ADDRESS", "TELEGRAM_PUBLIC_KEY_FILE"],
    ],
)
def test_another_server_needs_all_three_settings(environment, tmp_path, given_names):
    key = tmp_path / "key.pem"
    key.write_text("a key")
    server = {
        "TELEGRAM_DC_ID": "2",
        "TELEGRAM_DC_ADDRESS": "127.0.0.1:4430",
        "TELEGRAM_PUBLIC_KEY_FILE": str(key),
    }
    environment(**GOOD, **{name: server[name] for name in given_names})
    said = mistakes()
    for name in server.keys() - set(given_names):
        assert name in said
    environment(**server)
    assert load_settings(Settings).telegram_dc_id == 2


def test_secrets_may_lie_in_files_and_stay_hidden(environment, tmp_path):
    (tmp_path / "token").write_text(GOOD["TELEGRAM_BOT_TOKEN"] + "\n")
    environment(
        TELEGRAM_API_ID="1",
        TELEGRAM_API_HASH=GOOD["TELEGRAM_API_HASH"],
        TELEGRAM_BOT_TOKEN_FILE=str(tmp_path / "token"),
    )
    settings = load_settings(Settings)
    assert settings.telegram_bot_token.get_secret_value() == GOOD["TELEGRAM_BOT_TOKEN"]
    shown = f"{settings!r} {settings} {effective(settings)}"
    for secret in secrets(settings):
        assert secret not in shown


def test_a_secret_file_that_cannot_be_read_is_one_mistake_among_others(environment):
    environment(TELEGRAM_BOT_TOKEN_FILE="/nowhere/token")
    said = mistakes()
    assert "TELEGRAM_BOT_TOKEN: cannot read the file /nowhere/token: No such file" in said
    assert "TELEGRAM_API_ID: is missing" in said


def test_secret_files_may_be_named_in_the_env_file(tmp_path):
    (tmp_path / "token").write_text(GOOD["TELEGRAM_BOT_TOKEN"])
    (tmp_path / ".env").write_text(
        f"TELEGRAM_API_ID=1\nTELEGRAM_API_HASH=abc\nTELEGRAM_BOT_TOKEN_FILE={tmp_path / 'token'}\n"
    )
    settings = load_settings(Settings)
    assert settings.telegram_bot_token.get_secret_value() == GOOD["TELEGRAM_BOT_TOKEN"]


def test_the_environment_wins_over_the_folders_file_over_the_current_ones(environment, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / ".env").write_text("LOG_LEVEL=ERROR\nDEFAULT_TIMEZONE=Europe/Riga\n")
    (folder / ".env").write_text("LOG_LEVEL=WARNING\nDEFAULT_TIMEZONE=Europe/Kyiv\n")
    environment(LOG_LEVEL="debug", DATA_DIR="elsewhere")
    settings = load_settings(ArchiveSettings, folder)
    assert (settings.log_level, settings.default_timezone) == ("DEBUG", "Europe/Kyiv")
    assert settings.data_dir == folder
    assert load_settings(ArchiveSettings).default_timezone == "Europe/Riga"


def test_verbs_of_the_archive_alone_need_no_settings_at_all():
    assert load_settings(ArchiveSettings).data_dir == Path("data")


def test_a_misspelt_setting_in_the_file_is_told(environment, tmp_path):
    environment(**GOOD)
    (tmp_path / ".env").write_text("BACKFIL_DEPTH=5\nSOMEBODY_ELSES=1\n")
    assert mistakes() == "BACKFIL_DEPTH: no such setting; BACKFILL_DEPTH is meant?"


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]),
        min_size=1,
    ).filter(lambda text: text == text.strip())
)
def test_what_init_writes_is_read_back_exactly(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("init")
    answers = InitAnswers({**GOOD, "TELEGRAM_API_HASH": text})
    settings = write_env(answers, folder, may_replace=False)
    assert settings.telegram_api_hash.get_secret_value() == text
