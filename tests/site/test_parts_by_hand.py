"""Parts of the synthetic year against closed forms: irradiation, records, skewness, wind, grid scores, gaps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import norm, skew

from wattscale.catalog import Catalog
from wattscale.hours import MONTH_DAYS, month_of_hour
from wattscale.site.carbon import CarbonMix
from wattscale.site.coefficients import SynthesisModel, read_synthesis_model
from wattscale.site.grid import _with_price
from wattscale.site.grid_shape import GridSetting, GridShape, draw_scores, map_scores
from wattscale.site.location import distance_km
from wattscale.site.noise import restore_monthly_mean, scores_by_month, standard_by_month
from wattscale.site.normals import Normals, month_of_day, read_normals
from wattscale.site.sunshine import (
    daily_index,
    global_irradiance,
    monthly_clear_index,
    monthly_sums,
    relative_to_month,
    restore_irradiation,
    sky_of,
)
from wattscale.site.synthesis import record_rooms, skewed, synthesise, tail_to

DAYS = np.array(MONTH_DAYS)
EVEN = ndtri((np.arange(365) + 0.5) / 365)
"""Scores of a perfectly even draw."""


@pytest.fixture(scope="module")
def model(catalog: Catalog) -> SynthesisModel:
    return read_synthesis_model(catalog)


@pytest.fixture(scope="module")
def normals(catalog: Catalog) -> Normals:
    return read_normals(catalog, "us_az_phoenix")


def test_the_sun_stands_where_astronomy_says() -> None:
    """At the equator at an equinox noon it is overhead; at 40 N on 21 June 40 - 23.44 degrees away; none at night."""
    equator, north = sky_of(0.0, 0.0), sky_of(40.0, 0.0)
    equinox, solstice = 79 * 24 + 11, 171 * 24
    assert equator.zenith_deg[equinox : equinox + 2].min() < 8.0
    assert north.zenith_deg[solstice : solstice + 24].min() == pytest.approx(40 - 23.44, abs=1.5)
    assert equator.clear_w_per_m2[79 * 24] == 0.0
    assert equator.extra_w_per_m2[3 * 24] > equator.extra_w_per_m2[184 * 24]


def test_noon_comes_an_hour_earlier_for_each_fifteen_degrees_east_and_by_the_clock() -> None:
    def noon(longitude: float, clock: float = 0.0) -> float:
        sky = sky_of(20.0, longitude, clock)
        day = sky.clear_w_per_m2[: 24 * 10].reshape(10, 24).mean(axis=0)
        return float(day @ (np.arange(24) + 0.5) / day.sum())

    assert noon(30.0) == pytest.approx(noon(0.0) - 2.0, abs=0.02)
    assert noon(30.0, clock=2.0) == pytest.approx(noon(0.0), abs=0.02)


def test_haze_dims_by_the_length_of_the_path() -> None:
    """exp(-0.1 / cos(zenith)) of the clear sky."""
    clear, hazy = sky_of(20.0, 0.0), sky_of(20.0, 0.0, haze=0.1)
    day = clear.zenith_deg < 80
    path = 1.0 / np.cos(np.radians(clear.zenith_deg[day]))
    assert hazy.clear_w_per_m2[day] == pytest.approx(clear.clear_w_per_m2[day] * np.exp(-0.1 * path))


def test_daily_clearness_has_the_mean_spread_and_ends_of_its_law(model: SynthesisModel) -> None:
    """A beta law of mean 0.5 between 0.5 and 1.1: it ends at 0.8 x 0.5^2 = 0.2 below; spread 0.4 sqrt(0.5 x 0.6)."""
    law = replace(model.clearness, most=1.1, least_scale=0.8, sd_scale=0.4)
    found = daily_index(EVEN, np.full(12, 0.5), law)
    assert found.mean() == pytest.approx(0.5, rel=0.002)
    assert found.std() == pytest.approx(0.4 * np.sqrt(0.5 * 0.6), rel=0.02)
    assert 0.2 < found.min() < found.max() < 1.1
    assert (np.diff(found) > 0).all()


def test_a_month_brighter_than_the_law_allows_lifts_its_upper_end(model: SynthesisModel) -> None:
    law = replace(model.clearness, most=0.9, least_scale=0.8, sd_scale=0.1)
    assert daily_index(EVEN, np.full(12, 1.0), law).max() < 1.05
    assert daily_index(EVEN, np.full(12, 1.0), law).mean() == pytest.approx(1.0, rel=0.01)


def test_irradiation_of_each_month_is_met_by_scaling_its_hours() -> None:
    sky = sky_of(35.0, 0.0)
    wanted = np.linspace(2.0, 5.0, 12)
    ghi = restore_irradiation(np.full(8760, 0.5), sky, wanted, 2.0)
    assert monthly_sums(ghi) == pytest.approx(wanted * 1000 * DAYS, rel=1e-12)
    share = ghi[sky.clear_w_per_m2 > 0] / sky.clear_w_per_m2[sky.clear_w_per_m2 > 0]
    month = month_of_hour()[sky.clear_w_per_m2 > 0]
    assert share == pytest.approx(monthly_clear_index(wanted, sky)[month], rel=1e-9)


def test_hours_vary_about_the_clearness_of_their_day_within_its_limits(model: SynthesisModel) -> None:
    """No noise: the day's index in every hour. With noise: not below 0.02 and not above 1.05 of the largest."""
    sky, day = sky_of(35.0, 0.0), np.where(np.arange(365) % 2, 0.3, 0.9)
    wanted = monthly_sums(sky.clear_w_per_m2 * np.repeat(day, 24)) / 1000 / DAYS
    shocks = np.random.default_rng(1).standard_normal(8760)
    calm = global_irradiance(day, shocks, sky, wanted, replace(model.clearness, most=1.0, hour_noise=0.0))
    assert calm == pytest.approx(sky.clear_w_per_m2 * np.repeat(day, 24), rel=1e-9)
    rough = global_irradiance(day, shocks, sky, wanted, replace(model.clearness, most=1.0, hour_noise=1.0))
    lit = sky.clear_w_per_m2 > 50
    index = rough[lit] / sky.clear_w_per_m2[lit]
    assert 0.0 < index.min() < 0.1
    assert index.max() < 1.1 + 1e-3, "1.05, and a little more where a month would not be met otherwise"
    # Width 1 x 0.3 (1 - 0.3 / 1.05) of the dull days, 1 x 0.9 (1 - 0.9 / 1.05) of the bright ones.
    dull = np.repeat(day, 24)[lit] < 0.5
    assert index[dull].std() == pytest.approx(0.3 * (1 - 0.3 / 1.05), rel=0.15)
    assert index[~dull].std() == pytest.approx(0.9 * (1 - 0.9 / 1.05), rel=0.25)


