"""A cold loop of round numbers through single hours: pumps, tower or dry cooler, machine, fans and water by hand."""

from dataclasses import fields, replace

import numpy as np
import pytest

from wattscale.errors import InputError
from wattscale.facility.chillers import carnot_cop, running_share
from wattscale.facility.design import CurveDesign, Plant, PlantDesign
from wattscale.facility.outdoor import OutdoorAir, outdoor_air
from wattscale.facility.plant import PlantHours, run_plant
from wattscale.facility.psychrometrics import latent_heat

WATER = 4.186e6
"""Heat of a cubic metre of water and a kelvin [J]."""
LOOP = PlantDesign(**{k: np.asarray(float(v)) for k, v in {
    "supply_c": 20, "delta_k": 10, "pump_pressure_pa": 0.25 * WATER * 10 * 0.5, "pump_efficiency": 0.5,
    "pump_exponent": 2, "flow_floor_share": 0.3, "exchanger_approach_k": 1.5,
    "rejection_pump_pressure_pa": 0.1 * WATER * 5 * 0.5, "tower_approach_k": 4, "tower_range_k": 5,
    "tower_fan_share": 0.02, "dry_approach_k": 6, "dry_fan_share": 0.03, "dry_air_rise_k": 8,
    "spray_effectiveness": 0.75, "fan_exponent": 3, "fan_floor_share": 0.2, "approach_floor_share": 0.25,
    "condenser_min_c": 18, "condenser_approach_k": 2.5, "evaporator_approach_k": 3, "air_condenser_approach_k": 10,
    "cop_factor": 0.8, "rejection_ratio": 1.2, "machines": 2, "capacity_ratio": 1.2, "part_load_min": 0.2,
    "cycles": 5, "drift_share": 1e-4, "sensible_credit": 0,
}.items()})  # fmt: skip
"""Pumps take 0.25 of the heat at full flow, those of the tower 0.1 and, over twice the rise, of a dry cooler 0.05."""
CURVES = CurveDesign(
    *(np.asarray(x) for x in (0.3, 0.2, -0.1, -0.04, 12.0, 0.25, 0.1, -0.05, -0.02, 9.0, 5.0, 0.02, 7.0))
)
"""Quality with water 0.3 + 0.2 x - 0.1 x2 - 0.04 lift / 30; with air 0.25 + 0.1 x - 0.05 x2 - 0.02 lift / 30."""


def hour(
    rejection: str,
    machine: str,
    free: bool,
    temp_c: float,
    wet_bulb_c: float,
    heat_mw: float = 4.0,
    loop: PlantDesign = LOOP,
) -> dict[str, float]:
    """Run one hour of a loop built for 8 MW: its powers, water and temperature as plain numbers."""
    one = np.ones(1)
    air = OutdoorAir(temp_c * one, 0 * one, wet_bulb_c * one, 0.005 * one, 101_325 * one)
    plant = Plant(rejection, machine, free)  # type: ignore[arg-type]
    found = run_plant(plant, loop, CURVES, air, heat_mw * one, 8 * one)
    told = {f.name: getattr(found, f.name) for f in fields(PlantHours) if f.name != "water"}
    told |= {f.name: getattr(found.water, f.name) for f in fields(found.water)}
    return {name: float(np.ravel(x)[0]) for name, x in told.items()}


# Half the flow: the loop's pumps take 8 x 0.25 x 0.5^2 = 0.5 MW, so 4.5 MW of the 8 x 1.25 = 10 MW leave: 0.45.
# The tower comes within 0.45 x 4 = 1.8 K of the wet bulb, a dry cooler within 0.45 x 6 = 2.7 K of the air.


