"""What the code of a model family fixes and its config.json therefore leaves out.

In: the `model_type` of a config. Out: default values and yes/no facts of the family.
Leaves out: everything a config says itself; an unknown family is read by its keys alone.
Source: the public modelling code of each family (Hugging Face transformers 4.x and the makers' own), read from memory
of that code and checked by the published parameter counts (tests/published/test_architectures.py).
"""

from __future__ import annotations

from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NOT_GATED: frozenset[str] = _words(
    "gpt2 gpt_neo gpt_neox gpt_neox_japanese gptj codegen opt bloom falcon mpt phi phi-msft starcoder2 "
    "gpt_bigcode nemotron nemotron_h persimmon bert roberta xlm-roberta distilbert deberta-v2 electra albert bart "
    "mbart m2m_100 nllb-moe pegasus whisper xglm biogpt ctrl rwkv rwkv5 rwkv6 rwkv7 arcee apertus "
    "switch_transformers refinedweb refinedwebmodel mixformer-sequential gpt btlm fuyu mamba2 mamba falcon_mamba "
    "cpmant speech_to_text gopher"
)
"""Families whose feed-forward has two matrices."""

TIED_BY_DEFAULT: frozenset[str] = _words(
    "gopher gpt2 gpt_neo opt bloom falcon refinedweb refinedwebmodel mpt starcoder2 gpt_bigcode gemma gemma2 gemma3 "
    "gemma3_text gemma3n gemma3n_text gemma4 gemma4_text cohere cohere2 mamba falcon_mamba recurrent_gemma t5 mt5 "
    "umt5 longt5 bart mbart m2m_100 nllb-moe pegasus whisper xglm biogpt bert roberta xlm-roberta modernbert "
    "electra albert ctrl ernie4_5 ernie4_5_moe smollm3 lfm2 lfm2_moe zamba2 switch_transformers minicpm minicpm3 btlm"
)
"""Families whose head is the embedding table unless the config says otherwise."""

FULL_BIAS: frozenset[str] = _words(
    "gopher gpt2 gpt_neo gpt_neox gptj codegen opt bloom phi phi-msft starcoder2 gpt_bigcode persimmon bert roberta "
    "xlm-roberta distilbert electra bart mbart m2m_100 nllb-moe pegasus whisper xglm biogpt phimoe"
)
"""Families whose matrices all have a bias."""

QKV_BIAS: frozenset[str] = _words("qwen qwen2 qwen2_moe qwen2_vl qwen2_5_vl chatglm glm4 glm4_moe dots1")
"""Families with a bias on queries, keys and values only."""

LEARNED_POSITIONS: Mapping[str, int] = {
    "gpt2": 0, "gpt_neo": 0, "opt": 2, "gpt_bigcode": 0, "bert": 0, "roberta": 0, "xlm-roberta": 0, "bart": 2,
    "mbart": 2, "electra": 0, "distilbert": 0, "biogpt": 2,
}  # fmt: skip
"""Families with a table of positions, and its rows beyond the longest context."""

LAYER_NORM: frozenset[str] = FULL_BIAS | frozenset({"falcon", "mpt", "stablelm", "rwkv", "rwkv5", "rwkv6", "nemotron"})
"""Families whose normalisations have a bias."""

OUTPUT_GATE: frozenset[str] = frozenset({"qwen3_next"})
"""Families whose attention output is gated without the config saying so."""

QK_NORM: frozenset[str] = _words(
    "qwen3 qwen3_moe qwen3_next qwen3_5_text qwen3_5_moe_text qwen3_vl_text qwen3_vl_moe_text gemma3_text gemma4_text"
)

ENCODER_ONLY: frozenset[str] = _words("bert roberta xlm-roberta distilbert deberta-v2 electra modernbert albert")

RELATIVE_POSITIONS: frozenset[str] = frozenset({"gopher", "transfo-xl", "xlnet"})
"""Families that project relative positions in every layer (Transformer-XL)."""

HALF_FEED_FORWARD: frozenset[str] = frozenset({"qwen", "recurrent_gemma", "hf_olmo"})
"""Families that state twice the inner width of the gated feed-forward."""

STATES_WIDTH: frozenset[str] = _words("llama mistral qwen2 qwen3 phi3 gemma2")
"""Families whose configs always state the width of the feed-forward, which no rule gives."""

SHARED_BLOCKS: frozenset[str] = frozenset({"zamba", "zamba2"})
"""Families that use one attention block in several layers, which the layer model cannot say."""

