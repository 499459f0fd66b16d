"""Coefficients read for a device: its own, those of its generation, else the usual ones; and what follows from them."""

from __future__ import annotations

from dataclasses import fields, replace
from math import sqrt

import pytest

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator, load_accelerator
from wattscale.compute.goodput import Reliability, goodput, load_reliability
from wattscale.compute.power import load_power_coefficients, load_server
from wattscale.compute.roofline import HARDWARE, RateCoefficients, load_rates
from wattscale.compute.training_coefficients import (
    Machine,
    StepCoefficients,
    coefficient,
    load_machine,
    load_step_coefficients,
    own_or_default,
    power_ratio,
    tuned_share,
)
from wattscale.compute.training_memory import load_memory_coefficients


class Figures:
    """A catalogue of a few figures; whatever is not named is one of the usual ones, numbered as they are asked for."""

    def __init__(self, **own: float) -> None:
        self.own = {name.replace("__", "."): value for name, value in own.items()}
        self.usual: dict[str, float] = {}

    def has_figure(self, table: str, name: str) -> bool:
        return name in self.own

    def value(self, table: str, name: str) -> float:
        if name in self.own:
            return self.own[name]
        return self.usual.setdefault(name, 100.0 + len(self.usual))


@pytest.fixture
def chip(catalog: Catalog) -> Accelerator:
    """A part named `part` of a generation `kind` in servers `rack`."""
    known = load_accelerator(catalog, "H100")
    return replace(
        known, name="part", generation="kind", server="rack", tdp_w=700.0, peak_flops={"bf16": 1e15, "fp8": 2e15},
        memory_bytes=80e9, memory_bytes_per_s=3e12, link_bytes_per_s=4e11, domain_devices=8,
    )  # fmt: skip


def test_the_most_specific_figure_of_a_device(chip: Accelerator) -> None:
    figures = Figures(part__one=1.0, kind__one=2.0, kind__two=3.0, default__two=4.0, default__three=5.0)
    names = [own_or_default(figures, chip, n) for n in ("one", "two", "three")]  # type: ignore[arg-type]
    assert names == ["part.one", "kind.two", "default.three"]
    assert [coefficient(figures, chip, n) for n in ("one", "two", "three")] == [1.0, 3.0, 5.0]  # type: ignore[arg-type]
    step = load_step_coefficients(Figures(kind__half_rows=7.0), chip)  # type: ignore[arg-type]
    assert step.half_rows == 7.0
    assert step.half_width > 99.0


@pytest.mark.parametrize(
    ("params", "floor", "early", "share"),
    [
        (6e9, 0.0, False, 0.9 * 0.75),
        (6e9, 0.8, False, 0.9 * 0.8),
        (6e9, 0.7, False, 0.9 * 0.75),
        (6e9, 0.0, True, 0.9 * 0.75 * 0.78),
        (0.0, 0.0, False, 0.0),
    ],
)
def test_the_speed_of_a_usual_run(chip: Accelerator, params: float, floor: float, early: bool, share: float) -> None:
    """6e9 of a half at 2e9 are three quarters of 0.9; codes of before 2022 reach 0.78 of that."""
    figures = Figures(kind__tuned_half_params=2e9, kind__tuned_share=0.9, run__early_share=0.78)
    assert tuned_share(figures, chip, params, floor, early) == pytest.approx(share, rel=1e-9)  # type: ignore[arg-type]


def test_power_for_an_operation_beside_the_reference(chip: Accelerator) -> None:
    """700 W for 1,000 TFLOP/s are 0.7; of 0.56 that is 1.25, of 0.6 1.1667 to three digits."""
    for reference, ratio in ((0.56, 1.25), (0.6, 1.167)):
        figures = Figures(kind__reference_w_per_tflops=reference)
        assert power_ratio(figures, chip) == ratio  # type: ignore[arg-type]
    assert power_ratio(Figures(), chip) == 1.0  # type: ignore[arg-type]
    assert power_ratio(figures, replace(chip, peak_flops={"fp8": 2e15})) == 1.0  # type: ignore[arg-type]
    assert power_ratio(Figures(), replace(chip, peak_flops={"fp8": 2e15})) == 1.0  # type: ignore[arg-type]


