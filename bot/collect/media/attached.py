"""Telethon's message object → the photo or file that is attached to it. Pure."""

from __future__ import annotations

from typing import Any

from telethon import types
from telethon.extensions import BinaryReader

from storage.records import Attachment, Has


def attachment_of_raw(raw: bytes) -> Attachment | None:
    """Read stored bytes again; None for a message without a file, or bytes that are none."""
    try:
        message = BinaryReader(raw).tgread_object()
    except Exception:  # noqa: BLE001  # damaged bytes fail anywhere within Telethon
        return None
    return attachment_of(message)


def attachment_of(message: Any) -> Attachment | None:
    """Give what is attached to a message, None if nothing is, or nothing that can be fetched."""
    match getattr(message, "media", None):
        case types.MessageMediaPhoto(photo=types.Photo() as photo):
            return _photo(photo)
        case types.MessageMediaDocument(document=types.Document() as document):
            return _document(document)
    return None


def _photo(photo: Any) -> Attachment | None:
    sizes = [(length, size.type) for size in photo.sizes if (length := _length(size))]
    if not sizes:
        return None
    length, thumb = max(sizes)
    return Attachment(
        file_id=photo.id,
        access_hash=photo.access_hash,
        reference=photo.file_reference,
        dc_id=photo.dc_id,
        kind=Has.PHOTO,
        mime="image/jpeg",
        name=None,
        length=length,
        thumb=thumb,
    )


def _length(size: Any) -> int:
    """Give the bytes of a size of a photo that can be fetched, 0 for a thumbnail within."""
    match size:
        case types.PhotoSize():
            return int(size.size)
        case types.PhotoSizeProgressive():
            return max(size.sizes, default=0)
    return 0


def _document(document: Any) -> Attachment:
    kind, name = Has.DOCUMENT, None
    for attribute in document.attributes or ():
        if isinstance(attribute, types.DocumentAttributeVideo):
            kind = Has.VIDEO
        if isinstance(attribute, types.DocumentAttributeFilename):
            name = attribute.file_name
    return Attachment(
        file_id=document.id,
        access_hash=document.access_hash,
        reference=document.file_reference,
        dc_id=document.dc_id,
        kind=kind,
        mime=document.mime_type,
        name=name,
        length=document.size,
        thumb="",
    )
