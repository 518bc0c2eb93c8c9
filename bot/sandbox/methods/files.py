"""Files up, in parts, and down, in parts."""

from typing import Any

from telethon.tl import types

from bot.sandbox.media import DocumentSpec, PhotoSpec, StoredFile
from bot.sandbox.methods.call import Call
from bot.sandbox.tl import RpcError

_GET_MAX = 1024 * 1024
_GET_UNIT = 1024


def save_file_part(call: Call, request: Any) -> Any:
    """upload.saveFilePart and upload.saveBigFilePart."""
    parts = call.world.files.uploads.setdefault((call.user.id, request.file_id), {})
    parts[request.file_part] = request.bytes
    return True


def get_file(call: Call, request: Any) -> Any:
    """upload.getFile: a slice of a photo, a document or a profile photo."""
    _ = call.user
    if request.limit <= 0 or request.limit > _GET_MAX or request.limit % _GET_UNIT:
        raise RpcError("LIMIT_INVALID")
    stored = _located(call, request.location)
    part = stored.data[request.offset : request.offset + request.limit]
    is_photo = isinstance(stored.tl, types.Photo)
    kind = types.storage.FileJpeg() if is_photo else types.storage.FileUnknown()
    return types.upload.File(kind, call.world.now(), part)


def upload_media(call: Call, request: Any) -> Any:
    """messages.uploadMedia: make media of an upload without sending it."""
    call.world.peer_for(call.user, request.peer)
    return media_of(call, request.media)


def media_of(call: Call, given: Any) -> Any:
    """Give the TL media of an InputMedia; raises RpcError for what is not served here."""
    files, now = call.world.files, call.world.now()
    match given:
        case types.InputMediaUploadedPhoto():
            photo = files.add_photo(PhotoSpec(_uploaded(call, given.file)), now)
            return types.MessageMediaPhoto(photo=photo)
        case types.InputMediaUploadedDocument():
            spec = DocumentSpec(_uploaded(call, given.file), given.file.name, given.mime_type)
            document = files.add_document(spec, now, given.attributes)
            return types.MessageMediaDocument(document=document)
        case types.InputMediaPhoto():
            return types.MessageMediaPhoto(photo=_known(call, given.id, "PHOTO_INVALID").tl)
        case types.InputMediaDocument():
            document = _known(call, given.id, "DOCUMENT_INVALID").tl
            return types.MessageMediaDocument(document=document)
        case types.InputMediaPoll():
            given.poll.id = now << 16 | len(files.files)
            return types.MessageMediaPoll(given.poll, types.PollResults(total_voters=0))
        case types.InputMediaGeoPoint():
            point = types.GeoPoint(given.geo_point.long, given.geo_point.lat, 0)
            return types.MessageMediaGeo(point)
    raise RpcError("MEDIA_INVALID")


def _uploaded(call: Call, named: Any) -> bytes:
    parts = call.world.files.uploads.pop((call.user.id, named.id), None)
    if parts is None or sorted(parts) != list(range(named.parts)):
        raise RpcError("FILE_PARTS_INVALID")
    return b"".join(parts[number] for number in sorted(parts))


def _known(call: Call, named: Any, error: str) -> StoredFile:
    stored = call.world.files.files.get(named.id)
    if stored is None or stored.access_hash != named.access_hash:
        raise RpcError(error)
    return stored


def _located(call: Call, location: Any) -> StoredFile:
    if isinstance(location, types.InputPeerPhotoFileLocation):
        call.world.peer_for(call.user, location.peer)
        stored = call.world.files.files.get(location.photo_id)
        if stored is None:
            raise RpcError("LOCATION_INVALID")
        return stored
    if isinstance(location, types.InputPhotoFileLocation | types.InputDocumentFileLocation):
        stored = _known(call, location, "LOCATION_INVALID")
        if location.file_reference != call.world.files.reference:
            raise RpcError("FILE_REFERENCE_EXPIRED")
        return stored
    raise RpcError("LOCATION_INVALID")
