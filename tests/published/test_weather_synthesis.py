"""Synthetic weather against 16 published weather years (NREL TMY3, Climate.OneBuilding TMYx, ASHRAE IWEC).

Tolerances: irradiation 1 %, dry bulb 99.6 % within 1.5 K, wet bulb 99.6 % within 1 K, longest dull and calm spells
within 25 % on average over the places: one longest spell of one year is chance (seeds differ twofold).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from wattscale.catalog import Catalog
from wattscale.facility.psychrometrics import humidity_ratio, saturation_pressure, wet_bulb
from wattscale.site.coefficients import read_synthesis_model
from wattscale.site.normals import month_of_day, read_normals
from wattscale.site.result import Weather
from wattscale.site.series import WeatherFile
from wattscale.site.synthesis import synthesise
from wattscale.site.weather import read_weather

SEEDS = (1, 2, 3)
MONTH = month_of_day()
Year = tuple[WeatherFile, list[Weather]]


@pytest.fixture(scope="module")
def years(catalog: Catalog, shared_data: Callable[[str], Path]) -> dict[str, Year]:
    model = read_synthesis_model(catalog)
    found = {}
    for path in sorted(shared_data("weather").glob("*.epw")):
        file, normals = read_weather(str(path)), read_normals(catalog, path.stem)
        found[path.stem] = (
            file,
            [synthesise(normals, file.latitude, file.longitude, seed, model) for seed in SEEDS],
        )
    return found


def wet_bulb_99_6(weather: WeatherFile | Weather) -> float:
    assert weather.pressure_pa is not None
    ratio = humidity_ratio(saturation_pressure(weather.dew_point_c), weather.pressure_pa)
    return float(np.quantile(wet_bulb(weather.temp_air_c, ratio, weather.pressure_pa), 0.996))


def longest(runs: np.ndarray) -> int:
    best = now = 0
    for value in runs:
        now = now + 1 if value else 0
        best = max(best, now)
    return best


def spell(hourly: np.ndarray, offset: float, share: float) -> int:
    """Longest run of days below a share of the month's mean."""
    daily = np.roll(hourly, int(np.floor(offset))).reshape(365, 24).mean(axis=1)
    means = np.bincount(MONTH, daily) / np.bincount(MONTH)
    return longest(daily < share * means[MONTH])


@pytest.mark.slow
def test_irradiation_of_the_year_is_met_within_1_percent(years: dict[str, Year]) -> None:
    for name, (file, made) in years.items():
        assert file.ghi_w_per_m2 is not None
        for year in made:
            assert year.ghi_w_per_m2.sum() == pytest.approx(file.ghi_w_per_m2.sum(), rel=0.01), name


@pytest.mark.slow
def test_dry_bulb_passed_in_35_hours_is_met_within_1_5_k(years: dict[str, Year]) -> None:
    for name, (file, made) in years.items():
        for year in made:
            found = np.quantile(year.temp_air_c, 0.996)
            assert found == pytest.approx(np.quantile(file.temp_air_c, 0.996), abs=1.5), name


@pytest.mark.slow
def test_wet_bulb_passed_in_35_hours_is_met_within_1_k(years: dict[str, Year]) -> None:
    for name, (file, made) in years.items():
        found = np.mean([wet_bulb_99_6(year) for year in made])
        assert found == pytest.approx(wet_bulb_99_6(file), abs=1.0), name


@pytest.mark.slow
def test_longest_dull_and_calm_spells_are_as_long_as_real_ones(years: dict[str, Year]) -> None:
    for share_sun, share_wind in ((0.5, 0.6), (0.75, 0.8)):
        dull, calm = [], []
        for file, made in years.values():
            offset = file.utc_offset_h
            assert file.ghi_w_per_m2 is not None
            dull.append(
                (
                    np.mean([spell(y.ghi_w_per_m2, offset, share_sun) for y in made]),
                    spell(file.ghi_w_per_m2, offset, share_sun),
                )
            )
            calm.append(
                (
                    np.mean([spell(y.wind_speed_ms, offset, share_wind) for y in made]),
                    spell(file.wind_speed_ms, offset, share_wind),
                )
            )
        for pairs in (dull, calm):
            synthetic, real = np.mean(pairs, axis=0)
            assert synthetic == pytest.approx(real, rel=0.25)


def test_a_site_takes_less_than_a_third_of_a_second(catalog: Catalog) -> None:
    import time

    model, normals = read_synthesis_model(catalog), read_normals(catalog, "us_va_leesburg")
    synthesise(normals, normals.latitude, normals.longitude, 1, model)
    start = time.process_time()
    synthesise(normals, normals.latitude, normals.longitude, 2, model)
    assert time.process_time() - start < 0.3
