"""Each step of the synthetic year written out once more, month by month, with every limit reached in some month."""

from __future__ import annotations

from dataclasses import replace
from math import asinh, exp, log, pi, sinh, sqrt
from statistics import NormalDist
from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.catalog import Catalog
from wattscale.hours import MONTH_DAYS
from wattscale.site import synthesis
from wattscale.site.coefficients import (
    DewModel,
    SunshineModel,
    SynthesisModel,
    TemperatureModel,
    WindModel,
    read_synthesis_model,
)
from wattscale.site.noise import days_of_months, generator, persistent, spread_days
from wattscale.site.normals import Normals, month_of_day, read_normals
from wattscale.site.sunshine import monthly_sums, sky_of

MONTH = month_of_day()
SCORES = np.random.default_rng(8).standard_normal((4, 365))
ONE = np.ones(12)


@pytest.fixture(scope="module")
def normals(catalog: Catalog) -> Normals:
    """Phoenix with two odd months: a January of no spread and a June whose records lie far out on one side."""
    read = read_normals(catalog, "us_az_phoenix")
    sd, low, high = read.t_daymean_sd_c.copy(), read.t_absmin_c.copy(), read.t_absmax_c.copy()
    sd[0], low[5], high[6] = 0.05, low[5] - 30.0, high[6] + 30.0
    return replace(read, t_daymean_sd_c=sd, t_absmin_c=low, t_absmax_c=high, record_years=20.0)


@pytest.fixture(scope="module")
def model(catalog: Catalog) -> SynthesisModel:
    return read_synthesis_model(catalog)


def of_months(hourly: np.ndarray) -> list[np.ndarray]:
    return np.split(hourly, np.cumsum(MONTH_DAYS)[:-1] * 24)


