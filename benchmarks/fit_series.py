"""Fits the shapes of the synthetic grid price and grid carbon to published hourly years.

Usage: python benchmarks/fit_series.py FOLDER [--weather FOLDER] [--write]

FOLDER holds price_<ZONE>_<YEAR>.csv and carbon_<ZONE>_<YEAR>.csv, the weather folder ERA5 answers of Open-Meteo. Prints
how well each class describes its years; with --write replaces price_shapes.csv, carbon_shapes.csv and series_noise.csv
of the catalogue. A class is fitted to all its zones and years together, in normal scores, so the shapes have no level.
"""

from __future__ import annotations

import argparse
import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

from wattscale.catalog import load_catalog
from wattscale.hours import MONTH_DAYS
from wattscale.site.weather import read_weather

CATALOG = Path(__file__).resolve().parents[1] / "src" / "wattscale" / "catalog"
PRICE_CLASSES = {
    "gas": ["US-MIDA-PJM", "US-TEX-ERCO"],
    "solar": ["US-CAL-CISO", "AU-NSW", "CL-SIC"],
    "europe": ["DE-LU", "FR"],
    "coal": ["IN-WE", "JP-TK", "ZA"],
    "hydro": ["BR-SP"],
}
CARBON_CLASSES = {
    "thermal": ["US-MIDA-PJM", "JP-TK", "IN-WE"],
    "solar": ["US-CAL-CISO", "AU-NSW", "AU-VIC"],
    "wind": ["DE-LU", "GB", "US-TEX-ERCO"],
    "hydro-nuclear": ["BR-SP", "CA-ON"],
}
LEFT_OUT = {("price", "US-TEX-ERCO", "2021"), ("price", "DE-LU", "2022")}
"""Crisis years (February storm, gas crisis) that a usual year must not carry."""
ZONES = {
    "US-MIDA-PJM": (39.0, -5), "US-TEX-ERCO": (31.0, -6), "US-CAL-CISO": (36.0, -8), "AU-NSW": (-33.0, 10),
    "AU-VIC": (-37.0, 10), "CL-SIC": (-33.0, -4), "DE-LU": (51.0, 1), "FR": (47.0, 1), "IN-WE": (20.0, 5.5),
    "JP-TK": (36.0, 9), "ZA": (-26.0, 2), "BR-SP": (-23.0, -3), "GB": (52.0, 0), "CA-ON": (44.0, -5),
}  # fmt: skip
"""Latitude [deg] and standard time [h] of the zones."""
WIND_PLACES = {"de_frankfurt": "DE-LU", "gb_london": "GB", "br_saopaulo": "BR-SP"}
"""Places with hourly wind of 2023 inside a zone."""
PROBABILITIES = (0, 0.0005, 0.002, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.998, 0.9995, 1)


def local_year(values: np.ndarray, offset: float) -> np.ndarray:
    return np.roll(values, int(np.floor(offset))).reshape(365, 24)


def read(folder: Path, kind: str, zone: str) -> dict[str, np.ndarray]:
    """Give the years of a zone relative to their mean, on the local clock, shape (365, 24)."""
    column = "price_usd_per_mwh" if kind == "price" else "ci_direct_g_per_kwh"
    years = {}
    for path in sorted(folder.glob(f"{kind}_{zone}_*.csv")):
        year = re.findall(r"_(\d{4})\.csv$", path.name)[0]
        if (kind, zone, year) in LEFT_OUT:
            continue
        frame = pd.read_csv(path)
        frame = frame[~frame["time_utc"].str.contains("-02-29")]
        values = frame[column].to_numpy()
        years[f"{zone}_{year}"] = local_year(values / values.mean(), ZONES[zone][1])
    return years


def season(latitude: float) -> np.ndarray:
    """Give +1 in midwinter and -1 in midsummer of the hemisphere, by day."""
    wave = np.cos(2 * np.pi * (np.arange(365) + 0.5 - 15) / 365)
    return wave if latitude >= 0 else -wave


def month_scores(hourly: np.ndarray) -> np.ndarray:
    """Give the normal scores of the daily means within each month, shape (365,)."""
    daily = hourly.reshape(365, 24).mean(axis=1)
    ends = np.cumsum(MONTH_DAYS)
    parts = [daily[e - n : e] for e, n in zip(ends, MONTH_DAYS, strict=True)]
    return np.concatenate([norm.ppf((rankdata(p) - 0.5) / p.size) for p in parts])


def scores_of(values: np.ndarray) -> np.ndarray:
    """Give the normal scores of a year's values, shape (365, 24)."""
    return norm.ppf((rankdata(values) - 0.5) / values.size).reshape(365, 24)


