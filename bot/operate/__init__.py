"""People to the bot: commands, buttons, the channel list."""
