"""Measures what the weather synthesis needs from published weather years, and how well synthetic years agree with them.

Usage: python benchmarks/fit_weather.py FOLDER [--percentiles FILE] [--seeds N]

FOLDER holds <place>.epw, each named as its place in climate_normals. First come the regressions that start some of the
coefficients of weather_synthesis.csv, then the statistics of the files beside those of synthetic years made with the
present coefficients: a coefficient is right when both agree. The last table is the agreement that docs/method/site.md
quotes: synthetic minus file, mean of the seeds. FILE (places x percentiles) extends the check of temperatures to places
whose hourly file is not at hand.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

from wattscale.catalog import Catalog, load_catalog
from wattscale.facility.psychrometrics import humidity_ratio, saturation_pressure, wet_bulb
from wattscale.facility.stage import run as run_facility
from wattscale.scenario.facility import FacilityTable
from wattscale.scenario.site import SiteTable
from wattscale.site import stage as site_stage
from wattscale.site.coefficients import read_synthesis_model
from wattscale.site.normals import month_of_day, read_normals
from wattscale.site.result import SiteResult, Weather
from wattscale.site.sunshine import sky_of
from wattscale.site.synthesis import synthesise
from wattscale.supply.resources import solar_capacity_factor, wind_capacity_factor

MONTH = month_of_day()


def local_days(values: np.ndarray, offset: float) -> np.ndarray:
    return np.roll(values, int(np.floor(offset))).reshape(365, 24)


def month_scores(daily: np.ndarray) -> np.ndarray:
    out = np.empty(365)
    for m in range(12):
        inside = m == MONTH
        out[inside] = norm.ppf((rankdata(daily[inside]) - 0.5) / inside.sum())
    return out


def of_month(daily: np.ndarray) -> np.ndarray:
    return np.array([daily[m == MONTH].mean() for m in range(12)])[MONTH]


def longest(runs: np.ndarray) -> int:
    """Longest run of true values; a run that crosses the new year counts once."""
    if runs.all():
        return runs.size
    start = int(np.flatnonzero(~runs)[0])
    best = now = 0
    for value in np.roll(runs, -start):
        now = now + 1 if value else 0
        best = max(best, now)
    return best


def lag(values: np.ndarray, steps: int) -> float:
    return float(np.corrcoef(values[:-steps], values[steps:])[0, 1])


def statistics(weather: Weather, latitude: float, longitude: float, offset: float) -> dict[str, float]:
    clear = local_days(sky_of(latitude, longitude).clear_w_per_m2, offset).sum(axis=1)
    sun = local_days(weather.ghi_w_per_m2, offset).sum(axis=1)
    wind = local_days(weather.wind_speed_ms, offset)
    temp, dew = (local_days(v, offset) for v in (weather.temp_air_c, weather.dew_point_c))
    index, mean_wind = sun / clear, wind.mean(axis=1)
    k, u, t, d = (month_scores(x) for x in (index, mean_wind, temp.mean(axis=1), dew.mean(axis=1)))
    scores = norm.ppf((rankdata(wind) - 0.5) / wind.size).reshape(365, 24)
    dull, calm = sun < 0.5 * of_month(sun), mean_wind < 0.6 * of_month(mean_wind)
    within = dew - dew.mean(axis=1, keepdims=True)
    return {
        "clearness: lag 1 day": lag(k, 1),
        "clearness: lag 2 days": lag(k, 2),
        "clearness: sd in month": float(np.mean([index[m == MONTH].std() for m in range(12)])),
        "clearness: largest": float(np.quantile(index, 0.99)),
        "clearness with temperature": float(np.corrcoef(k, t)[0, 1]),
        "clearness with dew point": float(np.corrcoef(k, d)[0, 1]),
        "clearness with wind": float(np.corrcoef(k, u)[0, 1]),
        "wind: lag 1 day": lag(u, 1),
        "wind: lag 1 hour": lag(scores.ravel(), 1),
        "wind: lag 6 hours": lag(scores.ravel(), 6),
        "wind: share between days": float(scores.mean(axis=1).var()),
        "wind: daily swing": float(np.ptp(scores.mean(axis=0)) / 2),
        "dew point: sd in month [K]": float(np.mean([dew.mean(axis=1)[m == MONTH].std() for m in range(12)])),
        "dew point: sd in day [K]": float(within.std()),
        "dull days (< half the month's mean)": float(dull.mean()),
        "longest dull spell [day]": float(longest(dull)),
        "longest spell < 75 % sun [day]": float(longest(sun < 0.75 * of_month(sun))),
        "calm days (< 60 % of the month's mean)": float(calm.mean()),
        "longest calm spell [day]": float(longest(calm)),
        "longest spell < 80 % wind [day]": float(longest(mean_wind < 0.8 * of_month(mean_wind))),
        "longest spell < 3 m/s [h]": float(longest(weather.wind_speed_ms < 3.0)),
        "longest dull and calm spell [day]": float(
            longest((sun < 0.75 * of_month(sun)) & (mean_wind < 0.8 * of_month(mean_wind)))
        ),
    }


def design(weather: Weather) -> dict[str, float]:
    ratio = humidity_ratio(saturation_pressure(weather.dew_point_c), weather.pressure_pa)
    wet = wet_bulb(weather.temp_air_c, ratio, weather.pressure_pa)
    return {
        "GHI kWh/m2": float(weather.ghi_w_per_m2.sum() / 1e3),
        "DNI": float(weather.dni_w_per_m2.sum() / 1e3),
        "T 0.4 %": float(np.quantile(weather.temp_air_c, 0.004)),
        "T 99.6 %": float(np.quantile(weather.temp_air_c, 0.996)),
        "Tw 99 %": float(np.quantile(wet, 0.99)),
        "Tw 99.6 %": float(np.quantile(wet, 0.996)),
    }


def plant(site: SiteResult, weather: Weather, catalog: Catalog) -> dict[str, float]:
    """Capacity factors [%], PUE and WUE of the place under a weather."""
    at = replace(site, weather=weather)
    out = {
        "tracker %": 100 * float(solar_capacity_factor(at, catalog).mean()),
        "wind %": 100 * float(wind_capacity_factor(at, catalog).mean()),
    }
    it = np.full(8760, 50.0)
    for cooling in ("air-economiser", "direct-to-chip"):
        hall = run_facility(
            FacilityTable.model_validate({"cooling": cooling}), it, 50.0, 20.0, weather, site.elevation_m, catalog
        )
        word = "air" if cooling == "air-economiser" else "DLC"
        for name, key in (("PUE", "pue"), ("WUE", "wue_l_per_kwh")):
            value = hall.figures[key]
            out[f"{name} {word}"] = float(value[0] if isinstance(value, tuple) else value)
    return out


def regressions(years: list[tuple[Weather, float]]) -> None:
    """Print the fits of the dew point's spread and of both skewnesses over all months of the files."""
    rows = []
    for weather, offset in years:
        temp, dew = (local_days(v, offset) for v in (weather.temp_air_c, weather.dew_point_c))
        for month in range(12):
            t, d = temp[month == MONTH], dew[month == MONTH]
            day_t, day_d = t.mean(axis=1), d.mean(axis=1)
            skew = [float(((x - x.mean()) ** 3).mean() / x.std() ** 3) for x in (day_t, d.ravel())]
            above, below = t.max() - t.max(axis=1).mean(), t.min(axis=1).mean() - t.min()
            rows.append(
                (np.log(day_t.std()), d.mean(), t.mean() - d.mean(), np.log(day_d.std()),
                 np.log((d - day_d[:, None]).std()), skew[1], skew[0], (above - below) / day_t.std())
            )  # fmt: skip
    sd, dew_mean, depression, day_sd, hour_sd, skew_dew, skew_temp, rooms = np.array(rows).T
    spread = np.column_stack([np.ones(sd.size), sd, dew_mean, depression])
    for word, target in (("day", day_sd), ("hour", hour_sd)):
        k, *rest = np.linalg.lstsq(spread, target, rcond=None)[0]
        print(
            f"dew point, {word}: sd = {np.exp(k):.2f} K, "
            + "power of sd {:.2f}, per K of dew point {:.3f}, of depression {:.3f}".format(*rest)
        )
    slope, start = np.polyfit(dew_mean, skew_dew, 1)
    print(f"dew point: skewness = {start:.2f} {slope:+.3f} x dew point")
    print(f"temperature: skewness = {np.polyfit(rooms, skew_temp, 1)[0]:.2f} x (upper - lower record) / sd\n")


