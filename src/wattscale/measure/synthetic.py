"""A Transformer of real sizes with random weights, decoded on this machine: no weights to fetch, no server to run.

In: an architecture, batch, context, precision. Out: tokens per second of decoding while a meter runs.
Leaves out: input tokens, experts and latent attention (dense softmax models only), sampling and scheduling of an
engine: what is left is the device's own time and power.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wattscale.errors import InfeasibleError, InputError
from wattscale.workload.architecture import Architecture, kv_cache_bytes, weight_bytes
from wattscale.workload.precision import bytes_per_element

DTYPES = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}
"""Precisions of the products and torch's words for them."""
WARMUP_STEPS = 3


@dataclass(frozen=True)
class Decoded:
    """What was decoded in the window.

    Attributes:
        steps: Steps [1].
        seconds: Time of them [s].
        runtime: What ran, with its version.
    """

    steps: int
    seconds: float
    runtime: str


def load_torch() -> Any:
    """Give torch.

    Raises:
        InputError: It is not installed.
    """
    try:
        return importlib.import_module("torch")
    except ImportError:
        hint = "Install it with its CUDA or ROCm support, or measure a server instead: --server URL"
        raise InputError("torch is not installed, which runs the synthetic model", where="measure", hint=hint) from None


def decode(
    arch: Architecture, batch: int, context: int, precision: str, seconds: float, begin: Callable[[], None],
    end: Callable[[], None], device: str = "cuda",
) -> Decoded:  # fmt: skip
    """Decode with random weights: one token for each sequence per step, keys and values of the context in place.

    Args:
        arch: A dense decoder with softmax attention.
        batch: Sequences [1].
        context: Tokens of each [token].
        precision: bf16, fp16 or fp32.
        seconds: Length of the window [s].
        begin: Called when the window starts.
        end: Called when it ends.
        device: torch's word for the device.

    Returns:
        Steps and time.

    Raises:
        InputError: Another kind of model or precision; no torch; no such device.
        InfeasibleError: The model with its cache does not fit the device.
    """
    torch = load_torch()
    sizes = _sizes(arch)
    if precision not in DTYPES:
        raise InputError("the synthetic model has not", where="--precision", value=precision, allowed=", ".join(DTYPES))
    if device == "cuda":
        _room(torch, arch, batch, context, precision)
    dtype = getattr(torch, DTYPES[precision])
    with torch.inference_mode():
        step = _step(torch, _Weights(torch, arch, sizes, batch, context, dtype, device))
        for _ in range(WARMUP_STEPS):
            step()
        wait = torch.cuda.synchronize if device == "cuda" else (lambda: None)
        wait()
        begin()
        start, steps = time.monotonic(), 0
        while time.monotonic() - start < seconds:
            step()
            wait()
            steps += 1
        took = time.monotonic() - start
        end()
    return Decoded(steps, took, f"synthetic decode, torch {torch.__version__}")


def _sizes(arch: Architecture) -> tuple[int, int, int, int, bool]:
    """Query heads, key/value heads, head width, feed-forward width, gated; of a stack of like layers."""
    group = arch.groups[0]
    a, f = group.attention, group.feed_forward
    plain = len({(g.attention, g.feed_forward) for g in arch.groups}) == 1 and not arch.encoder
    if not plain or a is None or f is None or a.kind not in ("full", "window") or a.kv_rank or f.kind != "dense":
        hint = "Take a dense one such as Llama-3.1-8B or Qwen3-14B, or measure a server"
        raise InputError("is not a dense model of like layers", where="--model", value=arch.name, hint=hint)
    return a.heads, a.kv_heads, a.head_dim, f.d_ff, f.gated


def _room(torch: Any, arch: Architecture, batch: int, context: int, precision: str) -> None:
    if not torch.cuda.is_available():
        raise InputError("torch sees no GPU", where="measure", hint="Install torch with CUDA or ROCm support")
    element = bytes_per_element(precision)
    needed = weight_bytes(arch, element) + batch * kv_cache_bytes(arch, float(context), element)
    free = float(torch.cuda.mem_get_info()[0])
    if needed > 0.95 * free:
        raise InfeasibleError(
            f"needs {needed / 1e9:.0f} GB of {free / 1e9:.0f} GB free", where="--model", value=arch.name,
            hint="Take a smaller model, fewer sequences (--batch) or fewer --input-tokens",
        )  # fmt: skip


class _Weights:
    """Random weights and cache of all layers."""

    def __init__(
        self, torch: Any, arch: Architecture, sizes: tuple[int, int, int, int, bool], batch: int, context: int,
        dtype: Any, device: str,
    ) -> None:  # fmt: skip
        self.heads, self.kv_heads, self.width, feed, self.gated = sizes
        d, layers, inner = arch.d_model, arch.layers, self.heads * self.width

        def make(*shape: int) -> Any:
            return torch.randn(shape, dtype=dtype, device=device) * 0.02

        self.qkv = [make(d, inner + 2 * self.kv_heads * self.width) for _ in range(layers)]
        self.out = [make(inner, d) for _ in range(layers)]
        self.up = [make(d, feed * (2 if self.gated else 1)) for _ in range(layers)]
        self.down = [make(feed, d) for _ in range(layers)]
        self.keys = [make(batch, self.kv_heads, context, self.width) for _ in range(layers)]
        self.values = [make(batch, self.kv_heads, context, self.width) for _ in range(layers)]
        self.head = make(d, arch.vocab)
        self.embedding = make(arch.vocab, d)
        self.token = torch.zeros(batch, dtype=torch.long, device=device)


def _step(torch: Any, w: _Weights) -> Callable[[], None]:
    """Make one decode step; the new key and value overwrite the oldest place of the cache."""
    functional = torch.nn.functional
    inner, kv = w.heads * w.width, w.kv_heads * w.width

    def norm(x: Any) -> Any:
        return x * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + 1e-6).to(x.dtype)

    def step() -> None:
        x = w.embedding[w.token]
        batch = x.shape[0]
        for layer in range(len(w.qkv)):
            mixed = norm(x) @ w.qkv[layer]
            q = mixed[:, :inner].view(batch, w.heads, 1, w.width)
            w.keys[layer][:, :, 0] = mixed[:, inner : inner + kv].view(batch, w.kv_heads, w.width)
            w.values[layer][:, :, 0] = mixed[:, inner + kv :].view(batch, w.kv_heads, w.width)
            seen = functional.scaled_dot_product_attention(q, w.keys[layer], w.values[layer], enable_gqa=True)
            x = x + seen.reshape(batch, inner) @ w.out[layer]
            up = norm(x) @ w.up[layer]
            gate, fed = up.chunk(2, dim=-1) if w.gated else (up, 1.0)
            fed = functional.silu(gate) * fed if w.gated else functional.gelu(gate)
            x = x + fed @ w.down[layer]
        w.token = (norm(x) @ w.head).argmax(-1)

    return step
