"""Hourly carbon of grid energy and its carbon-free share: from a file, or synthetic from a class shape.

In: a CSV (time_utc, ci_direct_g_per_kwh, ci_lca_g_per_kwh, carbon_free_pct, ci_marginal_g_per_kwh), or means, a
class, a seed. Out: direct, life-cycle and, from a file, marginal carbon [kg/MWh] and carbon-free share [1] in UTC.
1 g/kWh is 1 kg/MWh.
Leaves out: marginal emissions where the file has none; the others are averages of the mix consumed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.catalog import Catalog
from wattscale.catalog.reader import Row
from wattscale.figure import PlanWarning
from wattscale.site.grid_shape import NOISE, GridSetting, draw_scores, map_scores, read_shape
from wattscale.site.hourly_csv import Column, read_hourly_csv
from wattscale.site.plausible import carbon_doubts, free_doubts
from wattscale.site.series import CarbonFile
from wattscale.units import FloatArray

FIELD = "site.carbon"
DIRECT = Column("ci_direct_g_per_kwh", 0.0, 3000.0)
LIFECYCLE = Column("ci_lca_g_per_kwh", 0.0, 3000.0, required=False)
FREE = Column("carbon_free_pct", 0.0, 100.0, required=False)
MARGINAL = Column("ci_marginal_g_per_kwh", -3000.0, 5000.0, required=False)
PCT = 100.0


@dataclass(frozen=True)
class CarbonMix:
    """What ties the three carbon series of a grid together.

    direct = fossil (1 - carbon-free share); life-cycle = lifecycle_start + lifecycle_slope x direct.
    """

    direct_mean_kg_per_mwh: float
    fossil_kg_per_mwh: float
    lifecycle_start_kg_per_mwh: float
    lifecycle_slope: float

    def cfe_share(self, direct: FloatArray) -> FloatArray:
        """Give the carbon-free share [1] of each hour from its direct carbon [kg/MWh]."""
        return np.maximum(1.0 - direct / self.fossil_kg_per_mwh, 0.0)

    def lifecycle(self, direct: FloatArray) -> FloatArray:
        """Give life-cycle carbon [kg/MWh], never below direct carbon."""
        return np.maximum(self.lifecycle_start_kg_per_mwh + self.lifecycle_slope * direct, direct)


def read_carbon(path: str, repair_hours: int = 0) -> CarbonFile:
    """Read an hourly carbon file.

    Args:
        path: CSV with time_utc and ci_direct_g_per_kwh; ci_lca_g_per_kwh, carbon_free_pct and ci_marginal_g_per_kwh
            where known.
        repair_hours: Longest gap that may be closed by interpolation [h].

    Raises:
        InputError: Missing, repeated or unreadable hours, values out of range; with file and line.
    """
    table = read_hourly_csv(path, FIELD, [DIRECT, LIFECYCLE, FREE, MARGINAL], repair_hours)
    columns = table.columns
    free = columns.get(FREE.name)
    return CarbonFile(
        carbon_kg_per_mwh=columns[DIRECT.name],
        source=f"file {path}",
        carbon_lifecycle_kg_per_mwh=columns.get(LIFECYCLE.name),
        cfe_share=None if free is None else free / PCT,
        warnings=table.warnings
        + carbon_doubts(columns[DIRECT.name], columns.get(LIFECYCLE.name), columns.get(MARGINAL.name), path)
        + free_doubts(free, path),
        carbon_marginal_kg_per_mwh=columns.get(MARGINAL.name),
        calendar=table.calendar,
    )


def grid_mix(catalog: Catalog, site: Row, direct_mean: float | None) -> tuple[CarbonMix, tuple[PlanWarning, ...]]:
    """Give the carbon relations of a site's grid, from its row or from the general fits.

    Args:
        catalog: Table `series_noise`, item `carbon-mix`.
        site: Row of the table `sites`.
        direct_mean: Mean direct carbon given by the scenario or a file [kg/MWh], or None.

    Returns:
        The relations, and a warning where the basis had to be converted.
    """
    warnings: tuple[PlanWarning, ...] = ()
    slope = catalog.value(NOISE, "carbon-mix.lifecycle_slope")
    start = catalog.value(NOISE, "carbon-mix.lifecycle_start")
    known = site.number("carbon_lifecycle_kg_per_mwh") if site.has("carbon_lifecycle_kg_per_mwh") else None
    if direct_mean is None and site.has("carbon_direct_kg_per_mwh"):
        direct_mean = site.number("carbon_direct_kg_per_mwh")
    elif direct_mean is None and known is not None:
        direct_mean = max((known - start) / slope, 0.0)
        message = (
            f"The catalogue knows only life-cycle carbon for {site.name} ({known:.0f} g/kWh); direct carbon was "
            f"estimated as {direct_mean:.0f} g/kWh. Give site.mean_carbon_g_per_kwh or a file for a better one."
        )
        warnings = (PlanWarning("carbon-basis-estimated", message),)
    else:
        direct_mean = direct_mean or 0.0
    if known is not None and site.has("carbon_direct_kg_per_mwh"):
        start = max(known - slope * site.number("carbon_direct_kg_per_mwh"), 0.0)
    if site.has("fossil_kg_per_mwh"):
        fossil = site.number("fossil_kg_per_mwh")
    else:
        fossil = (
            catalog.value(NOISE, "carbon-mix.fossil_start")
            + catalog.value(NOISE, "carbon-mix.fossil_slope") * direct_mean
        )
    return CarbonMix(direct_mean, max(fossil, direct_mean), start, slope), warnings


def synthetic_carbon(
    catalog: Catalog, word: str, mean_kg_per_mwh: float, setting: GridSetting, shocks: FloatArray
) -> FloatArray:
    """Make an hourly direct carbon series with the shape of a class and the given yearly mean.

    Args:
        catalog: Tables `carbon_shapes` and `series_noise`.
        word: Class, such as `wind`.
        mean_kg_per_mwh: Mean of the year [kg/MWh].
        setting: Seasons, clock and wind of the place.
        shocks: Standard normal daily and hourly numbers, shape (365 + 8760,).

    Returns:
        Direct carbon in UTC [kg/MWh], shape (8760,).
    """
    shape = read_shape(catalog, "carbon", word)
    relative = np.maximum(map_scores(shape, draw_scores(shape, setting, shocks)), 0.0)
    return np.asarray(mean_kg_per_mwh * relative / relative.mean())
