"""Tables of the flow itself: how far each stage has worked."""

from __future__ import annotations

from sqlalchemy import Column, Text

from storage.schema.columns import Big, table

cursors = table(
    "cursors",  # each stage its own: the id up to which it has worked
    Column("name", Text, primary_key=True),
    Column("position", Big, nullable=False),
)
