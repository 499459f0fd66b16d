"""The edge of the server: how long a connection may take to say what it wants, and to take what it gets.

In: settings. Out: the configuration of uvicorn, with a protocol that closes connections past their deadline.
Leaves out: what is checked once a request is there (guard.py). Answers of the edge are plain text.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import Any, Literal

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from wattscale.web.settings import Settings

LEAST_BYTES_PER_S = 1000.0
"""Slowest reading of an answer that is waited for."""
SPARE_S = 1.0
"""Time that the guard gets to answer 408 before the connection is cut [s]."""
STOP_S = 3
"""Time that open requests get when the server is stopped [s]."""
SIGNS_OF_LIFE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 60_000}
"""Socket options by which the system notices a visitor who vanished without a word: seconds, and milliseconds."""
Phase = Literal["head", "body", ""]


class EdgeProtocol(H11Protocol):
    """HTTP/1.1 with deadlines for the head and the body of a request, and for the reading of an answer."""

    phase: Phase = ""
    deadline: asyncio.TimerHandle | None = None
    reading: asyncio.TimerHandle | None = None
    unread = 0

    @property
    def settings(self) -> Settings:
        """Settings that the app gave when it began."""
        found: Settings = self.app_state["settings"]
        return found

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the head of the first request."""
        super().connection_made(transport)
        _watch_for_life(transport.get_extra_info("socket"))
        self._enter("head")

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget all deadlines."""
        self._enter("")
        if self.reading is not None:
            self.reading.cancel()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Handle what has come, and set the deadline of what is still to come."""
        super().handle_events()
        theirs = self.conn.their_state
        if theirs is h11.SEND_BODY:
            self._enter("body")
        elif theirs is h11.IDLE and (self.cycle is None or self.conn.trailing_data[0]):
            self._enter("head")
        else:
            self._enter("")

    def pause_writing(self) -> None:
        """Begin to watch how an answer is read that does not fit into the buffers on the way."""
        super().pause_writing()
        self._watch_reading()

    def resume_writing(self) -> None:
        """The answer is read fast enough."""
        super().resume_writing()
        if self.reading is not None:
            self.reading.cancel()

    def _enter(self, phase: Phase) -> None:
        if phase == self.phase:
            return
        self.phase = phase
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None
        if phase:
            head, body = self.settings.header_seconds, self.settings.body_seconds + SPARE_S
            self.deadline = self.loop.call_later(head if phase == "head" else body, self._too_late)

    def _too_late(self) -> None:
        if self.transport.is_closing():
            return
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            headers = [("content-type", "text/plain; charset=utf-8"), ("connection", "close")]
            with suppress(h11.LocalProtocolError):
                for event in (
                    h11.Response(status_code=408, headers=headers, reason=b"Request Timeout"),
                    h11.Data(data=b"The request did not come in time."),
                    h11.EndOfMessage(),
                ):
                    self.transport.write(self.conn.send(event) or b"")
            self.transport.close()
        else:
            self.transport.abort()

    def _watch_reading(self) -> None:
        self.unread = self.transport.get_write_buffer_size()
        self.reading = self.loop.call_later(self.settings.send_seconds, self._look_at_reading)

    def _look_at_reading(self) -> None:
        left = self.transport.get_write_buffer_size()
        if self.unread - left < LEAST_BYTES_PER_S * self.settings.send_seconds and left > 0:
            self.transport.abort()
        elif left > 0:
            self._watch_reading()


def server_options(settings: Settings) -> dict[str, Any]:
    """Give the options of uvicorn that belong to the settings."""
    return {
        "http": EdgeProtocol, "ws": "none", "lifespan": "on", "log_level": "warning", "server_header": False,
        "limit_concurrency": settings.connections, "timeout_graceful_shutdown": STOP_S,
    }  # fmt: skip


def server_of(app: Any, settings: Settings) -> uvicorn.Server:
    """Make a server of an app, for one that brings its own sockets."""
    return uvicorn.Server(uvicorn.Config(app, **server_options(settings)))


def _watch_for_life(connection: socket.socket | None) -> None:
    if connection is None or connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in SIGNS_OF_LIFE.items():
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
