"""Telegram to posts: follow, read history, normalise, store; stages meet only in rows."""
