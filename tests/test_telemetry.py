import asyncio
import json
import logging
import socket
import stat
from datetime import UTC, datetime

import pytest
import structlog

from bot.operate.status import status_line
from bot.telemetry import (
    AlertOutcome,
    PortTaken,
    Redactor,
    Telemetry,
    open_endpoint,
    set_up_logging,
    systemd,
    write_report,
)
from storage.records import Source

TOKEN = "1234567890:AAExampleTokenOfTheBotExampleToken0"


async def get(port: int, path: str, method: str = "GET") -> tuple[int, str]:
    async with asyncio.timeout(60):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        answer = (await reader.read()).decode()
        writer.close()
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split()[1]), body


async def test_ready_only_when_every_expected_part_is():
    telemetry = Telemetry()
    telemetry.health.expect("database", "main")
    async with open_endpoint(telemetry, 0) as port:
        assert (await get(port, "/healthz"))[0] == 200
        assert (await get(port, "/readyz"))[0] == 503
        telemetry.health.ready("database")
        telemetry.health.not_ready("main", "flood wait")
        code, body = await get(port, "/readyz")
        assert code == 503
        assert json.loads(body)["parts"]["main"] == {"ready": False, "detail": "flood wait"}
        telemetry.health.ready("main")
        assert (await get(port, "/readyz"))[0] == 200


async def test_metrics_tell_what_was_counted_and_two_apps_do_not_mix():
    telemetry, other = Telemetry(), Telemetry()
    telemetry.posts_stored(Source.LIVE, 3)
    telemetry.alert_delivered(AlertOutcome.SENT)
    telemetry.queue_measured("outbox", 2, 1.5)
    telemetry.connection_changed("bot", is_up=True)
    async with open_endpoint(telemetry, 0) as port:
        code, body = await get(port, "/metrics")
    assert code == 200
    assert 'earshot_posts_stored_total{source="live"} 3.0' in body
    assert 'earshot_alert_deliveries_total{outcome="sent"} 1.0' in body
    assert 'earshot_queue_age_seconds{queue="outbox"} 1.5' in body
    assert "3.0" not in other.exposition().decode()
    line = status_line(telemetry.tally, ["main"])
    assert "posts 3" in line
    assert "waiting in outbox 2" in line
    assert "not ready: main" in line


async def test_the_endpoint_answers_nothing_else():
    async with open_endpoint(Telemetry(), 0) as port:
        assert (await get(port, "/"))[0] == 404
        assert (await get(port, "/metrics", "POST"))[0] == 405


async def test_a_taken_port_is_told_with_a_way_out():
    async with open_endpoint(Telemetry(), 0) as port:
        with pytest.raises(PortTaken, match=f"METRICS_PORT={port + 1}"):
            async with open_endpoint(Telemetry(), port):
                pass


@pytest.fixture(autouse=True)
def logging_of_the_process():
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    structlog.reset_defaults()


def a_bug() -> RuntimeError:
    with pytest.raises(RuntimeError) as caught:
        _go_wrong()
    return caught.value


def _go_wrong() -> None:
    raise RuntimeError(f"no such thing as {TOKEN}")


@pytest.mark.parametrize("as_json", [True, False])
def test_no_log_line_holds_a_secret(capsys, as_json):
    set_up_logging("DEBUG", as_json=as_json, secrets=["hunter2hunter2"])
    log = structlog.get_logger("test")
    log.info("login", phone="+380441234567", detail=["hunter2hunter2", {"x": TOKEN}])
    log.error("failed", exc_info=a_bug())
    said = capsys.readouterr().err
    assert "hidden" in said
    for secret in ("hunter2hunter2", TOKEN, "380441234567"):
        assert secret not in said
    if not as_json:
        assert "Traceback" not in said
        assert "RuntimeError: no such thing" in said


def test_json_lines_are_json_and_the_level_holds(capsys):
    set_up_logging("INFO", as_json=True)
    log = structlog.get_logger()
    log.debug("decided", reason="x")
    log.info("stored", posts=3)
    (line,) = capsys.readouterr().err.splitlines()
    event = json.loads(line)
    assert (event["event"], event["posts"], event["level"]) == ("stored", 3, "info")
    assert event["timestamp"].endswith("Z")


def test_a_short_secret_does_not_tear_words_apart():
    assert Redactor(["a", ""]).hide("a banana") == "a banana"


def test_the_report_of_a_bug_is_private_and_holds_no_secret(tmp_path):
    now = datetime(2026, 1, 2, tzinfo=UTC)
    path = write_report(tmp_path, a_bug(), ["login", "--phone", "+380441234567"], now)
    text = path.read_text()
    assert path.parent == tmp_path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "RuntimeError: no such thing" in text
    assert "_go_wrong" in text
    assert TOKEN not in text
    assert "441234567" not in text


def test_the_report_of_a_bug_shows_neither_people_nor_their_queries(tmp_path):
    said = ["watch", "add", "Olena", "вантажівка", "--data=/home/olena/x", "--urgent"]
    text = write_report(tmp_path, a_bug(), said, datetime(2026, 1, 2, tzinfo=UTC)).read_text()
    assert "command: earshot watch … … … --data --urgent\n" in text


def test_systemd_hears_that_the_process_lives(tmp_path):
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(path))
        listening.settimeout(60)
        assert systemd.tell(systemd.READY, {"NOTIFY_SOCKET": str(path)})
        assert listening.recv(100) == b"READY=1"
    assert not systemd.tell(systemd.ALIVE, {"NOTIFY_SOCKET": str(path)}), "nobody listens"
    assert not systemd.tell(systemd.ALIVE, {}), "there is no systemd"
