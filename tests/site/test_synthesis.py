"""Laws of the synthetic year: what the normals state comes back exactly; closure; persistence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.catalog import Catalog
from wattscale.facility import psychrometrics
from wattscale.hours import MONTH_DAYS, month_of_hour
from wattscale.site.coefficients import SynthesisModel, read_synthesis_model
from wattscale.site.humidity import dew_point_c, rh_share, warm_by
from wattscale.site.noise import correlated_days, days_of_months, generator, persistent, spread_days
from wattscale.site.normals import Normals, read_normals
from wattscale.site.result import Weather
from wattscale.site.sunshine import sky_of, split_irradiance
from wattscale.site.synthesis import synthesise


@pytest.fixture(scope="module")
def model(catalog: Catalog) -> SynthesisModel:
    return read_synthesis_model(catalog)


@pytest.fixture(scope="module")
def normals(catalog: Catalog) -> Normals:
    return read_normals(catalog, "us_az_phoenix")


@pytest.fixture(scope="module")
def year(normals: Normals, model: SynthesisModel) -> Weather:
    return synthesise(normals, normals.latitude, normals.longitude, 1, model)


def monthly(hourly: np.ndarray, clock_h: int) -> np.ndarray:
    """Means by month on the place's own clock, on which the synthesis keeps them."""
    return np.bincount(month_of_hour(), np.roll(hourly, clock_h)) / (np.array(MONTH_DAYS) * 24)


def test_monthly_means_of_the_normals_come_back(year: Weather, normals: Normals) -> None:
    assert monthly(year.temp_air_c, -7) == pytest.approx(normals.t_mean_c, abs=1e-6)
    assert monthly(year.dew_point_c, -7) == pytest.approx(normals.dew_mean_c, abs=0.05)
    assert monthly(year.wind_speed_ms, -7) == pytest.approx(normals.wind_mean_ms, abs=1e-9)
    assert monthly(year.ghi_w_per_m2, -7) * 0.024 == pytest.approx(normals.ghi_kwh_per_m2_day, rel=1e-9)
    assert normals.dni_kwh_per_m2_day is not None
    assert monthly(year.dni_w_per_m2, -7) * 0.024 == pytest.approx(normals.dni_kwh_per_m2_day, rel=2e-3)


def test_records_of_the_month_are_not_passed_by_much(year: Weather, normals: Normals) -> None:
    assert year.temp_air_c.max() < normals.t_absmax_c.max() + 1.0
    assert year.temp_air_c.min() > normals.t_absmin_c.min() - 1.0


def test_global_irradiance_is_direct_plus_diffuse(year: Weather, normals: Normals) -> None:
    sky = sky_of(normals.latitude, normals.longitude)
    height = np.maximum(np.cos(np.radians(sky.zenith_deg)), 0.0)
    assert year.dni_w_per_m2 * height + year.dhi_w_per_m2 == pytest.approx(year.ghi_w_per_m2, abs=1e-6)
    assert year.ghi_w_per_m2[sky.zenith_deg > 91].max() == 0.0


def test_the_warmest_hour_is_in_the_afternoon_and_the_brightest_at_noon(year: Weather) -> None:
    temp = np.roll(year.temp_air_c, -7).reshape(365, 24).mean(axis=0)
    sun = np.roll(year.ghi_w_per_m2, -7).reshape(365, 24).mean(axis=0)
    assert temp.argmax() in (14, 15, 16)
    assert sun.argmax() in (11, 12)


def test_a_year_depends_on_seed_and_place_alone(normals: Normals, model: SynthesisModel, year: Weather) -> None:
    again = synthesise(normals, normals.latitude, normals.longitude, 1, model)
    other = synthesise(normals, normals.latitude, normals.longitude, 2, model)
    assert (again.temp_air_c == year.temp_air_c).all()
    assert (other.temp_air_c != year.temp_air_c).any()


def test_a_warmer_january_warms_january_alone(normals: Normals, model: SynthesisModel, year: Weather) -> None:
    shift = np.array([5.0] + [0.0] * 11)
    warmer = replace(
        normals, t_mean_c=normals.t_mean_c + shift, t_absmax_c=normals.t_absmax_c + shift,
        t_absmin_c=normals.t_absmin_c + shift, t_daymax_c=normals.t_daymax_c + shift,
        t_daymin_c=normals.t_daymin_c + shift, t_p0_4_c=None, t_p99_6_c=None,
    )  # fmt: skip
    change = monthly(synthesise(warmer, normals.latitude, normals.longitude, 1, model).temp_air_c, -7)
    assert change - monthly(year.temp_air_c, -7) == pytest.approx(shift, abs=1e-6)