@pytest.mark.parametrize("condenser_min_c", [18.0, 26.0])
def test_a_tower_that_takes_part_of_the_heat_beside_its_machine(condenser_min_c):
    """Water of 22.7 + 1.8 + 1.5 = 26 C takes 0.4 of a rise from 20 to 30 C; the machine lifts 2.7 MW.

    That is 0.27 of the design; of two machines with 0.6 of it each one runs at 0.45. It lifts from 17 to
    24.5 + 5 + 2.5 = 32 C, 0.5 of 30 K: quality 0.3 + 0.09 - 0.02025 - 0.02 = 0.34975. The tower is built for 12 MW.
    What the condenser would rather have does not hold back water that cools beside it.
    """
    loop = replace(LOOP, condenser_min_c=np.asarray(condenser_min_c))
    found = hour("tower", "water-chiller", True, 30.0, 22.7, loop=loop)
    work = 2.7 / (0.34975 * 290.15 / 15 * 0.8)
    tower_pumps = 12 * 0.1 * ((4.5 + work) / 12) ** 2
    rejected = 4.5 + work + tower_pumps
    assert found["free_share"] == pytest.approx(0.4)
    assert found["compressor"] == pytest.approx(work)
    assert found["pumps"] == pytest.approx(0.5 + tower_pumps)
    assert found["rejected"] == pytest.approx(rejected)
    assert found["rejection_fans"] == pytest.approx(0.02 * 12 * (rejected / 12 * 4 / 1.8) ** 3)
    assert found["supply_c"] == 20.0
    evaporated = rejected * 3600 / float(latent_heat(np.asarray(22.7)))
    drift = 1e-4 * rejected * 3600 / (4.186 * 5)
    assert found["evaporation"] == pytest.approx(evaporated)
    assert found["drift"] == pytest.approx(drift)
    assert found["blowdown"] == pytest.approx(evaporated / 4 - drift)


def test_a_tower_in_the_cold_slows_its_fans_to_hold_the_set_point():
    """Water of 18.5 C is enough, 10.5 K above the wet bulb; 4.5 of 12 MW are a flow of 0.375."""
    found = hour("tower", "water-chiller", True, 10.0, 8.0)
    tower_pumps = 12 * 0.1 * 0.375**2
    assert (found["free_share"], found["compressor"], found["supply_c"]) == (1.0, 0.0, 20.0)
    assert found["pumps"] == pytest.approx(0.5 + tower_pumps)
    assert found["rejection_fans"] == pytest.approx(0.02 * 12 * 0.2**3), "no slower than a fifth"
    warmer = hour("tower", "water-chiller", True, 20.0, 14.5)
    assert warmer["rejection_fans"] == pytest.approx(0.02 * 12 * ((4.5 + tower_pumps) / 12 * 4 / 4) ** 3)


@pytest.mark.parametrize(
    ("wet_bulb_c", "free", "cold_c"), [(8.0, False, 18.0), (30.0, True, 31.8), (30.0, False, 31.8)]
)
def test_a_machine_that_takes_all_the_heat(wet_bulb_c, free, cold_c):
    """0.45 of the design is 0.75 of one machine; condensers take water of 18 C and no colder."""
    found = hour("tower", "water-chiller", free, 35.0, wet_bulb_c)
    lift = cold_c + 7.5 - 17
    quality = 0.3 + 0.2 * 0.75 - 0.1 * 0.75**2 - 0.04 * lift / 30
    work = 4.5 / (min(quality * 290.15 / lift, 12) * 0.8)
    tower_pumps = 12 * 0.1 * ((4.5 + work) / 12) ** 2
    assert found["free_share"] == 0.0
    assert found["compressor"] == pytest.approx(work)
    assert found["rejected"] == pytest.approx(4.5 + work + tower_pumps)
    speed = max((4.5 + work + tower_pumps) / 12 * 4 / (cold_c - wet_bulb_c), 0.2)
    assert found["rejection_fans"] == pytest.approx(0.02 * 12 * min(speed, 1.0) ** 3)


