"""Humid air by the printed formulas of the handbook, its roots found by another method, and a hall that breathes it."""

from __future__ import annotations

from math import atan, exp, log, sqrt
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import brentq

from wattscale.facility.airside import outside_hall
from wattscale.facility.outdoor import OutdoorAir
from wattscale.facility.psychrometrics import (
    _ICE,
    _WATER,
    _slope_ln_saturation,
    air_density,
    dew_point,
    enthalpy,
    humidity_ratio,
    latent_heat,
    saturation_pressure,
    standard_pressure,
    stull_wet_bulb,
    vapour_pressure,
    wet_bulb,
)
from wattscale.facility.water import latent_share, tower_water


def saturated(temp_c, ice=None):
    """Equations 5 (ice) and 6 (water) of ASHRAE Fundamentals 2017, chapter 1 [Pa]."""
    k = temp_c + 273.15
    if temp_c <= 0.01 if ice is None else ice:
        return exp(
            -5.6745359e3 / k + 6.3925247 - 9.677843e-3 * k + 6.2215701e-7 * k**2 + 2.0747825e-9 * k**3
            - 9.484024e-13 * k**4 + 4.1635019 * log(k)
        )  # fmt: skip
    return exp(
        -5.8002206e3 / k + 1.3914993 - 4.8640239e-2 * k + 4.1764768e-5 * k**2 - 1.4452093e-8 * k**3
        + 6.5459673 * log(k)
    )  # fmt: skip


def ratio(e, p):
    return 0.621945 * e / (p - e)


def bulb(t, w, p):
    """Equations 33 (water) and 35 (ice) solved by bisection; 0 C where neither has a root on its side."""

    def over_water(x):
        return (
            (2501 - 2.326 * x) * ratio(saturated(x, ice=False), p) - 1.006 * (t - x) - w * (2501 + 1.86 * t - 4.186 * x)
        )

    def over_ice(x):
        return (2830 - 0.24 * x) * ratio(saturated(x, ice=True), p) - 1.006 * (t - x) - w * (2830 + 1.86 * t - 2.1 * x)

    if t > 0 and over_water(0.0) <= 0:
        return brentq(over_water, 0.0, t + 1e-9, xtol=1e-12)
    return brentq(over_ice, -90.0, min(t + 1e-9, 0.0), xtol=1e-12) if over_ice(min(t + 1e-9, 0.0)) >= 0 else 0.0


@pytest.mark.parametrize("temp_c", [-80.0, -12.5, 0.0, 0.01, 0.015, 0.5, 20.0, 65.0, 150.0])
def test_saturation_over_ice_up_to_the_triple_point_and_over_water_above(temp_c):
    assert float(saturation_pressure(temp_c)) == pytest.approx(saturated(temp_c), rel=1e-12)
    mixed = saturation_pressure(np.array([temp_c, -40.0, 40.0]))
    assert mixed == pytest.approx([saturated(t) for t in (temp_c, -40.0, 40.0)], rel=1e-12)


def test_slope_of_the_saturation_curve():
    """The printed equations, each term differentiated."""
    for k in (230.0, 260.0):
        ice = (
            5.6745359e3 / k**2 - 9.677843e-3 + 2 * 6.2215701e-7 * k + 3 * 2.0747825e-9 * k**2
            - 4 * 9.484024e-13 * k**3 + 4.1635019 / k
        )  # fmt: skip
        assert float(_slope_ln_saturation(np.asarray(k), _ICE)) == pytest.approx(ice, rel=1e-12)
    for k in (280.0, 340.0):
        water = 5.8002206e3 / k**2 - 4.8640239e-2 + 2 * 4.1764768e-5 * k - 3 * 1.4452093e-8 * k**2 + 6.5459673 / k
        assert float(_slope_ln_saturation(np.asarray(k), _WATER)) == pytest.approx(water, rel=1e-12)