def test_days_relative_to_their_month_average_one() -> None:
    found = relative_to_month(np.linspace(1.0, 3.0, 365))
    assert np.bincount(month_of_day(), found) / DAYS == pytest.approx(np.ones(12))


def test_records_of_thirty_years_are_brought_to_one(normals: Normals) -> None:
    """January: 31 values a year against 930 in 30 years: the room of 10 K shrinks by the ratio of their largest."""
    made = replace(
        normals, record_years=30.0, t_daymax_c=np.full(12, 20.0), t_absmax_c=np.full(12, 30.0),
        t_daymin_c=np.full(12, 5.0), t_absmin_c=np.full(12, -3.0),
    )  # fmt: skip
    above, below = record_rooms(made)
    ratio = norm.ppf(31 / 32) / norm.ppf(930 / 931)
    assert above[0] == pytest.approx(10 * ratio)
    assert below[0] == pytest.approx(8 * ratio)
    none = record_rooms(replace(made, t_absmax_c=np.full(12, 15.0), t_absmin_c=np.full(12, 9.0)))
    assert (none[0].max(), none[1].max()) == (0.0, 0.0)


@pytest.mark.parametrize("wanted", [-1.5, -0.5, 0.3, 1.0])
def test_skewed_scores_keep_mean_and_spread_and_take_the_skewness(wanted: float) -> None:
    even = ndtri((np.arange(200_000) + 0.5) / 200_000)
    found = skewed(even, np.full(even.size, wanted))
    assert found.mean() == pytest.approx(0.0, abs=0.002)
    assert found.std() == pytest.approx(1.0, rel=0.01)
    assert skew(found) == pytest.approx(wanted, rel=0.05)


