"""Power of a device from what it does, with coefficients of round numbers, and of the server around it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.power import (
    PowerCoefficients,
    ServerClass,
    device_power,
    device_share,
    idle_power,
    it_power_per_device,
    rack_power_kw,
)
from wattscale.compute.power_cap import CapRules, share_at_clock
from wattscale.compute.roofline import Step

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


SERVER = ServerClass("by hand", 8, 4, host_idle_w=50.0, host_active_w=130.0, fan_share=0.25, psu_efficiency=0.8,
                     network_w=40.0, storage_w=10.0)  # fmt: skip


def test_a_server_adds_its_host_fans_and_supplies_and_the_hall_network_and_storage() -> None:
    """Half busy a host takes 90 W: (500 + 90) 1.25 / 0.8 = 921.875 W at the wall, 50 W more in all."""
    found = it_power_per_device(500.0, SERVER, 0.5)
    assert (found.device_w, found.server_w, found.total_w) == (500.0, pytest.approx(921.875), pytest.approx(971.875))
    assert isinstance(found.server_w, float)
    hours = it_power_per_device(np.array([70.0, 500.0]), SERVER, np.array([0.0, 1.0]))
    assert hours.server_w == pytest.approx([120 * 1.5625, 630 * 1.5625])
    assert hours.total_w == pytest.approx([120 * 1.5625 + 50, 630 * 1.5625 + 50])


def test_a_rack_holds_every_device_at_its_design_power_with_busy_hosts(catalog: Catalog) -> None:
    """(700 + 130) 1.25 / 0.8 W for each of 8 x 4 devices; idle a device takes a tenth of its 700 W."""
    chip = replace(load_accelerator(catalog, "H100"), tdp_w=700.0)
    assert rack_power_kw(chip, SERVER) == pytest.approx(830 * 1.5625 * 32 / 1000)
    assert idle_power(chip, DRAW) == pytest.approx(70.0)


@pytest.mark.parametrize(("clock", "volts"), [(0.8, 0.64), (0.5, 0.36)])
def test_the_draw_at_a_clock_goes_with_the_voltage_down_to_its_floor(clock: float, volts: float) -> None:
    """Products and a quarter of the memory go with the square of the voltage, what is resident with the clock too."""
    step = Step(1.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.3, 0.25, 0.8, 0.2, 0.4)
    found = share_at_clock(step, clock, "fp8", DRAW, CapRules(voltage_floor=0.6, memory_core_share=0.25))
    activity = volts * clock * 0.04 + volts * 0.21 + (0.75 + 0.25 * volts) * 0.4 * 0.5 + 0.05
    assert float(found) == pytest.approx(0.1 + activity**2)
