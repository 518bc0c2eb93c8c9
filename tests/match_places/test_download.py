import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.match.places.download import DownloadFailed, fetch
from bot.match.places.importers import SourceRefused
from bot.match.places.tools import update


def zip_bytes(size=200_000):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("UA.txt", bytes(range(256)) * (size // 256))
    return out.getvalue()


class Server:
    """GeoNames' far side on loopback: serves one file, may break off or lie."""

    def __init__(self) -> None:
        self.content, self.cut, self.asked = zip_bytes(), None, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.headers.get("Range"))
                if not self.path.endswith("/UA.zip"):
                    self.send_error(404)
                    return
                start = int((self.headers.get("Range") or "bytes=0-").split("=")[1].rstrip("-"))
                if start > len(outer.content):
                    self.send_error(416)
                    return
                body = outer.content[start:]
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: outer.cut])
                self.close_connection = True

            def log_message(self, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.http.server_port}/dump/"


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.http.shutdown()
    thread.join()
    server.http.server_close()


def test_a_file_is_fetched_whole(server, tmp_path):
    assert fetch("UA.zip", tmp_path, server.base).read_bytes() == server.content


def test_a_broken_download_goes_on_where_it_stopped(server, tmp_path):
    server.cut = 70_000
    with pytest.raises(DownloadFailed, match="run it again"):
        fetch("UA.zip", tmp_path, server.base)
    assert not (tmp_path / "UA.zip").exists()
    server.cut = None
    assert fetch("UA.zip", tmp_path, server.base).read_bytes() == server.content
    assert server.asked == [None, "bytes=70000-"]


def test_what_is_no_zip_is_thrown_away(server, tmp_path):
    server.content = b"<html>busy</html>"
    with pytest.raises(DownloadFailed, match="no zip"):
        fetch("UA.zip", tmp_path, server.base)
    assert list(tmp_path.iterdir()) == []


def test_a_part_longer_than_the_file_starts_over(server, tmp_path):
    (tmp_path / "UA.zip.part").write_bytes(b"x" * (len(server.content) + 10))
    assert fetch("UA.zip", tmp_path, server.base).read_bytes() == server.content


def test_an_update_that_fails_leaves_the_old_gazetteer(server, tmp_path):
    old = tmp_path / "g.places"
    old.write_bytes(b"the old one")
    with pytest.raises((DownloadFailed, SourceRefused)) as raised:
        update(tmp_path / "dumps", ["UA"], old, server.base)
    assert "\n" not in str(raised.value)
    assert old.read_bytes() == b"the old one"
    assert (tmp_path / "dumps" / "UA.zip").exists()  # what came is kept for the next try


def test_the_servers_refusal_is_told(server, tmp_path):
    with pytest.raises(DownloadFailed, match="404"):
        fetch("XX.zip", tmp_path, server.base)