def test_a_station_at_another_latitude_lends_its_clearness_not_its_light(
    catalog: Catalog, model: SynthesisModel
) -> None:
    helsinki = read_normals(catalog, "fi_helsinki")
    north = synthesise(helsinki, 69.5, helsinki.longitude, 1, model)
    december = month_of_hour() == 11
    assert north.ghi_w_per_m2[december].sum() < 1000
    assert north.dni_w_per_m2.max() < 1200


@settings(max_examples=20, deadline=None)
@given(phi=st.floats(-0.9, 0.95), seed=st.integers(0, 1000))
def test_persistent_noise_has_unit_variance_and_its_persistence(phi: float, seed: int) -> None:
    series = persistent(np.random.default_rng(seed).standard_normal((50, 400)), phi)
    assert series.std() == pytest.approx(1.0, abs=0.12)
    assert np.corrcoef(series[:, :-1].ravel(), series[:, 1:].ravel())[0, 1] == pytest.approx(phi, abs=0.05)


def test_correlated_days_have_the_correlation_asked_for() -> None:
    wanted = np.array([[1.0, -0.4], [-0.4, 1.0]])
    found = [
        np.corrcoef(correlated_days(generator(s, "x", "t"), np.array([0.4, 0.6]), wanted))[0, 1] for s in range(40)
    ]
    assert np.mean(found) == pytest.approx(-0.4, abs=0.04)


@settings(max_examples=20, deadline=None)
@given(values=st.lists(st.floats(-50, 50), min_size=12, max_size=12))
def test_months_spread_over_days_keep_their_means(values: list[float]) -> None:
    monthly_values = np.array(values)
    daily = days_of_months(monthly_values)
    ends = np.cumsum(MONTH_DAYS)
    for month, (end, length) in enumerate(zip(ends, MONTH_DAYS, strict=True)):
        assert daily[end - length : end].mean() == pytest.approx(monthly_values[month], abs=1e-9)


def test_days_spread_over_hours_keep_their_means() -> None:
    daily = np.random.default_rng(1).standard_normal(365)
    assert spread_days(daily).reshape(365, 24).mean(axis=1) == pytest.approx(daily)


@settings(max_examples=30, deadline=None)
@given(temp=st.floats(-40, 50), rh=st.floats(0.02, 1.0))
def test_dew_point_and_humidity_are_inverse(temp: float, rh: float) -> None:
    dew = dew_point_c(np.array([temp]), np.array([rh]))
    assert dew[0] <= temp + 1e-9
    assert rh_share(np.array([temp]), dew)[0] == pytest.approx(rh)


def test_dew_point_agrees_with_the_full_psychrometrics() -> None:
    for temp, rh in ((35.0, 0.3), (20.0, 0.6), (5.0, 0.9)):
        full = psychrometrics.dew_point(rh * psychrometrics.saturation_pressure(temp))
        assert dew_point_c(np.array([temp]), np.array([rh]))[0] == pytest.approx(float(full), abs=0.1)


@settings(max_examples=20, deadline=None)
@given(warming=st.floats(-5, 10))
def test_warming_keeps_relative_humidity(warming: float) -> None:
    temp, dew = np.array([25.0, 0.0]), np.array([15.0, -5.0])
    warmer, moister = warm_by(temp, dew, warming)
    assert rh_share(warmer, moister) == pytest.approx(rh_share(temp, dew))


def test_without_direct_normals_the_split_is_that_of_erbs() -> None:
    pvlib = pytest.importorskip("pvlib")
    sky = sky_of(40.0, 0.0)
    ghi = 0.6 * sky.clear_w_per_m2
    dni, dhi = split_irradiance(ghi, sky, None)
    erbs = pvlib.irradiance.erbs(ghi, sky.zenith_deg, sky.day_of_year)
    assert dni == pytest.approx(np.asarray(erbs["dni"]), abs=1e-9)
    high = sky.zenith_deg < 80
    assert dhi[high] == pytest.approx(np.asarray(erbs["dhi"])[high], abs=1e-6)


def test_the_sun_agrees_with_the_nrel_algorithm() -> None:
    import pandas as pd
    import pvlib

    times = pd.date_range("2023-01-01 00:30", periods=8760, freq="h", tz="UTC")
    for latitude, longitude in ((40.0, -77.0), (-34.0, 151.0), (65.0, 22.0)):
        theirs = pvlib.solarposition.get_solarposition(times, latitude, longitude, method="nrel_numpy")
        ours = sky_of(latitude, longitude).zenith_deg
        assert np.abs(ours - theirs["zenith"].to_numpy()).max() < 0.6
