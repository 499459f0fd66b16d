"""Output of sun and wind against closed forms, and swings and technologies of round numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from campuses import battery, gas, grid, site, solar

from wattscale.errors import InputError
from wattscale.supply.limits import counted_per_mw, counted_per_mwh, wear_usd_per_mwh
from wattscale.supply.resources import power_curve, scale_to_mean, solar_capacity_factor, wind_capacity_factor
from wattscale.supply.swings import ramp_mw_per_h, swings

MODEL = {
    "solar_model.ground_albedo": 0.0, "solar_model.temperature_coefficient": -0.004, "solar_model.dc_ac_ratio": 1.25,
    "solar_model.system_loss": 0.2, "solar_model.inverter_efficiency": 0.96, "wind_model.hub_height": 80.0,
    "wind_model.shear_exponent": 0.5, "wind_model.offshore_hub_height": 160.0, "wind_model.measurement_height": 10.0,
    "wind_model.offshore_shear_exponent": 0.25, "wind_model.cut_in": 3.0, "wind_model.rated": 11.0,
    "wind_model.cut_out": 25.0, "wind_model.spread": 0.0, "wind_model.loss": 0.1,
}  # fmt: skip


class RoundNumbers:
    """Stands in for the catalogue."""

    def value(self, table, key):
        assert table == "tech_costs"
        return MODEL[key]


@pytest.fixture
def round_numbers():
    return RoundNumbers()


def sunny(ghi, temp_c=25.0, latitude=0.0, wind_ms=1.0):
    """Sun from straight above at the equator at noon of an equinox on the zero meridian, all of it direct."""
    place = site(latitude=latitude)
    flat = np.full(8760, float(ghi))
    weather = replace(place.weather, temp_air_c=np.full(8760, temp_c), wind_speed_ms=np.full(8760, wind_ms),
                      ghi_w_per_m2=flat, dni_w_per_m2=flat, dhi_w_per_m2=0 * flat)  # fmt: skip
    return replace(place, longitude=0.0, elevation_m=0.0, weather=weather)


EQUINOX_NOON = 78 * 24 + 12


def test_solar_output_of_a_dim_noon_is_its_share_of_the_rating(round_numbers):
    """200 W/m2 on modules tilted by 3.1 degrees warm them by 200 / (25 + 6.84) = 6.3 K: 1 - 0.004 x 6.3 of 0.2; 1.25
    times as many modules as the inverter takes, 0.2 lost, 0.96 through the inverter near a fifth of its load."""
    found = solar_capacity_factor(sunny(200.0), round_numbers, "fixed")[EQUINOX_NOON]
    irradiance = 0.2 * np.cos(np.radians(3.1))
    expected = irradiance * (1 - 0.004 * 200 / (25 + 6.84)) * 1.25 * 0.8 * 0.96
    assert found == pytest.approx(expected, rel=0.04)


def test_solar_output_falls_with_heat_and_ends_at_the_inverter(round_numbers):
    cool, hot = (solar_capacity_factor(sunny(400.0, t), round_numbers, "fixed")[EQUINOX_NOON] for t in (10.0, 40.0))
    warm_by = 400 / (25 + 6.84)
    assert hot / cool == pytest.approx((1 - 0.004 * (15 + warm_by)) / (1 - 0.004 * (warm_by - 15)), rel=0.005)
    assert solar_capacity_factor(sunny(1500.0, -20.0), round_numbers, "fixed").max() == 1.0


def test_fixed_modules_face_the_equator_at_three_quarters_of_the_latitude(round_numbers):
    """On 21 June at 50 N the sun is 26.6 degrees off overhead, the module 41.1 the same way; at 50 S the sun 73.4."""
    noon = 171 * 24 + 12
    north, south = (
        solar_capacity_factor(sunny(200.0, latitude=lat), round_numbers, "fixed")[noon] for lat in (50.0, -50.0)
    )
    assert north / south == pytest.approx(np.cos(np.radians(41.1 - 26.6)) / np.cos(np.radians(73.4 - 41.1)), rel=0.05)


def test_wind_at_the_hub_follows_the_power_law_of_height(round_numbers):
    """5 m/s at 10 m are 5 x 8^0.5 = 14.1 at 80 m, above rated: 0.9; 2.5 are 7.07; offshore 2.5 x 16^0.25 = 5."""
    place = site()

    def windy(speed):
        return replace(place, weather=replace(place.weather, wind_speed_ms=np.full(8760, speed)))

    def cubic(v):
        return (v**3 - 27) / (11**3 - 27)

    assert wind_capacity_factor(windy(5.0), round_numbers)[0] == pytest.approx(0.9)
    assert wind_capacity_factor(windy(2.5), round_numbers)[0] == pytest.approx(0.9 * cubic(2.5 * 8**0.5))
    assert wind_capacity_factor(windy(2.5), round_numbers, offshore=True)[0] == pytest.approx(0.9 * cubic(5.0))


def test_wind_is_scaled_until_the_year_has_the_mean_asked(round_numbers):
    found = wind_capacity_factor(site(), round_numbers, 0.3)
    assert found.mean() == pytest.approx(0.3, rel=1e-6)
    with pytest.raises(InputError, match="cannot be scaled"):
        wind_capacity_factor(site(), round_numbers, 0.89)


def test_power_between_cut_in_and_rated_grows_with_the_cube():
    found = power_curve(np.array([3.0, 7.0, 11.0, 25.0, 25.1]), 3.0, 11.0, 25.0)
    assert found == pytest.approx([0.0, (343 - 27) / (1331 - 27), 1.0, 1.0, 0.0])


def test_a_spread_of_speeds_is_averaged_over_three_points():
    """At 8 +- 1 m/s: sixths at 8 -+ 1.732 and two thirds at 8; near cut-out a sixth of the turbines stands."""

    def cubic(v):
        return (v**3 - 27) / (1331 - 27)

    expected = (cubic(8 - 3**0.5) + 4 * cubic(8.0) + cubic(8 + 3**0.5)) / 6
    assert power_curve(np.array([8.0]), 3.0, 11.0, 25.0, 1.0) == pytest.approx(expected)
    assert power_curve(np.array([24.0]), 3.0, 11.0, 25.0, 1.0) == pytest.approx(5 / 6)


def test_a_profile_is_bent_to_its_mean_by_a_power():
    """A quarter in half of the hours: to a mean of 0.25 by its root, to 1/32 by its square."""
    factor = np.array([0.25, 0.25, 0.0, 0.0])
    assert scale_to_mean(factor, 0.25, "x") == pytest.approx([0.5, 0.5, 0.0, 0.0])
    assert scale_to_mean(factor, 1 / 32, "x") == pytest.approx([1 / 16, 1 / 16, 0.0, 0.0])
    for mean in (0.5, 0.0):
        with pytest.raises(InputError, match="out of reach"):
            scale_to_mean(factor, mean, "x")


def test_swings_of_a_load_by_hand():
    """40 of 100 MW every 3.6 s: a quarter of 40 MW x 3.6 s = 10 kWh; the UPS holds 100 MW for 6 minutes."""
    s = swings(np.array([60.0, 100.0]), 0.4, 3.6, 6.0)
    assert (s.power_mw, s.energy_kwh, s.ups_kwh, s.per_year) == (40.0, 10.0, 10_000.0, 8.76e6)
    assert ramp_mw_per_h(np.array([5.0])) == 0.0


def test_carbon_and_wear_that_the_optimiser_counts():
    """Fuel of 400 and 60 upstream, 5 of the plant; solar 40 for each MWh of 2,000 hours it could give."""
    from campuses import setting

    direct = setting(8, renewable={"solar": np.full(8, 0.25)})
    whole = replace(direct, lifecycle_carbon=True)
    turbine = gas(upstream_kg_per_mwh=60.0, lifecycle_kg_per_mwh=5.0)
    assert (counted_per_mwh(direct, turbine), counted_per_mwh(whole, turbine)) == (400.0, 465.0)
    panels = solar(lifecycle_kg_per_mwh=40.0)
    assert (counted_per_mwh(whole, panels), counted_per_mw(direct, panels)) == (0.0, 0.0)
    assert counted_per_mw(whole, panels) == pytest.approx(40 * 2.0)
    assert counted_per_mw(whole, turbine) == 0.0
    worn = replace(direct, fade_per_cycle=1e-4)
    assert wear_usd_per_mwh(worn, battery(capital_usd_per_mwh=2e5)) == pytest.approx(1e-4 * 2e5 * 0.9)


def test_yearly_cost_of_power_and_energy():
    """0 % over 10 years: a tenth, 3 % a year fixed and 500 besides."""
    t = battery(capital_usd_per_mw=1e5, capital_usd_per_mwh=2e5, fixed_share=0.03, fixed_usd_per_mw_year=500.0)
    assert t.annual_usd_per_mw(0.0) == pytest.approx(1e5 * 0.13 + 500)
    assert t.annual_usd_per_mwh(0.0) == pytest.approx(2e5 * 0.13)
    assert grid(capital_usd_per_mw=1e5).annual_usd_per_mw(0.25) == pytest.approx(1e5 * 0.25 / (1 - 1.25**-10))