def shifted(hourly: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Each month moved to its mean."""
    return np.concatenate([part - part.mean() + mean for part, mean in zip(of_months(hourly), means, strict=True)])


def lognormal(z: float, skewness: float) -> float:
    """A score of the law whose u^3 + 3 u = |skewness|, turned round where that is below zero."""
    u = 2 * sinh(asinh(max(abs(skewness), 1e-6) / 2) / 3)
    a, side = sqrt(log(1 + u * u)), -1 if skewness < 0 else 1
    return side * (exp(a * side * z) / sqrt(1 + u * u) - 1) / u


def rooms(normals: Normals, m: int) -> tuple[float, float]:
    """Room beyond the mean daily extremes of a month, brought from the years of the record to one."""

    def largest(n: float) -> float:
        return NormalDist().inv_cdf(n / (n + 1))

    one = largest(MONTH_DAYS[m]) / largest(MONTH_DAYS[m] * normals.record_years)
    above = max(normals.t_absmax_c[m] - normals.t_daymax_c[m], 0.0)
    return above * one, max(normals.t_daymin_c[m] - normals.t_absmin_c[m], 0.0) * one


def tailed(values: np.ndarray, share: float, target: float | None, start_share: float, stretch: float) -> np.ndarray:
    if target is None:
        return values
    ordered = np.sort(values)

    def quantile(q: float) -> float:
        at = q * (values.size - 1)
        low = int(at)
        return float(ordered[low] + (at - low) * (ordered[low + 1] - ordered[low]))

    start, found = quantile(start_share), quantile(share)
    factor = min(max((target - start) / max(found - start, 0.1), 1 / stretch), stretch)
    return np.array([start + (v - start) * factor if v > start else v for v in values])


def recorded(temp: np.ndarray, normals: Normals, stretch: float) -> np.ndarray:
    made = []
    for m, part in enumerate(of_months(temp)):
        above, below = rooms(normals, m)
        top, bottom = normals.t_daymax_c[m], normals.t_daymin_c[m]
        now = part.copy()
        if part.max() > top and above > 0:
            now = np.where(part > top, top + (part - top) * min(above / (part.max() - top), stretch), now)
        if part.min() < bottom and below > 0:
            now = np.where(part < bottom, bottom - (bottom - part) * min(below / (bottom - part.min()), stretch), now)
        made.append(now)
    return np.concatenate(made)


def test_a_skewed_score_of_known_width() -> None:
    """u = 0.5 has the skewness 0.125 + 1.5; exp(a^2) = 1.25. Without skewness a score is itself but for a millionth."""
    a = sqrt(log(1.25))
    for side in (1.0, -1.0):
        found = synthesis.skewed(np.array([-2.0, 0.0, 1.5]) * side, np.full(3, 1.625 * side))
        expected = [(exp(z * a) / sqrt(1.25) - 1) / 0.5 * side for z in (-2.0, 0.0, 1.5)]
        assert found == pytest.approx(expected, rel=1e-12)
    # The first term of the series of the law: z + s (z^2 - 1) / 6.
    assert synthesis.skewed(np.array([3.0]), np.zeros(1))[0] - 3 == pytest.approx(1e-6 * 8 / 6, rel=1e-5)


def test_the_room_of_a_record_in_each_month(normals: Normals) -> None:
    made = replace(normals, t_absmax_c=normals.t_daymax_c + np.array([0.5, *[8.0] * 10, -1.0]))
    above, below = synthesis.record_rooms(made)
    assert above == pytest.approx([rooms(made, m)[0] for m in range(12)])
    assert below == pytest.approx([rooms(made, m)[1] for m in range(12)])
    other = replace(made, t_absmin_c=made.t_daymin_c - np.array([0.5, *[8.0] * 10, -1.0]))
    assert synthesis.record_rooms(other)[1] == pytest.approx([rooms(other, m)[1] for m in range(12)])
    assert (above[11], synthesis.record_rooms(other)[1][11]) == (0.0, 0.0)


def test_a_short_tail_is_measured_as_a_tenth_at_least() -> None:
    """From the median of 0.05 to the 99 % of 0.099 it is less: 0.05 more asked is half of it, not as much again."""
    even = np.linspace(0.0, 0.1, 8761)
    assert synthesis.tail_to(even, 0.99, 0.1, 0.5, 4.0).max() == pytest.approx(0.05 + 0.05 * 0.5)
    assert synthesis.tail_to(even, 0.99, 0.06, 0.5, 4.0).max() == pytest.approx(0.05 + 0.05 / 4)
    assert synthesis.tail_to(even, 0.99, 9.0, 0.5, 4.0).max() == pytest.approx(0.05 + 0.05 * 4)


def test_the_days_go_together_as_the_model_and_the_normals_say(monkeypatch: pytest.MonkeyPatch, model: SynthesisModel,
                                                                normals: Normals) -> None:  # fmt: skip
    """The dew point takes its month's share of the temperature, 0.95 at most, and both are standard in each month."""
    asked = []
    monkeypatch.setattr(
        synthesis, "correlated_days", lambda rng, p, r: asked.append((rng.random(), p, r)) or SCORES.copy()
    )
    law = replace(model.clearness, day_persistence=0.1, with_temperature=0.2, with_dew_point=0.3, with_wind=-0.4)
    law_of_all = replace(model, clearness=law, dew_point=replace(model.dew_point, day_persistence=0.5),
                         wind=replace(model.wind, day_persistence=0.97))  # fmt: skip
    share = np.array([0.6, -0.8, 0.99, -0.99, *[0.3] * 8])
    ac1 = np.array([0.2, *[0.5] * 11])
    found = synthesis._day_scores(replace(normals, corr_temp_dew=share, t_daymean_ac1=ac1), 7, law_of_all)
    first, persistence, correlation = asked[0]
    assert first == generator(7, normals.site, "days").random()
    assert persistence == pytest.approx([0.1, 5.7 / 12, 0.5, 0.95])
    assert correlation.tolist() == [[1, 0.2, 0.3, -0.4], [0.2, 1, 0, 0], [0.3, 0, 1, 0], [-0.4, 0, 0, 1]]
    synthesis._day_scores(replace(normals, corr_temp_dew=share, t_daymean_ac1=-ac1), 7, law_of_all)
    assert asked[1][1] == pytest.approx([0.1, 0.0, 0.5, 0.95])
    assert found[[0, 3]] == pytest.approx(SCORES[[0, 3]])
    for m in range(12):
        of = m == MONTH
        temp = (SCORES[1, of] - SCORES[1, of].mean()) / SCORES[1, of].std()
        r = min(max(share[m], -0.95), 0.95)
        dew = r * temp + sqrt(1 - r * r) * SCORES[2, of]
        assert found[1, of] == pytest.approx(temp)
        assert found[2, of] == pytest.approx((dew - dew.mean()) / dew.std())


HEAT = TemperatureModel(
    hour_sd=0.7, hour_persistence=0.8, peak_hour=15.3, second_harmonic=0.2, skew_records=0.9, record_stretch=1.3,
    tail_share=0.9,
)  # fmt: skip


@pytest.mark.parametrize("known", [True, False])
def test_temperature_step_by_step(normals: Normals, known: bool) -> None:
    """Skewed days, a wave of two harmonics as wide as the normals, then three rounds of records, tails and means.

    April's days swing by 0.2 of the others': its wave would have to be five times as wide and is held at three. August
    hardly differs by day and night.
    """
    low = normals.t_daymin_c.copy()
    low[7] = normals.t_daymax_c[7] - 0.5
    normals = replace(normals, t_daymin_c=low)
    if known:
        normals = replace(normals, t_p99_6_c=44.0, t_p0_4_c=2.0)
    else:
        normals = replace(normals, t_p99_6_c=None, t_p0_4_c=None)
    swing = np.where(MONTH == 3, 0.2, 1 + 0.3 * SCORES[0].clip(-1, 1))
    means, sd = days_of_months(normals.t_mean_c), days_of_months(np.maximum(normals.t_daymean_sd_c, 0.1))
    days, skews = [], []
    for d in range(365):
        m = int(MONTH[d])
        above, below = rooms(normals, m)
        skews.append(0.9 * (above - below) / max(normals.t_daymean_sd_c[m], 0.1))
        days.append(means[d] + sd[d] * lognormal(SCORES[1, d], min(max(skews[-1], -1.0), 1.0)))
    assert (min(skews) < -1, max(skews) > 1) == (True, True)
    noise = generator(3, normals.site, "temperature").standard_normal(8760)
    level = spread_days(np.array(days)) + 0.7 * persistent(noise, 0.8)
    angle = [2 * pi * (h + 0.5 - 15.3) / 24 for h in range(24)]
    wave = np.array([np.cos(a) + 0.2 * np.cos(2 * a) for a in angle])
    wave /= wave.max() - wave.min()
    widths = []
    parts = []
    for m, part in enumerate(of_months(level)):
        span = normals.t_daymax_c[m] - normals.t_daymin_c[m]
        cycle = np.outer(swing[m == MONTH], wave)
        width = span
        for _ in range(3):
            hours = part.reshape(-1, 24) + width * cycle
            width = min(width * span / (hours.max(axis=1) - hours.min(axis=1)).mean(), 3 * span)
        widths.append(width / span)
        parts.append((part.reshape(-1, 24) + width * cycle).ravel())
    assert widths[3] == pytest.approx(3.0, rel=1e-12)
    assert 0 < widths[7] < 1
    temp = shifted(np.concatenate(parts), normals.t_mean_c)
    for _ in range(3):
        temp = recorded(temp, normals, 1.3)
        temp = tailed(temp, 0.996, normals.t_p99_6_c, 0.9, 1.3)
        temp = -tailed(-temp, 0.996, -2.0 if known else None, 0.9, 1.3)
        temp = shifted(temp, normals.t_mean_c)
    found = synthesis._temperature(normals, SCORES[1], swing, 3, HEAT)
    np.testing.assert_allclose(found, temp, rtol=1e-9, atol=1e-9)


DEW = DewModel(
    day_sd=0.8, hour_sd=0.3, sd_temperature=0.7, hour_temperature=0.4, sd_dew=0.02, sd_depression=0.01, skew_start=-0.3,
    skew_dew=0.25, mixing=0.15, driest_hour=15.5, tail_share=0.9, tail_stretch=1.2, day_persistence=0.5,
    hour_persistence=0.8,
)  # fmt: skip


@pytest.mark.parametrize("p99", [None, 26.0])
def test_dew_point_step_by_step(normals: Normals, p99: float | None) -> None:
    """Spread by the month's temperature and dryness, skewed by its dew point from -1.5 to 0.5, driest at its hour.

    In February it is wetter than warm, and nothing is mixed down; in May a little drier.
    """
    dew_mean = np.array([-9.0, -6.0, -3.0, 0.5, 1.5, 2.5, 5.0, 8.0, 4.0, 2.0, 1.0, -4.0])
    depression = np.array([4.0, -1.0, 6.0, 9.0, 0.5, *[7.0] * 7])
    normals = replace(normals, dew_mean_c=dew_mean, t_mean_c=dew_mean + depression, dew_p99_c=p99)
    air = np.repeat(days_of_months(dew_mean + 6), 24) + np.tile(4 * np.cos((np.arange(24) - 15) / 12 * pi), 365)
    noise = persistent(generator(3, normals.site, "dew point").standard_normal(8760), 0.8)
    middle, day, hour, skews = days_of_months(dew_mean), [], [], []
    for d in range(365):
        m = int(MONTH[d])
        sd, shift = max(normals.t_daymean_sd_c[m], 0.1), 0.02 * dew_mean[m] + 0.01 * depression[m]
        skews.append(-0.3 + 0.25 * dew_mean[m])
        z = lognormal(SCORES[2, d], min(max(skews[-1], -1.5), 0.5))
        day.append(middle[d] + 0.8 * sd**0.7 * exp(shift) * z)
        dry = 0.15 * max(depression[m], 0.0)
        for h in range(24):
            cosine = np.cos(2 * pi * (h + 0.5 - 15.5) / 24)
            hour.append(0.3 * sd**0.4 * exp(shift) * noise[24 * d + h] - dry * cosine)
    assert (min(skews) < -1.5, max(skews) > 0.5) == (True, True)
    dew = spread_days(np.array(day)) + np.array(hour)
    for _ in range(6):
        dew = np.minimum(shifted(dew, dew_mean), air)
    for _ in range(3):
        dew = np.minimum(shifted(tailed(dew, 0.99, p99, 0.9, 1.2), dew_mean), air)
    assert np.count_nonzero(dew == air) > 10
    found = synthesis._dew_point(normals, SCORES[2], air, 3, DEW)
    np.testing.assert_allclose(found, dew, rtol=1e-9, atol=1e-9)


def test_wind_step_by_step(normals: Normals) -> None:
    """Ranks of days, hours and the cycle give the share of a Weibull law; its shape is held at 0.5 in a gusty month."""
    mean = np.linspace(3.0, 5.0, 12)
    spread = np.array([6.3, *np.linspace(1.2, 3.0, 11)])
    law = WindModel(day_persistence=0.0, day_share=0.3, hour_persistence=0.9, swing=0.4, peak_hour=15.0)
    noise = persistent(generator(3, normals.site, "wind").standard_normal(8760), 0.9)
    cycle = np.array([0.4 * np.cos(2 * pi * (h + 0.5 - 15) / 24) for h in range(24)])
    z = sqrt(0.3) * spread_days(SCORES[3]) + sqrt(0.7) * noise + np.tile(cycle, 365)
    rank = np.empty(8760)
    rank[np.argsort(z)] = np.arange(8760)
    shape = days_of_months((spread / mean) ** -1.086)
    assert shape.min() < 0.5
    speed = np.array([(-log(1 - (r + 0.5) / 8760)) ** (1 / max(shape[h // 24], 0.5)) for h, r in enumerate(rank)])
    expected = np.concatenate([p * m / p.mean() for p, m in zip(of_months(speed), mean, strict=True)])
    found = synthesis._wind(replace(normals, wind_mean_ms=mean, wind_sd_ms=spread), SCORES[3], 3, law)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize(("longitude", "clock"), [(100.0, 7), (-112.4, -7), (-113.0, -8), (7.6, 1), (7.4, 0)])
def test_a_year_is_put_together_from_its_parts_on_the_suns_own_clock(
    monkeypatch: pytest.MonkeyPatch, normals: Normals, model: SynthesisModel, longitude: float, clock: int
) -> None:
    """Days swing by 1 + 0.6 (i - 1) of their clearness i in the month, between 0.2 and 2; pressure is in hPa."""
    hour = np.arange(8760.0)
    index = np.tile([0.0, 0.5, 1.0, 2.0, 4.0], 73)
    got: dict[str, object] = {}
    sky = SimpleNamespace(name="sky")

    def note(name: str, value: object) -> object:
        def given(*args: object) -> object:
            got[name] = args
            return value

        return given

    for name, value in (
        ("_day_scores", SCORES), ("_irradiation", ("wanted", "direct")), ("_temperature", hour),
        ("_dew_point", hour + 1), ("_wind", hour + 2),
    ):  # fmt: skip
        monkeypatch.setattr(synthesis, name, note(name, value))
    for name, value in (
        ("sky_of", sky), ("daily_index", index), ("monthly_clear_index", "monthly"), ("global_irradiance", hour + 3),
        ("split_irradiance", (hour + 4, hour + 5)), ("relative_to_month", index),
    ):  # fmt: skip
        monkeypatch.setattr(synthesis.sunshine, name, note(name, value))
    law: SunshineModel = replace(model.clearness, swing=0.6)
    model = replace(model, clearness=law)
    year = synthesis.synthesise(replace(normals, pressure_hpa=970 * ONE), 30.0, longitude, 5, model)
    assert got["sky_of"] == (30.0, longitude, clock, law.haze)
    assert (got["daily_index"][0] == SCORES[0]).all()  # type: ignore[index]
    assert (got["_temperature"][1] == SCORES[1]).all()  # type: ignore[index]
    assert got["_temperature"][2] == pytest.approx(np.tile([0.4, 0.7, 1.0, 1.6, 2.0], 73))  # type: ignore[index]
    assert (got["_dew_point"][1] == SCORES[2]).all()  # type: ignore[index]
    assert (got["_wind"][1] == SCORES[3]).all()  # type: ignore[index]
    assert got["split_irradiance"][1:] == (sky, "direct")  # type: ignore[index]
    for i, part in enumerate(
        ("temp_air_c", "dew_point_c", "wind_speed_ms", "ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2")
    ):
        np.testing.assert_allclose(getattr(year, part), (hour + clock) % 8760 + i, rtol=1e-9, err_msg=part)
    np.testing.assert_allclose(year.pressure_pa, 97_000.0)
    dull = replace(model, clearness=replace(law, swing=1.5))
    synthesis.synthesise(normals, 30.0, longitude, 5, dull)
    assert got["_temperature"][2] == pytest.approx(np.tile([0.2, 0.25, 1.0, 2.0, 2.0], 73))  # type: ignore[index]


def test_a_station_in_polar_night_lends_no_light(normals: Normals, model: SynthesisModel) -> None:
    """December over 70.5 N has no sun and nothing is known of its clearness; January has a glimmer, below 1 Wh/m2."""
    model = replace(model, clearness=replace(model.clearness, haze=0.1))
    station = replace(normals, latitude=70.5, ghi_kwh_per_m2_day=np.linspace(1.0, 4.0, 12), dni_kwh_per_m2_day=2 * ONE)
    there, here = (monthly_sums(sky_of(at, 0.0, 0.0, 0.1).clear_w_per_m2) for at in (70.5, 40.0))
    assert there[11] == 0.0 < there[0] < 1.0
    ratio = np.array([*(here[:11] / there[:11]), 0.0])
    ghi, dni = synthesis._irradiation(station, 40.0, sky_of(40.0, 0.0, 0.0, 0.1), model)
    assert ghi == pytest.approx(np.linspace(1.0, 4.0, 12) * ratio, rel=1e-12)
    assert dni == pytest.approx(2 * ratio, rel=1e-12)