def mean_of(rows: list[dict[str, float]]) -> dict[str, float]:
    return {key: float(np.mean([r[key] for r in rows])) for key in rows[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--percentiles", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    catalog, model = load_catalog(), read_synthesis_model(load_catalog())
    real, made, gaps, years_read = [], [], {}, []
    for path in sorted(args.folder.glob("*.epw")):
        table = SiteTable(weather=str(path))
        site = site_stage.run(table, catalog.recording(), site_stage.load_series(table))
        file = site_stage.load_series(table).weather
        assert file is not None
        site = replace(site, latitude=file.latitude, longitude=file.longitude)
        normals = read_normals(catalog, path.stem)
        years = [synthesise(normals, file.latitude, file.longitude, s, model) for s in range(1, args.seeds + 1)]
        where = (file.latitude, file.longitude, file.utc_offset_h)
        real.append(statistics(site.weather, *where))
        years_read.append((site.weather, file.utc_offset_h))
        made.append(mean_of([statistics(y, *where) for y in years]))
        truth = design(site.weather) | plant(site, site.weather, catalog)
        guess = mean_of([design(y) | plant(site, y, catalog) for y in years])
        gaps[path.stem] = {key: guess[key] - truth[key] for key in truth}
    regressions(years_read)
    files, synthetic = pd.DataFrame(real), pd.DataFrame(made)
    table = pd.DataFrame(
        {"files": files.mean(), "10 %": files.quantile(0.1), "90 %": files.quantile(0.9), "synthetic": synthetic.mean()}
    )
    table["ratio"] = table["synthetic"] / table["files"]
    print(table.round(2).to_string(), "\n")
    agreement = pd.DataFrame(gaps).T
    print("synthetic minus file\n", agreement.round(3).to_string())
    print(
        pd.DataFrame({"mean": agreement.mean(), "rms": (agreement**2).mean() ** 0.5, "worst": agreement.abs().max()})
        .round(3)
        .T.to_string()
    )
    if args.percentiles:
        percentiles(args.percentiles, catalog, args.seeds)


def percentiles(path: Path, catalog: Catalog, seeds: int) -> None:
    model, rows = read_synthesis_model(catalog), {}
    for _, known in pd.read_csv(path).iterrows():
        normals = read_normals(catalog, known["site"])
        years = [synthesise(normals, normals.latitude, normals.longitude, s, model) for s in range(1, seeds + 1)]
        found = mean_of([design(y) for y in years])
        rows[known["site"]] = {
            "T 0.4 %": found["T 0.4 %"] - known["t_p0_4"],
            "T 99.6 %": found["T 99.6 %"] - known["t_p99_6"],
            "Tw 99 %": found["Tw 99 %"] - known["wb_p99"],
            "Tw 99.6 %": found["Tw 99.6 %"] - known["wb_p99_6"],
        }
    gap = pd.DataFrame(rows).T
    print(f"\n{len(gap)} places with known percentiles, synthetic minus known\n", gap.round(2).to_string())
    print(
        pd.DataFrame({"mean": gap.mean(), "rms": (gap**2).mean() ** 0.5, "worst": gap.abs().max()})
        .round(2)
        .T.to_string()
    )


if __name__ == "__main__":
    main()
