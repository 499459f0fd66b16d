"""Protection in front of every route: size and time of the body, names of the host, headers of the answer.

In: an ASGI app. Out: the same app, guarded.
Leaves out: who the visitor is; a proxy with a login stands before a server that is not for everyone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from wattscale.web.settings import Settings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Only the server itself is spoken to; charts set inline styles, which are allowed, but no inline script."""
HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""Security headers of every answer."""


class CutOffError(Exception):
    """The body of a request is larger than allowed, or does not come in time."""


@dataclass
class _Passing:
    """What is known of a request on its way: why its body was cut off, whether the answer has begun."""

    cut: tuple[int, str] | None = None
    has_started: bool = False


class Guard:
    """Checks each request before the app sees it, and adds the security headers to each answer."""

    def __init__(self, app: App, settings: Settings) -> None:
        self.app, self.settings = app, settings

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        guarded = _with_headers(send)
        refusal = self._refusal(scope["method"], headers)
        if refusal is not None:
            await _refuse(guarded, *refusal)
            return
        state = _Passing()
        try:
            await self.app(scope, self._counted(receive, state), self._watched(guarded, state))
        except CutOffError:
            if not state.has_started and state.cut:
                await _refuse(guarded, *state.cut)

    def _watched(self, send: Send, state: _Passing) -> Send:
        """Put the refusal in place of whatever the app answers to a body that was cut off."""

        async def sending(message: Message) -> None:
            if state.cut and not state.has_started:
                state.has_started = True
                await _refuse(send, *state.cut)
            elif not state.cut:
                state.has_started = state.has_started or message["type"] == "http.response.start"
                await send(message)

        return sending

    def _refusal(self, method: str, headers: dict[str, str]) -> tuple[int, str] | None:
        allowed = self.settings.allowed_hosts
        host = _host_name(headers.get("host", ""))
        if "*" not in allowed and host not in allowed:
            return 400, f"unknown host '{host}'"
        origin = headers.get("origin")
        if origin and method not in ("GET", "HEAD") and not _same_site(origin, headers):
            return 403, "requests from other sites are not answered"
        length = headers.get("content-length", "0")
        if not length.isdigit():
            return 400, "content-length is not a number"
        if int(length) > self.settings.max_body_bytes:
            return 413, self._too_large()
        return None

    def _too_large(self) -> str:
        return f"the request is too large (allowed: {self.settings.max_body_bytes // 1024} KiB)"

    def _counted(self, receive: Receive, state: _Passing) -> Receive:
        seen, is_whole = 0, False
        begun = asyncio.get_running_loop().time()

        async def counting() -> Message:
            nonlocal seen, is_whole
            if is_whole:
                return await receive()
            try:
                async with asyncio.timeout_at(begun + self.settings.body_seconds):
                    message = await receive()
            except TimeoutError:
                state.cut = 408, f"the body did not come within {self.settings.body_seconds:g} s"
                raise CutOffError from None
            if message["type"] == "http.request":
                is_whole = not message.get("more_body", False)
                seen += len(message.get("body", b""))
                if seen > self.settings.max_body_bytes:
                    state.cut = 413, self._too_large()
                    raise CutOffError
            return message

        return counting


def _host_name(host: str) -> str:
    """Take the port off a host.

    >>> _host_name("localhost:8000"), _host_name("[::1]:8000")
    ('localhost', '[::1]')
    """
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()


def _same_site(origin: str, headers: dict[str, str]) -> bool:
    site = origin.partition("://")[2]
    return site in (headers.get("host"), headers.get("x-forwarded-host"))


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            known = {name.lower() for name, _ in message.get("headers", [])}
            added = [(k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in known]
            message["headers"] = [*message.get("headers", []), *added]
        await send(message)

    return sending


async def _refuse(send: Send, status: int, message: str) -> None:
    body = json.dumps({"error": {"kind": "refused", "message": message}}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()),
               (b"connection", b"close")]  # fmt: skip
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
