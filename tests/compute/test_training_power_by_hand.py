"""Power of a training run from round numbers: kernels and the rest of a step, caps, pauses, the hours of a year."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.catalog import Catalog
from wattscale.compute import training_power
from wattscale.compute.accelerators import Accelerator, load_accelerator
from wattscale.compute.goodput import Goodput
from wattscale.compute.power import PowerCoefficients, ServerClass
from wattscale.compute.power_cap import CapRules
from wattscale.compute.training_power import cap_speed, kernel_clock, run_power, step_power_share, training_year

SHARES = {"matrix_power_share": 0.9, "stall_power_share": 0.4}
SERVER = ServerClass("by hand", 8, 4, host_idle_w=50.0, host_active_w=130.0, fan_share=0.25, psu_efficiency=0.8,
                     network_w=40.0, storage_w=10.0)  # fmt: skip
BEST = SimpleNamespace(
    step=SimpleNamespace(matrix=2.0, attention=1.0, recompute=3.0, elementwise=5.0, total=16.0, flops=4e12)
)
"""A step of 16 s, 6 s of them kernels, of 4e12 FLOP."""


@pytest.fixture
def chip(monkeypatch: pytest.MonkeyPatch, catalog: Catalog) -> Accelerator:
    """700 W, a tenth of it idle, 2e12 FLOP/s; kernels draw 0.9 of it and the rest of a step 0.4."""
    power = PowerCoefficients(0.1, 0.0, 1.0, 0.5, 0.1, 0.0, 0.0, 0.8, {"bf16": 1.0})
    monkeypatch.setattr(training_power, "load_power_coefficients", lambda *_: power)
    monkeypatch.setattr(training_power, "coefficient", lambda catalog, chip, name: SHARES[name])
    monkeypatch.setattr(training_power, "load_cap_rules", lambda *_: CapRules(0.7, 0.3))
    return replace(load_accelerator(catalog, "H100"), tdp_w=700.0, peak_flops={"bf16": 2e12})


@pytest.mark.parametrize(
    ("kernels", "cap", "share"),
    [
        (0.25, 1.0, 0.25 * 0.9 + 0.75 * 0.4),
        (0.25, 0.6, 0.25 * 0.6 + 0.75 * 0.4),  # The cap holds the kernels,
        (0.25, 0.3, 0.3),  # and below what the rest draws all of the step.
        (0.0, 1.0, 0.4),
        (1.0, 1.0, 0.9),
    ],
)
def test_kernels_and_the_rest_of_a_step_draw_their_share_of_the_time(kernels: float, cap: float, share: float) -> None:
    assert step_power_share(kernels, 0.9, 0.4, cap) == pytest.approx(share)


@pytest.mark.parametrize(
    ("cap", "clock"),
    [
        (1.0, 1.0),
        (0.9, 1.0),  # What kernels draw of themselves.
        (0.5, (0.5**1.25) ** (1 / 3)),  # Half of the 0.8 above idle: 0.42 of the activity, above 0.7^3.
        (0.34, 0.3**1.25 / 0.49),  # 0.3 of it: 0.22, below 0.343, where the draw goes with the clock alone.
        (0.2, 0.3),  # 0.0743 / 0.49 would be 0.15: the lowest clock is 0.3.
        (0.1, 0.3),
        (0.05, 0.3),  # A cap below idle leaves no room at all.
    ],
)
def test_the_clock_of_kernels_under_a_cap(chip: Accelerator, cap: float, clock: float) -> None:
    """The draw above idle is the activity to the power of 0.8, so the activity is what is left of the draw to 1.25."""
    assert kernel_clock(chip, None, cap) == pytest.approx(clock, rel=1e-9)  # type: ignore[arg-type]


def test_a_run_that_computes_all_the_time_slows_with_its_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """6 of 16 s are kernels; three times as fast they would be more than all of it, which is all."""
    monkeypatch.setattr(training_power, "kernel_clock", lambda *_: 0.4)
    speeds = [cap_speed(BEST, None, None, 0.5, tuned) for tuned in (1.0, 0.5, 3.0)]  # type: ignore[arg-type]
    assert speeds == pytest.approx([1 / (0.375 / 0.4 + 0.625), 1 / (0.1875 / 0.4 + 0.8125), 0.4])


def paused(**shares: float) -> Goodput:
    none = dict.fromkeys(("restart_share", "lost_work_share", "checkpoint_share", "evaluation_share"), 0.0)
    return Goodput(**{**none, "interruptions_per_day": 0.0, "checkpoint_interval_s": 0.0, "value": 1.0, **shares})


@pytest.mark.parametrize("cap", [1.0, 0.5])
def test_power_of_a_run_at_half_the_speed_of_its_best(
    monkeypatch: pytest.MonkeyPatch, chip: Accelerator, cap: float
) -> None:
    """Steps take 32 s, 6 of them kernels at full clock; a fifth of the run draws idle power.

    Steps, evaluation and steps that are lost all draw like steps; a server takes 130 W busy and 50 idle a device, a
    quarter more for fans, through supplies that pass on 0.8; 50 W of network and storage stand beside it.
    """
    asked = []
    monkeypatch.setattr(training_power, "load_server", lambda catalog, chip, cooling: asked.append(cooling) or SERVER)
    useful = paused(value=0.5, evaluation_share=0.2, lost_work_share=0.1, restart_share=0.15, checkpoint_share=0.05)
    found = run_power(BEST, useful, chip, "bf16", None, 0.5, cap, "liquid")  # type: ignore[arg-type]
    assert asked == ["liquid"]
    clock = 1.0 if cap == 1.0 else (0.5**1.25) ** (1 / 3)
    kernels = 6 / clock / 32
    busy = 700 * (kernels * min(0.9, cap) + (1 - kernels) * 0.4)
    device = 0.8 * busy + 0.2 * 70
    assert found.kernel_share == pytest.approx(kernels, rel=1e-9)
    assert found.busy_device_w == pytest.approx(busy, rel=1e-9)
    assert found.device_w == pytest.approx(device, rel=1e-9)
    server = (device + 50 + 0.8 * 80) * 1.25 / 0.8
    assert found.server_w == pytest.approx(server, rel=1e-9)
    assert found.total_w == pytest.approx(server + 50, rel=1e-9)
    assert found.network_w == 40.0
    assert found.idle_total_w == pytest.approx((70 + 50) * 1.25 / 0.8 + 50, rel=1e-9)
    assert found.compute_utilisation == pytest.approx(4e12 / 32 / 2e12, rel=1e-9)


def test_kernels_never_draw_for_longer_than_the_step(monkeypatch: pytest.MonkeyPatch, chip: Accelerator) -> None:
    """Four times as fast as its best layout 6 of 4 s would be kernels: the step draws what they do."""
    monkeypatch.setattr(training_power, "load_server", lambda *_: SERVER)
    found = run_power(BEST, paused(), chip, "bf16", None, 4.0)  # type: ignore[arg-type]
    assert found.kernel_share == pytest.approx(1.5)
    assert found.busy_device_w == pytest.approx(630.0)
    assert found.device_w == pytest.approx(630.0)


@pytest.mark.parametrize(("rest", "rest_w"), [("idle", 100.0), ("off", 0.0), ("train", 600.0)])
def test_the_hours_of_a_year_of_two_runs(rest: str, rest_w: float) -> None:
    """Two runs of 1.05 days are 50.4 hours: of the hour that follows the 50th 0.4 belong to the run."""
    year = training_year(2000, 1.05, 600.0, 100.0, 2.0, rest)  # type: ignore[arg-type]
    assert year.shape == (8760,)
    assert year[:50] == pytest.approx(1.2)
    assert year[50] == pytest.approx(2e-3 * (0.4 * 600 + 0.6 * rest_w))
    assert year[51:] == pytest.approx(2e-3 * rest_w)


def test_runs_longer_than_a_year_fill_it() -> None:
    """Two runs of 200 days; none at all leaves the year idle."""
    assert training_year(1000, 200.0, 600.0, 100.0, 2.0, "off") == pytest.approx(np.full(8760, 0.6))
    assert training_year(1000, 200.0, 600.0, 100.0, 0.0, "idle") == pytest.approx(np.full(8760, 0.1))
