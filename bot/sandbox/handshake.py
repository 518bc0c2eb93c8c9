"""The key exchange, server's side: three plain requests in, an authorization key out.

The rules are core.telegram.org/mtproto/auth_key with the older SHA-1 padding that Telethon 1.45
still sends. Nothing here is secret on purpose: one DH exponent serves the whole process, and pq
has small factors, so that a hundred clients in a test cost nothing.
"""

import hashlib
import os
import time
from typing import Any

from telethon import helpers
from telethon.crypto import AES, AuthKey
from telethon.extensions import BinaryReader
from telethon.tl import functions, types

from bot.sandbox.keys import ServerKey

# Telegram's own 2048-bit safe prime: Telethon knows it by heart and skips its slow proof.
DH_PRIME = int(
    "c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f48198a0aa7c14058229493d22530"
    "f4dbfa336f6e0ac925139543aed44cce7c3720fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf"
    "8c595f642477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4a4a695811051907e1627"
    "53b56b0f6b410dba74d8a84b2a14b3144e0ef1284754fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff"
    "9ca3928fef5b9ae4e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f0d8115f635b1"
    "05ee2e4e15d04b2454bf6f4fadf034b10403119cd8e3b92fcc5b",
    16,
)
DH_GENERATOR = 3
_P, _Q = 32749, 65521
_EXPONENT = int.from_bytes(os.urandom(64), "big") | 1 << 511
_G_A = pow(DH_GENERATOR, _EXPONENT, DH_PRIME)


class HandshakeError(Exception):
    """The client broke the key exchange; the connection must be closed."""


class Handshake:
    """One connection's key exchange; `auth_key` is set when it is complete."""

    def __init__(self, key: ServerKey) -> None:
        self._key = key
        self._nonce = 0
        self._server_nonce = 0
        self._new_nonce = 0
        self.auth_key: Any = None  # telethon.crypto.AuthKey, untyped

    def answer(self, request: Any) -> bytes:
        """Answer one plain request; raises HandshakeError when it is not the step expected."""
        match request:
            case functions.ReqPqMultiRequest() | functions.ReqPqRequest():
                return self._offer_pq(request)
            case functions.ReqDHParamsRequest():
                return self._offer_dh(request)
            case functions.SetClientDHParamsRequest():
                return self._finish(request)
        raise HandshakeError(f"{type(request).__name__} is not a step of the key exchange")

    def _offer_pq(self, request: Any) -> bytes:
        self._nonce = request.nonce
        self._server_nonce = int.from_bytes(os.urandom(16), "little", signed=True)
        return bytes(
            types.ResPQ(
                nonce=self._nonce,
                server_nonce=self._server_nonce,
                pq=_big_endian(_P * _Q),
                server_public_key_fingerprints=[self._key.fingerprint],
            )
        )

    def _offer_dh(self, request: Any) -> bytes:
        self._check_nonces(request)
        block = self._key.decrypt(request.encrypted_data)
        with BinaryReader(block[20:]) as reader:
            inner = reader.tgread_object()
            read = reader.tell_position()
        if _sha1(block[20 : 20 + read]) != block[:20] or inner.server_nonce != self._server_nonce:
            raise HandshakeError("the encrypted part of req_DH_params is not whole")
        self._new_nonce = inner.new_nonce
        answer = bytes(
            types.ServerDHInnerData(
                nonce=self._nonce,
                server_nonce=self._server_nonce,
                g=DH_GENERATOR,
                dh_prime=_big_endian(DH_PRIME),
                g_a=_big_endian(_G_A),
                server_time=int(time.time()),
            )
        )
        hashed = _sha1(answer) + answer
        key, iv = self._temporary_key()
        encrypted = AES.encrypt_ige(hashed + os.urandom(-len(hashed) % 16), key, iv)
        return bytes(types.ServerDHParamsOk(self._nonce, self._server_nonce, encrypted))

    def _finish(self, request: Any) -> bytes:
        self._check_nonces(request)
        key, iv = self._temporary_key()
        plain = AES.decrypt_ige(request.encrypted_data, key, iv)
        with BinaryReader(plain[20:]) as reader:
            inner = reader.tgread_object()
        g_b = int.from_bytes(inner.g_b, "big")
        # Telethon drops leading zero bytes of the key (1 in 256 has one), so this side does too;
        # Telegram does not, and there Telethon simply tries again.
        self.auth_key = AuthKey(_big_endian(pow(g_b, _EXPONENT, DH_PRIME)))
        proof = self.auth_key.calc_new_nonce_hash(self._new_nonce, 1)
        return bytes(types.DhGenOk(self._nonce, self._server_nonce, proof))

    def _temporary_key(self) -> tuple[bytes, bytes]:
        key, iv = helpers.generate_key_data_from_nonce(self._server_nonce, self._new_nonce)
        return key, iv

    def _check_nonces(self, request: Any) -> None:
        if (request.nonce, request.server_nonce) != (self._nonce, self._server_nonce):
            raise HandshakeError("the nonces are not those of this exchange")


def _big_endian(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data).digest()  # noqa: S324 the protocol's hash, not our choice
