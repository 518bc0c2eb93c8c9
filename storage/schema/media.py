"""Tables of media: what is attached to messages, the files held, how they came, what they say."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Text, UniqueConstraint

from storage.schema.columns import Big, Utc, channel_column, table

media = table(
    "media",  # media: one row for each photo or file of a message that a rule speaks of
    Column("id", Integer, primary_key=True),
    Column("post_id", Big, ForeignKey("posts.id"), nullable=False),
    channel_column(),
    Column("message_id", Big, nullable=False),
    Column("revision_id", Integer, ForeignKey("revisions.id"), nullable=False),  # first to show it
    Column("file_id", Big, nullable=False),  # Telegram's number of the photo or document
    Column("kind", Text, nullable=False),  # photo, video, document
    Column("mime", Text, nullable=False),  # as Telegram says
    Column("name", Text),  # the sender's name for it, never a path; NULL: none
    Column("length", Big, nullable=False),  # bytes, as Telegram says
    Column("state", Text, nullable=False),
    Column("reason", Text),  # why it is not held; NULL when it is or will be
    Column("sha256", LargeBinary, ForeignKey("media_files.sha256")),  # NULL until held
    Column("attempts", Integer, nullable=False),
    Column("due_at", Utc, nullable=False),  # not before
    UniqueConstraint("channel_id", "message_id", "file_id"),  # the same is wanted once
    Index("ix_media_state_due_at", "state", "due_at"),  # fetch: what is due
    Index("ix_media_post_id", "post_id"),  # exports: the files of a post; hits: what is waiting
    Index("ix_media_sha256", "sha256"),  # budget: who refers to a file
)

media_files = table(
    "media_files",  # media: one row for each content, one file on the disk
    Column("sha256", LargeBinary, primary_key=True),
    Column("length", Big, nullable=False),
    Column("stored_at", Utc, nullable=False),
    Column("dropped_at", Utc),  # NULL while the file is on the disk
    Column("phash", Big),  # perceptual hash, 64 bits signed; NULL: no picture, or not looked at
    Column("note", Text),  # why it has none although it is a picture; NULL otherwise
)

media_fetches = table(
    "media_fetches",  # media; append-only: which file a message had, when it was fetched
    Column("id", Integer, primary_key=True),
    Column("post_id", Big, ForeignKey("posts.id"), nullable=False),
    channel_column(),
    Column("message_id", Big, nullable=False),
    Column("file_id", Big, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("length", Big, nullable=False),
    Column("name", Text),  # as in `media`
    Column("mime", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("account_id", Integer),  # NULL when imported
    sqlite_autoincrement=True,
)

picture_texts = table(
    "picture_texts",  # pictures; append-only but for `text`: what was read from a message's picture
    Column("id", Integer, primary_key=True),
    Column("post_id", Big, ForeignKey("posts.id"), nullable=False),
    channel_column(),
    Column("message_id", Big, nullable=False),
    Column("file_id", Big, nullable=False),
    Column("sha256", LargeBinary, nullable=False),  # of the picture
    Column("text", Text),  # "": none was found; NULL: retention removed it
    Column("text_sha256", LargeBinary, nullable=False),  # what the log binds
    Column("languages", Text, nullable=False),  # as Tesseract was told
    Column("program", Text, nullable=False),  # which Tesseract
    Column("at", Utc, nullable=False),
    Index("ix_picture_texts_post_id", "post_id"),  # intake, exports: the texts of a post
    Index("ix_picture_texts_sha256", "sha256"),  # pictures: what was read of the same one
    sqlite_autoincrement=True,
)

media_rules = table(
    "media_rules",  # operate: what wins over the settings
    Column("scope", Text, primary_key=True),  # "channel 3" or "group north"
    Column("fetch", Text, nullable=False),  # none, hits, all
    Column("kinds", Text, nullable=False),  # space-separated
    Column("most_bytes", Big, nullable=False),
)
