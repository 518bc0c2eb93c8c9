"""Tables of retention: how long is kept, and what must be kept whatever is said."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Text

from storage.schema.columns import Utc, table

retention_rules = table(
    "retention_rules",  # operate: no rule keeps everything
    Column("scope", Text, primary_key=True),  # "channel 3" or "group north"
    Column("days", Integer, nullable=False),
)

holds = table(
    "holds",  # operate: a legal hold; while it stands nothing of the scope is removed
    Column("scope", Text, primary_key=True),
    Column("since", Utc, nullable=False),
    Column("reason", Text, nullable=False),
)