def test_a_tail_is_stretched_within_its_limit() -> None:
    """0 to 1: the 99 % quantile is brought from 0.99 to 1.0 by 0.5 / 0.49; asked for 3 it goes twice as far only."""
    even = np.linspace(0.0, 1.0, 8761)
    assert tail_to(even, 0.99, 1.0, 0.5, 2.0).max() == pytest.approx(0.5 + 0.5 * 0.5 / 0.49)
    assert tail_to(even, 0.99, 3.0, 0.5, 2.0).max() == pytest.approx(0.5 + 0.5 * 2)
    assert tail_to(even, 0.99, 0.5, 0.5, 2.0).max() == pytest.approx(0.5 + 0.5 / 2)
    assert tail_to(even, 0.99, None, 0.5, 2.0) is even


@pytest.fixture(scope="module")
def plain(normals: Normals, model: SynthesisModel) -> tuple[Normals, SynthesisModel]:
    """Records and tails so wide that nothing is cut, wind without a daily cycle."""
    wide = replace(
        normals, t_absmax_c=normals.t_daymax_c + 60, t_absmin_c=normals.t_daymin_c - 60, t_p99_6_c=None, t_p0_4_c=None,
        dew_p99_c=None,
    )  # fmt: skip
    calm = replace(
        model, wind=replace(model.wind, swing=0.0), temperature=replace(model.temperature, record_stretch=1.0)
    )
    return wide, calm


def test_the_mean_daily_range_of_each_month_is_that_of_the_normals(plain: tuple[Normals, SynthesisModel]) -> None:
    wide, calm = plain
    year = synthesise(wide, wide.latitude, wide.longitude, 1, calm)
    days = np.roll(year.temp_air_c, -7).reshape(365, 24)
    span = np.bincount(month_of_day(), np.ptp(days, axis=1)) / DAYS
    assert span == pytest.approx(wide.t_daymax_c - wide.t_daymin_c, rel=0.05)


def test_wind_spreads_in_each_month_as_its_normals_say(plain: tuple[Normals, SynthesisModel]) -> None:
    """A Weibull law of k = (sd / mean)^-1.086 has that coefficient of variation within a few per cent."""
    wide, calm = plain
    years = [np.roll(synthesise(wide, wide.latitude, wide.longitude, s, calm).wind_speed_ms, -7) for s in range(3)]
    month = month_of_hour()
    for m in range(12):
        values = np.concatenate([year[month == m] for year in years])
        assert values.std() / values.mean() == pytest.approx(wide.wind_sd_ms[m] / wide.wind_mean_ms[m], rel=0.15), m


def test_wind_blows_strongest_at_its_hour(plain: tuple[Normals, SynthesisModel]) -> None:
    wide, calm = plain
    gusty = replace(calm, wind=replace(calm.wind, swing=1.0, peak_hour=15.0))
    hours = np.roll(synthesise(wide, wide.latitude, wide.longitude, 1, gusty).wind_speed_ms, -7).reshape(365, 24)
    assert hours.mean(axis=0).argmax() in (14, 15)
    assert hours.mean(axis=0).argmin() in (2, 3)


def test_scores_of_a_month_are_standard_and_means_are_restored() -> None:
    drawn = np.random.default_rng(1).gamma(2.0, size=365)
    found = standard_by_month(drawn)
    for m in range(12):
        assert found[month_of_day() == m].mean() == pytest.approx(0.0, abs=1e-12)
        assert found[month_of_day() == m].std() == pytest.approx(1.0)
    hourly = restore_monthly_mean(np.arange(8760.0), np.arange(12.0))
    assert np.bincount(month_of_hour(), hourly) / DAYS / 24 == pytest.approx(np.arange(12.0))
    assert np.diff(hourly[:700]) == pytest.approx(1.0)


def test_daily_wind_scores_are_ranks_within_the_month() -> None:
    found = scores_by_month(np.repeat(np.arange(365.0), 24))
    assert found.shape == (365,)
    assert (np.diff(found[:31]) > 0).all()
    assert abs(found[:31].mean()) < 0.05


SHAPE = GridShape(
    level=np.where(np.arange(24) < 12, -0.3, 0.3), winter=np.full(24, 0.4), scores=np.array([-3.0, 0.0, 3.0]),
    quantiles=np.array([0.2, 1.0, 2.6]), day_share=0.64, day_persistence=0.0, hour_persistence=0.0, with_local_wind=0.6,
)  # fmt: skip