def machine(chip: Accelerator, precision: str, network: float | None = None) -> Machine:
    figures = Figures(kind__network_gb_per_s=25.0, default__domain_latency_s=1e-6, default__network_latency_s=2e-6,
                      default__voltage_floor=0.7, kind__reference_w_per_tflops=0.56)  # fmt: skip
    return load_machine(figures, chip, precision, network)  # type: ignore[arg-type]


def test_a_machine_at_a_precision(chip: Accelerator) -> None:
    assert machine(chip, "fp8") == Machine(2e15, 1e15, 1.0, 80e9, 3e12, 8.0, 4e11, 25e9, 1e-6, 2e-6, 1.25, 0.7)
    assert machine(chip, "bf16", 5e9).network_bytes_per_s == 5e9
    assert machine(chip, "bf16").peak_flops == 1e15
    wide = replace(chip, peak_flops={"bf16": 1e15, "tf32": 5e14, "fp32": 3e15, "fp4": 4e15})
    # Attention in wide numbers runs at their peak where that is lower; in narrow ones always in 16 bit.
    assert (machine(wide, "tf32").half_peak_flops, machine(wide, "fp32").half_peak_flops) == (5e14, 1e15)
    assert [machine(wide, p).halvings for p in ("fp32", "bf16", "fp4")] == [0.0, 0.0, 2.0]
    assert machine(wide, "fp4").half_peak_flops == 1e15
    assert machine(replace(chip, peak_flops={"fp8": 2e15}), "fp8").half_peak_flops == 2e15
    # Without a link of its own a device sends through the network.
    lone = replace(chip, link_bytes_per_s=0.0)
    assert (machine(lone, "bf16").link_bytes_per_s, machine(lone, "bf16", 5e9).link_bytes_per_s) == (25e9, 5e9)


def test_links_of_a_machine_at_what_collectives_reach(chip: Accelerator) -> None:
    step = StepCoefficients(*(1.0,) * 22)
    found = machine(chip, "bf16").links(replace(step, domain_efficiency=0.5, network_efficiency=0.8))
    assert (found.domain_devices, found.domain_bytes_per_s, found.network_bytes_per_s) == (8.0, 2e11, 2e10)
    assert (found.domain_latency_s, found.network_latency_s) == (1e-6, 2e-6)


def test_serving_rates_of_a_generation_and_an_engine() -> None:
    """Hardware has its own weight efficiency, the engine its own time a step; all others are the usual ones."""
    figures = Figures(kind__weight_efficiency=0.5, kind__step_s=9.0, **{"engine-x__step_s": 0.1, "engine-x__link_efficiency": 9.0})  # fmt: skip  # noqa: E501
    found = load_rates(figures, "kind", "x")  # type: ignore[arg-type]
    assert (found.weight_efficiency, found.step_s) == (0.5, 0.1)
    others = {f.name for f in fields(RateCoefficients)} - {"weight_efficiency", "step_s"}
    assert {f"default.{name}" for name in others} == set(figures.usual)
    assert all(getattr(found, n) == figures.usual[f"default.{n}"] for n in others)
    assert set(HARDWARE) <= {f.name for f in fields(RateCoefficients)}


def test_power_of_a_generation(chip: Accelerator) -> None:
    figures = Figures(kind__idle_share=0.1, kind__factor_four=0.8, kind__top_share=0.95)
    found = load_power_coefficients(figures, chip)  # type: ignore[arg-type]
    assert (found.idle, found.top, found.precision_factor["fp4"], found.precision_factor["int4"]) == (
        0.1,
        0.95,
        0.8,
        0.8,
    )
    usual = {
        name: figures.usual[f"default.{name}"]
        for name in (
            "resident_share",
            "tensor_share",
            "memory_share",
            "link_share",
            "cache_extra",
            "expert_extra",
            "exponent",
        )
    }
    assert (found.resident, found.tensor, found.memory, found.link) == tuple(list(usual.values())[:4])
    assert (found.cache_extra, found.expert_extra, found.exponent) == tuple(list(usual.values())[4:])
    families = {"fp32": "wide", "tf32": "wide", "bf16": "half", "fp16": "half", "fp8": "eight", "int8": "eight"}
    for precision, family in families.items():
        assert found.precision_factor[precision] == figures.usual[f"default.factor_{family}"], precision


