"""Steps of the synthetic year one by one, each with all others at rest: dew point, records, place, days together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wattscale.catalog import Catalog
from wattscale.hours import MONTH_DAYS
from wattscale.site import synthesis
from wattscale.site.coefficients import DewModel, read_synthesis_model
from wattscale.site.grid import GridPrice
from wattscale.site.noise import correlated_days, spread_days
from wattscale.site.normals import Normals, read_normals
from wattscale.site.sunshine import global_irradiance, monthly_sums, sky_of

STILL = DewModel(
    day_sd=0.0, hour_sd=0.0, sd_temperature=1.0, hour_temperature=0.5, sd_dew=0.01, sd_depression=0.02, skew_start=0.0,
    skew_dew=0.0, mixing=0.1, driest_hour=15.0, tail_share=0.9, tail_stretch=1.2, day_persistence=0.0,
    hour_persistence=0.0,
)  # fmt: skip
WARM = np.full(8760, 90.0)
"""So warm that the dew point never meets it."""


@pytest.fixture(scope="module")
def even(catalog: Catalog) -> Normals:
    """15 C by day and night on the mean, a dew point of 5, daily means that vary by 3."""
    return replace(
        read_normals(catalog, "us_az_phoenix"), t_mean_c=np.full(12, 15.0), dew_mean_c=np.full(12, 5.0),
        t_daymean_sd_c=np.full(12, 3.0), dew_p99_c=None,
    )  # fmt: skip


def test_air_is_driest_at_its_hour_by_a_share_of_how_dry_it_is(even: Normals) -> None:
    """A tenth of 10 K about 5 C: 4 at three in the afternoon, 6 twelve hours away."""
    dew = synthesis._dew_point(even, np.zeros(365), WARM, 1, STILL).reshape(365, 24)
    hours = np.arange(24) + 0.5
    assert dew == pytest.approx(np.tile(5 - np.cos((hours - 15) / 12 * np.pi), (365, 1)), abs=1e-5)
    wet = synthesis._dew_point(replace(even, t_mean_c=np.full(12, 3.0)), np.zeros(365), WARM, 1, STILL)
    assert wet == pytest.approx(5.0, abs=1e-5), "no cycle where it is wetter than that"


def test_days_and_hours_of_the_dew_point_spread_by_their_laws(even: Normals) -> None:
    """exp(ln 3 + 0.01 x 5 + 0.02 x 10) = 3.85 times 2 between days; 3^0.5 exp(0.25) = 2.22 times 0.5 within them."""
    by_turns = np.where(np.arange(365) % 2, 1.0, -1.0)
    days = synthesis._dew_point(even, by_turns, WARM, 1, replace(STILL, day_sd=2.0, mixing=0.0)).reshape(365, 24)
    assert days.mean(axis=1).std() == pytest.approx(2 * 3 * np.exp(0.25), rel=0.01)
    noisy = synthesis._dew_point(even, 0 * by_turns, WARM, 1, replace(STILL, hour_sd=0.5, mixing=0.0))
    assert noisy.std() == pytest.approx(0.5 * 3**0.5 * np.exp(0.25), rel=0.03)
    assert noisy.mean() == pytest.approx(5.0)
    cold = synthesis._dew_point(even, 0 * by_turns, np.full(8760, 5.5), 1, replace(STILL, hour_sd=0.5, mixing=0.0))
    assert cold.max() == 5.5, "never above the air's own temperature"


def test_tails_are_scaled_to_their_records(monkeypatch: pytest.MonkeyPatch, even: Normals) -> None:
    """Room of 5 above 10 C and of 4 below -10: 20 beyond shrinks to 5, 8 to 2; 2 beyond stretches by half at most."""
    monkeypatch.setattr(synthesis, "record_rooms", lambda _: (np.full(12, 5.0), np.full(12, 4.0)))
    made = replace(even, t_daymax_c=np.full(12, 10.0), t_daymin_c=np.full(12, -10.0))
    temp = np.zeros(8760)
    last = 31 * 24 - 1
    temp[[10, 11, 20, last, last + 1]] = 30.0, 18.0, -12.0, 10.5, 14.0
    found = synthesis._to_records(temp, made, 1.5)
    assert found[[10, 11, 20, last]] == pytest.approx([15.0, 12.0, -13.0, 10.125])
    assert found[last + 1] == pytest.approx(15.0), "February: 4 beyond become 5"
    assert np.count_nonzero(found) == 5
    monkeypatch.setattr(synthesis, "record_rooms", lambda _: (np.zeros(12), np.zeros(12)))
    assert synthesis._to_records(temp, made, 1.5) == pytest.approx(temp), "no room known, no scaling"
    monkeypatch.setattr(synthesis, "record_rooms", lambda _: (np.full(12, 0.5), np.full(12, 0.5)))
    small = np.zeros(8760)
    small[0] = 10.75
    assert synthesis._to_records(small, made, 1.5)[0] == pytest.approx(10.5)


def test_a_place_at_another_latitude_keeps_the_stations_clearness(catalog: Catalog, even: Normals) -> None:
    """A clear sky there and here by month says how much more or less the same clearness gives."""
    model = read_synthesis_model(catalog)
    haze, sun = model.clearness.haze, np.full(12, 4.0)
    station = replace(even, ghi_kwh_per_m2_day=sun, dni_kwh_per_m2_day=0.5 * sun)
    same = synthesis._irradiation(station, station.latitude, sky_of(station.latitude, 0.0, 0.0, haze), model)
    assert same[0] is sun
    here = sky_of(60.0, 0.0, 0.0, haze)
    ghi, dni = synthesis._irradiation(station, 60.0, here, model)
    ratio = monthly_sums(here.clear_w_per_m2) / monthly_sums(sky_of(station.latitude, 0.0, 0.0, haze).clear_w_per_m2)
    assert ratio[0] < 0.3, "January"
    assert ghi == pytest.approx(4 * ratio)
    assert dni == pytest.approx(2 * ratio)
    assert synthesis._irradiation(replace(station, dni_kwh_per_m2_day=None), 60.0, here, model)[1] is None


@pytest.mark.parametrize(("asked", "given"), [(0.6, 0.6), (-0.6, -0.6), (0.0, 0.0)])
def test_days_have_the_memory_and_the_correlation_asked_for(asked: float, given: float) -> None:
    """Memory of 0.5 and 0.8 from day to day; 200 years leave an error of about 0.01."""
    rng, wanted = np.random.default_rng(5), np.array([[1.0, asked], [asked, 1.0]])
    years = [correlated_days(rng, np.array([0.5, 0.8]), wanted) for _ in range(200)]
    one, two = (np.concatenate([y[i] for y in years]) for i in (0, 1))
    assert np.corrcoef(one, two)[0, 1] == pytest.approx(given, abs=0.03)
    assert np.corrcoef(one[:-1], one[1:])[0, 1] == pytest.approx(0.5, abs=0.03)
    assert np.corrcoef(two[:-1], two[1:])[0, 1] == pytest.approx(0.8, abs=0.03)
    assert (one.std(), two.std()) == (pytest.approx(1.0, abs=0.03), pytest.approx(1.0, abs=0.03))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_correlation_that_cannot_be_is_the_nearest_that_can(sign: float) -> None:
    """No memory against 0.9: shocks would need 0.9 / sqrt(1 - 0.81) = 2.06; at 0.97 the days have 0.97 x 0.436."""
    rng, wanted = np.random.default_rng(5), np.array([[1.0, 0.9 * sign], [0.9 * sign, 1.0]])
    years = [correlated_days(rng, np.array([0.0, 0.9]), wanted) for _ in range(200)]
    one, two = (np.concatenate([y[i] for y in years]) for i in (0, 1))
    assert np.corrcoef(one, two)[0, 1] == pytest.approx(sign * 0.97 * 0.19**0.5, abs=0.03)


def test_hours_vary_less_the_nearer_their_day_is_to_the_brightest(catalog: Catalog) -> None:
    """Up to 1.05 x 2: width 0.3 (1 - 0.3 / 2.1) on dull days of 0.3, and 0.9 (1 - 0.9 / 2.1) on bright ones of 0.9."""
    law = replace(read_synthesis_model(catalog).clearness, most=2.0, hour_noise=1.0, hour_persistence=0.0)
    sky, day = sky_of(35.0, 0.0), np.where(np.arange(365) % 2, 0.3, 0.9)
    lit = sky.clear_w_per_m2 > 50
    wanted = monthly_sums(sky.clear_w_per_m2 * np.repeat(day, 24)) / 1000 / np.array(MONTH_DAYS)
    shocks = np.clip(np.random.default_rng(1).standard_normal(8760), -0.9, 0.9)
    index = global_irradiance(day, shocks, sky, wanted, law)[lit] / sky.clear_w_per_m2[lit]
    dull = np.repeat(day, 24)[lit] < 0.5
    for which, mean in ((dull, 0.3), (~dull, 0.9)):
        spread = mean * (1 - mean / 2.1)
        assert np.quantile(index[which], 0.99) == pytest.approx(mean + 0.9 * spread, rel=0.05)


def test_days_are_spread_over_their_hours_without_a_jump() -> None:
    """A lone warm day: its noon of 2^0.5 makes up for mornings and evenings that lie towards colder noons.

    A day's mean is an eighth of the noons beside it and three quarters of its own, so noons fall off by a factor of
    -(3 - 8^0.5) = -0.172 a day; half an hour from noon it is 2^0.5 (1 - 1.172 / 48).
    """
    daily = np.zeros(365)
    daily[100] = 1.0
    hourly = spread_days(daily).reshape(365, 24)
    assert hourly.mean(axis=1) == pytest.approx(daily, abs=1e-9)
    assert hourly[100, [11, 12]] == pytest.approx(2**0.5 * (1 - (4 - 8**0.5) / 48))
    assert hourly[101, 12] < 0 < hourly[102, 12]


def test_a_mean_price_has_a_range_where_both_ends_are_known() -> None:
    price = np.array([-1.0, 4.0, 9.0, 0.0])
    both = GridPrice(price, False, (), 2.0, 5.0).figures()
    assert both == {
        "mean_price_usd_per_mwh": (3.0, 2.0, 5.0),
        "max_price_usd_per_mwh": 9.0,
        "negative_price_hours": 1.0,
    }
    for low, high in ((2.0, None), (None, 5.0), (None, None)):
        assert GridPrice(price, False, (), low, high).figures()["mean_price_usd_per_mwh"] == 3.0
