"""The front function: figures, warnings and refusals."""

import numpy as np
import pytest

from wattscale.errors import InfeasibleError, InputError
from wattscale.facility.annual import annual, ranged
from wattscale.facility.cooling import run_building
from wattscale.facility.design import technology
from wattscale.facility.outdoor import outdoor_air_of
from wattscale.facility.space import space_of
from wattscale.facility.stage import run
from wattscale.scenario.facility import FacilityTable

IT = 40 + 10 * np.sin(np.arange(8760) / 24.0)
WANTED = {
    "pue", "wue_l_per_kwh", "tue", "itue", "peak_mw", "energy_mwh", "water_m3_per_year", "max_hourly_pue",
    "compressor_free_hours",
}  # fmt: skip


def go(catalog, weather, it=IT, rack_kw=10.0, elevation_m=200.0, design_mw=50.0, **table):
    return run(FacilityTable(**table), it, design_mw, rack_kw, weather, elevation_m, catalog)


def test_figures_are_there_with_their_ranges(catalog, weather):
    found = go(catalog, weather, cooling="direct-to-chip").figures
    assert set(found) >= WANTED
    for name in ("pue", "wue_l_per_kwh", "tue", "itue", "peak_mw", "energy_mwh", "water_m3_per_year"):
        value, low, high = found[name]
        assert low <= value <= high, name
        assert low < high, name


def test_ranges_come_from_64_designs_over_each_37th_hour(catalog, weather):
    result = go(catalog, weather, cooling="chiller", headroom_share=0.0)
    table, tech = FacilityTable(cooling="chiller"), technology(catalog, "chiller")
    space, few = space_of(table, tech, catalog), outdoor_air_of(weather).every(37)

    def sampled(design):
        return annual(run_building(tech, design, few, IT[::37], 50.0), design)

    expected = ranged(result.figures["pue"][0], sampled(space.central()).pue, sampled(space.draws(64)).pue)
    assert result.figures["pue"] == expected


def test_pue_is_energy_over_energy_and_not_the_mean_of_hours(catalog, weather):
    result = go(catalog, weather, cooling="chiller")
    assert result.figures["pue"][0] == pytest.approx(result.power_mw.sum() / IT.sum(), rel=1e-12)
    assert abs(result.pue.mean() - result.figures["pue"][0]) > 1e-5
    assert result.figures["wue_l_per_kwh"][0] == pytest.approx(result.water_m3.sum() / IT.sum(), rel=1e-12)


def test_energy_by_use_adds_up_to_the_meter(catalog, weather):
    result = go(catalog, weather)
    assert sum(result.energy_by_use_mwh.values()) == pytest.approx(result.power_mw.sum(), rel=1e-9)
    assert result.energy_by_use_mwh["it"] == pytest.approx(IT.sum())


def test_tue_shows_the_server_fans_that_pue_hides(catalog, weather):
    air, liquid = (go(catalog, weather, cooling=c).figures for c in ("water-economiser", "direct-to-chip-tower"))
    assert air["tue"][0] == pytest.approx(air["itue"][0] * air["pue"][0])
    assert air["tue"][0] / liquid["tue"][0] > air["pue"][0] / liquid["pue"][0]


def test_headroom_makes_the_building_larger(catalog, weather):
    assert go(catalog, weather, headroom_share=0.2).design_it_mw == pytest.approx(60.0)


def test_heat_reuse_shows_in_ere_and_erf(catalog, weather):
    f = go(catalog, weather, cooling="immersion", heat_reuse_share=0.5).figures
    assert f["ere"] == pytest.approx(f["pue"][0] - f["heat_reused_mwh"] / f["it_energy_mwh"])
    assert f["erf"] == pytest.approx(f["heat_reused_mwh"] / f["energy_mwh"][0])
    assert f["erf"] > 0.3


def test_every_figure_used_is_in_the_ledger(catalog, weather):
    view = catalog.recording()
    go(view, weather, cooling="chiller")
    assert {"cooling/building.cop_factor", "chillers/fit.water_lift", "electrical/2N.rating_ratio"} <= set(view.used)


def test_an_override_of_the_catalogue_changes_the_result(catalog, weather):
    changed = catalog.with_overrides({"cooling/building.fan_pressure_pa": 900.0})
    assert (
        go(changed, weather, cooling="chiller").figures["pue"][0]
        > go(catalog, weather, cooling="chiller").figures["pue"][0]
    )


