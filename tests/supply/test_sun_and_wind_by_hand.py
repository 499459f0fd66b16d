"""Hours of sun and wind against formulas written out anew, and the ends of what weather can be scaled to.

The sun's place, the tracker's angle and the light outside the air are pvlib's; all from there on is done again here.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pvlib
import pytest
from campuses import site
from test_resources_by_hand import MODEL

from wattscale.errors import InputError
from wattscale.supply.resources import power_curve, scale_to_mean, solar_capacity_factor, wind_capacity_factor

SUNNY = {**MODEL, "solar_model.ground_albedo": 0.25, "solar_model.ground_cover": 0.4, "solar_model.max_rotation": 55.0}


class Numbers:
    """Stands in for the catalogue."""

    def __init__(self, values):
        self.values = values

    def value(self, table, key):
        assert table == "tech_costs"
        return self.values[key]


def by_hand(place, mounting):
    """Hay and Davies' sky, Faiman's cell, and the inverter of PVWatts at 0.96 beside its reference of 0.9637."""
    w = place.weather
    middle = pd.date_range("2023-01-01 00:30", periods=8760, freq="h", tz="UTC")
    sun = pvlib.solarposition.get_solarposition(
        middle, place.latitude, place.longitude, altitude=place.elevation_m, method="nrel_numpy"
    )
    zenith, azimuth = np.radians(sun["apparent_zenith"].to_numpy()), np.radians(sun["azimuth"].to_numpy())
    if mounting == "tracking":
        turned = pvlib.tracking.singleaxis(
            sun["apparent_zenith"], sun["azimuth"], axis_azimuth=180.0, max_angle=55.0, gcr=0.4
        )
        tilt, facing = (np.radians(np.nan_to_num(turned[k])) for k in ("surface_tilt", "surface_azimuth"))
    else:
        tilt = np.radians(3.1 + 0.76 * abs(place.latitude))
        facing = np.pi if place.latitude >= 0 else 0.0
    to_sun = np.cos(zenith) * np.cos(tilt) + np.sin(zenith) * np.sin(tilt) * np.cos(azimuth - facing)
    day = 2 * np.pi * (middle.day_of_year.to_numpy() - 1) / 365
    extra = 1366.1 * (
        1.00011 + 0.034221 * np.cos(day) + 0.00128 * np.sin(day) + 0.000719 * np.cos(2 * day) + 7.7e-5 * np.sin(2 * day)
    )
    clear, height = w.dni_w_per_m2 / extra, np.maximum(np.cos(zenith), 0.01745)
    sky = w.dhi_w_per_m2 * (clear * np.maximum(to_sun, 0) / height + (1 - clear) * (1 + np.cos(tilt)) / 2)
    ground = w.ghi_w_per_m2 * 0.25 * (1 - np.cos(tilt)) / 2
    plane = w.dni_w_per_m2 * np.maximum(to_sun, 0) + sky + ground
    cell = w.temp_air_c + plane / (25.0 + 6.84 * w.wind_speed_ms)
    modules = plane / 1000 * (1 - 0.004 * (cell - 25)) * 1.25 * 0.8
    load = np.maximum(modules * 0.96, 1e-9)
    efficiency = 0.96 / 0.9637 * (-0.0162 * load - 0.0059 / load + 0.9858)
    return np.clip(modules * efficiency, 0.0, 1.0)


@pytest.mark.parametrize(("latitude", "mounting"), [(0.5, "fixed"), (-38.0, "fixed"), (39.0, "tracking")])
def test_each_hour_of_sun_over_the_year(latitude, mounting):
    place = site(latitude=latitude)
    found = solar_capacity_factor(place, Numbers(SUNNY), *(() if mounting == "tracking" else (mounting,)))
    assert found == pytest.approx(by_hand(place, mounting), rel=1e-7, abs=1e-9)
    assert found.max() > 0.5


def blown(*speeds):
    """Wind at 10 m that these speeds take in turn; with no shear it is that at the hub."""
    place = site()
    wind = np.resize(np.array(speeds), 8760)
    return replace(place, weather=replace(place.weather, wind_speed_ms=wind))


STILL = Numbers({**MODEL, "wind_model.shear_exponent": 0.0, "wind_model.spread": 0.0})


def cubic(v):
    return (v**3 - 27) / (1331 - 27)


def test_wind_is_scaled_by_a_twentieth_to_three():
    """50 m/s may be taken for 2.5 on: a mean of 0.03 is 0.9 x cubic(4.0). At half of it, 25 m/s, the plant runs still.

    3 m/s give at most 0.9 x cubic(9).
    """
    assert wind_capacity_factor(blown(50.0), STILL, 0.03) == pytest.approx(np.full(8760, 0.03), rel=1e-9)
    assert wind_capacity_factor(blown(3.0), STILL, 0.9 * cubic(8.99)) == pytest.approx(0.9 * cubic(8.99), rel=1e-9)
    with pytest.raises(InputError, match="cannot be scaled"):
        wind_capacity_factor(blown(3.0), STILL, 0.9 * cubic(9.01))
    with pytest.raises(InputError, match="cannot be scaled"):
        wind_capacity_factor(blown(100.0), STILL, 0.01)


def test_wind_is_scaled_no_further_than_storms_allow():
    """Half of the hours at 9.999 m/s stop beyond 2.5 times that; the others then have 5 m/s. Tenths are tried."""
    place = blown(9.999, 2.0)
    best = 0.9 * (1 + cubic(5.0)) / 2
    found = wind_capacity_factor(place, STILL, 0.9999 * best)
    assert found.mean() == pytest.approx(0.9999 * best, rel=1e-9)
    assert found[0] == pytest.approx(0.9)
    with pytest.raises(InputError, match="cannot be scaled"):
        wind_capacity_factor(place, STILL, 1.0001 * best)


def test_wind_of_a_year_without_a_mean_is_that_of_its_hours():
    """At 40 m and a shear of a half twice the speed; 1 m/s of spread takes 1, 4 and 1 sixths at 8 and 1.73 off it."""
    spread = Numbers({**MODEL, "wind_model.hub_height": 40.0, "wind_model.spread": 1.0})
    found = wind_capacity_factor(blown(4.0, 1.0), spread)
    off = 3**0.5
    assert found[0] == pytest.approx(0.9 * (cubic(8 - off) + 4 * cubic(8.0) + cubic(8 + off)) / 6, rel=1e-12)
    assert found[1] == pytest.approx(0.9 * cubic(2 + off) / 6, rel=1e-12)
    high = wind_capacity_factor(blown(4.0), spread, offshore=True)[0]
    assert high == pytest.approx(0.9 * (cubic(8 - off) + 4 * cubic(8.0) + cubic(8 + off)) / 6, rel=1e-12)


def test_power_curve_with_a_spread_near_its_ends():
    """At 26 m/s a sixth still runs; at 4 a sixth is below the cut-in of 3 and at 10.5 a sixth is above rated."""
    found = power_curve(np.array([26.0, 4.0, 10.5]), 3.0, 11.0, 25.0, 1.0)
    off = 3**0.5
    assert found == pytest.approx([
        1 / 6, (4 * cubic(4.0) + cubic(4 + off)) / 6, (cubic(10.5 - off) + 4 * cubic(10.5) + 1) / 6
    ], rel=1e-12)  # fmt: skip
    assert power_curve(np.array([25.0, 25.5]), 3.0, 11.0, 25.0) == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize(("given", "mean"), [(0.999, 0.01), (0.01, 0.999), (0.5, 0.25), (1.0 - 2.0**-53, 0.5)])
def test_a_profile_is_bent_as_far_as_it_takes(given, mean):
    """Of 0.999 the 4,603rd power is 0.01; of the double next to one the 6e15th is a half."""
    assert scale_to_mean(np.full(4, given), mean, "x") == pytest.approx(np.full(4, mean), rel=1e-9)


def test_a_profile_is_bent_by_one_power_in_all_hours():
    """a^p + b^p = 1.2 with p = 3 for 0.8 and the cube root of 0.688; hours without any, and full ones, stay."""
    found = scale_to_mean(np.array([0.0, 1.0, 0.8, 0.688 ** (1 / 3)]), 2.2 / 4, "x")
    assert found == pytest.approx([0.0, 1.0, 0.512, 0.688], rel=1e-9)
    for mean in (0.75, 0.76, 0.0):
        with pytest.raises(InputError, match="out of reach"):
            scale_to_mean(np.array([0.0, 0.5, 0.5, 0.5]), mean, "x")
