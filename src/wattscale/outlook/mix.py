"""The power mix of data centres and its carbon, by region and year.

In: shares by fuel in 2024, rates of change, own plant built. Out: shares by fuel, tonnes per MWh.
Leaves out: hours; the yearly mean mix of a region serves every hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattscale.outlook.drivers import Draws
from wattscale.units import KG_PER_T, FloatArray

FUELS = ("coal", "gas", "nuclear", "renewables")
MIX_YEAR = 2024
"""Year of the shares in table `outlook_regions`."""


@dataclass(frozen=True)
class Mix:
    """Shares by fuel, each of shape (draws, regions), and carbon [t/MWh]."""

    shares: Mapping[str, FloatArray]
    intensity: FloatArray


def mix_in(
    v: Draws,
    regions: Mapping[str, FloatArray],
    year: int,
    own: Mapping[str, FloatArray] | None = None,
    carbon_pressure: FloatArray | float = 0.0,
) -> Mix:
    """Give the mix of a year.

    Grid shares: coal and gas fall, faster where carbon is dearer than it was, nuclear changes at the rates drawn,
    renewables fill up. Own plant then takes its share of the load.

    Args:
        v: Draws of the drivers.
        regions: Figures by region.
        year: Year.
        own: Share of the load that own plant serves, by `gas`, `renewables`, `nuclear` [1], shape (draws, regions).
        carbon_pressure: Rise of the carbon price since the year of the shares, added up [100 USD/t x year].

    Returns:
        Shares that sum to one, and direct carbon.
    """
    age = year - MIX_YEAR
    coal = regions["mix.coal"] * np.exp(
        -(v["mix.coal_fall"] * age)[:, None] - v["mix.coal_answer"][:, None] * carbon_pressure
    )
    gas = regions["mix.gas"] * np.exp(
        -(v["mix.gas_fall"] * age)[:, None] - v["mix.gas_answer"][:, None] * carbon_pressure
    )
    nuclear = regions["mix.nuclear"] * np.exp(v["mix.nuclear_growth"] * age)[:, None]
    total = np.maximum(coal + gas + nuclear, 1.0)
    shares = {"coal": coal / total, "gas": gas / total, "nuclear": nuclear / total}
    shares["renewables"] = np.maximum(1.0 - shares["coal"] - shares["gas"] - shares["nuclear"], 0.0)
    if own is not None:
        grid = 1.0 - sum(own.values(), start=np.zeros_like(coal))
        shares = {fuel: share * grid + own.get(fuel, 0.0) for fuel, share in shares.items()}
    carbon = shares["coal"] * v["mix.coal_factor"][:, None] + shares["gas"] * v["mix.gas_factor"][:, None]
    return Mix(shares, carbon / KG_PER_T)