_MAMBA = {"state_size": 16, "expand": 2, "conv_kernel": 4}
_JAMBA = {
    "attn_layer_period": 8, "attn_layer_offset": 4, "expert_layer_period": 2, "expert_layer_offset": 1,
    "mamba_d_state": 16, "mamba_d_conv": 4, "mamba_expand": 2, "num_experts": 16, "num_experts_per_tok": 2,
}  # fmt: skip
_T5 = {"d_kv": 64, "feed_forward_proj": "relu", "vocab_size": 32128}
_GEMMA3 = {
    "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "vocab_size": 262208, "sliding_window": 4096,
    "sliding_window_pattern": 6, "max_position_embeddings": 131072,
}  # fmt: skip
_GEMMA3N = {
    "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 256, "vocab_size": 262400, "sliding_window": 512,
    "vocab_size_per_layer_input": 262144, "hidden_size_per_layer_input": 256, "laurel_rank": 64, "altup_num_inputs": 4,
    "num_kv_shared_layers": 15, "sliding_window_pattern": 5, "max_position_embeddings": 32768,
}  # fmt: skip
_LLAMA = {
    "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32, "num_attention_heads": 32,
    "vocab_size": 32000, "max_position_embeddings": 2048,
}  # fmt: skip
_MISTRAL = {
    **_LLAMA, "intermediate_size": 14336, "num_key_value_heads": 8, "max_position_embeddings": 131072,
}  # fmt: skip
_DEEPSEEK = {"qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "moe_layer_freq": 1}
_LINEAR = {
    "linear_num_value_heads": 32, "linear_num_key_heads": 16, "linear_key_head_dim": 128, "linear_value_head_dim": 128,
    "linear_conv_kernel_dim": 4, "full_attention_interval": 4, "decoder_sparse_step": 1,
}  # fmt: skip

DEFAULTS: Mapping[str, Mapping[str, object]] = {
    "llama": _LLAMA,
    "mistral": _MISTRAL,
    "mixtral": {**_MISTRAL, "num_local_experts": 8, "num_experts_per_tok": 2},
    "gemma2": {"sliding_window": 4096, "head_dim": 256, "num_key_value_heads": 4, "sliding_window_pattern": 2},
    "gemma3": _GEMMA3,
    "gemma3_text": _GEMMA3,
    "gemma3n": _GEMMA3N,
    "gemma3n_text": _GEMMA3N,
    "gemma": {"head_dim": 256},
    "cohere2": {"sliding_window": 4096, "sliding_window_pattern": 4},
    "mamba": {**_MAMBA, "vocab_size": 50280},
    "falcon_mamba": _MAMBA,
    "mamba2": {"state_size": 128, "expand": 2, "conv_kernel": 4, "n_groups": 8, "head_dim": 64},
    "jamba": _JAMBA,
    "t5": _T5,
    "mt5": {**_T5, "feed_forward_proj": "gated-gelu", "vocab_size": 250112},
    "umt5": {**_T5, "feed_forward_proj": "gated-gelu", "vocab_size": 250112},
    "switch_transformers": {**_T5, "num_experts_per_tok": 1},
    "gpt2": {"n_positions": 1024, "vocab_size": 50257},
    "gpt_neo": {"window_size": 256},
    "mpt": {"expansion_ratio": 4},
    "olmoe": {"num_experts": 64, "num_experts_per_tok": 8},
    "qwen2_moe": {"decoder_sparse_step": 1},
    "qwen3_moe": {"decoder_sparse_step": 1},
    "deepseek_v2": _DEEPSEEK,
    "deepseek_v3": _DEEPSEEK,
    "qwen3_next": {**_LINEAR, "head_dim": 256, "shared_expert_intermediate_size": 512},
    "llama4": {"interleave_moe_layer_step": 1, "attention_chunk_size": 8192, "no_rope_layer_interval": 4},
    "llama4_text": {"interleave_moe_layer_step": 1, "attention_chunk_size": 8192, "no_rope_layer_interval": 4},
    "rwkv": {"context_length": 1024, "vocab_size": 50277},
    "rwkv5": {"vocab_size": 65536, "head_size": 64},
    "rwkv6": {"vocab_size": 65536, "head_size": 64},
    "rwkv7": {"vocab_size": 65536, "head_dim": 64},
    "recurrent_gemma": {"attention_window_size": 2048, "conv1d_width": 4, "num_key_value_heads": 1},
    "lfm2": {"conv_L_cache": 3},
    "modernbert": {"global_attn_every_n_layers": 3, "local_attention": 128},
    "dbrx": {"max_seq_len": 2048},
}
"""Values that the family's code fills in where a config leaves them out."""
