"""Water: on site, and at the power plants behind the plan's energy.

In: site water, dispatch, the grid's water factor, plant factors. Out: cubic metres a year.
Leaves out: water to make chips and equipment, and the season and depth of the source.
"""

from __future__ import annotations

from collections.abc import Mapping

from wattscale.catalog import Catalog
from wattscale.impact.factors import factor
from wattscale.units import FloatArray

NOT_PLANT = ("grid", "unserved")
"""Sources of the dispatch that are not own plant."""
STRESS_SCALE = 5.0
"""Top of the water stress score (WRI Aqueduct: 0 low to 5 extreme)."""


def source_water_m3(dispatch_mw: Mapping[str, FloatArray], grid_l_per_kwh: float, catalog: Catalog) -> float:
    """Give the water consumed at power plants for the year's energy.

    W = sum of grid import x grid factor + sum over own plant of energy x plant factor; the import is taken at the
    meter, so PUE and losses are in it.

    Args:
        dispatch_mw: Power given to the campus by source [MW], each of shape (8760,).
        grid_l_per_kwh: Water consumed per kWh of grid energy [L/kWh, the same number as m3/MWh].
        catalog: The catalogue.

    Returns:
        Water [m3/year].

    Source: Macknick et al. 2012, table `embodied`; grid factor of the site.

    >>> import numpy as np
    >>> from wattscale.catalog import load_catalog
    >>> source_water_m3({"grid": np.full(8760, 1.0)}, 3.0, load_catalog())
    26280.0
    """
    water = 0.0
    for name, power in dispatch_mw.items():
        energy = float(power.sum())
        if name == "grid":
            water += energy * grid_l_per_kwh
        elif name not in NOT_PLANT and energy > 0.0:
            figure = factor(catalog, "embodied", name, "water", default=True)
            water += energy * (figure.value if figure else 0.0)
    return water


def stress_weighted_m3(site_m3: float, stress: float) -> float:
    """Weight site water by the stress of its basin: none at 0, all of it at 5.

    Args:
        site_m3: Water taken on site [m3/year].
        stress: Baseline water stress, 0 to 5 [1].

    Returns:
        Weighted water [m3/year].

    Source: score of WRI Aqueduct; the linear weight is ours.

    >>> stress_weighted_m3(1000.0, 2.5)
    500.0
    """
    return site_m3 * stress / STRESS_SCALE
