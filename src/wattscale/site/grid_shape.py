"""Classes of the synthetic grid series: a shape in normal scores, noise, and a distribution to map the scores to.

In: tables `price_shapes`, `carbon_shapes`, `series_noise`. Out: hourly values relative to their yearly mean.
Leaves out: weekends (the classes were fitted without them); the sun of the single day (its hours are in the shape).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

from wattscale.catalog import Catalog
from wattscale.figure import Figure
from wattscale.hours import shift_to_utc
from wattscale.site.noise import DAYS, persistent, spread_days
from wattscale.units import HOURS_PER_DAY, FloatArray

NOISE = "series_noise"
COLDEST_DAY = 15.0
"""Day of year of midwinter north of the equator, as in the fit; south of it midwinter comes half a year later."""
PARTS_PER_UNIT = 1e4
LEAST_NOISE_SHARE = 0.05
"""Some chance is left even where a shape explains nearly all."""


@dataclass(frozen=True)
class GridShape:
    """One class of price or carbon.

    Attributes:
        level, winter: Score by local hour, and what midwinter adds to it [1], shape (24,).
        scores, quantiles: Normal scores and the relative values they stand for, ascending.
        day_share: Share of the noise's variance that is between days [1].
        day_persistence, hour_persistence: Lag-one correlations [1].
        with_local_wind: Correlation of the daily noise with the daily wind of the site [1].
    """

    level: FloatArray
    winter: FloatArray
    scores: FloatArray
    quantiles: FloatArray
    day_share: float
    day_persistence: float
    hour_persistence: float
    with_local_wind: float


@dataclass(frozen=True)
class GridSetting:
    """What the place gives to its grid series.

    Attributes:
        latitude: Seasons are turned round south of the equator [deg].
        utc_offset_h: Local time minus UTC [h].
        wind_scores: Normal scores of the site's daily wind, shape (365,).
    """

    latitude: float
    utc_offset_h: float
    wind_scores: FloatArray


def read_shape(catalog: Catalog, kind: Literal["price", "carbon"], word: str) -> GridShape:
    """Read a class; the ledger gets one figure for the shape and those of the noise.

    Args:
        catalog: The catalogue.
        kind: Which series.
        word: Class, as in the table `sites`.
    """
    table, item = f"{kind}_shapes", f"{kind}-{word}"
    quiet = catalog.recording()
    rows = [quiet.row(table, f"{word}:{hour:02d}") for hour in range(HOURS_PER_DAY)]
    level = np.array([r.number("level") for r in rows])
    winter = np.array([r.number("winter") for r in rows])
    f = rows[0].figure("level")
    catalog.used[f"{table}/{word}"] = Figure(
        f"{table}/{word}", float(level.mean()), float(level.min()), float(level.max()), f.unit, f.source, f.year,
        f.confidence, "mean score of the hours of day; range: lowest and highest hour",
    )  # fmt: skip
    steps = sorted(
        r["parameter"] for r in catalog.table(NOISE).rows if r["item"] == item and r["parameter"].startswith("q")
    )
    shares = np.array([float(p[1:]) / PARTS_PER_UNIT for p in steps])
    edge = 0.5 / (DAYS * HOURS_PER_DAY)
    return GridShape(
        level=level,
        winter=winter,
        scores=ndtri(np.clip(shares, edge, 1.0 - edge)),
        quantiles=np.array([quiet.value(NOISE, f"{item}.{p}") for p in steps]),
        day_share=catalog.value(NOISE, f"{item}.day_share"),
        day_persistence=catalog.value(NOISE, f"{item}.day_persistence"),
        hour_persistence=catalog.value(NOISE, f"{item}.hour_persistence"),
        with_local_wind=catalog.value(NOISE, f"{item}.with_local_wind"),
    )


def draw_scores(shape: GridShape, setting: GridSetting, shocks: FloatArray) -> FloatArray:
    """Draw hourly scores: shape by local hour and season, and noise that persists by day and by hour.

    Args:
        shape: The class.
        setting: Seasons, clock and wind of the place.
        shocks: Standard normal numbers, first 365 for the days, then 8760 for the hours.

    Returns:
        Scores in UTC with mean 0 and standard deviation 1, shape (8760,).
    """
    days = np.arange(DAYS) + 0.5
    coldest = COLDEST_DAY if setting.latitude >= 0 else COLDEST_DAY + DAYS / 2.0
    season = np.cos(2.0 * np.pi * (days - coldest) / DAYS)
    fixed = (shape.level[None, :] + season[:, None] * shape.winter[None, :]).ravel()
    own, wind = persistent(shocks[:DAYS], shape.day_persistence), shape.with_local_wind
    daily = spread_days(wind * setting.wind_scores + np.sqrt(1.0 - wind**2) * own)
    hourly = persistent(shocks[DAYS:], shape.hour_persistence)
    noise = np.sqrt(shape.day_share) * daily + np.sqrt(1.0 - shape.day_share) * hourly
    left = np.sqrt(max(1.0 - fixed.var(), LEAST_NOISE_SHARE))
    scores = fixed + left * noise / noise.std()
    return shift_to_utc((scores - scores.mean()) / scores.std(), setting.utc_offset_h)


def map_scores(shape: GridShape, scores: FloatArray) -> FloatArray:
    """Give the values, relative to the yearly mean, that the scores stand for; shape as given."""
    return np.interp(scores, shape.scores, shape.quantiles)
