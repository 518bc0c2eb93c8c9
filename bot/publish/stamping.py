"""Time stamps (RFC 3161) for signed heads, by a server that the operator names.

What is stamped is the note of a head, as `earshot log sign` prints it, so that OpenSSL can check a
stamp against that file. Needs the extra `timestamps`.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509

from storage.failures import BadInput, Failure

_TIMEOUT_S = 30
_LONGEST_ANSWER = 1 << 20  # bytes; a stamp with its certificates has some thousands
_GRANTED = 0
_DIGESTS = {"2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.2.3": "sha512"}


class StampsMissing(BadInput):
    """The extra is not installed."""

    def __init__(self) -> None:
        super().__init__("time stamps need the extra: pip install 'earshot[timestamps]'")


class StampRefused(Failure):
    """The server gave no stamp; the message says why. It is asked again at the next head."""


class StampWrong(ValueError):
    """A stamp is not one of this head, or not of a server one trusts."""


def _library() -> Any:
    try:
        import rfc3161_client  # noqa: PLC0415  # an extra
    except ImportError:
        raise StampsMissing from None
    return rfc3161_client


async def stamp(note: str, server: str) -> bytes:
    """Ask a server to stamp a head's note; give its answer. Raises StampRefused, StampsMissing."""
    library = _library()
    request = library.TimestampRequestBuilder().data(note.encode()).build()
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT_S) as client:
            answer = await _answer(client, server, request.as_bytes())
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise StampRefused(f"the time-stamping server does not answer: {error}") from None
    try:
        stamped_at(answer, note)
    except StampWrong as error:
        raise StampRefused(f"the time-stamping server's answer is no stamp: {error}") from None
    return answer


async def _answer(client: httpx.AsyncClient, server: str, request: bytes) -> bytes:
    """Post a request and read the answer, which could be endless."""
    headers = {"Content-Type": "application/timestamp-query"}
    async with client.stream("POST", server, content=request, headers=headers) as response:
        response.raise_for_status()
        answer = b""
        async for part in response.aiter_bytes():
            answer += part
            if len(answer) > _LONGEST_ANSWER:
                raise StampRefused("the time-stamping server's answer is no stamp: it is too long")
    return answer


def stamped_at(token: bytes, note: str) -> datetime:
    """Say when a note was stamped, if it was this one. Raises StampWrong and StampsMissing."""
    found = _decoded(token)
    imprint = found.tst_info.message_imprint
    digest = _DIGESTS.get(imprint.hash_algorithm.dotted_string)
    if digest is None or hashlib.new(digest, note.encode()).digest() != imprint.message:
        raise StampWrong("it is a stamp of something else")
    at: datetime = found.tst_info.gen_time
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def check_server(token: bytes, note: str, roots: Path) -> None:
    """Check that a stamp is of a server whose root certificate is in a PEM file.

    Raises StampWrong and StampsMissing.
    """
    library = _library()
    builder = library.VerifierBuilder()
    try:
        for certificate in x509.load_pem_x509_certificates(roots.read_bytes()):
            builder = builder.add_root_certificate(certificate)
        builder.build().verify_message(_decoded(token), note.encode())
    except (library.VerificationError, ValueError) as error:
        raise StampWrong(str(error)) from None


def _decoded(token: bytes) -> Any:
    try:
        found = _library().decode_timestamp_response(token)
        status = found.status
        if status != _GRANTED:
            raise StampWrong("the server refused")
        _ = found.tst_info.gen_time
    except ValueError as error:
        raise StampWrong(f"it cannot be read: {error}") from None
    return found