def test_grid_scores_are_shape_and_noise_by_their_shares() -> None:
    """Standard in all; higher after noon by 0.6 of a score and in midwinter by 0.8 against midsummer."""
    shocks = np.random.default_rng(2).standard_normal(365 + 8760)
    setting = GridSetting(50.0, 0.0, np.zeros(365))
    found = draw_scores(SHAPE, setting, shocks)
    assert (found.mean(), found.std()) == (pytest.approx(0.0, abs=1e-9), pytest.approx(1.0))
    by_hour = found.reshape(365, 24)
    assert by_hour[:, 12:].mean() - by_hour[:, :12].mean() == pytest.approx(0.6, abs=0.05)
    assert by_hour[:30].mean() - by_hour[182:212].mean() == pytest.approx(0.8, abs=0.3)
    south = draw_scores(SHAPE, replace(setting, latitude=-50.0), shocks).reshape(365, 24)
    assert south[:30].mean() - south[182:212].mean() == pytest.approx(-0.8, abs=0.3)
    moved = draw_scores(SHAPE, replace(setting, utc_offset_h=3.0), shocks)
    assert np.roll(moved, 3) == pytest.approx(found)


def test_days_of_the_grid_follow_the_local_wind() -> None:
    """Correlation 0.6 of the daily noise with the wind's scores; days hold 0.64 of the noise's variance."""
    rng = np.random.default_rng(3)
    flat = replace(SHAPE, level=np.zeros(24), winter=np.zeros(24))
    pairs = []
    for _ in range(20):
        wind = rng.standard_normal(365)
        days = draw_scores(flat, GridSetting(50.0, 0.0, wind), rng.standard_normal(9125)).reshape(365, 24).mean(axis=1)
        pairs.append((np.corrcoef(days, wind)[0, 1], days.var()))
    # A day's mean of hourly noise keeps 1 / 24 of its variance.
    kept = 0.64 + 0.36 / 24
    assert np.mean([r for r, _ in pairs]) == pytest.approx(0.6 * np.sqrt(0.64 / kept), abs=0.04)
    assert map_scores(SHAPE, np.array([-3.0, -1.5, 3.0])) == pytest.approx([0.2, 0.6, 2.6])


def test_carbon_series_of_a_grid_hang_together() -> None:
    """Fossil part of 800: 200 direct are a quarter fossil; life-cycle 30 + 1.05 x direct, never below it."""
    mix = CarbonMix(300.0, 800.0, 30.0, 1.05)
    assert mix.cfe_share(np.array([200.0, 900.0])) == pytest.approx([0.75, 0.0])
    assert mix.lifecycle(np.array([200.0])) == pytest.approx([240.0])
    assert CarbonMix(300.0, 800.0, -50.0, 1.0).lifecycle(np.array([200.0])) == pytest.approx([200.0])


def test_distances_on_the_globe() -> None:
    """A quarter of the equator, pole to pole, and a degree of latitude of 111.2 km on a sphere of 6,371 km."""
    found = distance_km(0.0, 0.0, np.array([0.0, 90.0, -90.0, 1.0]), np.array([90.0, 0.0, 50.0, 0.0]))
    assert found == pytest.approx([6371 * np.pi / 2] * 3 + [6371 * np.pi / 180], rel=1e-3)


class TwoWinds:
    """Stands in for the catalogue: price and carbon correlate with the wind by 0.5 and 0.6, with each other by 0.7."""

    def __init__(self, together: float) -> None:
        self.values = {"price-x.with_local_wind": 0.5, "carbon-y.with_local_wind": 0.6, "price-x.with_carbon": together}

    def value(self, table: str, key: str) -> float:
        assert table == "series_noise"
        return self.values[key]


class Shapes:
    """Stands in for a row of the sites."""

    def text(self, column: str) -> str:
        return {"price_shape": "x", "carbon_shape": "y"}[column]


@pytest.mark.parametrize(("together", "own"), [(0.7, (0.7 - 0.3) / np.sqrt(0.75 * 0.64)), (1.5, 0.95), (-1.5, -0.95)])
def test_carbon_follows_the_price_by_what_the_wind_does_not_explain(together: float, own: float) -> None:
    shocks = np.random.default_rng(1).standard_normal((2, 1000))
    found = _with_price(TwoWinds(together), Shapes(), shocks)  # type: ignore[arg-type]
    assert found == pytest.approx(own * shocks[0] + np.sqrt(1 - own**2) * shocks[1])