def test_a_tower_without_a_machine_is_built_for_the_heat_of_the_loop():
    """10 MW, not 12: a flow of 0.45. Its water is what the air allows, and no colder than asked for.

    With the heat of its pumps 4.7025 MW within 1.8 K of the wet bulb ask for 1.045 of the fans: they run full.
    At 14.5 C there are 18.5 - 14.5 = 4 K for them, as at design.
    """
    found = hour("tower", "none", True, 35.0, 25.0)
    tower_pumps = 10 * 0.1 * 0.45**2
    assert found["pumps"] == pytest.approx(0.5 + tower_pumps)
    assert found["rejected"] == pytest.approx(4.5 + tower_pumps)
    assert (found["free_share"], found["compressor"]) == (1.0, 0.0)
    assert found["rejection_fans"] == pytest.approx(0.02 * 10)
    assert found["supply_c"] == pytest.approx(25 + 1.8 + 1.5)
    assert hour("tower", "none", True, 20.0, 14.5)["rejection_fans"] == pytest.approx(0.02 * 10 * 0.47025**3)
    assert hour("tower", "none", True, 10.0, 5.0)["supply_c"] == pytest.approx(20.0)


def test_flows_and_approaches_have_floors():
    """1 of 8 MW is 0.125: flow stays at 0.3, 8 x 0.25 x 0.09 = 0.18 MW; 1.18 of 10 MW come within 0.25 x 4 = 1 K."""
    found = hour("tower", "none", True, 35.0, 25.0, heat_mw=1.0)
    assert found["pumps"] == pytest.approx(0.18 + 10 * 0.1 * 0.3**2)
    assert found["supply_c"] == pytest.approx(25 + 1 + 1.5)
    dry = hour("dry", "none", True, 25.0, 15.0, heat_mw=1.0)
    assert dry["pumps"] == pytest.approx(0.18 + 10 * 0.05 * 0.3**2)
    assert dry["supply_c"] == pytest.approx(25 + 1.5 + 1.5)
    above = hour("tower", "none", True, 35.0, 25.0, heat_mw=16.0)
    assert above["supply_c"] == pytest.approx(25 + 4 + 1.5), "more than the design comes no nearer than the design"
    assert hour("dry", "none", True, 25.0, 15.0, heat_mw=16.0)["supply_c"] == pytest.approx(25 + 6 + 1.5)


@pytest.mark.parametrize("rejection", ["tower", "dry", "adiabatic"])
def test_a_loop_without_heat_stands_still(rejection):
    found = hour(rejection, "none", True, 35.0, 25.0, heat_mw=0.0)
    assert [found[k] for k in ("pumps", "compressor", "rejection_fans", "evaporation", "rejected")] == [0.0] * 5


def test_a_dry_cooler_that_takes_part_of_the_heat_beside_its_machine():
    """Water of 21.8 + 2.7 + 1.5 = 26 C takes 0.4; one machine at 0.45 lifts 2.7 MW from 17 to 31.8 C.

    1.8 MW of 10 are carried, a flow of 0.3 at least; the fans have the approach of 2.7 K.
    """
    found = hour("dry", "air-chiller", True, 21.8, 15.0)
    lift = 14.8
    quality = 0.25 + 0.045 - 0.05 * 0.45**2 - 0.02 * lift / 30
    work = 2.7 / (quality * 290.15 / lift * 0.8)
    dry_pumps = 10 * 0.05 * 0.3**2
    assert found["free_share"] == pytest.approx(0.4)
    assert found["compressor"] == pytest.approx(work)
    assert found["pumps"] == pytest.approx(0.5 + dry_pumps)
    assert found["rejected"] == pytest.approx(4.5 + work + dry_pumps)
    assert found["rejection_fans"] == pytest.approx(0.03 * 10 * (0.18 * 6 / 2.7) ** 3)
    assert found["supply_c"] == 20.0
    assert (found["evaporation"], found["drift"], found["blowdown"]) == (0.0, 0.0, 0.0)


