"""Small models of every kind of token mixing, for tests."""

from __future__ import annotations

from wattscale.workload.architecture import Architecture, Attention, FeedForward, LayerGroup

FULL = Attention("full", 4, 2, 16, 16)
KINDS = {
    "full": FULL,
    "window": Attention("window", 4, 2, 16, 16, window=7),
    "chunk": Attention("chunk", 4, 2, 16, 16, window=7),
    "mla": Attention("mla", 4, 4, 24, 16, q_rank=12, kv_rank=20, rope_dim=8),
    "sparse": Attention("sparse", 4, 4, 24, 16, kv_rank=20, rope_dim=8, index_heads=2, index_dim=8, index_topk=5),
    "compressed": Attention(
        "compressed",
        4,
        1,
        16,
        16,
        window=6,
        kv_projections=1,
        compress_ratio=4,
        index_topk=3,
        index_heads=2,
        index_dim=8,
    ),
    "linear": Attention("linear", 4, 2, 16, 16, state_dim=16, conv_width=4, output_gate=True, head_gates=2),
    "mamba2": Attention("mamba2", 8, 1, 16, 16, state_dim=32, conv_width=4, groups=2),
    "rwkv": Attention("rwkv", 4, 1, 16, 16, state_dim=16, output_gate=True),
}
DENSE = FeedForward("dense", 256)


def model(attention: Attention | None, feed_forward: FeedForward | None = DENSE, layers: int = 3) -> Architecture:
    return Architecture("test", 64, 1000, False, (LayerGroup(layers, attention, feed_forward),), 4096)
