"""Signed webhooks: one POST of JSON a message.

The signature is HMAC-SHA256 over `timestamp.body` with the target's secret; a receiver checks it,
refuses old timestamps, and takes a repeated `Earshot-Delivery` for a repetition.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import urljoin

import httpx

from bot.notify.addresses import PrivateAddress, resolved
from bot.notify.targets import Answer, Message, Postponed, Refused, Sent
from storage.records import DeliveryTarget

TIMEOUT_S = 20.0
_REDIRECTS = 3
_RETRY_S = 30.0
_LONGEST_RETRY_AFTER_S = 3600.0
_REPEATED = frozenset({307, 308})
_LATER = frozenset({408, 409, 425, 429})
_GONE = 410
_SERVER_ERROR = 500


def body_of(message: Message, delivery: str) -> bytes:
    """Give what is posted."""
    found: dict[str, object] = {
        "delivery": delivery,
        "kind": "alert" if message.alert else "notice",
        "text": message.text.text,
        "links": [b.url for row in message.text.buttons for b in row if b.url],
    }
    if message.alert:
        found |= {"alert": message.alert.id, "story": message.alert.story_id}
    if message.file:
        found["file"] = message.file.content.decode("utf-8", "replace")
    return json.dumps(found, ensure_ascii=False).encode("utf-8", "replace")


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Sign a body as it is sent at a time."""
    signed = f"{timestamp}.".encode() + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


async def post(
    target: DeliveryTarget, message: Message, delivery: str, *, timestamp: int, may_be_private: bool
) -> Answer:
    """Post a message; the address of each host on the way is checked and kept."""
    body = body_of(message, delivery)
    headers = {
        "Content-Type": "application/json",
        "Earshot-Delivery": delivery,
        "Earshot-Timestamp": str(timestamp),
        "Earshot-Signature": signature(target.secret, timestamp, body),
    }
    url = target.address
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
            for _ in range(_REDIRECTS):
                answer = await _post(client, url, body, headers, may_be_private=may_be_private)
                if answer.status_code not in _REPEATED or "Location" not in answer.headers:
                    return _sorted(answer)
                after = redirected(url, answer.headers["Location"])
                if after is None:
                    return Refused("it leads from https to an address that is not")
                url = after
    except PrivateAddress as error:
        return Refused(str(error))
    except (OSError, httpx.HTTPError) as error:
        return Postponed(_RETRY_S, f"not reached: {type(error).__name__}")
    except (httpx.InvalidURL, ValueError):
        return Refused("the address is no URL that can be posted to")
    return Refused("too many redirects")


def redirected(url: str, location: str) -> str | None:
    """Give where an answer leads, None if that is out of https: what is said is not for others."""
    after = urljoin(url, location)
    leaves = httpx.URL(url).scheme == "https" != httpx.URL(after).scheme
    return None if leaves else after


async def _post(
    client: httpx.AsyncClient,
    url: str,
    body: bytes,
    headers: dict[str, str],
    *,
    may_be_private: bool,
) -> httpx.Response:
    parsed = httpx.URL(url)
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise httpx.InvalidURL(url)
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    address = await resolved(parsed.host, port, may_be_private=may_be_private)
    # To the address that was checked, whatever the name means a moment later; the certificate
    # must be the name's.
    request = client.build_request(
        "POST",
        parsed.copy_with(host=address),
        content=body,
        headers=headers | {"Host": parsed.netloc.decode()},
        extensions={"sni_hostname": parsed.host},
    )
    response = await client.send(request, stream=True, follow_redirects=False)
    await response.aclose()  # what it says does not matter, and could be endless
    return response


def _sorted(answer: httpx.Response) -> Answer:
    status = answer.status_code
    if answer.is_success:
        return Sent(None)
    reason = f"answered {status}"
    if status == _GONE:
        return Refused(reason)
    if status in _LATER or status >= _SERVER_ERROR:
        return Postponed(_retry_after_s(answer), reason)
    return Postponed(_RETRY_S, reason)  # someone may mend it; dead when its day is over


def _retry_after_s(answer: httpx.Response) -> float:
    asked = answer.headers.get("Retry-After", "")
    return min(_LONGEST_RETRY_AFTER_S, float(asked)) if asked.isdecimal() else _RETRY_S
