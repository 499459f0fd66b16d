"""The grid at the site: hourly price and carbon from a file where one is named, else synthetic.

In: scenario table `site`, the place, the files as read, random shocks. Out: `GridPrice`, `GridCarbon`.
Leaves out: tariffs (supply stage) and certificates (impact stage).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.catalog import Catalog
from wattscale.catalog.reader import Row
from wattscale.figure import PlanWarning, Value
from wattscale.scenario.site import SiteTable
from wattscale.site.carbon import grid_mix, synthetic_carbon
from wattscale.site.grid_shape import NOISE, GridSetting
from wattscale.site.prices import synthetic_prices
from wattscale.site.series import CarbonFile, PriceFile
from wattscale.units import FloatArray

MOST_CORRELATION = 0.95
"""Price and carbon never move as one."""


@dataclass(frozen=True)
class GridPrice:
    """Hourly wholesale price [USD/MWh], shape (8760,), and the range of its mean."""

    price_usd_per_mwh: FloatArray
    synthetic: bool
    warnings: tuple[PlanWarning, ...]
    mean_low: float | None = None
    mean_high: float | None = None

    def figures(self) -> dict[str, Value]:
        """Figures of the report."""
        mean = float(self.price_usd_per_mwh.mean())
        ranged = self.mean_low is not None and self.mean_high is not None
        return {
            "mean_price_usd_per_mwh": (mean, self.mean_low, self.mean_high) if ranged else mean,  # type: ignore[dict-item]
            "max_price_usd_per_mwh": float(self.price_usd_per_mwh.max()),
            "negative_price_hours": float((self.price_usd_per_mwh < 0).sum()),
        }


@dataclass(frozen=True)
class GridCarbon:
    """Hourly carbon [kg/MWh] and carbon-free share [1] of grid energy; arrays of shape (8760,)."""

    direct_kg_per_mwh: FloatArray
    lifecycle_kg_per_mwh: FloatArray
    cfe_share: FloatArray
    synthetic: bool
    warnings: tuple[PlanWarning, ...]
    marginal_kg_per_mwh: FloatArray | None = None

    def figures(self) -> dict[str, Value]:
        """Figures of the report."""
        return {
            "mean_carbon_kg_per_mwh": float(self.direct_kg_per_mwh.mean()),
            "mean_carbon_lifecycle_kg_per_mwh": float(self.lifecycle_kg_per_mwh.mean()),
            "mean_cfe_share": float(self.cfe_share.mean()),
        }


def hourly_price(
    table: SiteTable, catalog: Catalog, site: Row, setting: GridSetting, shocks: FloatArray, file: PriceFile | None
) -> GridPrice:
    """Give the hourly price of grid energy at the site.

    Without a file the mean is the scenario's, else the wholesale mean of the site, else a share of its industrial
    price; the hours follow the class of the site.

    Args:
        table: Scenario table `site`.
        catalog: Figures.
        site: Row of the table `sites`.
        setting: Seasons, clock and wind of the place.
        shocks: Standard normal numbers, shape (2, 365 + 8760); the first row is the price's own.
        file: The price file, or None.
    """
    if file is not None:
        return GridPrice(file.price_usd_per_mwh, False, file.warnings)
    word = site.text("price_shape")
    low = high = None
    warnings: tuple[PlanWarning, ...] = ()
    if table.mean_price_usd_per_mwh is not None:
        mean, origin = table.mean_price_usd_per_mwh, "the mean of the scenario"
    elif site.has("price_usd_per_mwh"):
        mean, origin = site.number("price_usd_per_mwh"), f"the wholesale mean of {site.text('grid_zone')}"
    else:
        share = catalog.figure(NOISE, "price-level.wholesale_share")
        industrial = site.number("industrial_price_usd_per_mwh")
        mean, low, high = (share_ * industrial for share_ in (share.value, share.low, share.high))
        origin = f"{share.value:.2f} of the industrial price of {site.text('label')}"
        message = (
            f"No wholesale price is known for {site.text('label')}: its mean, {mean:.0f} USD/MWh (likely {low:.0f} to "
            f"{high:.0f}), was estimated from the industrial price. Give site.mean_price_usd_per_mwh or site.prices."
        )
        warnings = (PlanWarning("price-estimated", message),)
    price = synthetic_prices(catalog, word, mean, setting, shocks[0])
    message = (
        f"Hourly prices were made from the shape '{word}' and {origin}, {mean:.1f} USD/MWh (seed {table.seed}); give "
        "site.prices for a real year."
    )
    return GridPrice(price, True, (*warnings, PlanWarning("synthetic-prices", message)), low, high)


def hourly_carbon(
    table: SiteTable, catalog: Catalog, site: Row, setting: GridSetting, shocks: FloatArray, file: CarbonFile | None
) -> GridCarbon:
    """Give the hourly carbon of grid energy at the site.

    Without a file the mean is the scenario's, else that of the site; the hours follow the class of the site and move
    with the price as they do in the zones where both are known.

    Args:
        table: Scenario table `site`.
        catalog: Figures.
        site: Row of the table `sites`.
        setting: Seasons, clock and wind of the place.
        shocks: Standard normal numbers, shape (2, 365 + 8760); the first row is the price's own.
        file: The carbon file, or None.
    """
    if file is not None:
        return _completed(catalog, site, file)
    mix, warnings = grid_mix(catalog, site, table.mean_carbon_g_per_kwh)
    word = site.text("carbon_shape")
    own = _with_price(catalog, site, shocks)
    direct = synthetic_carbon(catalog, word, mix.direct_mean_kg_per_mwh, setting, own)
    message = (
        f"Hourly grid carbon was made from the shape '{word}' and a mean of "
        f"{mix.direct_mean_kg_per_mwh:.0f} g/kWh direct (seed {table.seed}); give site.carbon for a real year."
    )
    warnings += (PlanWarning("synthetic-carbon", message),)
    return GridCarbon(direct, mix.lifecycle(direct), mix.cfe_share(direct), True, warnings)


def _with_price(catalog: Catalog, site: Row, shocks: FloatArray) -> FloatArray:
    """Give the carbon's own shocks, correlated with the price's.

    What price and carbon share through the wind of the site is taken off the correlation found in real zones.
    """
    price, carbon = f"price-{site.text('price_shape')}", f"carbon-{site.text('carbon_shape')}"
    winds = [catalog.value(NOISE, f"{item}.with_local_wind") for item in (price, carbon)]
    together = catalog.value(NOISE, f"{price}.with_carbon") - winds[0] * winds[1]
    left = np.sqrt((1.0 - winds[0] ** 2) * (1.0 - winds[1] ** 2))
    own = float(np.clip(together / left, -MOST_CORRELATION, MOST_CORRELATION))
    return np.asarray(own * shocks[0] + np.sqrt(1.0 - own**2) * shocks[1])


def _completed(catalog: Catalog, site: Row, file: CarbonFile) -> GridCarbon:
    """Complete a carbon file: life-cycle carbon and carbon-free share from the relations of the site's grid."""
    direct, warnings = file.carbon_kg_per_mwh, file.warnings
    lifecycle, free = file.carbon_lifecycle_kg_per_mwh, file.cfe_share
    if lifecycle is None or free is None:
        mix, _ = grid_mix(catalog, site, float(direct.mean()))
        missing = [n for n, v in (("ci_lca_g_per_kwh", lifecycle), ("carbon_free_pct", free)) if v is None]
        message = f"The carbon file has no {' and no '.join(missing)}; it was estimated from direct carbon."
        warnings += (PlanWarning("carbon-columns-estimated", message),)
        lifecycle = mix.lifecycle(direct) if lifecycle is None else lifecycle
        free = mix.cfe_share(direct) if free is None else free
    return GridCarbon(direct, lifecycle, free, False, warnings, file.carbon_marginal_kg_per_mwh)
