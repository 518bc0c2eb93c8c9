"""Tables of the flow itself: how far each stage has worked, and how right our clock is."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Text

from storage.schema.columns import Big, Utc, table

cursors = table(
    "cursors",  # each stage its own: the id up to which it has worked
    Column("name", Text, primary_key=True),
    Column("position", Big, nullable=False),
)

telegram_clock = table(
    "telegram_clock",  # hearing: one row, how far the clock here was ahead of Telegram's
    Column("id", Integer, primary_key=True),  # 1
    Column("ahead_s", Integer, nullable=False),  # negative: behind; 0 within half a minute
    Column("compared_at", Utc, nullable=False),  # by the clock here
)
