"""The sun, the clear sky and the law of clear days written out once more, and irradiance on skies that are simple."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import beta, norm

from wattscale.hours import MONTH_DAYS
from wattscale.site.coefficients import SunshineModel
from wattscale.site.noise import days_of_months
from wattscale.site.sunshine import (
    Sky,
    daily_index,
    global_irradiance,
    monthly_clear_index,
    monthly_sums,
    relative_to_month,
    restore_irradiation,
    sky_of,
    split_irradiance,
)

DAYS = np.array(MONTH_DAYS)
ONE = np.ones(8760)
LAW = SunshineModel(
    day_persistence=0.0, sd_scale=0.4, least_scale=0.8, most=1.1, haze=0.0, hour_noise=0.5, hour_persistence=0.6,
    swing=0.5, with_temperature=0.0, with_dew_point=0.0, with_wind=0.0,
)  # fmt: skip


def spencer(day: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Declination [rad], equation of time [min] and sun above the air [W/m2], Spencer 1971."""
    t = 2 * np.pi * (day - 1) / 365
    declination = (
        0.006918 - 0.399912 * np.cos(t) + 0.070257 * np.sin(t) - 0.006758 * np.cos(2 * t) + 0.000907 * np.sin(2 * t)
        - 0.002697 * np.cos(3 * t) + 0.00148 * np.sin(3 * t)
    )  # fmt: skip
    minutes = (
        720
        / np.pi
        * (
            0.0000075
            + 0.001868 * np.cos(t)
            - 0.032077 * np.sin(t)
            - 0.014615 * np.cos(2 * t)
            - 0.040849 * np.sin(2 * t)
        )
    )
    extra = 1366.1 * (
        1.00011 + 0.034221 * np.cos(t) + 0.00128 * np.sin(t) + 0.000719 * np.cos(2 * t) + 0.000077 * np.sin(2 * t)
    )
    return declination, minutes, extra


@pytest.mark.parametrize(
    ("latitude", "longitude", "clock", "haze"),
    [(40.0, 0.0, 0.0, 0.0), (-34.0, 151.0, 10.0, 0.1), (69.0, 22.0, 1.0, 0.02), (5.0, -75.0, -5.5, 10.0)],
)
def test_the_sun_by_spencer_and_the_clear_sky_by_haurwitz(
    latitude: float, longitude: float, clock: float, haze: float
) -> None:
    """1098 c exp(-(0.059 + haze) / c) with c = sin(height), and at the last rays haze as at c = 0.001."""
    hours = np.arange(8760) + 0.5 - clock
    day = 1 + np.mod(hours / 24, 365)
    declination, minutes, extra = spencer(day)
    angle = np.radians(15 * (hours - 12) + longitude + minutes / 4)
    phi = np.radians(latitude)
    c = np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.cos(angle)
    sky = sky_of(latitude, longitude, clock, haze)
    np.testing.assert_allclose(sky.day_of_year, day, rtol=1e-12)
    np.testing.assert_allclose(np.cos(np.radians(sky.zenith_deg)), c, rtol=0.0, atol=1e-9)
    np.testing.assert_allclose(sky.extra_w_per_m2, extra, rtol=1e-9)
    c = np.cos(np.radians(sky.zenith_deg))
    up = c > 0
    clear = 1098 * c[up] * np.exp(-0.059 / c[up]) * np.exp(-haze / np.maximum(c[up], 0.001))
    np.testing.assert_allclose(sky.clear_w_per_m2[up], clear, rtol=1e-6, atol=0.0)
    assert (sky.clear_w_per_m2[~up] == 0.0).all()


MIXED = np.array([0.5, 0.3, 0.6, 0.8, 0.9, 0.4, 0.7, 0.2, 0.5, 0.6, 0.7, 0.45])