@pytest.mark.parametrize("temp_c", [-95.0, -60.0, -20.0, -0.5, 0.02, 8.0, 30.0, 60.0])
def test_dew_point_is_where_air_is_saturated(temp_c):
    assert float(dew_point(saturated(temp_c))) == pytest.approx(temp_c, abs=1e-10)


@pytest.mark.parametrize("pressure", [65_000.0, 101_325.0])
def test_wet_bulb_by_bisection(pressure):
    """From deep frost to a sauna, dry to saturated, and the hours near 0 C where water and ice change over."""
    states = [
        (t, rh) for t in (-45.0, -10.0, -0.2, 0.3, 1.5, 3.0, 6.0, 15.0, 30.0, 47.0) for rh in (0.03, 0.3, 0.7, 0.999)
    ]
    temp = np.array([t for t, _ in states])
    w = np.array([ratio(rh * saturated(t), pressure) for t, rh in states])
    expected = [bulb(t, x, pressure) for t, x in zip(temp, w, strict=True)]
    found = wet_bulb(temp, w, pressure)
    assert found == pytest.approx(np.minimum(expected, temp), abs=1e-8)
    # More vapour than air can hold, as by rounding of a dew point: the air's own temperature.
    assert wet_bulb(temp, 1.01 * w[3] + 0 * w + 0.2, pressure) == pytest.approx(temp)


def test_first_guess_of_the_wet_bulb():
    """The closed form of Stull 2011."""
    for t, rh in ((20.0, 0.5), (-5.0, 0.1), (35.0, 0.9)):
        x = 100 * rh
        expected = (
            t * atan(0.151977 * sqrt(x + 8.313659)) + atan(t + x) - atan(x - 1.676331)
            + 0.00391838 * x**1.5 * atan(0.023101 * x) - 4.686035
        )  # fmt: skip
        assert float(stull_wet_bulb(np.asarray(t), np.asarray(rh))) == pytest.approx(expected, rel=1e-12)


def test_density_enthalpy_and_the_like():
    """Air of 30 C with 0.012 kg/kg at 90 kPa; a kilogram of it dry takes 0.287042 K (1 + W / 0.621945) / p."""
    volume = 0.287042 * 303.15 * (1 + 0.012 / 0.621945) / 90
    assert float(air_density(30.0, 0.012, 9e4)) == pytest.approx(1.012 / volume, rel=1e-12)
    assert float(enthalpy(30.0, 0.012)) == pytest.approx(1.006 * 30 + 0.012 * (2501 + 1.86 * 30), rel=1e-12)
    e = 0.012 * 9e4 / (0.621945 + 0.012)
    assert float(vapour_pressure(0.012, 9e4)) == pytest.approx(e, rel=1e-12)
    assert float(humidity_ratio(e, 9e4)) == pytest.approx(0.012, rel=1e-12)
    assert float(latent_heat(30.0)) == pytest.approx(2501 - 69.78, rel=1e-12)
    assert float(standard_pressure(2000.0)) == pytest.approx(101_325 * (1 - 0.0451154) ** 5.2559, rel=1e-12)


# --- A hall with outside air ------------------------------------------------------------------------------------------

HALL = {
    "supply_c": 24.0, "supply_min_c": 18.0, "supply_max_c": 25.0, "delta_k": 10.0, "fan_pressure_pa": 600.0,
    "fan_efficiency": 0.5, "fan_exponent": 2.0, "flow_floor_share": 0.1, "fan_heat_share": 0.5, "sensible_share": 0.8,
    "dew_min_c": -9.0, "dew_max_c": 15.0, "rh_min_share": 0.08, "rh_max_share": 0.6, "humid_mixing": 1.0,
    "spray_effectiveness": 0.8,
}  # fmt: skip
P = 101_325.0
MIXED = 8.0
"""Heat of the machines in the air [MW]."""


