"""Hourly wholesale price of grid energy: from a file, or synthetic from a class shape and a yearly mean.

In: a CSV (time_utc, price_usd_per_mwh), or a mean, a class, a seed. Out: prices in UTC [USD/MWh].
Leaves out: network charges and demand charges, which belong to the supply stage.
"""

from __future__ import annotations

import numpy as np

from wattscale.catalog import Catalog
from wattscale.site.grid_shape import GridSetting, GridShape, draw_scores, map_scores, read_shape
from wattscale.site.hourly_csv import Column, read_hourly_csv
from wattscale.site.plausible import price_doubts
from wattscale.site.series import PriceFile
from wattscale.units import FloatArray

FIELD = "site.prices"
PRICE = Column("price_usd_per_mwh", -10_000.0, 100_000.0)


def read_prices(path: str, repair_hours: int = 0) -> PriceFile:
    """Read an hourly price file; negative prices are kept.

    Args:
        path: CSV with the columns time_utc and price_usd_per_mwh, any year.
        repair_hours: Longest gap that may be closed by interpolation [h].

    Raises:
        InputError: Missing, repeated or unreadable hours; with file and line.
    """
    table = read_hourly_csv(path, FIELD, [PRICE], repair_hours)
    price = table.columns[PRICE.name]
    return PriceFile(price, f"file {path}", table.warnings + price_doubts(price, path), table.calendar)


def synthetic_prices(
    catalog: Catalog, word: str, mean_usd_per_mwh: float, setting: GridSetting, shocks: FloatArray
) -> FloatArray:
    """Make an hourly price with the shape of a class and the given yearly mean.

    Args:
        catalog: Tables `price_shapes` and `series_noise`.
        word: Class, such as `gas`.
        mean_usd_per_mwh: Mean of the year [USD/MWh].
        setting: Seasons, clock and wind of the place.
        shocks: Standard normal daily and hourly numbers, shape (365 + 8760,).

    Returns:
        Price in UTC [USD/MWh], shape (8760,). Its mean is the one given; a mean of zero or less is met by a shift.
    """
    shape: GridShape = read_shape(catalog, "price", word)
    relative = map_scores(shape, draw_scores(shape, setting, shocks))
    if mean_usd_per_mwh > 0:
        return np.asarray(mean_usd_per_mwh * relative / relative.mean())
    return np.asarray(relative - relative.mean() + mean_usd_per_mwh)
