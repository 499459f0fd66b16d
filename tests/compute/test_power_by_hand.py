"""Power of a device from what it does, with coefficients of round numbers, and of the server around it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.power import PowerCoefficients, device_power, device_share

DRAW = PowerCoefficients(
    idle=0.1, resident=0.05, tensor=0.6, memory=0.4, link=0.2, cache_extra=0.5, expert_extra=0.25, exponent=2.0,
    precision_factor={"bf16": 1.0, "fp8": 0.7}, top=0.9,
)  # fmt: skip
ALL = {"busy_share": 0.8, "cache_utilisation": 0.2, "expert_utilisation": 0.4}
ACTIVITY = 0.05 * 0.8 + 0.6 * 0.7 * 0.5 + 0.4 * (0.3 + 0.5 * 0.2 + 0.25 * 0.4) + 0.2 * 0.25
"""Half of the products' peak in fp8, 0.3 of the memory's and a quarter of the link's: 0.5 in all."""


def test_each_part_adds_to_the_activity_and_the_law_bends_it() -> None:
    assert pytest.approx(0.5) == ACTIVITY
    assert float(device_share(0.5, 0.3, 0.25, "fp8", DRAW, **ALL)) == pytest.approx(0.1 + 0.5**2)
    assert float(device_share(0.0, 0.0, 0.0, "fp8", DRAW)) == pytest.approx(0.1 + 0.05**2)
    straight = replace(DRAW, exponent=1.0)
    assert float(device_share(0.5, 0.3, 0.25, "fp8", straight, **ALL)) == pytest.approx(0.6)


def test_power_stops_at_the_top_or_the_cap(catalog: Catalog) -> None:
    """0.35 of 700 W; never above 0.9 of it, nor above 0.9 of a cap of a third."""
    chip = replace(load_accelerator(catalog, "H100"), tdp_w=700.0)
    assert float(device_power(chip, 0.5, 0.3, 0.25, "fp8", DRAW, **ALL)) == pytest.approx(245.0)
    assert float(device_power(chip, 9.0, 0.3, 0.25, "fp8", DRAW, **ALL)) == pytest.approx(630.0)
    assert float(device_power(chip, 0.5, 0.3, 0.25, "fp8", DRAW, 1 / 3, **ALL)) == pytest.approx(210.0)
