"""A meter that is none, and a model server that answers with counted tokens."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler

from wattscale.measure.meter import Window

TOKEN_S = 0.005
"""The fake server gives one token in this time."""


class FakeMeter:
    device, count = "NVIDIA H100 80GB HBM3", 1

    def __init__(self, watts: float = 500.0) -> None:
        self.watts, self.start = watts, 0.0

    def begin(self) -> None:
        self.start = time.monotonic()

    def end(self) -> Window:
        seconds = time.monotonic() - self.start
        return Window(seconds, self.watts * seconds)


class Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if asked["model"] != "tiny":
            self.send_error(404, "no such model")
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            for _ in range(asked["max_tokens"]):
                time.sleep(TOKEN_S)
                self._event({"choices": [{"text": "word "}]})
            words = len(asked["prompt"].split())
            self._event({"choices": [], "usage": {"prompt_tokens": words, "completion_tokens": asked["max_tokens"]}})
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            return

    def _event(self, content: dict[str, object]) -> None:
        self.wfile.write(b"data: " + json.dumps(content).encode() + b"\n\n")
        self.wfile.flush()

    def log_message(self, *args: object) -> None:
        pass