def test_the_water_class_sets_the_supply(catalog, weather):
    w17, w45 = (go(catalog, weather, cooling="immersion", water_class=c).figures for c in ("W17", "W45"))
    assert w45["pue"][0] < w17["pue"][0]
    same = go(catalog, weather, cooling="immersion", liquid_supply_c=45.0).figures
    assert same["pue"] == w45["pue"]


def test_racks_above_the_usual_density_warn_and_far_above_are_refused(catalog, weather):
    assert [w.code for w in go(catalog, weather, cooling="chiller", rack_kw=40.0).warnings] == ["rack-density"]
    with pytest.raises(InfeasibleError, match=r"facility\.cooling.*direct-to-chip"):
        go(catalog, weather, cooling="chiller", rack_kw=132.0)
    assert go(catalog, weather, cooling="direct-to-chip", rack_kw=120.0).warnings == ()


def test_a_liquid_rack_that_leaves_too_much_to_the_air_warns(catalog, weather):
    codes = [w.code for w in go(catalog, weather, cooling="direct-to-chip", rack_kw=140.0).warnings]
    assert codes == ["air-remainder"]
    assert go(catalog, weather, cooling="direct-to-chip", rack_kw=140.0, liquid_share=0.9).warnings == ()


def test_a_direct_current_path_loses_less(catalog, weather):
    ac, dc = (go(catalog, weather, distribution=d) for d in ("ac-208v", "dc-800v"))
    assert dc.energy_by_use_mwh["ups"] < ac.energy_by_use_mwh["ups"]
    assert dc.energy_by_use_mwh["distribution"] < ac.energy_by_use_mwh["distribution"]


def test_a_hot_user_of_heat_needs_a_heat_pump_and_a_warm_one_does_not(catalog, weather):
    reuse = {"cooling": "immersion", "heat_reuse_share": 0.5, "liquid_supply_c": 45.0}
    warm = go(catalog, weather, heat_user_c=45.0, **reuse).figures
    hot = go(catalog, weather, heat_user_c=85.0, **reuse).figures
    assert warm["heat_pump_mwh"] == 0.0
    assert warm["heat_delivered_mwh"] == pytest.approx(warm["heat_reused_mwh"])
    assert hot["heat_delivered_mwh"] == pytest.approx(hot["heat_reused_mwh"] + hot["heat_pump_mwh"])
    assert hot["heat_pump_mwh"] > 0
    assert hot["pue"] == warm["pue"]


def test_it_power_beyond_the_building_names_the_headroom(catalog, weather):
    with pytest.raises(InfeasibleError, match=r"facility\.headroom_share"):
        go(catalog, weather, it=IT * 2)


@pytest.mark.parametrize("wrong", [np.nan, -1.0, np.inf])
def test_it_power_that_is_none_is_refused(catalog, weather, wrong):
    it = IT.copy()
    it[5] = wrong
    with pytest.raises(InputError, match="finite"):
        go(catalog, weather, it=it)


def test_a_year_without_it_power_is_refused(catalog, weather):
    with pytest.raises(InputError, match="no IT power"):
        go(catalog, weather, it=np.zeros(8760))


def test_an_hour_without_it_power_has_no_pue(catalog, weather):
    it = IT.copy()
    it[100] = 0.0
    result = go(catalog, weather, it=it)
    assert np.isnan(result.pue[100])
    assert np.isfinite(result.figures["max_hourly_pue"])


@pytest.mark.parametrize("field", [{"water_class": "W32"}, {"liquid_share": 0.5}, {"heat_reuse_share": 0.2}])
def test_liquid_settings_without_a_liquid_loop_are_refused(catalog, weather, field):
    with pytest.raises(InputError, match="no liquid loop"):
        go(catalog, weather, cooling="chiller", **field)


def test_pressure_that_does_not_fit_the_elevation_warns(catalog, weather):
    assert [w.code for w in go(catalog, weather, elevation_m=2500.0).warnings] == ["pressure-elevation"]


def test_the_same_inputs_give_the_same_result(catalog, weather):
    first, second = go(catalog, weather), go(catalog, weather)
    assert first.figures == second.figures
    assert np.array_equal(first.power_mw, second.power_mw)
