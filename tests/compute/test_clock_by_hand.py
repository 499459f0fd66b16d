"""The clock under a power cap and of a part of less power, with draws that are straight lines of the clock."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.power import PowerCoefficients
from wattscale.compute.power_cap import (
    CapRules,
    capped_clock,
    clock_at_draw,
    core_draw,
    load_cap_rules,
    share_at_clock,
    slowed,
)
from wattscale.compute.power_limit import PowerLimit, held_efficiency, power_limit, rates_of
from wattscale.compute.roofline import RateCoefficients, Step, load_rates

RATES = RateCoefficients(*(float(i + 1) for i in range(19)))
PRODUCTS = PowerCoefficients(0.1, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, {"bf16": 1.0, "fp8": 0.5}, top=0.9)
"""Idle at a tenth, products alone draw more, up to 0.9."""
FLAT = CapRules(voltage_floor=1.0, memory_core_share=0.5)
"""The voltage never falls: draw is in proportion to the products done, and those to the clock."""


def busy(*at_full_clock: float):  # type: ignore[no-untyped-def]
    """Steps whose products are in proportion to the clock."""

    def step_at(clock: float) -> Step:
        return Step(1.0, 0.0, 1.0, 0.0, 0.0, np.array(at_full_clock) * clock, 0.0, 0.0, 1.0, 0.0, 0.0)

    return step_at


@pytest.mark.parametrize(
    ("cap", "clocks"),
    [
        # 0.9 x 0.5 less idle leave 0.35: of 2.0, scaled to the 0.8 that a device at its limit draws above idle,
        # 0.4375; of 0.4 0.875; 0.1 is below it at full clock.
        (0.5, [0.35 / 0.8, 0.35 / 0.4, 1.0]),
        (0.3, [0.3, 0.17 / 0.4, 1.0]),  # 0.17 / 0.8 would be 0.2125.
        (1.0, [1.0, 1.0, 1.0]),
        (0.1, [0.3, 0.3, 0.3]),  # No room above idle at all.
    ],
)
def test_the_highest_clock_below_a_cap(cap: float, clocks: list[float]) -> None:
    tried = []

    def step_at(clock: float) -> Step:
        tried.append(clock)
        return busy(2.0, 0.4, 0.1)(clock)

    assert capped_clock(step_at, "bf16", PRODUCTS, FLAT, cap) == pytest.approx(clocks, rel=1e-9)
    assert tried == pytest.approx([0.3 + 0.05 * i for i in range(15)])


def test_the_clock_of_a_precision_that_draws_less_and_of_one_step() -> None:
    """fp8 draws half: 0.8 of its products are 0.4; a step that is one number has one clock."""
    assert capped_clock(busy(0.8), "fp8", PRODUCTS, FLAT, 0.5) == pytest.approx([0.875], rel=1e-9)
    one = capped_clock(lambda c: replace(busy(0.4)(c), compute_utilisation=0.4 * c), "bf16", PRODUCTS, FLAT, 0.5)
    assert one.shape == ()
    assert float(one) == pytest.approx(0.875, rel=1e-9)


def test_each_batch_has_a_clock_of_its_own_with_all_that_draws() -> None:
    """Products, memory, links and what is resident at a clock of 0.8, above a floor of 0.5: voltage squared 0.64."""
    draw = PowerCoefficients(0.1, 0.05, 0.6, 0.4, 0.2, 0.5, 0.25, 1.0, {"bf16": 0.9}, top=0.9)
    step = Step(1.0, 0, 0, 0, 0, np.array([0.5, 0.1]), 0.3, 0.25, 0.8, np.array([0.2, 0.1]), 0.4)
    found = share_at_clock(step, 0.8, "bf16", draw, CapRules(0.5, 0.25))
    expected = [
        0.1 + 0.64 * 0.8 * 0.05 * 0.8 + 0.64 * 0.6 * 0.9 * u + (1 - 0.25 * 0.36) * 0.4 * (0.3 + 0.5 * c + 0.1) + 0.05
        for u, c in ((0.5, 0.2), (0.1, 0.1))
    ]
    assert found == pytest.approx(expected, rel=1e-9)


def test_a_slower_clock_slows_products_scores_and_small_kernels() -> None:
    """Each rate has another number, so that none stands for another."""
    found = slowed(RATES, 0.5)
    changed = {"compute_efficiency": 1.5, "score_efficiency": 2.5, "layer_s": 24.0, "recurrent_layer_s": 26.0,
               "expert_layer_s": 28.0, "mixed_layer_s": 30.0}  # fmt: skip
    for field in fields(RATES):
        assert float(getattr(found, field.name)) == changed.get(field.name, getattr(RATES, field.name)), field.name


def test_draw_goes_with_the_cube_of_the_clock_down_to_the_floor_of_the_voltage() -> None:
    """At a floor of 0.5: 0.512 at 0.8, 0.125 at 0.5 itself, in proportion below."""
    clocks = np.array([1.0, 0.8, 0.5, 0.2])
    draws = [1.0, 0.512, 0.125, 0.05]
    assert core_draw(clocks, 0.5) == pytest.approx(draws, rel=1e-9)
    assert clock_at_draw(np.array(draws), 0.5) == pytest.approx(clocks, rel=1e-9)


def test_cap_rules_are_those_of_the_catalogue(catalog: Catalog) -> None:
    found = load_cap_rules(catalog)
    assert found.voltage_floor == catalog.value("power_coefficients", "default.voltage_floor")
    assert found.memory_core_share == catalog.value("power_coefficients", "default.memory_core_share")


@pytest.mark.parametrize(
    ("efficiency", "ratio", "held"),
    [
        (0.63, 1.2, 0.9 * (0.343 * 1.2) ** (1 / 3)),  # Clock 0.7 of a ceiling of 0.9, above the floor.
        (0.63, 0.1, 0.9 * 0.0343 / 0.25),  # Below it the clock goes with the power: 0.0343 < 0.125.
        (0.63, 9.0, 0.9),  # More power than a full clock takes.
        (0.95, 0.8, 0.9 * 0.8 ** (1 / 3)),  # What is above the ceiling runs at full clock.
        (0.95, 1.2, 0.9),
        (0.95, 1.0, 0.95),  # The reference itself keeps what was measured.
    ],
)
def test_a_part_of_other_power_holds_another_clock(efficiency: float, ratio: float, held: float) -> None:
    assert float(held_efficiency(efficiency, 0.9, ratio, 0.5)) == pytest.approx(held, rel=1e-9)


def test_products_and_scores_of_a_part_slow_down_alike() -> None:
    """A clock of 0.7 with 0.8 of the power: both keep the cube root of 0.8."""
    rates = replace(RATES, compute_efficiency=0.63, score_efficiency=0.4)
    found = PowerLimit(np.array([1.0, 0.8]), 0.9, 0.5).apply(rates)
    assert found.compute_efficiency == pytest.approx([0.63, 0.63 * 0.8 ** (1 / 3)], rel=1e-9)
    assert found.score_efficiency == pytest.approx([0.4, 0.4 * 0.8 ** (1 / 3)], rel=1e-9)
    assert found.layer_s == rates.layer_s


def test_rates_of_a_part_with_less_power_than_its_reference(catalog: Catalog) -> None:
    """An H100 NVL of 400 W has the cores of one of 700 W; all but products and scores is that of the generation."""
    part, usual = load_accelerator(catalog, "H100-NVL"), load_rates(catalog, "hopper", "vllm")
    assert part.half_flops is not None
    ratio = round(
        part.tdp_w / (part.half_flops / 1e12) / catalog.value("training_coefficients", "hopper.reference_w_per_tflops"),
        3,
    )
    assert ratio != 1.0
    assert float(power_limit(catalog, [part]).ratio[0]) == pytest.approx(ratio)
    ceiling, floor = (catalog.value("training_coefficients", f"default.{n}") for n in ("gemm_ceiling", "voltage_floor"))
    held = float(held_efficiency(usual.compute_efficiency, ceiling, ratio, floor))
    found = rates_of(catalog, part, "vllm")
    kept = held / float(usual.compute_efficiency)
    assert kept < 1.0
    for field in fields(found):
        factor = kept if field.name in ("compute_efficiency", "score_efficiency") else 1.0
        assert getattr(found, field.name) == pytest.approx(factor * getattr(usual, field.name), rel=1e-9), field.name
    assert rates_of(catalog, load_accelerator(catalog, "H100"), "vllm") == usual
