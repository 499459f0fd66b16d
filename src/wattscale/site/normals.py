"""Monthly climate normals of a place, read from the catalogue.

In: the table `climate_normals`. Out: `Normals`, twelve values of each statistic.
Leaves out: how a place is chosen (location.py) and what is made of it (synthesis.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.catalog import Catalog
from wattscale.figure import Figure
from wattscale.hours import MONTH_DAYS, IntArray
from wattscale.units import FloatArray

TABLE = "climate_normals"
_COLUMNS = (
    "t_mean_c", "t_daymin_c", "t_daymax_c", "t_absmin_c", "t_absmax_c", "t_daymean_sd_c", "t_daymean_ac1", "dew_mean_c",
    "corr_temp_dew", "wind_mean_ms", "wind_sd_ms", "ghi_kwh_per_m2_day", "dni_kwh_per_m2_day", "pressure_hpa",
)  # fmt: skip


@dataclass(frozen=True)
class Normals:
    """Monthly statistics of a place; each array has shape (12,), January first. Columns as in the catalogue."""

    site: str
    label: str
    country: str
    latitude: float
    longitude: float
    elevation_m: float
    record_years: float
    t_mean_c: FloatArray
    t_daymin_c: FloatArray
    t_daymax_c: FloatArray
    t_absmin_c: FloatArray
    t_absmax_c: FloatArray
    t_daymean_sd_c: FloatArray
    t_daymean_ac1: FloatArray
    dew_mean_c: FloatArray
    corr_temp_dew: FloatArray
    wind_mean_ms: FloatArray
    wind_sd_ms: FloatArray
    ghi_kwh_per_m2_day: FloatArray
    dni_kwh_per_m2_day: FloatArray | None
    """None where the origin has no direct irradiation."""
    pressure_hpa: FloatArray
    dew_p99_c: float | None
    """Dew point passed in 1 % of the hours of the year; None where not known."""
    t_p99_6_c: float | None
    """Dry bulb passed in 0.4 % of the hours of the year; None where not known."""
    t_p0_4_c: float | None
    """Dry bulb not reached in 0.4 % of the hours of the year; None where not known."""
    source: str


def month_of_day() -> IntArray:
    """Give the month 0..11 of each day of the model year, shape (365,).

    >>> int(month_of_day()[31])
    1
    """
    return np.repeat(np.arange(12), MONTH_DAYS).astype(np.int64)


def read_normals(catalog: Catalog, site: str) -> Normals:
    """Read the normals of a place and note one figure for each column in the ledger.

    The ledger gets the mean of the months, with the lowest and highest month as its range, instead of twelve entries.

    Args:
        catalog: Catalogue; overrides of single months apply.
        site: Place, as in column `site`.
    """
    quiet = catalog.recording()
    rows = [quiet.row(TABLE, f"{site}:{month:02d}") for month in range(1, 13)]
    first = rows[0]

    def yearly(name: str) -> float | None:
        return catalog.row(TABLE, first.name).number(name) if first.has(name) else None

    columns: dict[str, FloatArray | None] = {}
    for name in _COLUMNS:
        if not all(row.has(name) for row in rows):
            columns[name] = None
            continue
        figures = [row.figure(name) for row in rows]
        values = np.array([f.value for f in figures])
        columns[name] = values
        f = figures[0]
        summary = Figure(
            f"{TABLE}/{site}.{name}", float(values.mean()), float(values.min()), float(values.max()), f.unit,
            f.source, f.year, f.confidence, "mean of the months; range: lowest and highest month",
        )  # fmt: skip
        catalog.used[summary.id] = summary
    return Normals(
        site=site, label=first.text("label"), country=first.text("country"),
        latitude=first.number("latitude"), longitude=first.number("longitude"),
        elevation_m=first.number("elevation_m"), record_years=first.number("record_years"), source=first.text("source"),
        dew_p99_c=yearly("dew_p99_c"),
        t_p99_6_c=yearly("t_p99_6_c"), t_p0_4_c=yearly("t_p0_4_c"), **columns,  # type: ignore[arg-type]
    )  # fmt: skip
