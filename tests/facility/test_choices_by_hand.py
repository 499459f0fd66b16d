"""What the scenario's words set in a building, and the parts of the yearly figures that follow from each other."""

from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.facility.annual import annual, yearly_figures
from wattscale.facility.chillers import air_cooled_cop, dx_cop, water_cooled_cop
from wattscale.facility.cooling import run_building
from wattscale.facility.density import air_limit_kw, check_remainder, liquid_share_needed
from wattscale.facility.design import design_space, technology
from wattscale.facility.space import space_of
from wattscale.scenario.facility import FacilityTable


def test_liquid_takes_what_air_cannot_carry(catalog):
    limit = air_limit_kw(catalog)
    assert liquid_share_needed(catalog, 2 * limit) == pytest.approx(0.5)
    assert liquid_share_needed(catalog, limit / 2) == 0.0
    assert liquid_share_needed(catalog, 0.0) == 0.0
    assert check_remainder(catalog, 4 * limit, 0.75) == ()
    (warning,) = check_remainder(catalog, 4 * limit, 0.7)
    assert warning.code == "air-remainder"


def value(space, key):
    return space.figures[key].value


def test_set_points_of_the_scenario_replace_those_of_the_technology(catalog):
    """With outside air a supply set below the window moves its lower end, one above it leaves it."""
    tech = technology(catalog, "air-economiser")
    usual = value(design_space(catalog, "air-economiser", "double-conversion", "2N"), "air.supply_min_c")
    cold = space_of(FacilityTable(cooling="air-economiser", air_supply_c=10.0), tech, catalog)
    warm = space_of(FacilityTable(cooling="air-economiser", air_supply_c=30.0), tech, catalog)
    assert [value(cold, f"air.{k}") for k in ("supply_c", "supply_max_c", "supply_min_c")] == [10.0, 10.0, 10.0]
    assert [value(warm, f"air.{k}") for k in ("supply_c", "supply_max_c", "supply_min_c")] == [30.0, 30.0, usual]
    closed = space_of(FacilityTable(cooling="chiller", air_supply_c=30.0), technology(catalog, "chiller"), catalog)
    assert value(closed, "air.supply_c") == 30.0
    assert value(closed, "air.supply_max_c") != 30.0


def test_set_points_of_the_water(catalog):
    tech = technology(catalog, "direct-to-chip")
    table = FacilityTable(water_class="W40", liquid_share=0.6, heat_reuse_share=0.25, cycles_of_concentration=7.0)
    space = space_of(table, tech, catalog)
    assert value(space, "loop.supply_c") == 40.0
    assert (value(space, "liquid.share"), value(space, "liquid.reuse_share")) == (0.6, 0.25)
    assert (value(space, "chilled.cycles"), value(space, "loop.cycles")) == (7.0, 7.0)
    exact = space_of(FacilityTable(water_class="W40", liquid_supply_c=33.0), tech, catalog)
    assert value(exact, "loop.supply_c") == 33.0


def test_yearly_figures_follow_from_each_other(catalog, air):
    """Energy is IT energy times PUE at both ends, water times WUE; heat used is taken off ERE and counted in ERF."""
    space = design_space(catalog, "direct-to-chip", "double-conversion", "2N").with_values({"liquid.reuse_share": 0.25})
    tech, it = technology(catalog, "direct-to-chip"), np.full(air.temp_c.size, 8.0)
    design = space.central()
    hours = run_building(tech, design, air, it, 10.0)
    sampled = annual(hours, design)
    draws = annual(run_building(tech, space.draws(16), air, it, 10.0), space.draws(16))
    f = yearly_figures(hours, design, sampled, draws)
    energy, total, reused = it.sum(), hours.power_mw.sum(), hours.reused_mw.sum()
    assert f["it_energy_mwh"] == pytest.approx(energy)
    assert f["pue"][0] == pytest.approx(total / energy)
    assert f["energy_mwh"] == pytest.approx(tuple(energy * x for x in f["pue"]))
    assert f["water_m3_per_year"] == pytest.approx(tuple(energy * x for x in f["wue_l_per_kwh"]))
    assert f["water_m3_per_year"][0] == pytest.approx(hours.water.makeup.sum())
    assert f["pue"][1] <= f["pue"][0] <= f["pue"][2]
    assert f["tue"][0] == pytest.approx(f["pue"][0] * f["itue"][0])
    assert f["peak_mw"][0] == pytest.approx(hours.power_mw.max())
    assert f["peak_mw"][1] <= f["peak_mw"][0] <= f["peak_mw"][2]
    assert f["max_hourly_pue"] == pytest.approx((hours.power_mw / it).max())
    assert f["heat_reused_mwh"] == pytest.approx(reused)
    assert (f["ere"], f["erf"]) == (pytest.approx((total - reused) / energy), pytest.approx(reused / total))
    assert f["compressor_free_hours"] == hours.compressor_free.sum()


