"""The key exchange over and over, without sockets: rare numbers must not break it."""

from telethon.crypto import rsa
from telethon.extensions import BinaryReader
from telethon.network.authenticator import do_authentication

from bot.sandbox.handshake import Handshake
from bot.sandbox.keys import fixed_key, key_from_file


class _Direct:
    """Telethon's plain sender, with the server's side at the end of a function call."""

    def __init__(self, handshake: Handshake) -> None:
        self._handshake = handshake

    async def send(self, request):
        with BinaryReader(bytes(request)) as reader:
            answer = self._handshake.answer(reader.tgread_object())
        with BinaryReader(answer) as reader:
            return reader.tgread_object()


async def test_both_sides_agree_whatever_the_key():
    rsa.add_key(fixed_key().public_pem, old=False)
    for _ in range(20):
        handshake = Handshake(fixed_key())

        key, offset = await do_authentication(_Direct(handshake))

        assert key.key == handshake.auth_key.key
        assert abs(offset) <= 1


def test_a_key_file_is_made_once(tmp_path):
    first = key_from_file(tmp_path / "key.pem")

    assert key_from_file(tmp_path / "key.pem") == first
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0
    assert first.fingerprint != fixed_key().fingerprint
