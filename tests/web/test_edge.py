"""The edge: connections that say nothing, speak slowly or do not listen are closed; others are answered meanwhile."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from wattscale.errors import InputError
from wattscale.web import serve as serving
from wattscale.web.settings import Settings

HEAD_S, BODY_S, SEND_S = 0.6, 0.8, 0.5
LATE_S = 3.0
"""Time after which a connection counts as left open: the deadlines, and a busy machine."""
POST = b"POST /api/plan HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 200\r\n\r\n"
GET = b"GET /api/schema HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture(scope="module")
def strict(server_of: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    jobs = tmp_path_factory.mktemp("edge") / "jobs"
    limits = {"header_seconds": HEAD_S, "body_seconds": BODY_S, "send_seconds": SEND_S, "connections": 40}
    with server_of(jobs=jobs, **limits) as url, httpx.Client(base_url=url, timeout=10) as made:
        yield made


def connected(client: Any, first: bytes = b"") -> socket.socket:
    made = socket.create_connection((client.base_url.host, client.base_url.port), timeout=LATE_S)
    if first:
        made.sendall(first)
    return made


def heard_until_closed(made: socket.socket) -> tuple[bytes, float]:
    """Read until the server closes the connection: what came, and how long it took."""
    start, heard = time.monotonic(), b""
    try:
        while part := made.recv(65536):
            heard += part
    except ConnectionError:
        pass
    return heard, time.monotonic() - start


@pytest.mark.parametrize(
    ("first", "status"),
    [(b"", b""), (b"GET /api/health HT", b"408"), (b"GET / HTTP/1.1\r\nhost: x\r\n", b"408"), (b"\r\n", b"400"),
     (POST, b"408"), (POST + b'{"changes"', b"408")],
    ids=["nothing", "half a line", "no end of the head", "an empty line", "no body", "half a body"],
)  # fmt: skip
def test_a_request_that_does_not_come_is_cut_off(strict: Any, first: bytes, status: bytes) -> None:
    with connected(strict, first) as made:
        heard, took = heard_until_closed(made)
    assert took < LATE_S
    assert heard[9:12] == status


@pytest.mark.parametrize(
    ("first", "drop"),
    [(b"GET / HTTP/1.1\r\n", b"x-a: 1\r\n"), (POST, b" "), (GET[:-2] + b"content-length: 100000\r\n\r\n", b" ")],
    ids=["head", "body", "body of a request that is answered already"],
)
def test_a_request_that_comes_in_drops_is_cut_off_at_the_same_time(strict: Any, first: bytes, drop: bytes) -> None:
    def drip(made: socket.socket) -> None:
        while time.monotonic() - start < LATE_S:
            made.sendall(drop)
            time.sleep(0.05)

    start = time.monotonic()
    with connected(strict, first) as made, pytest.raises(OSError, match=r"reset|pipe|abort"):
        drip(made)
    assert HEAD_S / 2 < time.monotonic() - start < LATE_S


def test_a_second_request_on_a_connection_has_the_same_deadline(strict: Any) -> None:
    with connected(strict, GET) as made:
        made.recv(65536)
        time.sleep(0.1)
        made.sendall(b"GET /api/he")
        heard, took = heard_until_closed(made)
    assert took < LATE_S
    assert b"408 Request Timeout" in heard


def test_an_answer_that_nobody_reads_is_given_up(strict: Any) -> None:
    def open_ones() -> int:
        return sum(1 for _ in held if not gone(_))

    def gone(made: socket.socket) -> bool:
        made.setblocking(False)
        try:
            return made.send(b" ") == 0
        except BlockingIOError:
            return False
        except OSError:
            return True

    held = []
    for _ in range(3):
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        made.connect((strict.base_url.host, strict.base_url.port))
        made.sendall(b"GET /api/catalogue/sites HTTP/1.1\r\nhost: x\r\n\r\n" * 60)
        held.append(made)
    try:
        end = time.monotonic() + 2 * LATE_S
        while open_ones() and time.monotonic() < end:
            time.sleep(0.1)
        assert open_ones() == 0
    finally:
        for made in held:
            made.close()


def test_others_are_answered_while_connections_hang(strict: Any) -> None:
    held = [connected(strict, first) for first in [b"", b"GET / HT", POST] * 8]
    try:
        assert [strict.get("api/health").status_code for _ in range(5)] == [200] * 5
    finally:
        for made in held:
            made.close()


def test_connections_beyond_the_limit_are_told_so_and_make_room_again(strict: Any) -> None:
    held = [connected(strict) for _ in range(60)]
    try:
        with httpx.Client(base_url=strict.base_url, timeout=10) as late:
            assert late.get("api/health").status_code == 503
        time.sleep(HEAD_S + 0.5)
        with httpx.Client(base_url=strict.base_url, timeout=10) as later:
            assert later.get("api/health").status_code == 200
    finally:
        for made in held:
            made.close()


def test_an_honest_slow_visitor_is_served(strict: Any) -> None:
    text = b'{"changes": {}}'
    head = b"POST /api/commands HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n"
    with connected(strict) as made:
        for part in (head[:40], head[40:], b"content-length: %d\r\n\r\n" % len(text), text[:5], text[5:]):
            made.sendall(part)
            time.sleep(0.08)
        heard, _ = heard_until_closed(made)
    assert heard.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("host", ["", " "])
def test_an_empty_host_is_refused(host: str) -> None:
    with pytest.raises(InputError, match="--host"):
        serving.serve(host=host)


def test_a_host_that_is_no_address_is_refused() -> None:
    with pytest.raises(InputError, match="--host"):
        serving.serve(host="no such host")


@pytest.mark.parametrize(("host", "is_open"), [("0.0.0.0", True), ("127.0.0.1", False), ("127.0.0.2", False)])
def test_a_host_that_others_reach_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str], host: str, is_open: bool
) -> None:
    started: list[dict[str, Any]] = []
    monkeypatch.setattr("uvicorn.run", lambda *_, **options: started.append(options))
    monkeypatch.setattr("wattscale.supply.ready.begin", lambda: None)
    for name in (serving.MODE, serving.ROOT, serving.HOSTS, serving.SAFE):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv(serving.JOBS, str(tmp_path / "jobs"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serving.serve(host=host, port=port)
    told = capsys.readouterr().err
    assert ("no login" in told) is is_open
    allowed = serving.settings_of_environment().allowed_hosts
    assert ("*" in allowed) is is_open
    assert started[0]["limit_concurrency"] == Settings().connections
