"""Humid air against psychrolib and by hand."""

import time

import numpy as np
import psychrolib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.errors import InputError
from wattscale.facility.outdoor import outdoor_air
from wattscale.facility.psychrometrics import (
    air_density,
    dew_point,
    enthalpy,
    humidity_ratio,
    relative_humidity,
    saturation_pressure,
    standard_pressure,
    stull_wet_bulb,
    vapour_pressure,
    wet_bulb,
)

psychrolib.SetUnitSystem(psychrolib.SI)
TEMPERATURES = (-30.0, -12.0, -3.0, 6.0, 15.0, 25.0, 35.0, 45.0)
HUMIDITIES = (0.05, 0.3, 0.6, 0.9, 1.0)
PRESSURES = (75_000.0, 88_000.0, 101_325.0)


def states():
    grid = np.array([(t, rh, p) for t in TEMPERATURES for rh in HUMIDITIES for p in PRESSURES])
    temp_c, rh, p = grid.T
    return temp_c, rh, p, humidity_ratio(rh * saturation_pressure(temp_c), p)


def test_saturation_pressure_agrees_with_psychrolib_over_ice_and_water():
    for t in TEMPERATURES:
        assert float(saturation_pressure(t)) == pytest.approx(psychrolib.GetSatVapPres(t), rel=1e-9)


def test_humidity_density_and_enthalpy_agree_with_psychrolib():
    for t, rh, p, w in zip(*states(), strict=True):
        assert w == pytest.approx(psychrolib.GetHumRatioFromRelHum(t, rh, p), rel=1e-6, abs=1e-7)
        assert float(air_density(t, w, p)) == pytest.approx(psychrolib.GetMoistAirDensity(t, w, p), rel=1e-6)
        assert float(enthalpy(t, w)) == pytest.approx(psychrolib.GetMoistAirEnthalpy(t, w) / 1000, abs=1e-9)


def test_dew_point_agrees_with_psychrolib():
    for t, _, p, w in zip(*states(), strict=True):
        expected = psychrolib.GetTDewPointFromHumRatio(t, w, p)
        assert float(dew_point(vapour_pressure(w, p))) == pytest.approx(expected, abs=2e-3)


def test_wet_bulb_agrees_with_psychrolib_away_from_zero():
    temp_c, _, p, w = states()
    found = wet_bulb(temp_c, w, p)
    expected = np.array([psychrolib.GetTWetBulbFromHumRatio(*s) for s in zip(temp_c, w, p, strict=True)])
    far = np.abs(expected) > 1.0
    assert far.sum() > 90
    assert np.abs(found - expected)[far].max() < 2e-3
    assert np.abs(found - expected).max() < 0.7, "water and ice branches differ by up to 0.6 K at 0 C"


def test_stull_is_a_rough_start_at_sea_level():
    assert float(stull_wet_bulb(np.asarray(20.0), np.asarray(0.5))) == pytest.approx(13.7, abs=0.05)


@settings(max_examples=60, deadline=None)
@given(st.floats(-40, 48), st.floats(0.02, 1.0), st.floats(65_000, 104_000))
def test_wet_bulb_lies_between_dew_point_and_dry_bulb(temp_c, rh, p):
    e = rh * saturation_pressure(temp_c)
    wet = float(wet_bulb(temp_c, humidity_ratio(e, p), p))
    assert float(dew_point(e)) - 0.02 <= wet <= temp_c + 1e-9


@settings(max_examples=60, deadline=None)
@given(st.floats(-40, 48), st.floats(0.02, 1.0), st.floats(65_000, 104_000))
def test_humidity_goes_there_and_back(temp_c, rh, p):
    w = humidity_ratio(rh * saturation_pressure(temp_c), p)
    assert float(relative_humidity(temp_c, w, p)) == pytest.approx(rh, rel=1e-9)


def test_one_hour_alone_equals_the_same_hour_in_a_year():
    temp_c, _, p, w = states()
    together = wet_bulb(temp_c, w, p)
    alone = [float(wet_bulb(*s)) for s in zip(temp_c, w, p, strict=True)]
    assert together.tolist() == alone


@pytest.mark.slow
def test_wet_bulb_of_a_hundred_site_years_takes_less_than_two_seconds():
    temp_c = np.linspace(-25, 45, 876_000)
    p = np.full_like(temp_c, 98_000.0)
    w = humidity_ratio(0.5 * saturation_pressure(temp_c), p)
    start = time.process_time()
    wet_bulb(temp_c, w, p)
    assert time.process_time() - start < 2.0


def test_standard_pressure_of_denver_is_about_835_hpa():
    assert float(standard_pressure(1610)) == pytest.approx(83_500, rel=0.005)


@pytest.mark.parametrize(
    ("temp", "dew", "pressure", "word"),
    [(np.nan, 5.0, 1e5, "air temperature"), (20.0, 60.0, 1e5, "dew point"), (20.0, 5.0, 1013.0, "pressure"),
     (20.0, 22.0, 1e5, "above the air temperature")],
)  # fmt: skip
def test_weather_that_is_none_names_the_hour(temp, dew, pressure, word):
    year = [np.full(10, x) for x in (20.0, 5.0, 1e5)]
    for values, wrong in zip(year, (temp, dew, pressure), strict=True):
        values[3] = wrong
    with pytest.raises(InputError, match=word) as error:
        outdoor_air(*year)
    assert "hour 3" in str(error.value)


def test_a_dew_point_above_the_dry_bulb_by_rounding_counts_as_saturated():
    one = np.array([10.0])
    assert float(outdoor_air(one, one + 0.2, np.array([1e5])).wet_bulb_c[0]) == pytest.approx(10.0, abs=1e-3)