def hall(temp, w, spray=False, **changes):
    """One hour of a hall built for 8 MW, as plain numbers."""
    design = SimpleNamespace(**{k: np.asarray(v) for k, v in {**HALL, **changes}.items()})
    e = float(vapour_pressure(w, P))
    air = OutdoorAir(*(np.array([x]) for x in (temp, float(dew_point(e)), bulb(temp, w, P), w, P)))
    found = outside_hall(design, air, np.array([MIXED]), np.array([MIXED]), spray)
    return {name: float(getattr(found, name)[0]) for name in found.__dataclass_fields__}


def heat():
    """Fans take dp / (rho cp dT eta) of all heat, their own half included; the heat the air carries [MW]."""
    rho = P / (287.042 * 297.15)
    share = 600 / (rho * 1006 * 10 * 0.5)
    fans = 8 * share / (1 - share / 2)
    return fans, 8 + fans / 2


FANS, HEAT = heat()
FLOW = HEAT * 1e3 / 10.06
"""Air through the racks [kg/s]."""


def coil(to_plant):
    """Water that the coil condenses and the humidifier puts back: a quarter of the heat, at 24 C [m3]."""
    return to_plant * 0.25 * 3600 / (2501 - 2.326 * 24)


def least(supply):
    """Least humidity ratio: a dew point of -9 C or 8 % at the supply temperature, whichever is more."""
    return ratio(max(saturated(-9.0), 0.08 * saturated(supply)), P)


def test_fresh_air_in_the_window_carries_all_heat_away():
    """20 C and 0.007 kg/kg: 48 % humid, neither too dry nor too humid."""
    found = hall(20.0, 0.007)
    assert found["fans"] == pytest.approx(FANS, rel=1e-9)
    assert found["exhausted"] == pytest.approx(8 + FANS, rel=1e-9)
    assert [found[k] for k in ("to_plant", "spray", "humidifier")] == [0.0, 0.0, 0.0]


def test_hot_air_leaves_the_rest_to_the_machine():
    """29 C against 25: 4 of the 10 K."""
    found = hall(29.0, 0.009)
    assert found["to_plant"] == pytest.approx(0.4 * HEAT, rel=1e-9)
    assert found["exhausted"] == pytest.approx(8 + FANS - 0.4 * HEAT, rel=1e-9)
    assert found["humidifier"] == pytest.approx(coil(0.4 * HEAT), rel=1e-9)


@pytest.mark.parametrize(("temp", "w"), [(35.5, 0.009), (20.0, 0.0115)])
def test_air_too_hot_or_too_humid_closes_the_hall(temp, w):
    """Warmer than what comes out of the racks would go; a dew point above 15 C."""
    found = hall(temp, w)
    assert found["to_plant"] == pytest.approx(HEAT, rel=1e-9)
    assert found["humidifier"] == pytest.approx(coil(HEAT), rel=1e-9)


def test_humid_air_is_warmed_by_return_air_where_that_is_allowed():
    """Air of 13 C and 0.007 kg/kg is at 60 % when it is warmed to 16.5 C, and is to 18 anyway; of 0.0085 to 19.6."""
    warm = float(dew_point(float(vapour_pressure(0.0085, P)) / 0.6))
    assert 19.5 < warm < 20.5
    for w in (0.007, 0.0085):
        assert hall(13.0, w)["to_plant"] == 0.0
    assert hall(13.0, 0.0085, humid_mixing=0.0)["to_plant"] == pytest.approx(HEAT, rel=1e-9)
    assert hall(13.0, 0.007, humid_mixing=0.0)["to_plant"] == 0.0


@pytest.mark.parametrize("temp", [20.0, 10.0])
def test_dry_air_is_humidified_where_there_are_sprays_and_closes_the_hall_where_there_are_none(temp):
    """0.0008 kg/kg; of air of 10 C mixed to 18 C ten parts in eighteen are fresh."""
    assert hall(temp, 0.0008)["to_plant"] == pytest.approx(HEAT, rel=1e-9)
    found = hall(temp, 0.0008, spray=True)
    supply = max(temp, 18.0)
    lack = (least(supply) - 0.0008) * FLOW * 3.6 * 10 / (supply + 10 - temp)
    assert found["to_plant"] == 0.0
    assert found["humidifier"] == pytest.approx(lack, rel=1e-9)
    assert found["spray"] == 0.0


