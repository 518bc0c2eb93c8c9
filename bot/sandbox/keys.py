"""The server's RSA key: in a fixed one or a key file, out what the handshake and the clients need.

The fixed key is published on purpose: it costs no seconds at start and guards nothing, because
the sandbox listens on 127.0.0.1 only. Never register it in a process that talks to Telegram.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import rsa
from telethon.crypto import rsa as telethon_rsa

KEY_BITS = 2048
_EXPONENT = 65537
_P = int(
    "bf8b4048495143d8cf7be1128f2d1d17d549baf276247a6efcfb7c4e1df6cb7f68dc2a84ef3b42189a1139d16ab3"
    "4d272c90a649ec433ab0cb294c31dd2479e950892e08022799754b71692f3b0b2e01607933f692f31b31ca0a01f8"
    "ef3fa580f48952cf65ee898cfd3138d8737b6fb7398d252f1e513bcbd3c61f0edc4db7251612b6ea39963a6f",
    16,
)
_Q = int(
    "f2536285deed51eee1d15c598b230e8cbe1aca355053b26233d68aca73fa56a6e9cbdd1e0345ab35d05099b6a302"
    "dc664e9a7e96734f376b192e19ccf6a6cc4f8157c7ba306477a8dd27440fef19c70364688e361c4059b5d649c0cb"
    "87e0cfc5a37141218213090c0c2457593385890d3fef694cc5a402fb",
    16,
)


@dataclass(frozen=True, slots=True)
class ServerKey:
    """An RSA key pair; `fingerprint` is Telegram's 64-bit name of its public half."""

    primes: tuple[int, int]
    fingerprint: int
    public_pem: str

    def decrypt(self, block: bytes) -> bytes:
        """Undo the raw RSA of a 256-byte block; the answer has 255 bytes or is empty if wrong."""
        p, q = self.primes
        given = int.from_bytes(block, "big")
        # By the Chinese remainder theorem: two powers of half the length cost a quarter.
        by_p, by_q = (pow(given, pow(_EXPONENT, -1, prime - 1), prime) for prime in (p, q))
        plain = by_q + (by_p - by_q) * pow(q, -1, p) % p * q
        return plain.to_bytes(256, "big")[1:] if plain.bit_length() <= 255 * 8 else b""


def fixed_key() -> ServerKey:
    """Give the key that every sandbox without a key file uses."""
    return _server_key(_P, _Q)


def key_from_file(path: Path) -> ServerKey:
    """Read the private key (PKCS#1 PEM) at `path`, making it first if there is none (seconds)."""
    if not path.exists():
        _, private = rsa.newkeys(KEY_BITS)
        path.touch(mode=0o600)
        path.write_bytes(private.save_pkcs1())
    private = rsa.PrivateKey.load_pkcs1(path.read_bytes())
    return _server_key(private.p, private.q)


def _server_key(p: int, q: int) -> ServerKey:
    modulus = p * q
    public = rsa.PublicKey(modulus, _EXPONENT)
    pem: bytes = public.save_pkcs1()
    parts = b"".join(
        telethon_rsa.TLObject.serialize_bytes(telethon_rsa.get_byte_array(number))
        for number in (modulus, _EXPONENT)
    )
    # SHA-1 and little endian are the protocol's: core.telegram.org/mtproto/auth_key
    digest = hashlib.sha1(parts).digest()  # noqa: S324 the protocol's hash, not our choice
    fingerprint = int.from_bytes(digest[-8:], "little", signed=True)
    return ServerKey((p, q), fingerprint, pem.decode())