@pytest.mark.parametrize(
    ("months", "law", "most"),
    [
        (MIXED, LAW, 1.1),
        # Brighter than the law allows: its end moves to 1.05 of the brightest month.
        (MIXED, replace(LAW, most=0.6), 0.945),
        # Between bright months the mean would pass 0.97 of the end; in polar night it would fall below 0.05.
        (np.array([0.0, 0.0, 0.5, 1.0, 0.3, 1.0, 1.0, 0.3, 1.0, 0.3, 0.1, 0.0]), replace(LAW, most=0.9), 1.05),
        # So wide that the law would leave the family of beta: sizes end at 0.2.
        (MIXED, replace(LAW, sd_scale=0.9), 1.1),
        (MIXED, replace(LAW, sd_scale=0.78, least_scale=0.3), 1.1),
    ],
)
def test_clear_days_follow_a_beta_law_of_their_month(months: np.ndarray, law: SunshineModel, most: float) -> None:
    scores = np.random.default_rng(1).standard_normal(365).clip(-2.5, 2.5)
    expected = []
    for mean, score in zip(days_of_months(months), scores, strict=True):
        m = min(max(mean, 0.05), 0.97 * most)
        least = law.least_scale * m * m
        share = (m - least) / (most - least)
        variance = law.sd_scale**2 * m * (most - m) / (most - least) ** 2
        size = max(share * (1 - share) / variance - 1, 0.2)
        expected.append(least + (most - least) * beta.ppf(norm.cdf(score), share * size, (1 - share) * size))
    assert daily_index(scores, months, law) == pytest.approx(expected, rel=1e-7)


def flat_sky(clear: np.ndarray) -> Sky:
    return Sky(60 * ONE, clear, 1400 * ONE, np.arange(8760) / 24 + 1)


