"""A steady load on a local OpenAI-compatible model server, and what its users see.

In: address, model, concurrency, lengths, seconds. Out: `Load` with speed and latencies over the steady window.
Leaves out: power (meter.py) and queueing: it is a closed loop, each client sends its next request when one is done.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from wattscale.errors import InputError, WattscaleError

TIMEOUT_S = 600.0
"""A server that stays silent for this long has failed."""
PATIENCE_S = 5.0
"""Clients that are still waiting for the server when the window is over are left behind after this."""
WORDS = ("time", "river", "stone", "paper", "light", "north", "water", "house", "green", "seven")
"""Words of about one token each; prompts are drawn from them, so that no prefix is cached."""


@dataclass(frozen=True)
class Load:
    """What a closed loop of clients got in its steady window.

    Attributes:
        tokens_per_s: Output tokens per second of all clients [token/s].
        running: Mean number of requests under way [1].
        tpot_ms: Mean time per output token after the first [ms].
        ttft_s: Mean time to the first token [s].
        input_tokens, output_tokens: Mean lengths, as the server counts them where it says so [token].
        requests: Requests that ended in the window [1].
    """

    tokens_per_s: float
    running: float
    tpot_ms: float
    ttft_s: float
    input_tokens: float
    output_tokens: float
    requests: int


@dataclass
class _Done:
    """One request: when its tokens came, and how long the server says they were."""

    sent: float
    stamps: list[float] = field(default_factory=list)
    prompt_tokens: int = 0
    output_tokens: int = 0


def run_load(
    url: str, model: str, concurrency: int, input_tokens: int, output_tokens: int, seconds: float, warmup_s: float,
    begin: Callable[[], None], end: Callable[[], None], seed: int = 0,
) -> Load:  # fmt: skip
    """Load a server with clients that always have one request under way, and watch a steady window.

    Args:
        url: Base address of the server, such as http://localhost:8000/v1.
        model: Name the server knows the model by.
        concurrency: Clients [1].
        input_tokens: Length of a prompt, about [token].
        output_tokens: Length of an answer [token].
        seconds: Length of the window [s].
        warmup_s: Time before it [s].
        begin: Called when the window starts.
        end: Called when it ends.
        seed: Of the prompts.

    Returns:
        What the clients got in the window.

    Raises:
        InputError: The server cannot be reached or refuses.
        WattscaleError: No token came in the window.
    """
    done: list[_Done] = []
    errors: list[Exception] = []
    stop = threading.Event()

    def client(number: int) -> None:
        draw = random.Random(seed * 1_000_003 + number)
        while not stop.is_set():
            prompt = " ".join(draw.choices(WORDS, k=max(1, input_tokens)))
            request = _Done(time.monotonic())
            done.append(request)
            try:
                _ask(url, model, prompt, output_tokens, request, stop)
            except (OSError, http.client.HTTPException, ValueError, WattscaleError) as error:
                errors.append(error)
                stop.set()

    threads = [threading.Thread(target=client, args=(n,), daemon=True) for n in range(concurrency)]
    for thread in threads:
        thread.start()
    stop.wait(warmup_s)
    begin()
    start = time.monotonic()
    stop.wait(seconds)
    finish = time.monotonic()
    end()
    stop.set()
    patience = time.monotonic() + PATIENCE_S
    for thread in threads:
        thread.join(timeout=max(0.0, patience - time.monotonic()))
    if errors:
        if isinstance(errors[0], InputError):
            raise errors[0]
        raise InputError(f"does not answer: {errors[0]}", where="--server", value=url, hint="Is it up?") from errors[0]
    return _summary(list(done), start, finish, input_tokens)


def _ask(url: str, model: str, prompt: str, output_tokens: int, request: _Done, stop: threading.Event) -> None:
    """Stream one answer and stamp each token."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        allowed = "such as http://localhost:8000/v1"
        raise InputError("is no address of a server", where="--server", value=url, allowed=allowed)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    link = kind(parts.hostname, parts.port, timeout=TIMEOUT_S)
    body = {
        "model": model, "prompt": prompt, "max_tokens": output_tokens, "min_tokens": output_tokens, "ignore_eos": True,
        "temperature": 0.0, "stream": True, "stream_options": {"include_usage": True},
    }  # fmt: skip
    try:
        path = f"{parts.path.rstrip('/')}/completions"
        link.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = link.getresponse()
        if answer.status != http.client.OK:
            with closing(answer):
                said = answer.read(300).decode("utf-8", "replace")
            raise InputError(f"refuses with {answer.status}: {said}", where="--server", value=url)
        with closing(answer):
            for line in answer:
                if stop.is_set():
                    return
                _stamp(line, request)
    finally:
        link.close()


def _stamp(line: bytes, request: _Done) -> None:
    text = line.strip()
    if not text.startswith(b"data:") or text == b"data: [DONE]":
        return
    event = json.loads(text[5:])
    if event.get("choices") and event["choices"][0].get("text"):
        request.stamps.append(time.monotonic())
    usage = event.get("usage")
    if usage:
        request.prompt_tokens = int(usage.get("prompt_tokens") or 0)
        request.output_tokens = int(usage.get("completion_tokens") or 0)


def _summary(done: list[_Done], start: float, finish: float, input_tokens: int) -> Load:
    """Sum up the window; an event may hold several tokens, so events are scaled by the server's own counts."""
    whole = [d for d in done if d.output_tokens and d.stamps]
    events = sum(len(d.stamps) for d in whole)
    per_event = sum(d.output_tokens for d in whole) / events if events else 1.0
    inside = sum(1 for d in done for s in d.stamps if start <= s < finish)
    if inside == 0:
        raise WattscaleError("no token came within the window; measure longer or with shorter prompts")
    under_way = sum(max(0.0, min(d.stamps[-1], finish) - max(d.sent, start)) for d in done if d.stamps)
    gaps = [(d.stamps[-1] - d.stamps[0]) / ((len(d.stamps) - 1) * per_event) for d in done if len(d.stamps) > 1]
    first = [d.stamps[0] - d.sent for d in done if d.stamps and d.stamps[0] >= start]
    counted = [d.prompt_tokens for d in whole if d.prompt_tokens]
    ended = [d for d in whole if start <= d.stamps[-1] < finish]
    lengths = [d.output_tokens for d in whole] or [len(d.stamps) for d in done if d.stamps]
    return Load(
        tokens_per_s=inside * per_event / (finish - start),
        running=max(1.0, under_way / (finish - start)),
        tpot_ms=1000.0 * sum(gaps) / len(gaps) if gaps else 0.0,
        ttft_s=sum(first) / len(first) if first else 0.0,
        input_tokens=sum(counted) / len(counted) if counted else float(input_tokens),
        output_tokens=sum(lengths) / len(lengths),
        requests=len(ended),
    )
