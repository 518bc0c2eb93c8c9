import random
import shutil
import stat
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bot.publish.evidence import ed25519
from bot.publish.evidence.heads import Head, HeadError, is_signed_by, key_name, note, parse_note
from bot.publish.signing import is_valid, key_file, public_pem, signing_key
from storage.folder import FolderError


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.randoms())
def test_the_plain_python_check_agrees_with_the_library(seed, said, chance):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(said)
    assert ed25519.is_valid(public, said, signature)
    for part in (public, said, signature):
        if not part:
            continue
        at = chance.randrange(len(part))
        changed = part[:at] + bytes([part[at] ^ (1 << chance.randrange(8))]) + part[at + 1 :]
        tried = [changed if part is item else item for item in (public, said, signature)]
        assert not ed25519.is_valid(*tried)


def test_a_signature_with_the_order_added_is_refused():
    key = Ed25519PrivateKey.generate()
    signature = key.sign(b"said")
    scalar = int.from_bytes(signature[32:], "little") + ed25519._ORDER
    other = signature[:32] + scalar.to_bytes(32, "little")
    assert not ed25519.is_valid(key.public_key().public_bytes_raw(), b"said", other)


def signed_head(folder):
    key = signing_key(folder)
    head = Head(7, bytes(range(32)), "2026-01-31T10:00:00.000000+00:00", key_name(key.public))
    return key, head, key.sign(head.body)


def test_a_note_is_read_back_and_no_byte_of_it_can_be_changed(tmp_path):
    key, head, signature = signed_head(tmp_path)
    text = note(head, key.public, signature)
    assert parse_note(text) == (head, signature)
    assert is_signed_by(key.public, head, signature, is_valid)
    chance = random.Random(5)
    for at in range(len(text)):
        changed = text[:at] + chance.choice("aZ9/ \n") + text[at + 1 :]
        if changed == text:
            continue
        try:
            other, its = parse_note(changed)
        except HeadError:
            continue
        assert (other, its) == (head, signature) or not is_signed_by(
            key.public, other, its, is_valid
        )


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
def test_openssl_checks_a_signed_head(tmp_path):
    key, head, signature = signed_head(tmp_path)
    for name, data in (("head", head.body), ("sig", signature)):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "key.pem").write_text(public_pem(key.public))
    arguments = "pkeyutl -verify -pubin -inkey key.pem -rawin -in head -sigfile sig"
    ended = subprocess.run(  # noqa: S603  # the test is about the system's
        [shutil.which("openssl"), *arguments.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Signature Verified Successfully" in ended.stdout


def test_the_key_is_made_once_for_its_owner_alone(tmp_path):
    first = signing_key(tmp_path)
    assert signing_key(tmp_path).public == first.public
    assert stat.S_IMODE(key_file(tmp_path).stat().st_mode) == 0o600
    key_file(tmp_path).chmod(0o644)
    with pytest.raises(FolderError, match="chmod 600"):
        signing_key(tmp_path)


def test_a_file_that_is_no_key_is_refused(tmp_path):
    key_file(tmp_path).write_text("no key")
    key_file(tmp_path).chmod(0o600)
    with pytest.raises(FolderError, match="no Ed25519 key"):
        signing_key(tmp_path)