@pytest.mark.parametrize(
    ("liquid", "asked", "cooling"),
    [(0.0, None, "air"), (0.49, None, "air"), (0.5, None, "liquid"), (1.0, None, "liquid"), (1.0, "air", "air"),
     (0.0, "liquid", "liquid")],
)  # fmt: skip
def test_a_server_is_cooled_as_asked_or_as_usual(
    chip: Accelerator, liquid: float, asked: str | None, cooling: str
) -> None:
    figures = Figures(rack__liquid_cooled=liquid, rack__devices_per_node=4.0, rack__fan_share_air=0.1,
                      rack__fan_share_liquid=0.02, rack__nodes_per_rack_air=3.0, rack__nodes_per_rack_liquid=9.0,
                      default__devices_per_node=7.0)  # fmt: skip
    found = load_server(figures, chip, asked)  # type: ignore[arg-type]
    assert (found.name, found.devices_per_node) == ("rack", 4.0)
    assert (found.fan_share, found.nodes_per_rack) == ((0.1, 3.0) if cooling == "air" else (0.02, 9.0))
    assert found.host_idle_w == figures.usual["default.host_idle_w_per_device"]
    assert found.host_active_w == figures.usual["default.host_active_w_per_device"]
    assert found.psu_efficiency == figures.usual["default.psu_efficiency"]
    assert found.network_w == figures.usual["default.network_w_per_device"]
    assert found.storage_w == figures.usual["default.storage_w_per_device"]


def test_memory_and_reliability_are_read_by_name() -> None:
    figures = Figures()
    memory = load_memory_coefficients(figures)  # type: ignore[arg-type]
    known = load_reliability(figures)  # type: ignore[arg-type]
    assert memory.reserve_bytes == figures.usual["memory.reserve_bytes"]
    assert known.restart_s == figures.usual["run.restart_s"]


@pytest.mark.parametrize(("fixed", "hold"), [(0.25, 0.25), (0.05, 0.25), (4.0, 4.2)])
def test_checkpoints_shorter_than_a_second(fixed: float, hold: float) -> None:
    """7,200 devices that stop once an hour each stop twice a second: T = sqrt(2 hold / 2), for 0.2 s of state or none.

    Checkpoints take hold / T, lost work T, restarts of 0.1 s and 0.01 s a doubling 2 (0.1 + 0.01 log2 7,200).
    """
    from math import log2

    state = (hold - fixed) * 1e9
    found = goodput(7200, state, Reliability(1.0, 0.1, 0.01, 1e9, fixed, 0.5, 0.0))
    interval = sqrt(hold)
    checkpoint, lost, stopped = hold / interval, interval, 2 * (0.1 + 0.01 * log2(7200))
    whole = 1 + checkpoint + lost + stopped
    assert found.checkpoint_interval_s == pytest.approx(interval, rel=1e-9)
    assert found.value == pytest.approx(1 / (1.5 * whole), rel=1e-9)
    shares = (found.checkpoint_share, found.lost_work_share, found.restart_share, found.evaluation_share)
    assert shares == pytest.approx((checkpoint / whole, lost / whole, stopped / whole, 0.5 / 1.5 / whole), rel=1e-9)
    assert found.interruptions_per_day == pytest.approx(2 * 86_400, rel=1e-9)


def test_a_run_that_saves_nothing_only_loses_what_it_restarts() -> None:
    """Once an hour, 36 s each: a hundredth."""
    found = goodput(1, 0.0, Reliability(1.0, 36.0, 5.0, 1e9, 0.0, 0.0, 0.0))
    assert (found.checkpoint_interval_s, found.checkpoint_share, found.lost_work_share) == (0.0, 0.0, 0.0)
    assert found.value == pytest.approx(1 / 1.01, rel=1e-9)