def test_sprayed_air_needs_less_of_the_machine_and_of_the_humidifier():
    """40 C and 0.004 kg/kg: the wet bulb lets it fall by 0.8 of the way, humidity allows more, 15 K would do."""
    wet = bulb(40.0, 0.004, P)
    drop = 0.8 * (40 - wet)
    assert drop > 15
    water = FLOW * 1.006 * 15 / (2501 - 2.326 * wet) * 3.6
    found = hall(40.0, 0.004, spray=True)
    assert (found["to_plant"], found["humidifier"]) == (0.0, 0.0)
    assert found["spray"] == pytest.approx(water, rel=1e-9)
    weak = hall(40.0, 0.004, spray=True, spray_effectiveness=0.5)
    drop = 0.5 * (40 - wet)
    assert weak["to_plant"] == pytest.approx(HEAT * (15 - drop) / 10, rel=1e-9)
    assert weak["spray"] == pytest.approx(FLOW * 1.006 * drop / (2501 - 2.326 * wet) * 3.6, rel=1e-9)


@pytest.mark.parametrize("rh_max", [0.45, 0.9])
def test_spraying_ends_where_humidity_does(rh_max):
    """0.0075 kg/kg at 38 C may rise to a dew point of 15 C, or to 45 % at 25 C where that is less."""
    most = ratio(min(saturated(15.0), rh_max * saturated(25.0)), P)
    wet = bulb(38.0, 0.0075, P)
    drop = (most - 0.0075) * (2501 - 2.326 * wet) / 1.006
    assert drop < min(13.0, 0.8 * (38 - wet))
    found = hall(38.0, 0.0075, spray=True, rh_max_share=rh_max)
    assert found["to_plant"] == pytest.approx(HEAT * min((13 - drop) / 10, 1.0), rel=1e-9)
    spray = 0.0 if drop <= 3 else (most - 0.0075) * FLOW * 3.6
    assert found["spray"] == pytest.approx(spray, rel=1e-9)


def test_a_tower_in_mild_air_gives_part_of_its_heat_dry():
    """Air of 20 C leaves saturated at the mean of 22 and 28 C; a share of what it takes up is vapour."""
    air = OutdoorAir(*(np.array([x]) for x in (20.0, 5.0, 11.0, 0.006, P)))
    out = ratio(saturated(25.0), P)
    taken = 1.006 * 25 + out * (2501 + 1.86 * 25) - 1.006 * 20 - 0.006 * (2501 + 1.86 * 20)
    share = (2501 - 2.326 * 25) * (out - 0.006) / taken
    cold, six = np.array([22.0]), np.array([6.0])
    assert latent_share(air, cold, cold + six) == pytest.approx([share], rel=1e-9)
    for credit, factor in ((0.0, 1.0), (1.0, share), (0.5, (1 + share) / 2)):
        found = tower_water(air, np.array([10.0]), cold, six, np.array(5.0), np.array(0.001), np.array(credit))
        evaporated = 10 * factor * 3600 / (2501 - 2.326 * 11)
        drift = 0.001 * 10 * 3600 / (4.186 * 6)
        assert found.evaporation == pytest.approx([evaporated], rel=1e-9)
        assert found.drift == pytest.approx([drift], rel=1e-9)
        assert found.blowdown == pytest.approx([evaporated / 4 - drift], rel=1e-9)
    foggy = OutdoorAir(*(np.array([x]) for x in (20.0, 20.0, 20.0, 2 * out, P)))
    assert latent_share(foggy, cold, cold + six) == pytest.approx([0.0])
