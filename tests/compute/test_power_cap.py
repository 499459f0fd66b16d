"""Power caps: direction and size of what they slow down and save."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.power import it_power_per_device, load_server
from wattscale.compute.power_cap import clock_at_draw, core_draw
from wattscale.compute.replica import choose_replica
from wattscale.compute.serving import ReplicaCurve, replica_curve
from wattscale.compute.serving_setting import Request, load_setting
from wattscale.compute.serving_work import Formats, Layout
from wattscale.compute.training_power import kernel_clock
from wattscale.workload.models import named_architecture

FP8 = Formats("fp8", "fp8", "fp8")
ENDLESS = 1e6


def _curve(catalog: Catalog, cap: float, request: Request, chip: str = "H200") -> ReplicaCurve:
    setting = load_setting(catalog, load_accelerator(catalog, chip), "trtllm", cap)
    arch = named_architecture(catalog, "Llama-2-70B")
    found = replica_curve(arch, setting, Layout(2), FP8, request)
    assert found is not None
    return found


def test_a_cap_slows_input_tokens_more_than_decoding(catalog: Catalog) -> None:
    """Decoding a few sequences waits for memory, whose clock stays; input tokens wait for the tensor units."""
    decode = Request(10.0, 1000.0, 0.0, ENDLESS, ENDLESS, 0.9)
    prefill = Request(4000.0, 1.0, 0.0, ENDLESS, ENDLESS, 0.9)
    speed = {
        name: _curve(catalog, 0.6, r).requests_per_s[at] / _curve(catalog, 1.0, r).requests_per_s[at]
        for name, r, at in (("decode", decode, 20), ("prefill", prefill, -1))
    }
    assert speed["prefill"] < 0.8
    assert speed["decode"] > 0.9


def test_power_stays_below_the_cap_and_a_loose_cap_changes_nothing(catalog: Catalog) -> None:
    request = Request(1000.0, 250.0, 0.0, ENDLESS, ENDLESS, 0.9)
    free, tight = _curve(catalog, 1.0, request), _curve(catalog, 0.8, request)
    tdp = load_accelerator(catalog, "H200").tdp_w
    assert (tight.device_power_w <= 0.8 * tdp + 1e-6).all()
    light = free.device_power_w < 0.7 * tdp
    assert light.any()
    assert tight.tpot_s[light] == pytest.approx(free.tpot_s[light], rel=1e-6)


def test_a_tighter_cap_is_never_faster(catalog: Catalog) -> None:
    request = Request(1000.0, 250.0, 0.0, ENDLESS, ENDLESS, 0.9)
    times = [_curve(catalog, cap, request).tpot_s for cap in (1.0, 0.8, 0.6, 0.4)]
    for loose, tight in pairwise(times):
        assert (tight >= loose - 1e-12).all()


def test_a_power_limited_server_matches_the_published_maxq_run(catalog: Catalog) -> None:
    """MLPerf Inference v4.1, Llama 2 70B offline on 8 H200: 31.3 k token/s by default, 25.3 k at 6.15 kW of the wall.

    The share of speed kept, 0.81, must come out within 0.07 at the cap that gives the published wall power.
    """
    h200 = load_accelerator(catalog, "H200")
    server = load_server(catalog, h200)
    request = Request(294.0, 294.0, 0.0, ENDLESS, ENDLESS, 0.9)
    arch = named_architecture(catalog, "Llama-2-70B")
    speed, wall = [], []
    caps = (0.65, 0.7, 0.75, 0.8, 0.85, 1.0)
    for cap in caps:
        found = choose_replica(arch, load_setting(catalog, h200, "trtllm", cap), FP8, request, [Layout(1)])
        speed.append(found.requests_per_s)
        device = float(found.curve.device_power_w[found.full])
        wall.append(8 * float(it_power_per_device(device, server).server_w) / 1e3)
    kept = float(np.interp(6.15, wall, speed)) / speed[-1]
    assert wall[0] < 6.15 < wall[-1]
    assert kept == pytest.approx(25.3 / 31.3, abs=0.07)


def test_the_clock_of_a_draw_undoes_the_draw_of_a_clock() -> None:
    clocks = np.linspace(0.3, 1.0, 15)
    assert clock_at_draw(core_draw(clocks, 0.89), 0.89) == pytest.approx(clocks)


def test_below_the_lowest_voltage_a_cap_costs_more_speed_than_the_cube_root() -> None:
    assert float(clock_at_draw(0.8, 0.89)) == pytest.approx(0.8 ** (1 / 3))
    assert float(clock_at_draw(0.5, 0.89)) == pytest.approx(0.5 / 0.89**2)
    assert float(clock_at_draw(0.5, 0.89)) < 0.5 ** (1 / 3)


def test_training_and_compute_bound_serving_lose_alike_under_one_cap(catalog: Catalog) -> None:
    """Both follow one rule; the draw they start from differs, so the speeds kept agree within a tenth."""
    h200 = load_accelerator(catalog, "H200")
    prefill = Request(4000.0, 1.0, 0.0, ENDLESS, ENDLESS, 0.9)
    for cap in (0.8, 0.6):
        serving = _curve(catalog, cap, prefill).requests_per_s[-1] / _curve(catalog, 1.0, prefill).requests_per_s[-1]
        assert kernel_clock(h200, catalog, cap) == pytest.approx(float(serving), abs=0.1)


def test_a_training_cap_never_costs_more_energy_per_token_than_no_cap(catalog: Catalog) -> None:
    """Above the lowest voltage a lower clock saves energy in the device."""
    h100 = load_accelerator(catalog, "H100")
    matrix = 0.93
    for cap in (0.9, 0.8, 0.75):
        assert cap / kernel_clock(h100, catalog, cap) <= matrix + 1e-9
