import shutil
import subprocess
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import kept
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from sqlalchemy import text

from bot.collect.stored import stored_message
from bot.publish import log as keeping
from bot.publish.signing import signing_key
from bot.publish.stamping import StampRefused
from bot.publish.verify_archive import verify_archive
from storage.database import open_database

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="no openssl on this machine")
CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ess_cert_id_chain = no
"""


def certificate(name, issuer, key, issuer_key, *, is_root):
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
    )
    if not is_root:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        made = made.add_extension(usage, critical=True)
    return made.sign(issuer_key, hashes.SHA256())


def make_authority(folder):
    """Write a root and a time-stamping certificate of it."""
    root_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    root = certificate("Root", "Root", root_key, root_key, is_root=True)
    mine = certificate("Stamps", "Root", key, root_key, is_root=False)
    pem = serialization.Encoding.PEM
    (folder / "root.pem").write_bytes(root.public_bytes(pem))
    (folder / "tsa.pem").write_bytes(mine.public_bytes(pem))
    (folder / "tsa.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))


@contextmanager
def server(folder):
    """Stamp what is asked on loopback, by OpenSSL."""
    make_authority(folder)

    class Stamping(BaseHTTPRequestHandler):
        def do_POST(self):
            query = self.rfile.read(int(self.headers["Content-Length"]))
            (folder / "query").write_bytes(query)
            ended = subprocess.run(  # noqa: S603  # the test's own authority
                [OPENSSL, "ts", "-reply", "-queryfile", "query", "-config", "tsa.cnf"],
                cwd=folder,
                capture_output=True,
                check=False,
            )
            self.send_response(200 if ended.returncode == 0 else 500)
            self.end_headers()
            self.wfile.write(ended.stdout)

        def log_message(self, *_arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Stamping) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}/tsr"
        finally:
            listening.shutdown()
            thread.join()


def check(folder, roots=None):
    return verify_archive(folder / "earshot.db", stored_message, None, roots)


async def test_a_head_is_stamped_kept_and_verified_with_the_servers_root(tmp_path):
    data, tsa = tmp_path / "data", tmp_path / "tsa"
    tsa.mkdir()
    await kept.make(data, heads=1)
    with server(tsa) as address:
        async with open_database(data / "earshot.db") as database:
            await keeping.sign(database, signing_key(data))
            head = await keeping.stamp_newest(database, address)
            assert await keeping.stamp_newest(database, "http://127.0.0.1:1/") == head, "once"
    report = check(data, tsa / "root.pem")
    assert report.is_whole, report.mismatches
    assert any("1 heads were time-stamped" in line for line in report.holds)
    assert any("give its root with --tsa" in line for line in check(data).open)
    other = tmp_path / "other"
    other.mkdir()
    make_authority(other)
    wrong = check(data, other / "root.pem")
    assert [item.where for item in wrong.mismatches] == ["time stamp of signed head 1"]
    # And by OpenSSL alone, as the documentation says.
    (tmp_path / "head.txt").write_text(keeping.note_of(head))
    (tmp_path / "head.tsr").write_bytes(head.token)
    words = "ts -verify -data head.txt -in head.tsr -CAfile tsa/root.pem -untrusted tsa/tsa.pem"
    ended = subprocess.run(  # noqa: ASYNC221, S603  # the test is about the system's
        [OPENSSL, *words.split()], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "Verification: OK" in ended.stdout + ended.stderr


async def test_a_stamp_of_another_head_is_caught(tmp_path):
    data, tsa = tmp_path / "data", tmp_path / "tsa"
    tsa.mkdir()
    await kept.make(data, heads=2)
    with server(tsa) as address:
        async with open_database(data / "earshot.db") as database:
            await keeping.stamp_newest(database, address)
            async with database.transaction() as connection:
                await connection.execute(
                    text("UPDATE log_heads SET token = (SELECT token FROM log_heads WHERE id = 2)")
                )
    (wrong,) = check(data, tsa / "root.pem").mismatches
    assert (wrong.where, wrong.what) == (
        "time stamp of signed head 1",
        "it is a stamp of something else",
    )


async def test_a_server_that_is_not_there_or_gives_nonsense_is_told(tmp_path):
    await kept.make(tmp_path, heads=1)
    async with open_database(tmp_path / "earshot.db") as database:
        with pytest.raises(StampRefused, match="does not answer"):
            await keeping.stamp_newest(database, "http://127.0.0.1:1/")
