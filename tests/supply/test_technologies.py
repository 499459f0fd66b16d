"""Costs, fuels and resources from the catalogue."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from campuses import site

from wattscale.supply.resources import power_curve, solar_capacity_factor, wind_capacity_factor
from wattscale.supply.technologies import read_technologies


def test_gas_carbon_follows_from_lower_heating_value_and_higher_heating_value_efficiency(catalog):
    t = read_technologies(catalog, ["gas-combined-cycle"], "US", 2025)["gas-combined-cycle"]
    assert t.carbon_kg_per_mwh == pytest.approx(201.96 * 0.9024 / 0.537, rel=1e-9)
    assert 330 < t.carbon_kg_per_mwh < 350


def test_gas_fuel_cost_is_price_over_efficiency_both_in_higher_heating_value(catalog):
    t = read_technologies(catalog, ["gas-combined-cycle"], "US", 2025)["gas-combined-cycle"]
    deflated = 3.5 * 125.2 / 128.6
    assert t.fuel_usd_per_mwh[0] == pytest.approx(deflated * 3.412142 / 0.537, rel=1e-5)


def test_costs_between_vintages_are_interpolated_and_deflated(catalog):
    early, middle, late = (
        read_technologies(catalog, ["solar"], "US", year)["solar"].capital_usd_per_mw[0]
        for year in (2025, 2027.5, 2030)
    )
    assert early == pytest.approx(1254e3 * 125.2 / 122.27)
    assert middle == pytest.approx((early + late) / 2)


def test_european_costs_come_in_dollars_of_the_base_year(catalog):
    t = read_technologies(catalog, ["solar"], "EU", 2025)["solar"]
    assert t.capital_usd_per_mw[0] == pytest.approx(595e3 * 1.1422 * 125.2 / 105.36, rel=1e-9)


def test_every_technology_of_the_table_can_be_read(catalog):
    names = catalog.names("technologies")
    for region in ("US", "EU"):
        for t in read_technologies(catalog, names, region, 2028).values():
            assert t.life_years > 0
            assert sum(t.capital_usd_per_mw) + sum(t.capital_usd_per_mwh) > 0
            assert t.capital_usd_per_mw[1] <= t.capital_usd_per_mw[0] <= t.capital_usd_per_mw[2]
            assert 0 < t.availability <= 1
            assert t.minimum_load < t.availability


def test_aliases_mean_the_same_technology(catalog):
    assert list(read_technologies(catalog, ["CCGT", "utility"], "US", 2025)) == ["grid", "gas-combined-cycle"]


def test_tracking_gives_more_than_fixed_and_nothing_at_night(catalog):
    place = site()
    tracking = solar_capacity_factor(place, catalog)
    fixed = solar_capacity_factor(place, catalog, "fixed")
    assert tracking.mean() > fixed.mean() > 0.1
    assert tracking[place.weather.ghi_w_per_m2 == 0].max() == 0.0
    assert tracking.max() <= 1.0


def test_wind_is_scaled_to_a_yield_study(catalog):
    place = site()
    assert wind_capacity_factor(place, catalog, 0.41).mean() == pytest.approx(0.41, abs=1e-4)
    assert 0.1 < wind_capacity_factor(place, catalog).mean() < 0.7


def test_power_curve_rises_to_its_rating_and_stops_in_a_storm():
    speed = np.linspace(0, 24, 200)
    output = power_curve(speed, 3.0, 11.0, 25.0, 0.5)
    assert np.all(np.diff(output) >= -1e-12)
    assert output[-1] == pytest.approx(1.0)
    assert power_curve(np.array([27.0]), 3.0, 11.0, 25.0, 0.5)[0] == 0.0


def test_the_last_light_of_dusk_starts_no_inverter(catalog):
    place = site()
    dim = replace(place.weather, **{n: np.full(8760, 1e-310) for n in ("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2")})
    for mounting in ("tracking", "fixed"):
        assert solar_capacity_factor(replace(place, weather=dim), catalog, mounting).max() == 0.0


def test_a_store_of_the_catalogue_comes_with_its_power_energy_and_losses(catalog):
    """US, 2025: 356.3 USD/kW and 222.6 USD/kWh of 2023; 85 % round trip, each way its root; 2.5 % fixed."""
    t = read_technologies(catalog, ["battery"], "US", 2025)["battery"]
    assert t.capital_usd_per_mw[0] == pytest.approx(356.3e3 * 125.2 / 122.27)
    assert t.capital_usd_per_mwh[0] == pytest.approx(222.6e3 * 125.2 / 122.27)
    assert t.one_way_efficiency == pytest.approx(0.85**0.5)
    assert t.keep_per_h == pytest.approx(1 - 1e-5)
    assert (t.fixed_share, t.fixed_usd_per_mw_year, t.life_years) == (0.025, 0.0, 15.0)
    assert (t.lifecycle_kg_per_mwh, t.land_ha_per_mw, t.carbon_free) == (33.0, 0.02, True)
    assert t.ramp_share_per_h is None


def test_running_costs_of_a_plant_come_by_power_and_by_energy(catalog):
    """US, 2025: 36.5 USD/kW-year and 2.31 USD/MWh of 2023."""
    t = read_technologies(catalog, ["gas-combined-cycle"], "US", 2025)["gas-combined-cycle"]
    assert t.capital_usd_per_mw[0] == pytest.approx(2000e3 * 125.2 / 122.27)
    assert (t.fixed_share, t.fixed_usd_per_mw_year) == (0.0, pytest.approx(36.5e3 * 125.2 / 122.27))
    assert t.variable_usd_per_mwh == pytest.approx(2.31 * 125.2 / 122.27)
    assert (t.one_way_efficiency, t.capital_usd_per_mwh, t.life_years) == (1.0, (0.0, 0.0, 0.0), 30.0)
    assert read_technologies(catalog, ["nuclear"], "US", 2025)["nuclear"].ramp_share_per_h == 0.3
