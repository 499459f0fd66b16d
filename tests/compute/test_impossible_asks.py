"""What cannot be done names the limit that binds and the nearest choice that can."""

from __future__ import annotations

import pytest

from wattscale.chain import walk
from wattscale.errors import InputError
from wattscale.scenario.load import load_scenario

TRAIN = ("workload.serving.requests_per_day=0",)
SERVE = ("workload.training.tokens=0",)
CASES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "405B trained on 8 devices": (
        (*TRAIN, "workload.training.devices=8"),
        ("workload.training.devices = 8", "763 GB per device of 80 GB", "Nearest that fits: 88 devices"),
    ),
    "405B trained on one old device": (
        (*TRAIN, "workload.training.devices=1", "compute.accelerator=T4",
         "workload.training.precision=fp16"),
        ("does not fit", "of 16 GB", "Nearest that fits"),
    ),
    "adapters of 405B on one device": (
        (*TRAIN, "workload.training.devices=1", "workload.training.trained_share=0"),
        ("does not fit", "Nearest that fits: 12 devices"),
    ),
    "a precision the device lacks": (
        (*TRAIN, "workload.training.precision=fp4"),
        ("workload.training.precision = 'fp4'", "H100-SXM5-80GB trains in", "Nearest: fp8"),
    ),
    "training within two minutes": (
        (*TRAIN, "workload.training.days=0.001"),
        ("workload.training.days = 0.001", "a batch splits over so many", "days", "global_batch_tokens"),
    ),
    "more tensor and pipeline ranks than devices": (
        (*TRAIN, "workload.training.devices=16", "workload.training.tensor_parallel=8",
         "workload.training.pipeline_parallel=8"),
        ("workload.training.devices = 16", "need at least 64 devices"),
    ),
    "a degree that does not divide the heads": (
        (*TRAIN, "workload.training.tensor_parallel=7"),
        ("workload.training.tensor_parallel = 7", "128 heads", "Nearest that does: 8"),
    ),
    "more stages than layers": (
        (*TRAIN, "workload.training.pipeline_parallel=1000"),
        ("workload.training.pipeline_parallel = 1000", "1 to 126"),
    ),
    "nothing sharded and nothing recomputed": (
        (*TRAIN, "workload.training.zero_stage=0", "workload.training.recompute=none",
         "workload.training.tensor_parallel=1", "workload.training.pipeline_parallel=1"),
        ("does not fit", "free"),
    ),
    "full recompute would make it fit": (
        (*TRAIN, "workload.model=Llama-3.1-70B", "workload.training.devices=16", "workload.training.recompute=none",
         "workload.training.sequence_length=32768"),
        ("does not fit", "recompute = 'full'"),
    ),
    "a sequence of ten million tokens": (
        (*TRAIN, "workload.training.sequence_length=10000000"),
        ("does not fit", "a sequence of about", "tokens does"),
    ),
    "training on a chip of a quarter gigabyte": (
        (*TRAIN, "compute.accelerator=Groq LPU v1", "workload.training.precision=fp16"),
        ("of 0.23 GB", "a device with more memory"),
    ),
    "a spiking chip": (
        (*SERVE, "compute.accelerator=Loihi 2"),
        ("compute.accelerator = 'Intel Loihi 2'", "neuromorphic", "memory_tb_per_s"),
    ),
    "405B served on one device": (
        (*SERVE, "workload.serving.tensor_parallel=1"),
        ("workload.serving.tensor_parallel = 1", "406 GB", "The smallest that fits is 8"),
    ),
    "a token every hundredth of a millisecond": (
        (*SERVE, "workload.serving.tpot_ms=0.01"),
        ("workload.serving.tpot_ms = 0.01", "floor", "reading weights", "allowed: >="),
    ),
    "a first token at once": (
        (*SERVE, "workload.serving.ttft_s=0.0001"),
        ("workload.serving.ttft_s = 0.0001", "computing 1000 input tokens", "allowed: >="),
    ),
    "ten million tokens of context": (
        (*SERVE, "workload.serving.input_tokens=10000000"),
        ("workload.serving", "floor", "allowed: >="),
    ),
    "405B on a telephone": (
        (*SERVE, "compute.accelerator=Snapdragon 8 Elite"),
        ("compute.accelerator = 'Snapdragon 8 Elite'", "does not fit", "more memory"),
    ),
    "no tokens at all": (
        (*SERVE, *TRAIN),
        ("workload.training.tokens", "workload.serving.requests_per_day", "above zero"),
    ),
    "answers of no tokens": (
        (*SERVE, "workload.serving.output_tokens=0"),
        ("workload.serving.output_tokens = 0", ">= 1"),
    ),
    "more key/value heads than heads": (
        (*SERVE, "workload.architecture.kv_heads=1000"),
        ("workload.architecture.kv_heads = 1000", "1 to 128"),
    ),
    "fewer parameters than the attention has": (
        (*SERVE, "workload.architecture.params_total_b=1"),
        ("workload.architecture.params_total_b = 1", "smaller model"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_impossible_ask_names_its_limit_and_the_nearest_choice(name: str) -> None:
    settings, words = CASES[name]
    with pytest.raises(InputError) as raised:
        walk(load_scenario(None, list(settings)), "compute")
    missing = [word for word in words if word not in str(raised.value)]
    assert missing == [], str(raised.value)


@pytest.mark.parametrize(
    ("settings", "nearest"),
    [
        (("workload.training.devices=8",), "workload.training.devices=88"),
        (("workload.training.tensor_parallel=7",), "workload.training.tensor_parallel=8"),
        (("workload.training.pipeline_parallel=1000",), "workload.training.pipeline_parallel=126"),
        (("workload.training.sequence_length=10000000",), "workload.training.sequence_length=7000000"),
        (("workload.training.devices=1", "workload.training.trained_share=0"), "workload.training.devices=12"),
    ],
)
def test_the_nearest_choice_named_is_feasible(settings: tuple[str, ...], nearest: str) -> None:
    found = walk(load_scenario(None, [*TRAIN, *settings, nearest]), "compute").results["compute"]
    assert found.training.devices > 0
