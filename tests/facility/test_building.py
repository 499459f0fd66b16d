"""Balances and orders of a whole building, for every technology."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.catalog import load_catalog
from wattscale.facility.annual import annual
from wattscale.facility.cooling import USES, run_building
from wattscale.facility.design import design_space, technology
from wattscale.facility.outdoor import OutdoorAir, outdoor_air

TECHNOLOGIES = load_catalog().names("cooling_technologies")


def building(catalog, name, air, it, capacity=1.0, **fixed):
    space = design_space(catalog, name, "double-conversion", "2N").with_values(fixed)
    return run_building(technology(catalog, name), space.central(), air, it, capacity)


def load(air):
    return 0.6 + 0.4 * np.sin(np.arange(air.temp_c.size) / 7.0) ** 2


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_power_is_the_sum_of_its_uses(catalog, air, name):
    hours = building(catalog, name, air, load(air))
    assert tuple(hours.uses_mw) == USES
    assert np.allclose(sum(hours.uses_mw.values()), hours.power_mw, rtol=1e-12)
    assert all((mw >= 0).all() for mw in hours.uses_mw.values())


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_all_heat_leaves_the_building(catalog, air, name):
    hours = building(catalog, name, air, load(air), **({"liquid.reuse_share": 0.3} if "direct" in name else {}))
    inside = hours.power_mw - hours.uses_mw["transformer"] - hours.uses_mw["heat_rejection"]
    out = hours.exhausted_mw + hours.rejected_mw + hours.reused_mw
    assert np.allclose(inside, out, rtol=1e-9)


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_water_taken_is_evaporation_drift_and_blowdown(catalog, air, name):
    hours = building(catalog, name, air, load(air))
    water = hours.water
    assert np.allclose(water.makeup, water.evaporation + water.drift + water.blowdown, rtol=1e-12)
    assert (water.evaporation >= 0).all()
    assert (water.blowdown >= 0).all()


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_an_hour_alone_equals_the_same_hour_in_the_year(catalog, air, name):
    it = load(air)
    year = building(catalog, name, air, it)
    for h in (0, 411, 777):
        one = OutdoorAir(*(getattr(air, f)[h : h + 1] for f in air.__dataclass_fields__))
        alone = building(catalog, name, one, it[h : h + 1])
        assert alone.power_mw[0] == pytest.approx(year.power_mw[h], rel=1e-12)
        assert alone.water.makeup[0] == pytest.approx(year.water.makeup[h], rel=1e-12)


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_ten_times_the_size_draws_ten_times_the_power(catalog, air, name):
    it = load(air)
    small, big = building(catalog, name, air, it), building(catalog, name, air, 10 * it, 10.0)
    assert np.allclose(10 * small.power_mw, big.power_mw, rtol=1e-12)
    assert np.allclose(10 * small.water.makeup, big.water.makeup, rtol=1e-12)


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_draws_hold_the_central_design_as_their_middle(catalog, air, name):
    space = design_space(catalog, name, "double-conversion", "2N")
    tech, few, it = technology(catalog, name), air.every(7), load(air)[::7]
    middle = annual(run_building(tech, space.central(), few, it, 1.0), space.central())
    many = space.draws(64)
    drawn = annual(run_building(tech, many, few, it, 1.0), many)
    assert drawn.pue.shape == (64,)
    assert np.quantile(drawn.pue, 0.05) < float(middle.pue) < np.quantile(drawn.pue, 0.95)


def test_draws_are_the_same_every_time(catalog):
    space = design_space(catalog, "chiller", "eco", "N")
    assert (space.draws(16).air.fan_pressure_pa == space.draws(16).air.fan_pressure_pa).all()


@settings(max_examples=20, deadline=None)
@given(st.floats(18, 30), st.floats(0.5, 6))
def test_warmer_supply_air_never_costs_energy(catalog, air, supply_c, step):
    it = load(air)
    for name in ("chiller", "water-economiser", "dry-economiser"):
        cold, warm = (
            building(catalog, name, air, it, **{"air.supply_c": s}).power_mw.sum() for s in (supply_c, supply_c + step)
        )
        assert warm <= cold * (1 + 1e-4)


def test_warm_liquid_needs_fewer_compressor_hours(catalog, air):
    it = load(air)
    free = [
        building(catalog, "immersion", air, it, **{"loop.supply_c": c}).uses_mw["compressors"].sum()
        for c in (17.0, 27.0, 32.0, 40.0, 45.0)
    ]
    assert free == sorted(free, reverse=True)
    assert free[0] > free[-1]


def test_more_cycles_of_concentration_save_water_and_no_power(catalog, air):
    it = load(air)
    three, nine = (building(catalog, "chiller", air, it, **{"chilled.cycles": c}) for c in (3.0, 9.0))
    assert three.water.makeup.sum() > 1.2 * nine.water.makeup.sum()
    assert np.array_equal(three.power_mw, nine.power_mw)


def test_heat_given_away_spares_the_heat_rejection(catalog, air):
    it = load(air)
    alone, shared = (building(catalog, "direct-to-chip", air, it, **{"liquid.reuse_share": s}) for s in (0.0, 0.9))
    assert shared.uses_mw["heat_rejection"].sum() < alone.uses_mw["heat_rejection"].sum()
    assert shared.reused_mw.sum() == pytest.approx(0.9 * 0.8 * it.sum())


def test_a_nearly_empty_hall_has_a_worse_pue(catalog, air):
    full, empty = (building(catalog, "chiller", air, np.full(960, u)) for u in (1.0, 0.1))
    assert empty.power_mw.sum() / (0.1 * 960) > full.power_mw.sum() / 960


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(TECHNOLOGIES),
    st.floats(-35, 50),
    st.floats(0, 35),
    st.floats(70_000, 104_000),
    st.floats(0.02, 1.0),
    st.sampled_from(["legacy", "double-conversion", "eco"]),
    st.sampled_from(["N", "N+1", "2N"]),
)
def test_heat_and_water_close_in_any_weather_at_any_load(catalog, name, t, depression, p, u, ups, redundancy):
    one = outdoor_air(np.array([t]), np.array([min(t - depression, 34.0)]), np.array([p]))
    space = design_space(catalog, name, ups, redundancy)
    tech = technology(catalog, name)
    for design in (space.central(), space.draws(16)):
        hours = run_building(tech, design, one, np.array([u]), 1.0)
        assert (hours.power_mw > u).all()
        inside = hours.power_mw - hours.uses_mw["transformer"] - hours.uses_mw["heat_rejection"]
        out = hours.exhausted_mw + hours.rejected_mw + hours.reused_mw
        assert np.allclose(inside, out, rtol=1e-9)
        water = hours.water
        assert np.allclose(water.makeup, water.evaporation + water.drift + water.blowdown, rtol=1e-12)
        assert (water.makeup >= 0).all()


def test_many_designs_at_once_equal_each_design_alone(catalog, air):
    """Draw by draw: the same parameters as scalars give the same hours."""
    space = design_space(catalog, "direct-to-chip-tower", "eco", "N+1")
    tech, few = technology(catalog, "direct-to-chip-tower"), air.every(31)
    many = space.draws(8)
    together = run_building(tech, many, few, load(few), 1.0)
    groups = {
        name: type(group)(**{f: np.broadcast_to(getattr(group, f), (8, 1))[3, 0] for f in group.__dataclass_fields__})
        for name, group in vars(many).items()
    }
    alone = run_building(tech, type(many)(**groups), few, load(few), 1.0)
    assert np.allclose(together.power_mw[3], alone.power_mw, rtol=1e-12)


@pytest.mark.parametrize(("loop_c", "hours_at_or_below"), [(32.0, 24.0), (40.0, 32.0), (45.0, 37.0)])
def test_dry_coolers_carry_a_loop_alone_up_to_the_set_point_less_the_approach(catalog, air, loop_c, hours_at_or_below):
    hours = building(catalog, "immersion", air, np.ones(960), **{"loop.supply_c": loop_c})
    assert hours.liquid_free.sum() == (air.temp_c <= hours_at_or_below + 1e-9).sum()