@pytest.mark.parametrize(("limit", "most"), [(1.0, 1.0), (0.5, 0.9)])
def test_hours_vary_about_their_day_by_a_persistent_noise(limit: float, most: float) -> None:
    """Width 0.5 i (1 - i / (1.05 most)) of a day's index i, between 0.02 and 1.05 most, the law's or the year's."""
    day = np.where(np.arange(365) % 3, 0.9, 0.3)
    shocks = np.random.default_rng(6).standard_normal(8760)
    shocks[[50, 100, 150]] = 40.0, -40.0, 40.0
    noise, index = shocks[0], np.empty(8760)
    for h in range(8760):
        noise = noise if h == 0 else 0.6 * noise + 0.8 * shocks[h]
        i = day[h // 24]
        index[h] = min(max(i + 0.5 * i * (1 - i / (1.05 * most)) * noise, 0.02), 1.05 * most)
    assert (index.min(), index.max()) == (0.02, 1.05 * most)
    sky = flat_sky(500 * ONE)
    wanted = monthly_sums(500 * index) / 1000 / DAYS
    found = global_irradiance(day, shocks, sky, wanted, replace(LAW, most=limit))
    np.testing.assert_allclose(found, 500 * index, rtol=1e-9)
    # A tenth more is asked: what lies near the top is held at 1.1 of it until all others have risen.
    more = global_irradiance(day, shocks, sky, 1.1 * wanted, replace(LAW, most=limit))
    np.testing.assert_allclose(more, scaled(index, 500.0, 1.1 * wanted, 1.1 * most), rtol=1e-9)


def scaled(index: np.ndarray, clear: float, wanted: np.ndarray, cap: float) -> np.ndarray:
    """Six rounds of scaling under a cap, and one without, month by month."""
    months = np.split(index, np.cumsum(DAYS * 24)[:-1])
    year = []
    for part, asked in zip(months, wanted * 1000 * DAYS, strict=True):
        factor, now = 1.0, part
        for _ in range(6):
            factor *= asked / (clear * now).sum()
            now = np.minimum(part * factor, cap)
        year.append(now * clear * asked / (clear * now).sum())
    return np.concatenate(year)


def test_a_month_is_brought_to_its_irradiation_under_a_cap_first() -> None:
    """Half the days at 1.0 and half at 0.2, a third more asked: the bright are held at 1.2 while the dull rise."""
    index = np.repeat(np.where(np.arange(365) % 2, 1.0, 0.2), 24)
    wanted = monthly_sums(500 * index) / 1000 / DAYS * 4 / 3
    found = restore_irradiation(index, flat_sky(500 * ONE), wanted, 1.2)
    np.testing.assert_allclose(found, scaled(index, 500.0, wanted, 1.2), rtol=1e-12)
    assert monthly_sums(found) == pytest.approx(wanted * 1000 * DAYS, rel=1e-12)


def test_a_months_glimmer_is_scaled_and_its_night_is_left_dark() -> None:
    """January has 0.0005 W/m2 in each hour, 0.372 Wh/m2 in all; February none, whatever is asked of it."""
    clear = 500 * ONE
    clear[: 31 * 24] = 0.0005
    clear[31 * 24 : 59 * 24] = 0.0
    sky, wanted = flat_sky(clear), np.full(12, 6.0)
    wanted[0] = 0.00000744
    assert monthly_clear_index(wanted, sky) == pytest.approx([0.62, 0.0, *[0.5] * 10])
    sums = monthly_sums(restore_irradiation(ONE, sky, wanted, 2.0))
    assert sums == pytest.approx([0.00744 * 31, 0.0, *(6000.0 * DAYS[2:])])


def test_a_days_index_is_told_against_its_months_mean() -> None:
    """January counts 1 to 31 about 16, February is 0.2 and 0.6 by turns about 0.4."""
    day = np.concatenate([np.arange(1.0, 32.0), np.tile([0.2, 0.6], 14), np.full(306, 3.0)])
    found = relative_to_month(day)
    assert found[:31] == pytest.approx(np.arange(1, 32) / 16)
    assert found[31:59] == pytest.approx(np.tile([0.5, 1.5], 14))
    assert found[59:] == pytest.approx(1.0)


def test_diffuse_shares_are_bent_no_further_than_their_powers_go() -> None:
    """Erbs' share of 350 W/m2 to the power of 0.2 where no direct sun is asked, of 5 where more than all of it is.

    Twenty halvings of the power's logarithm about 0.2 to 5 leave it ln(25) / 2^21 above its lower end.
    """
    kt = 350 / (1366.1 / 2)  # 60 degrees from overhead, on a day when the sun stands at its mean distance
    day = 1 + 365 / 4
    t = 2 * np.pi * (day - 1) / 365
    kt /= 1.00011 + 0.034221 * np.cos(t) + 0.00128 * np.sin(t) + 0.000719 * np.cos(2 * t) + 0.000077 * np.sin(2 * t)
    share = 0.9511 - 0.1604 * kt + 4.388 * kt**2 - 16.638 * kt**3 + 12.336 * kt**4
    sky = Sky(60 * ONE, 700 * ONE, 1400 * ONE, day * ONE)
    asked = np.repeat([0.0, 40.0], 6)
    dni, dhi = split_irradiance(350 * ONE, sky, asked)
    low, high = 0.2 * 25 ** (2.0**-21), 5 / 25 ** (2.0**-21)
    assert dni[0] == pytest.approx(700 * (1 - share**low), rel=1e-10)
    assert dni[-1] == pytest.approx(700 * (1 - share**high), rel=1e-10)
    np.testing.assert_allclose(dhi, 350 - dni / 2, rtol=1e-12)
    assert share**0.2 == pytest.approx(1 - dni[0] / 700, rel=1e-6)


def test_the_dimmest_hours_have_direct_sun_too() -> None:
    """Below a kt of 0.22 the diffuse share is 1 - 0.09 kt; 5 W/m2 leave less than 0.1 W/m2, to the fifth power too."""
    day = 1 + 365 / 4
    kt = 5 / (0.5 * spencer(np.array([day]))[2][0])
    sky = Sky(60 * ONE, 700 * ONE, 1400 * ONE, day * ONE)
    dni, dhi = split_irradiance(5 * ONE, sky, np.full(12, 4.0))
    np.testing.assert_allclose(dni, 10 * (1 - (1 - 0.09 * kt) ** 5), rtol=1e-5)
    np.testing.assert_allclose(dhi, 5 - dni / 2, rtol=1e-12)


def test_where_no_direct_sun_is_known_the_split_is_erbs_under_the_clearest_sky() -> None:
    """kt 0.6 and above 0.8, day and night: 0.8 of the sun above the air is the most that comes straight."""
    zenith = np.tile([60.0, 60.0, 120.0], 2920)
    ghi = np.tile([300.0, 690.0, 0.0], 2920)
    day = 1 + 365 / 4
    sky = Sky(zenith, 700 * ONE, 1400 * ONE, day * ONE)
    dni, dhi = split_irradiance(ghi, sky, None)
    kt = 300 / (0.5 * spencer(np.array([day]))[2][0])
    share = 0.9511 - 0.1604 * kt + 4.388 * kt**2 - 16.638 * kt**3 + 12.336 * kt**4
    assert dni[:3] == pytest.approx([600 * (1 - share), 1120.0, 0.0])
    assert dhi[:3] == pytest.approx([300 * share, 690 - 560, 0.0])