def fit_shape(years: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Least squares of score = level(hour) + winter(hour) x season(day); the same weight for each zone-year."""
    levels, winters = [], []
    for name, values in years.items():
        wave = season(ZONES[name.rsplit("_", 1)[0]][0])
        solved = np.linalg.lstsq(np.column_stack([np.ones(365), wave]), scores_of(values), rcond=None)[0]
        levels.append(solved[0])
        winters.append(solved[1])
    return np.mean(levels, axis=0), np.mean(winters, axis=0)


def residual(values: np.ndarray, zone: str, level: np.ndarray, winter: np.ndarray) -> np.ndarray:
    """Give what the shape leaves of the scores."""
    return scores_of(values) - (level + np.outer(season(ZONES[zone][0]), winter))


def noise(years: dict[str, np.ndarray], level: np.ndarray, winter: np.ndarray) -> dict[str, float]:
    """Quantiles of the relative values, and persistence of what the shape leaves of the scores."""
    quantiles, day_share, day_ac, hour_ac = [], [], [], []
    for name, values in years.items():
        rest = residual(values, name.rsplit("_", 1)[0], level, winter)
        quantiles.append(np.quantile(values, PROBABILITIES))
        daily = rest.mean(axis=1)
        within = rest - daily[:, None]
        day_share.append(daily.var() / rest.var())
        day_ac.append(np.corrcoef(daily[:-1], daily[1:])[0, 1])
        hour_ac.append((within[:, 1:] * within[:, :-1]).mean() / within.var())
    middle = np.median(quantiles, axis=0)
    out = {f"q{p * 1e4:05.0f}": float(q) for p, q in zip(PROBABILITIES, middle, strict=True)}
    out["day_share"] = float(np.mean(day_share))
    out["day_persistence"] = float(np.mean(day_ac))
    out["hour_persistence"] = float(np.mean(hour_ac))
    return out


def with_carbon(prices: dict, carbons: dict) -> list[dict]:
    """Correlation of the price's and the carbon's scores after their shapes were taken out, by class of price."""
    rows = []
    for word, zones in PRICE_CLASSES.items():
        found = {}
        for name, (values, level, winter) in prices.items():
            zone = name.rsplit("_", 1)[0]
            if zone in zones and name in carbons:
                a = residual(values, zone, level, winter)
                b = residual(carbons[name][0], zone, *carbons[name][1:])
                found[name] = float(np.corrcoef(a.ravel(), b.ravel())[0, 1])
        print(f"  price with carbon, {word}: " + ", ".join(f"{n} {v:.2f}" for n, v in found.items()))
        source = f"benchmarks/fit_series.py on {', '.join(sorted(found))}"
        spread = sorted(found.values())
        rows.append(
            row(
                f"price-{word}",
                "with_carbon",
                float(np.mean(spread)),
                source,
                round(spread[0], 4),
                round(spread[-1], 4),
            )
        )
    return rows


def with_local_wind(folder: Path, weather: Path | None) -> list[dict]:
    """Correlation of daily scores with those of the wind of a place in the zone, where both are at hand."""
    measured: dict[str, list[float]] = {}
    places: dict[str, list[str]] = {}
    for place, zone in WIND_PLACES.items() if weather else ():
        speed = read_weather(str(weather / f"{place}_openmeteo_era5_2023.json")).wind_speed_ms
        wind = month_scores(speed)
        for kind, classes in (("price", PRICE_CLASSES), ("carbon", CARBON_CLASSES)):
            word = next((w for w, zones in classes.items() if zone in zones), None)
            path = folder / f"{kind}_{zone}_2023.csv"
            if word is None or not path.exists():
                continue
            column = "price_usd_per_mwh" if kind == "price" else "ci_direct_g_per_kwh"
            value = float(np.corrcoef(month_scores(pd.read_csv(path)[column].to_numpy()), wind)[0, 1])
            print(f"  {kind} of {zone} with the wind of {place}: {value:.2f}")
            measured.setdefault(f"{kind}-{word}", []).append(value)
            places.setdefault(f"{kind}-{word}", []).append(f"{zone}_2023 with ERA5 wind of {place}")
    rows = []
    for item in [f"price-{w}" for w in PRICE_CLASSES] + [f"carbon-{w}" for w in CARBON_CLASSES]:
        found = measured.get(item, [0.0])
        source = (
            f"benchmarks/fit_series.py on {', '.join(places[item])}" if item in places else "not measured, taken as 0"
        )
        rows.append(
            row(item, "with_local_wind", float(np.mean(found)), source, round(min(found), 4), round(max(found), 4))
        )
    return rows


def fit_kind(folder: Path, kind: str, classes: dict[str, list[str]]) -> tuple[list[dict], list[dict], dict]:
    shapes, noises, fitted = [], [], {}
    for word, zones in classes.items():
        years: dict[str, np.ndarray] = {}
        for zone in zones:
            years |= read(folder, kind, zone)
        level, winter = fit_shape(years)
        source = f"benchmarks/fit_series.py on {', '.join(sorted(years))}"
        for hour in range(24):
            shapes.append(
                {"key": f"{word}:{hour:02d}", "shape": word, "hour": hour, "level": round(level[hour], 4),
                 "winter": round(winter[hour], 4), "year": "2021-2024", "source": source, "confidence": "estimated",
                 "note": ""}
            )  # fmt: skip
        for parameter, value in noise(years, level, winter).items():
            noises.append(row(f"{kind}-{word}", parameter, value, source))
        for name, values in years.items():
            fitted[name] = (values, level, winter)
            rest = residual(values, name.rsplit("_", 1)[0], level, winter)
            explained = 1 - rest.var() / scores_of(values).var()
            print(f"{kind:6} {word:14} {name:18} sd {values.std():5.2f}  shape explains {explained:5.2f}")
    return shapes, noises, fitted


def row(item: str, parameter: str, value: float, source: str, low: float | str = "", high: float | str = "", unit="1"):
    return {"item": item, "parameter": parameter, "unit": unit, "low": low, "value": round(value, 4), "high": high,
            "year": "2021-2024", "source": source, "confidence": "estimated", "note": ""}  # fmt: skip


def fossil_line(folder: Path) -> list[dict]:
    """Direct carbon of the fossil part of a mix from the mean of the mix, and life-cycle from direct carbon."""
    x, y, lca = [], [], []
    for path in sorted(folder.glob("carbon_*.csv")):
        frame = pd.read_csv(path)
        mean = frame["ci_direct_g_per_kwh"].mean()
        x.append(mean)
        y.append(mean / (1 - frame["carbon_free_pct"].mean() / 100))
        lca.append(frame["ci_lca_g_per_kwh"].mean())
    x, y, lca = np.array(x), np.array(y), np.array(lca)
    slope, start = np.polyfit(x, y, 1)
    spread = (y - (start + slope * x)).std()
    upstream, other = np.polyfit(x, lca, 1)
    print(
        f"fossil part = {start:.0f} + {slope:.2f} x mean, sd {spread:.0f}; life-cycle = {other:.1f} + {upstream:.3f} x,"
        f" sd {(lca - other - upstream * x).std():.1f}"
    )
    source = "benchmarks/fit_series.py on the carbon years of 11 zones (Electricity Maps)"
    return [
        row("carbon-mix", "fossil_start", start, source, round(start - spread), round(start + spread), "kg/MWh"),
        row("carbon-mix", "fossil_slope", slope, source),
        row("carbon-mix", "lifecycle_start", other, source, unit="kg/MWh"),
        row("carbon-mix", "lifecycle_slope", upstream, source),
    ]


def wholesale_share() -> list[dict]:
    """Wholesale price over the industrial price, over the sites where both are known."""
    ratios = [
        r.number("price_usd_per_mwh") / r.number("industrial_price_usd_per_mwh")
        for r in load_catalog().rows("sites")
        if r.has("price_usd_per_mwh")
    ]
    low, middle, high = np.quantile(ratios, [0.1, 0.5, 0.9])
    print(f"wholesale over industrial price: {low:.2f} {middle:.2f} {high:.2f} ({len(ratios)} sites)")
    source = f"benchmarks/fit_series.py: median and 10-90 % of {len(ratios)} sites of the table sites"
    return [row("price-level", "wholesale_share", middle, source, round(low, 4), round(high, 4))]


def grid_water() -> list[dict]:
    """Water consumed per kWh of grid energy, over the countries where it is known."""
    known = {
        r.text("country"): r.number("grid_water_l_per_kwh")
        for r in load_catalog().rows("sites")
        if r.has("grid_water_l_per_kwh")
    }
    low, middle, high = np.quantile(list(known.values()), [0.1, 0.5, 0.9])
    print(f"grid water: {low:.2f} {middle:.2f} {high:.2f} L/kWh ({len(known)} countries)")
    source = f"benchmarks/fit_series.py: median and 10-90 % of {len(known)} countries of the table sites"
    return [row("grid-water", "typical", middle, source, round(low, 4), round(high, 4), "L/kWh")]


def write(name: str, rows: list[dict]) -> None:
    with (CATALOG / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weather", type=Path, help="folder with <place>_openmeteo_era5_2023.json")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    price_shapes, price_noise, prices = fit_kind(args.folder, "price", PRICE_CLASSES)
    carbon_shapes, carbon_noise, carbons = fit_kind(args.folder, "carbon", CARBON_CLASSES)
    rows = price_noise + carbon_noise + with_carbon(prices, carbons) + with_local_wind(args.folder, args.weather)
    rows += fossil_line(args.folder) + wholesale_share() + grid_water()
    if args.write:
        write("price_shapes", price_shapes)
        write("carbon_shapes", carbon_shapes)
        write("series_noise", rows)


if __name__ == "__main__":
    main()
