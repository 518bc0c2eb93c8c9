"""Tables of importing: which files were read, and how far."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, Text

from storage.schema.columns import Big, Utc, table

imports = table(
    "imports",  # importing: a file that is read again goes on where it was left
    Column("id", Integer, primary_key=True),
    Column("sha256", LargeBinary, nullable=False, unique=True),  # of the whole file
    Column("name", Text, nullable=False),  # of the file, without its folder
    Column("started_at", Utc, nullable=False),  # also when its messages count as seen
    Column("finished_at", Utc),  # NULL until all of it was read
    Column("position", Big, nullable=False),  # bytes of it that are worked off
    Column("posts", Integer, nullable=False),
    Column("revisions", Integer, nullable=False),  # of posts that were known
    Column("merged", Integer, nullable=False),  # known already, or older than what is known
    Column("broken", Integer, nullable=False),
)
