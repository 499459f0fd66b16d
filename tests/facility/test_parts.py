"""Fans, pumps, chillers, towers, UPS: by hand and as laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.facility.airside import closed_hall, fan_ratio, outside_hall
from wattscale.facility.chillers import air_cooled_cop, dx_cop, running_share, water_cooled_cop
from wattscale.facility.design import Plant, design_space
from wattscale.facility.electrical import losses, transformer_loss, ups_loss
from wattscale.facility.outdoor import outdoor_air
from wattscale.facility.plant import run_plant
from wattscale.facility.psychrometrics import latent_heat
from wattscale.facility.rejection import fan_share
from wattscale.facility.water import tower_water, with_blowdown

ONE = np.asarray(1.0)


def central(catalog, cooling="chiller", ups="double-conversion", redundancy="2N"):
    return design_space(catalog, cooling, ups, redundancy).central()


def hour(temp_c, dew_c, pressure_pa=101_325.0):
    return outdoor_air(*(np.array([x]) for x in (temp_c, dew_c, pressure_pa)))


def test_a_modern_ups_loses_about_four_percent_at_a_quarter_load(catalog):
    x = 0.25
    loss = float(ups_loss(np.asarray(x), central(catalog).electrical))
    assert x / (x + loss) == pytest.approx(0.954, abs=0.001)


def test_two_paths_lose_more_than_one(catalog):
    half = np.array([0.5])
    two, one = (losses(half, 1.0, central(catalog, redundancy=r).electrical).ups for r in ("2N", "N"))
    assert two > one


def test_losses_between_racks_and_ups_are_what_the_share_says(catalog):
    electrical = central(catalog).electrical
    found = losses(np.array([0.99]), 0.99, electrical)
    share = float(electrical.distribution_share)
    assert float(found.distribution[0]) == pytest.approx(0.99 * share / (1 - share))


def test_transformer_loses_its_core_without_load_and_core_and_copper_at_full_load(catalog):
    e = central(catalog, redundancy="N").electrical
    assert float(transformer_loss(0 * ONE, ONE, e)) == pytest.approx(float(e.transformer_core))
    assert float(transformer_loss(ONE, ONE, e)) == pytest.approx(float(e.transformer_core + e.transformer_copper))


def test_fan_power_by_hand(catalog):
    design = central(catalog).air
    rho = 101_325 / (287.042 * (float(design.supply_c) + 273.15))
    expected = float(design.fan_pressure_pa) / (rho * 1006 * float(design.delta_k) * float(design.fan_efficiency))
    assert float(fan_ratio(design, np.asarray(101_325.0))) == pytest.approx(expected)


def test_thin_air_of_denver_costs_a_fifth_more_fan_power(catalog):
    design = central(catalog).air
    assert float(fan_ratio(design, np.asarray(83_500.0)) / fan_ratio(design, np.asarray(101_325.0))) == pytest.approx(
        1.2135, abs=1e-3
    )


def test_chillers_meet_the_points_they_were_fitted_to(catalog):
    curves = central(catalog).curves
    water = water_cooled_cop(4.7 * ONE, (23.89 + 7.56) * ONE, 0.75 * ONE, curves)
    assert float(water) == pytest.approx(7.327, rel=0.05)
    air = air_cooled_cop(4.7 * ONE, (25.0 + 12.0) * ONE, 0.505 * ONE, curves)
    assert float(air) == pytest.approx(4.085, rel=0.05)
    assert float(dx_cop(35.01 * ONE, curves)) == pytest.approx(1.463, rel=0.02)
    assert float(dx_cop(-10.0 * ONE, curves)) == pytest.approx(2.8)


@settings(max_examples=40, deadline=None)
@given(st.floats(5, 25), st.floats(15, 50), st.floats(0.2, 1.0))
def test_a_chiller_never_beats_carnot(catalog, te, tc, x):
    curves = central(catalog).curves
    lift = max(tc - te, 0.5)
    carnot = (te + 273.15) / lift
    for cop in (water_cooled_cop, air_cooled_cop):
        assert 0 < float(cop(te * ONE, (te + lift) * ONE, x * ONE, curves)) < carnot


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 1), st.integers(1, 8), st.floats(1, 2))
def test_running_machines_can_carry_the_load(load, machines, ratio):
    x = float(running_share(load * ONE, machines * ONE, ratio * ONE, 0.0 * ONE))
    assert 0 <= x <= 1
    running = np.ceil(load * machines / ratio - 1e-9)
    assert running * x == pytest.approx(load * machines / ratio, abs=1e-6)


def test_fans_run_at_an_eighth_of_power_at_half_speed_by_the_cube_law():
    assert float(fan_share(ONE, 4 * ONE, 8 * ONE, 3 * ONE, 0 * ONE)) == pytest.approx(1 / 8)


def test_fans_stand_still_without_heat():
    assert float(fan_share(0 * ONE, 4 * ONE, 8 * ONE, 3 * ONE, 0.2 * ONE)) == 0.0


def test_five_cycles_take_a_quarter_more_water_than_evaporates():
    assert float(with_blowdown(4 * ONE, 0.1 * ONE, 5 * ONE).makeup) == pytest.approx(5.0)


def test_drift_beyond_the_salt_balance_is_not_hidden():
    assert float(with_blowdown(4 * ONE, 2 * ONE, 5 * ONE).makeup) == pytest.approx(6.0)


def test_a_tower_that_only_evaporates_takes_about_one_and_a_half_litres_per_kwh(catalog):
    design = central(catalog).chilled
    water = tower_water(hour(20, 15), ONE, 25 * ONE, 5 * ONE, 1e9 * ONE, 0 * ONE, 0 * ONE)
    assert float(water.evaporation[0]) == pytest.approx(1.466, abs=0.01)
    assert design.cycles > 1


@settings(max_examples=40, deadline=None)
@given(st.floats(-10, 42), st.floats(1, 25))
def test_winter_air_evaporates_less_than_summer_air(temp_c, depression):
    air = hour(temp_c, min(temp_c - depression, 34.0))
    cold = air.wet_bulb_c + 5
    water = tower_water(air, ONE, cold, 5 * ONE, 5 * ONE, 0 * ONE, ONE)
    latent_mwh = float(water.evaporation[0]) * 1e3 * float(latent_heat(air.wet_bulb_c)[0]) / 3.6e6
    assert 0.0 <= latent_mwh <= 1.8


def run(catalog, plant, air, heat=ONE, cooling="chiller"):
    design = central(catalog, cooling)
    return run_plant(plant, design.chilled, design.curves, air, heat * np.ones(1), ONE)


def test_a_cold_night_needs_no_compressor_with_a_free_loop(catalog):
    plant = Plant("tower", "water-chiller", True)
    assert run(catalog, plant, hour(0.0, -5.0)).compressor[0] == 0
    assert run(catalog, plant, hour(35.0, 24.0)).compressor[0] > 0


def test_a_loop_without_heat_stands_still(catalog):
    for plant in (Plant("tower", "water-chiller", True), Plant("dry", "air-chiller", True), Plant("none", "dx", False)):
        hours = run(catalog, plant, hour(30.0, 20.0), heat=0 * ONE)
        assert (hours.pumps + hours.compressor + hours.rejection_fans + hours.water.makeup).tolist() == [0.0]


def test_a_loop_without_machine_gets_warm_on_a_hot_day_and_says_so(catalog):
    design = central(catalog, "direct-to-chip")
    hours = run_plant(Plant("dry", "none", True), design.loop, design.curves, hour(40.0, 10.0), np.ones(1), ONE)
    assert float(hours.supply_c[0]) == pytest.approx(40.0 + float(design.loop.dry_approach_k))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["tower", "dry", "adiabatic"]),
    st.booleans(),
    st.floats(-25, 46),
    st.floats(0, 30),
    st.floats(0.05, 1.0),
)
def test_what_goes_into_a_loop_comes_out(catalog, rejection, free, temp_c, depression, heat):
    machine = "water-chiller" if rejection == "tower" else "air-chiller"
    hours = run(catalog, Plant(rejection, machine, free), hour(temp_c, min(temp_c - depression, 34.0)), heat=heat * ONE)
    balance = heat + hours.pumps + hours.compressor
    assert float(hours.rejected[0]) == pytest.approx(float(balance[0]), rel=1e-9)
    assert 0.0 <= float(hours.free_share[0]) <= 1.0


@settings(max_examples=40, deadline=None)
@given(st.floats(-25, 46), st.floats(0, 30), st.booleans())
def test_heat_of_the_hall_leaves_with_air_or_goes_to_the_loop(catalog, temp_c, depression, spray):
    design = central(catalog, "air-economiser").air
    hall = outside_hall(design, hour(temp_c, min(temp_c - depression, 34.0)), np.ones(1), ONE, spray)
    assert float((hall.exhausted + hall.to_plant)[0]) == pytest.approx(1.0 + float(hall.fans[0]), rel=1e-9)
    assert float(hall.spray[0]) >= 0.0
    assert spray or float(hall.spray[0]) == 0.0


def test_mild_dry_air_cools_the_hall_alone_and_humid_air_closes_it(catalog):
    design = central(catalog, "air-economiser").air
    mild = outside_hall(design, hour(20.0, 8.0), np.ones(1), ONE, True)
    assert float(mild.to_plant[0]) == 0.0
    humid = outside_hall(design, hour(28.0, 25.0), np.ones(1), ONE, True)
    assert float(humid.exhausted[0]) == pytest.approx(0.0, abs=1e-12)


def test_hot_dry_air_is_sprayed_and_needs_little_machine(catalog):
    design = central(catalog, "air-economiser").air
    desert = outside_hall(design, hour(40.0, 0.0), np.ones(1), ONE, True)
    assert float(desert.spray[0]) > 0.3
    assert float(desert.to_plant[0]) < 0.2


def test_a_coil_that_condenses_has_to_be_humidified_back(catalog):
    design = central(catalog).air
    hall = closed_hall(design, np.ones(1), ONE, np.array([101_325.0]))
    latent = float(hall.humidifier[0]) * 1e3 * float(latent_heat(design.supply_c)) / 3.6e6
    share = float(design.sensible_share)
    assert latent / float(hall.to_plant[0]) == pytest.approx(1 / share - 1)