def test_a_dry_cooler_in_the_cold_and_in_the_heat():
    """At 10 C all 4.5 MW are carried at a flow of 0.45, with 20 - 1.5 - 10 = 8.5 K for the fans; at 35 C none is."""
    cold = hour("dry", "air-chiller", True, 10.0, 5.0)
    assert cold["pumps"] == pytest.approx(0.5 + 10 * 0.05 * 0.45**2)
    assert cold["rejection_fans"] == pytest.approx(0.03 * 10 * (0.45 * 6 / 8.5) ** 3)
    assert cold["compressor"] == 0.0
    hot = hour("dry", "air-chiller", True, 35.0, 20.0)
    quality = 0.25 + 0.075 - 0.05 * 0.75**2 - 0.02 * 28 / 30
    assert hot["compressor"] == pytest.approx(4.5 / (quality * 290.15 / 28 * 0.8))
    assert (hot["pumps"], hot["rejection_fans"], hot["free_share"]) == (0.5, 0.0, 0.0)
    assert hot["supply_c"] == 20.0


@pytest.mark.parametrize(("rejection", "free"), [("none", True), ("dry", False)])
def test_a_machine_that_has_no_dry_cooler_or_may_not_use_it(rejection, free):
    found = hour(rejection, "air-chiller", free, 10.0, 5.0)
    quality = 0.25 + 0.075 - 0.05 * 0.75**2 - 0.02 * 3 / 30
    assert found["compressor"] == pytest.approx(4.5 / (min(quality * 290.15 / 3, 9) * 0.8))
    assert (found["pumps"], found["rejection_fans"], found["free_share"]) == (0.5, 0.0, 0.0)


def test_a_sprayed_dry_cooler_wets_the_air_only_as_far_as_needed():
    """18.5 - 6 = 12.5 C would do; 28 C can be wetted by 0.75 x 8 to 22 C, that of 14 C needs 1.5 K.

    4.5 MW and 10 x 0.05 x 0.45^2 of pumps go into air that warms by 8 K.
    """
    for temp_c, wet_bulb_c, inlet_c in ((28.0, 20.0, 22.0), (14.0, 10.0, 12.5), (9.0, 5.0, 9.0)):
        found = hour("adiabatic", "none", True, temp_c, wet_bulb_c)
        heat_kw = 1e3 * (4.5 + 10 * 0.05 * 0.45**2)
        evaporated = heat_kw / 8 * (temp_c - inlet_c) / float(latent_heat(np.asarray(wet_bulb_c))) * 3.6
        assert found["evaporation"] == pytest.approx(evaporated)
        assert found["blowdown"] == pytest.approx(evaporated / 4)
        assert found["supply_c"] == pytest.approx(max(inlet_c + 2.7 + 1.5, 20.0))
        speed = max(0.45 * 6 / max(18.5 - inlet_c, 2.7), 0.2)
        assert found["rejection_fans"] == pytest.approx(0.03 * 10 * speed**3)


def test_direct_expansion_takes_the_heat_alone():
    """5 exp(-0.02 x 30) at 30 C, never above 7, of which the machine reaches 0.8."""
    found = hour("none", "dx", False, 30.0, 20.0)
    work = 4 / (5 * np.exp(-0.6) * 0.8)
    assert found["compressor"] == pytest.approx(work)
    assert (found["pumps"], found["rejection_fans"], found["free_share"]) == (0.0, 0.0, 0.0)
    assert found["rejected"] == pytest.approx(4 + work)
    assert found["supply_c"] == 20.0
    assert hour("none", "dx", False, -40.0, -41.0)["compressor"] == pytest.approx(4 / 5.6)


def test_guards_of_machines_and_of_the_air():
    """One machine carries what is above it by rounding only; no lift is a thousandth of a kelvin: 1e-5 x 300 / 1e-3."""
    one = np.asarray(1.0)
    assert float(running_share((1 + 5e-10) * one, one, one, 0 * one)) == 1.0
    assert float(running_share((1 + 1.5e-9) * one, one, one, 0 * one)) == pytest.approx(0.5)
    assert float(carnot_cop(26.85 * one, 26.85 * one, 1e-5 * one, 15 * one)) == pytest.approx(3.0)
    dry, pressure = np.array([10.0]), np.array([1e5])
    assert outdoor_air(dry, dry + 0.5, pressure).dew_point_c.tolist() == [10.0]
    with pytest.raises(InputError, match="above the air temperature"):
        outdoor_air(dry, dry + 0.51, pressure)
