"""Every setting, read once from the environment, `.env` and secret files, passed on as values.

In: environment variables, then `.env` of the folder given with `--data`, then `.env` of the current
folder, then defaults. Out: `ArchiveSettings` for verbs that need the data folder alone, `Settings`
for those that talk to Telegram.
"""

from bot.config.example import example_env
from bot.config.fields import ArchiveSettings, LogFormat, Settings
from bot.config.loading import SettingsError, effective, load_settings, secrets, setting_names
from bot.config.reading import account_label, split_address

__all__ = [
    "ArchiveSettings",
    "LogFormat",
    "Settings",
    "SettingsError",
    "account_label",
    "effective",
    "example_env",
    "load_settings",
    "secrets",
    "setting_names",
    "split_address",
]