class Curves:
    """Round coefficients in place of the fitted ones."""

    water_constant, water_load, water_load2, water_lift, water_cop_max = 0.4, 0.3, -0.1, 0.06, 15.0
    air_constant, air_load, air_load2, air_lift, air_cop_max = 0.3, 0.2, -0.1, 0.06, 12.0
    dx_cop_0c, dx_fall, dx_cop_max = 8.0, 0.02, 6.0


def test_chillers_reach_their_share_of_carnot():
    """From 6.85 to 36.85 C: 280 / 30 of Carnot; at half load 0.4 + 0.15 - 0.025 + 0.06 for a lift of 30 K."""
    cold, hot, half = np.array([6.85]), np.array([36.85]), np.array([0.5])
    assert water_cooled_cop(cold, hot, half, Curves) == pytest.approx(280 / 30 * (0.4 + 0.15 - 0.025 + 0.06))
    assert air_cooled_cop(cold, hot, half, Curves) == pytest.approx(280 / 30 * (0.3 + 0.1 - 0.025 + 0.06))
    # No lift: the cap, with the quality of no lift; a condenser colder than the evaporator is no lift either.
    assert water_cooled_cop(cold, cold, half, Curves) == pytest.approx(15.0)
    assert water_cooled_cop(cold, cold - 400.0, half, Curves) == pytest.approx(15.0)


def test_a_lift_of_half_a_kelvin_counts_as_such_and_none_as_none():
    """Machines that reach 0.06 of Carnot for each 30 K of lift: 0.06 x 280 / 30 at any lift; nothing below none."""
    lift_alone = SimpleNamespace(**{name: 0.0 for name in vars(Curves) if not name.startswith("_")})
    lift_alone.water_lift = lift_alone.air_lift = 0.06
    lift_alone.water_cop_max = lift_alone.air_cop_max = 15.0
    cold = np.array([6.85])
    for cop in (water_cooled_cop, air_cooled_cop):
        assert cop(cold, cold + 0.5, np.array([0.5]), lift_alone) == pytest.approx(0.56)
        assert cop(cold, cold - 5.0, np.array([0.5]), lift_alone) == pytest.approx(0.0)


def test_direct_expansion_falls_with_heat_from_a_cap():
    assert dx_cop(np.array([-10.0, 0.0, 50.0]), Curves) == pytest.approx([6.0, 6.0, 8 * np.exp(-1.0)])


def test_hours_without_compressors_are_counted_as_ones(catalog, air):
    """A loop that needs no machine counts every hour of its liquid; the hall's chiller runs in some hours."""
    space = design_space(catalog, "direct-to-chip", "double-conversion", "2N")
    tech, it = technology(catalog, "direct-to-chip"), np.full(air.temp_c.size, 8.0)
    hours = run_building(tech, space.central(), air, it, 10.0)
    assert set(np.unique(hours.compressor_free)) <= {0.0, 1.0}
    assert set(np.unique(hours.liquid_free)) <= {0.0, 1.0}
    assert (hours.compressor_free == (hours.uses_mw["compressors"] == 0)).all()
