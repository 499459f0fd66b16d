"""Measuring a server and asking for what this machine has not."""

from __future__ import annotations

import importlib.util
import sys
import types

import pytest
from fake_machine import TOKEN_S, FakeMeter

from wattscale.errors import InputError
from wattscale.measure import Ask, batches_of, facts_of, measure
from wattscale.measure.meter import open_meter
from wattscale.measure.synthetic import decode
from wattscale.workload.architecture import Architecture, Attention, FeedForward, LayerGroup

TINY = Architecture(
    "tiny", 16, 32, False, (LayerGroup(2, Attention("full", 2, 1, 8, 8), FeedForward("dense", 32)),), 64
)


def ask(url: str, **changes: object) -> Ask:
    plain = {
        "server": url, "model": "tiny", "batches": (4,), "input_tokens": 7, "output_tokens": 20, "seconds": 0.5,
        "warmup_s": 0.2, "facts": (("tp", "1"),),
    }  # fmt: skip
    return Ask(**{**plain, **changes})


def test_a_server_under_steady_load_gives_speed_power_and_energy(server: str) -> None:
    (row,) = measure(ask(server), meter=lambda: FakeMeter(500.0))
    speed = float(row["output_tokens_per_s"])
    assert 0.1 * 4 / TOKEN_S < speed <= 1.05 * 4 / TOKEN_S
    assert float(row["avg_power_W"]) == pytest.approx(500.0)
    assert float(row["energy_per_token_J"]) == pytest.approx(500.0 / speed, rel=1e-4)
    assert float(row["avg_batch_size"]) == pytest.approx(4.0, rel=0.3)
    assert (row["avg_input_len"], row["avg_output_len"], row["precision"], row["tp"]) == ("7", "20", "bf16", "1")
    assert 1000 * TOKEN_S < float(row["itl_or_tpot_mean_ms"]) < 20_000 * TOKEN_S


def test_speed_alone_needs_no_meter(server: str) -> None:
    def none() -> FakeMeter:
        raise AssertionError("no meter is asked for")

    (row,) = measure(ask(server, speed_only=True), meter=none)
    assert float(row["output_tokens_per_s"]) > 0
    assert row["avg_power_W"] == ""


def test_a_server_that_refuses_says_why(server: str) -> None:
    with pytest.raises(InputError, match="refuses with 404"):
        measure(ask(server, model="other"), meter=FakeMeter)


@pytest.mark.parametrize(("url", "word"), [("http://127.0.0.1:9", "does not answer"), ("nonsense", "no address")])
def test_a_server_that_is_not_there_is_named(url: str, word: str) -> None:
    with pytest.raises(InputError, match=word):
        measure(ask(url), meter=FakeMeter)


@pytest.mark.skipif(importlib.util.find_spec("zeus") is not None, reason="zeus is installed")
def test_without_zeus_the_remedy_is_named() -> None:
    with pytest.raises(InputError, match=r"zeus is not installed.*wattscale\[measure\]"):
        open_meter()


def fake_zeus(monkeypatch: pytest.MonkeyPatch, gpus: object) -> None:
    class Monitor:
        def __init__(self, gpu_indices: list[int], approx_instant_energy: bool) -> None:
            self.count = len(gpu_indices)

        def begin_window(self, key: str, sync_execution: bool) -> None:
            pass

        def end_window(self, key: str, sync_execution: bool) -> object:
            return types.SimpleNamespace(time=2.0, total_energy=600.0 * self.count)

    def get_gpus() -> object:
        if isinstance(gpus, Exception):
            raise gpus
        return gpus

    parts = {
        "zeus": {}, "zeus.device": {}, "zeus.monitor": {}, "zeus.device.gpu": {"get_gpus": get_gpus},
        "zeus.device.exception": {"ZeusBaseGPUError": LookupError}, "zeus.monitor.energy": {"ZeusMonitor": Monitor},
    }  # fmt: skip
    for name, content in parts.items():
        module = types.ModuleType(name)
        module.__dict__.update(content)
        monkeypatch.setitem(sys.modules, name, module)


def test_the_meter_reads_all_devices_through_zeus(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gpus:
        def __len__(self) -> int:
            return 2

        def get_name(self, index: int) -> str:
            return "NVIDIA H200"

    fake_zeus(monkeypatch, Gpus())
    meter = open_meter()
    meter.begin()
    assert (meter.device, meter.count, meter.end().watts) == ("NVIDIA H200", 2, 600.0)


def test_a_machine_without_a_gpu_is_told_by_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_zeus(monkeypatch, LookupError("NVML unavailable"))
    with pytest.raises(InputError, match=r"no GPU of this machine can be read.*NVML unavailable"):
        open_meter()


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is installed")
def test_the_synthetic_model_says_that_it_needs_torch() -> None:
    with pytest.raises(InputError, match="torch is not installed"):
        measure(Ask(), meter=FakeMeter)


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_the_synthetic_model_decodes_on_the_processor() -> None:
    done = decode(TINY, 2, 8, "fp32", 0.05, lambda: None, lambda: None, device="cpu")
    assert done.steps > 0


def test_batches_and_facts_are_checked() -> None:
    assert batches_of("1, 64") == (1, 64)
    for wrong in ("", "0", "a", "1,,2", "-3", "99999"):
        with pytest.raises(InputError, match="--batch"):
            batches_of(wrong)
    with pytest.raises(InputError, match="gpu_model"):
        facts_of(["gpu_modell=H100"])
