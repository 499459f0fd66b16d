"""A building of round numbers, worked by hand from the racks to the meter."""

from dataclasses import fields, replace

import numpy as np
import pytest

from wattscale.catalog import load_catalog
from wattscale.facility.cooling import run_building
from wattscale.facility.design import FacilityDesign, Plant, design_space, technology
from wattscale.facility.outdoor import outdoor_air

DRY = replace(
    technology(load_catalog(), "air-chiller"), outside_air=False, spray=False, air_plant=Plant("dry", "none", True),
    liquid_plant=None,
)  # fmt: skip
"""A closed hall with a dry cooler and no machine."""
RHO_24C = 101_325 / (287.042 * (24.0 + 273.15))
"""Dry air at the supply temperature, ideal gas [kg/m3]."""


def arrays(values):
    return {name: np.asarray(float(value)) for name, value in values.items()}


def building(catalog, fan_ratio=0.0, pump_ratio=0.0) -> FacilityDesign:
    """8 MW of IT; losses of 2 (distribution), 1 (UPS) and 0.2 MW (lighting) at design: 11.2 MW of heat.

    Distribution loses 0.2 of what passes: 8 / 0.8 = 10. Two UPS paths of 10 MW lose 20 x (0.01 + 0.16 x 0.5^2) = 1.
    """
    found = design_space(catalog, "chiller", "double-conversion", "2N").central()
    electrical = replace(found.electrical, **arrays({
        "ups_constant": 0.01, "ups_linear": 0.0, "ups_quadratic": 0.16, "rating_ratio": 2.0, "distribution_share": 0.2,
        "lighting_share": 0.025, "transformer_core": 0.001, "transformer_copper": 0.006,
    }))  # fmt: skip
    air = replace(found.air, **arrays({
        "supply_c": 24.0, "delta_k": 10.0, "fan_efficiency": 0.5, "fan_exponent": 2.0, "flow_floor_share": 0.1,
        "fan_heat_share": 0.5, "fan_pressure_pa": fan_ratio * RHO_24C * 1006 * 10.0 * 0.5,
    }))  # fmt: skip
    # Pump power per heat is dp / (rho cp dT eta), of water: 1000 kg/m3 and 4186 J/kg K.
    loop = replace(found.chilled, **arrays({
        "delta_k": 10.0, "pump_efficiency": 0.5, "pump_exponent": 2.0, "flow_floor_share": 0.1, "dry_fan_share": 0.0,
        "pump_pressure_pa": pump_ratio * 1000 * 4186 * 10.0 * 0.5, "rejection_pump_pressure_pa": 0.0,
    }))  # fmt: skip
    return replace(found, electrical=electrical, air=air, chilled=loop)


def run(design, it_mw):
    air = outdoor_air(np.array([10.0]), np.array([5.0]), np.array([101_325.0]))
    hours = run_building(DRY, design, air, np.array([it_mw]), 8.0)
    return {use: float(mw[0]) for use, mw in hours.uses_mw.items()}


def test_losses_at_half_load_by_hand(catalog):
    """4 / 0.8 = 5 MW pass the UPS: 1 MW in distribution, 20 x (0.01 + 0.16 x 0.25^2) = 0.4 MW in the UPS."""
    uses = run(building(catalog), 4.0)
    assert uses["distribution"] == pytest.approx(1.0)
    assert uses["ups"] == pytest.approx(0.4)
    assert uses["lighting"] == pytest.approx(0.2)


@pytest.mark.parametrize(("it_mw", "inside_mw"), [(8.0, 11.2), (4.0, 5.6)])
def test_transformers_are_rated_for_the_design_load_not_for_the_hours(catalog, it_mw, inside_mw):
    """Two of 11.2 MW each: 22.4 MW x 0.001 of core in every hour, and 0.006 of copper at the square of the load."""
    uses = run(building(catalog), it_mw)
    assert sum(mw for use, mw in uses.items() if use != "transformer") == pytest.approx(inside_mw)
    assert uses["transformer"] == pytest.approx(22.4 * (0.001 + 0.006 * (inside_mw / 22.4) ** 2), rel=1e-9)


def test_fans_at_design_also_carry_their_own_heat(catalog):
    """Fans take 0.2 of the heat they carry, half of their power heats the air: F = 0.2 (11.2 + F / 2) = 2.24 / 0.9.

    At half of the heat flow halves, and power falls to a quarter.
    """
    design = building(catalog, fan_ratio=0.2)
    assert run(design, 8.0)["fans"] == pytest.approx(2.24 / 0.9, rel=1e-4)
    assert run(design, 4.0)["fans"] == pytest.approx(2.24 / 0.9 / 4, rel=1e-4)


def test_pumps_are_built_for_the_heat_of_hall_and_fans_at_design(catalog):
    """At design the loop takes 11.2 + F / 2 = 11.2 / 0.9 MW; pumps take 0.05 of it at full flow.

    At half load it takes 5.6 + 2.24 / 0.9 / 4 / 2 = 5.9111 MW, a flow of 0.475, and the pumps its square.
    """
    design = building(catalog, fan_ratio=0.2, pump_ratio=0.05)
    assert run(design, 8.0)["pumps"] == pytest.approx(0.05 * 11.2 / 0.9, rel=5e-3)
    assert run(design, 4.0)["pumps"] == pytest.approx(0.05 * 11.2 / 0.9 * 0.475**2, rel=5e-3)


@pytest.mark.parametrize(("it_mw", "in_air_mw", "flow"), [(8.0, 5.2, 1.0), (4.0, 2.6, 0.5)])
def test_liquid_takes_its_share_off_the_air_and_gives_a_part_away(catalog, it_mw, in_air_mw, flow):
    """Three quarters of the IT heat go to the liquid, a quarter of that to a user; 2 + 3.2 MW are left to the hall.

    Fans take 0.2 of what they carry, F = 0.2 (5.2 + F / 2) = 1.04 / 0.9 at design; losses leave with the air.
    """
    design = building(catalog, fan_ratio=0.2)
    liquid = replace(design.liquid, **arrays({"share": 0.75, "reuse_share": 0.25}))
    design = replace(design, liquid=liquid, loop=design.chilled)
    air = outdoor_air(np.array([10.0]), np.array([5.0]), np.array([101_325.0]))
    wet = replace(DRY, liquid_plant=Plant("dry", "none", True))
    hours = run_building(wet, design, air, np.array([it_mw]), 8.0)
    fans = 1.04 / 0.9 * flow**2
    assert float(hours.uses_mw["fans"][0]) == pytest.approx(fans, rel=1e-4)
    assert float(hours.reused_mw[0]) == pytest.approx(0.75 * 0.25 * it_mw)
    assert float(hours.exhausted_mw[0]) == pytest.approx(fans / 2, rel=1e-4)
    assert float(hours.rejected_mw[0]) == pytest.approx(in_air_mw + fans / 2 + 0.5625 * it_mw, rel=1e-4)


def test_every_parameter_of_the_building_is_one_number(catalog):
    design = building(catalog)
    for group in ("electrical", "air", "chilled"):
        assert all(np.shape(getattr(getattr(design, group), f.name)) == () for f in fields(getattr(design, group)))
