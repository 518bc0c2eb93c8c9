"""The only talker to Telethon's client: connections, login, accounts, the bot, paced calls."""
