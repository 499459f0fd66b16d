"""Engines that compute input tokens alone, and the group they form with engines that decode, step times given."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.catalog import Catalog
from wattscale.compute import serving_pods
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.roofline import Step
from wattscale.compute.serving_pods import InputEngine, input_engine, input_pace
from wattscale.compute.serving_setting import Request, Setting, load_setting
from wattscale.compute.serving_work import Formats, Layout
from wattscale.compute.speculation import NO_DRAFT, Speculation
from wattscale.workload.architecture import Architecture, Attention, FeedForward, LayerGroup

MODEL = Architecture(
    "by hand", 10, 100, False, (LayerGroup(3, Attention("full", 6, 2, 4, 5), FeedForward("dense", 7)),), 1000
)
REQUEST = Request(400.0, 10.0, 0.75, 1.0, 0.05, 0.9)
"""100 of 400 input tokens are not cached; first token within a second, 50 ms a token."""


@pytest.fixture
def setting(catalog: Catalog) -> Setting:
    chip = replace(load_accelerator(catalog, "H100"), tdp_w=700.0, link_bytes_per_s=200.0, memory_bytes_per_s=50.0)
    found = load_setting(catalog, chip, "vllm")
    return replace(
        found, accelerator=chip, chunk_tokens=512.0, first_token_s=0.05, own_factor=2.0, input_length_cv=0.3,
        transfer_bytes_per_s=100.0, power=replace(found.power, idle=0.1), speculation=Speculation(1, 1.0, 0.0),
    )  # fmt: skip


def step(*seconds: float) -> Step:
    return Step(np.array(seconds), *(np.array(seconds) * (i + 1) for i in range(10)))


def test_the_pace_of_an_engine_for_input(monkeypatch: pytest.MonkeyPatch, setting: Setting) -> None:
    """A lone request takes 20 ms for its 100 tokens; 512 of 5.12 requests 51.2 ms, 10 ms a request."""
    asked: dict[str, object] = {}
    free = [1.0]

    def cycle(arch, used, layout, formats, prompts, request, computed, limited):  # type: ignore[no-untyped-def]
        asked.update(speculation=used.speculation, prompts=prompts, output=request.output_tokens, computed=computed,
                     limited=limited)  # fmt: skip
        return SimpleNamespace(
            mixed_s=np.array([0.02, 0.0512]), mixed_tokens=np.array([100.0, 512.0]), decode_s=np.array([0.003, 0.004]),
            mixed=step(0.02, 0.0512),
        )  # fmt: skip

    monkeypatch.setattr(serving_pods, "free_bytes", lambda *_: free[0])
    monkeypatch.setattr(serving_pods, "capped_cycle", cycle)
    monkeypatch.setattr(serving_pods, "step_power", lambda *_: np.array([300.0, 600.0]))
    found = input_pace(MODEL, setting, Layout(2), Formats(), REQUEST)
    assert found is not None
    assert (asked["speculation"], asked["output"], asked["limited"]) == (NO_DRAFT, 1.0, "mixed")
    assert (asked["computed"], asked["prompts"]) == (100.0, pytest.approx([1e-9, 5.12]))
    assert found.service_s == pytest.approx(0.01)
    assert found.unqueued_s == pytest.approx(0.05 + 2 * 100 * 2e-4)
    assert (found.decode_s, found.together, found.power_w) == (0.004, pytest.approx(5.12), 600.0)
    assert float(found.step.time_s) == 0.0512
    assert (float(found.step.compute_s), float(found.step.link_s)) == pytest.approx((2 * 0.0512, 3 * 0.0512))
    input_pace(MODEL, setting, Layout(2), Formats(), replace(REQUEST, cached_share=1.0))
    assert (asked["computed"], asked["prompts"]) == (1.0, pytest.approx([1e-9, 512.0])), "one token is never cached"
    input_pace(MODEL, setting, Layout(2), Formats(), replace(REQUEST, input_tokens=4000.0))
    assert asked["prompts"] == pytest.approx([1e-9, 1.0]), "a request of more than a step holds has it alone"
    free[0] = 0.0
    assert input_pace(MODEL, setting, Layout(2), Formats(), REQUEST) is None


def test_the_load_of_an_engine_for_input_keeps_the_first_token_in_time(
    monkeypatch: pytest.MonkeyPatch, setting: Setting
) -> None:
    """0.1 s alone and 40 byte over two links of 100 byte/s, 0.2 s more; a load of x waits for x s: 0.7 at most."""
    asked: list[object] = []
    monkeypatch.setattr(serving_pods, "kv_cache_bytes", lambda *given: asked.append(given[1:]) or 40.0)
    wait = {"scale": 1.0}

    def queue(rate, service, quantile, cv):  # type: ignore[no-untyped-def]
        asked.append((quantile, cv))
        return wait["scale"] * rate * service - 1e-6

    monkeypatch.setattr(serving_pods, "quantile_wait", queue)
    pace = SimpleNamespace(service_s=0.02, unqueued_s=0.1, power_w=600.0)
    monkeypatch.setattr(serving_pods, "input_pace", lambda *_: pace)
    found = input_engine(MODEL, setting, Layout(2), Formats("fp8", "fp8", "fp8"), REQUEST)
    assert found == InputEngine(Layout(2), 0.02, pytest.approx(0.3), pytest.approx(0.7 / 0.02), 600.0)
    assert asked == [(400.0, 1.0), (0.9, 0.3)]
    wait["scale"] = 0.0
    idle = input_engine(MODEL, setting, Layout(2), Formats(), REQUEST)
    assert idle is not None
    assert idle.requests_per_s == pytest.approx(0.99 / 0.02)
    wait["scale"] = 0.6 / 0.01  # A load of one hundredth waits for 0.6 s, of two for 1.2.
    light = input_engine(MODEL, setting, Layout(2), Formats(), REQUEST)
    assert light is not None
    assert light.requests_per_s == pytest.approx(0.01 / 0.02)
    wait["scale"] = 71.0
    assert input_engine(MODEL, setting, Layout(2), Formats(), REQUEST) is None
    wait["scale"] = 0.0
    ways = [replace(setting, transfer_bytes_per_s=0.0)]
    ways.append(replace(ways[0], accelerator=replace(setting.accelerator, link_bytes_per_s=0.0)))
    first = [input_engine(MODEL, way, Layout(2), Formats(), REQUEST) for way in ways]
    assert [e.unqueued_s for e in first if e] == pytest.approx([0.1 + 40 / 400, 0.1 + 40 / 100])
    monkeypatch.setattr(serving_pods, "input_pace", lambda *_: None)
    assert input_engine(MODEL, setting, Layout(2), Formats(), REQUEST) is None


def test_a_group_of_both_kinds_of_engines(monkeypatch: pytest.MonkeyPatch, setting: Setting) -> None:
    """Steps of 40, 80 and 160 ms give two tokens each; at 50 ms a token 4 sequences are 10 requests a second.

    An engine of 2 devices takes in 10 a second beside one of 4 that decodes: 6 devices a group; two of each are no
    better. Its 2 of 6 devices take 70 W and 530 W more by its load of 0.02 s a request.
    """
    asked = []
    monkeypatch.setattr(serving_pods, "batches", lambda *_: np.array([1.0, 4.0, 16.0]))
    monkeypatch.setattr(
        serving_pods, "capped_cycle", lambda *g: asked.append(g[6]) or SimpleNamespace(mean=step(0.04, 0.08, 0.16))
    )
    monkeypatch.setattr(serving_pods, "step_power", lambda *_: np.array([300.0, 400.0, 500.0]))
    monkeypatch.setattr(serving_pods, "quantile_wait", lambda rate, service, q, cv: rate * service * q * cv)
    first = InputEngine(Layout(2), 0.08, 0.3, 10.0, 600.0)
    found = serving_pods._pod(MODEL, setting, Layout(4), Formats(), REQUEST, first)
    assert found is not None
    assert (found.engines, found.input_engines, found.input_layout, found.devices) == (1, 1, Layout(2), 6)
    assert asked == [0.0]
    rate = np.array([1 / 0.2, 4 / 0.4, 16 / 0.8])
    assert found.tpot_s == pytest.approx([0.02, 0.04, 0.08])
    assert found.requests_per_s == pytest.approx(rate)
    assert found.ttft_s == pytest.approx(0.3 + rate * 0.08 * 0.9 * 0.3)
    load = np.array([0.4, 0.8, 1.0])
    assert found.device_power_w == pytest.approx(np.array([300, 400, 500]) * 2 / 3 + (70 + 530 * load) / 3)
    assert found.input_time_share == pytest.approx([1 / 3] * 3)
    assert (found.unqueued_s.tolist(), found.service_s.tolist()) == ([0.3] * 3, [0.08] * 3)
    # Half the pace of input: two engines of it for one that decodes, each with half of the requests.
    found = serving_pods._pod(MODEL, setting, Layout(4), Formats(), REQUEST, replace(first, requests_per_s=5.0))
    assert found is not None
    assert (found.engines, found.input_engines) == (1, 2)
    assert found.ttft_s == pytest.approx(0.3 + rate / 2 * 0.08 * 0.9 * 0.3)
    assert found.device_power_w == pytest.approx((np.array([300, 400, 500]) + 70 + 530 * rate * 0.04) / 2)
    # Twice the pace: one for two that decode.
    found = serving_pods._pod(MODEL, setting, Layout(4), Formats(), REQUEST, replace(first, requests_per_s=20.0))
    assert found is not None
    assert (found.engines, found.input_engines) == (2, 1)
    assert found.sequences == pytest.approx([2.0, 8.0, 32.0])
    assert found.requests_per_s == pytest.approx(2 * rate)
    assert found.input_time_share == pytest.approx([0.2] * 3)
    # Where no batch is fast enough the first one sets the proportion: 5 a second.
    hasty = replace(REQUEST, tpot_s=0.01)
    found = serving_pods._pod(MODEL, setting, Layout(4), Formats(), hasty, replace(first, requests_per_s=5.0))
    assert found is not None
    assert (found.engines, found.input_engines) == (1, 1)
    monkeypatch.setattr(serving_pods, "batches", lambda *_: None)
    assert serving_pods._pod(MODEL, setting, Layout(4), Formats(), REQUEST, first) is None
