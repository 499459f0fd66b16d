"""Doubts about the units of a file: a mean that no market or grid has, and the unit that would explain it.

In: the columns of a price, carbon or weather file. Out: coded warnings that name the likely unit.
Leaves out: values that no unit could have, which the readers refuse with their line.
"""

from __future__ import annotations

import numpy as np

from wattscale.figure import PlanWarning
from wattscale.units import FloatArray

USUAL_PRICE_USD_PER_MWH = (5.0, 500.0)
"""Yearly means of wholesale prices: the 18 market years of the test set lie from 12.6 (Sao Paulo 2023) to 254
(Germany 2022)."""
PRICE_UNITS = (("USD/kWh", 1000.0), ("cents per kWh", 10.0))
"""Units in which prices are often given, and their factor to USD/MWh."""
USUAL_CARBON_G_PER_KWH = (5.0, 1500.0)
"""Yearly means of grid carbon: 47 (Ontario) to 691 (India West) in the test set; lignite alone has about 1,100."""
G_PER_KWH_OF_LB_PER_MWH = 0.45359237
MOST_KG_PER_KWH = 1.5
"""Largest hourly value that a grid has in kg/kWh; a clean grid's values in g/kWh lie above it in some hour."""
SWAPPED_SHARE = 0.01
"""Share of hours with life-cycle carbon below direct carbon from which it is no rounding."""
ROUNDING_KG_PER_MWH = 0.5
USUAL_SUN_KWH_PER_M2 = (500.0, 2800.0)
"""Global irradiation of a year from the polar coasts to the Atacama (Global Solar Atlas 2.0)."""


def price_doubts(price_usd_per_mwh: FloatArray, path: str) -> tuple[PlanWarning, ...]:
    """Warn of a yearly mean that no market has.

    >>> price_doubts(np.full(8760, 0.06), "p.csv")[0].code, price_doubts(np.full(8760, 60.0), "p.csv")
    ('price-unit-doubtful', ())
    """
    mean = float(price_usd_per_mwh.mean())
    least, largest = USUAL_PRICE_USD_PER_MWH
    if least <= mean <= largest:
        return ()
    likely = next(((unit, factor) for unit, factor in PRICE_UNITS if least <= mean * factor <= largest), None)
    if likely is not None:
        what = f"it looks like {likely[0]}; multiply the column by {likely[1]:g}"
    elif mean > largest:
        what = "it looks like another currency, such as yen or rupees; convert the column to USD/MWh"
    else:
        what = "check the column's unit and sign"
    message = (
        f"{path}: the mean price is {mean:.3g} USD/MWh, where markets have {least:g} to {largest:g}: {what}. "
        "It was used as it is."
    )
    return (PlanWarning("price-unit-doubtful", message),)


def carbon_doubts(
    direct: FloatArray, lifecycle: FloatArray | None, marginal: FloatArray | None, path: str
) -> tuple[PlanWarning, ...]:
    """Warn of carbon columns in another unit, and of life-cycle carbon below direct carbon.

    Args:
        direct: Direct carbon as read [g/kWh], shape (8760,).
        lifecycle: Life-cycle carbon as read [g/kWh], shape (8760,), where the file has it.
        marginal: Marginal carbon as read [g/kWh], shape (8760,), where the file has it.
        path: The file, for messages.
    """
    named = (("ci_direct_g_per_kwh", direct), ("ci_lca_g_per_kwh", lifecycle), ("ci_marginal_g_per_kwh", marginal))
    found = [w for name, series in named if series is not None for w in _carbon_unit(name, series, path)]
    if lifecycle is not None:
        below = float((lifecycle < direct - ROUNDING_KG_PER_MWH).mean())
        if below > SWAPPED_SHARE and not any("ci_lca" in w.message for w in found):
            message = (
                f"{path}: life-cycle carbon is below direct carbon in {below:.0%} of the hours, though it holds direct "
                "carbon: the two columns look swapped, or of two sources. They were used as they are."
            )
            found.append(PlanWarning("lifecycle-below-direct", message))
    return tuple(found)


def free_doubts(carbon_free_pct: FloatArray | None, path: str) -> tuple[PlanWarning, ...]:
    """Warn of a carbon-free share given where per cent are asked.

    Args:
        carbon_free_pct: The column as read [%], shape (8760,), or None.
        path: The file, for messages.
    """
    if carbon_free_pct is None or not 0.0 < float(carbon_free_pct.max()) <= 1.0:
        return ()
    message = (
        f"{path}: carbon_free_pct is at most {float(carbon_free_pct.max()):.3g} %: it looks like a share from 0 to 1; "
        "multiply the column by 100. It was used as it is."
    )
    return (PlanWarning("carbon-free-unit-doubtful", message),)


def sun_doubts(ghi_w_per_m2: FloatArray | None, path: str) -> tuple[PlanWarning, ...]:
    """Warn of a year of sun that no place on earth has.

    Args:
        ghi_w_per_m2: Global irradiance as read [W/m2], shape (8760,), or None.
        path: The file, for messages.
    """
    if ghi_w_per_m2 is None:
        return ()
    total = float(ghi_w_per_m2.sum()) / 1e3
    least, largest = USUAL_SUN_KWH_PER_M2
    if least <= total <= largest:
        return ()
    likely = (("kW/m2", 1e3), ("MJ/m2 in the hour", 1e3 / 3.6), ("J/m2 in the hour", 1.0 / 3600.0))
    unit = next((f": it looks like {word}" for word, factor in likely if least <= total * factor <= largest), "")
    message = (
        f"{path}: the sun gives {total:.3g} kWh/m2 in the year, where places on earth have {least:g} to {largest:g}"
        f"{unit}. It was used as it is."
    )
    return (PlanWarning("sun-unit-doubtful", message),)


def _carbon_unit(name: str, series: FloatArray, path: str) -> tuple[PlanWarning, ...]:
    mean, most = float(series.mean()), float(np.abs(series).max())
    least, largest = USUAL_CARBON_G_PER_KWH
    if 0.0 < most <= MOST_KG_PER_KWH:
        what = "it looks like kg/kWh (or t/MWh); multiply the column by 1,000"
    elif mean > largest:
        fits = mean * G_PER_KWH_OF_LB_PER_MWH <= largest
        what = "it looks like lb/MWh; multiply the column by 0.4536" if fits else "check the column's unit"
    else:
        return ()
    message = (
        f"{path}: {name} has a mean of {mean:.3g} g/kWh, where grids have {least:g} to {largest:g}: {what}. "
        "It was used as it is."
    )
    return (PlanWarning("carbon-unit-doubtful", message),)
