"""Capacity that is ordered when it is scarce and arrives years later, stage by stage.

In: capacity of the first year, its usual growth, lead times, scarcity prices of the years run. Out: capacity by year.
Leaves out: orders that are cancelled; what is ordered arrives, also when it is no longer wanted.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wattscale.errors import InputError
from wattscale.outlook.constraints import ORDERED, Capacity, Limits
from wattscale.outlook.drivers import Draws
from wattscale.units import FloatArray

LEAST = 1e-9
"""Capacity below which a ratio to it is not taken [MW/year]."""
SHORTEST, LONGEST = 1.0, 9.0
"""Lead times that the model can carry [year]: what is ordered in a year cannot help in that year."""


def lead_times(v: Draws, regions: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Give the years from an order to what it makes, by stage; that of the grid by region.

    Args:
        v: Draws of the drivers.
        regions: Figures by region.

    Returns:
        Lead times [year], shape (draws, 1), or (draws, regions) for the grid.

    Raises:
        InputError: A lead time outside what the model can carry.
    """
    found = {stage: v[f"{stage}.lead"][:, None] for stage in ORDERED if stage != "grid"}
    found["grid"] = v["grid.lead_level"][:, None] * regions["grid.lead"]
    for stage, years in found.items():
        if years.min() < SHORTEST or years.max() > LONGEST:
            raise InputError(
                "a lead time is outside what the yearly model can carry",
                where=f'drivers."{stage}.lead"',
                value=(float(years.min()), float(years.max())),
                allowed=f"{SHORTEST:g} to {LONGEST:g} years",
            )
    return found


def ordered(
    stock: FloatArray,
    usable: FloatArray,
    pipeline: FloatArray,
    wanted: FloatArray,
    slope: FloatArray,
    response: FloatArray,
    limit: FloatArray,
) -> FloatArray:
    """Give what is ordered in a year: answers the scarcity price that is left when all on order has arrived.

    order = stock x min(limit, response x slope x max(0, wanted / (usable + pipeline) - 1)).

    Args:
        stock: Capacity now [any unit].
        usable: What shocks leave of it [same].
        pipeline: On order, not yet there [same].
        wanted: Wanted of the stage [same].
        slope: Scarcity price per excess of demand over capacity [1].
        response: Share of the stock ordered per unit of scarcity price [1].
        limit: Largest share of the stock ordered in a year [1].

    Returns:
        Order [same unit], never below zero.

    >>> a = np.array
    >>> ordered(a(10.0), a(10.0), a(0.0), a(15.0), a(1.0), a(0.4), a(0.15)).round(6).tolist()
    1.5
    >>> ordered(a(10.0), a(10.0), a(5.0), a(15.0), a(1.0), a(0.4), a(0.15)).tolist()
    0.0
    """
    foreseen = slope * np.maximum(wanted / np.maximum(usable + pipeline, LEAST) - 1.0, 0.0)
    return np.asarray(stock * np.minimum(limit, response * foreseen))


class Expansion:
    """Capacity of all stages as years go by.

    cap_s(t) = cap_s(t-1) exp(g_s(t)) + what was ordered L_s years before; a lead time between two whole years spreads
    the order over both.
    """

    def __init__(self, limits: Limits, v: Draws, regions: Mapping[str, FloatArray]) -> None:
        self._limits, self._v = limits, v
        self._leads = lead_times(v, regions)
        self._stock: dict[str, FloatArray] = dict(limits.start)
        self._usable = self._stock
        self._orders: dict[str, list[FloatArray]] = {stage: [] for stage in ORDERED}
        self.pipeline: dict[str, FloatArray] = {s: np.zeros_like(limits.start[s]) for s in ORDERED}
        """On order and not yet there, by stage; shapes as the stock."""
        self.arrived: dict[str, FloatArray] = dict(self.pipeline)
        """Arrivals of the year, by stage."""

    def capacity(self, t: int) -> Capacity:
        """Move to a future year, counted from 0, and give its capacity with the shocks of that year."""
        if t > 0:
            for stage in ORDERED:
                self.arrived[stage] = self._arrivals(stage)
                self.pipeline[stage] = self.pipeline[stage] - self.arrived[stage]
                grown = self._stock[stage] * np.exp(self._limits.growth[stage][t])[:, None]
                self._stock[stage] = grown + self.arrived[stage]
        self._usable = self._limits.usable(t, self._stock)
        return self._limits.capacity(t, self._usable)

    def order(self, wanted: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Order for all stages at the end of a year.

        Args:
            wanted: Wanted of each stage in the year, in the unit and shape of its stock.

        Returns:
            Scarcity price of each stage: slope x (wanted / capacity - 1), zero without scarcity [1].
        """
        v = self._v
        slope, response = v["scarcity.price_slope"][:, None], v["orders.response"][:, None]
        for stage in ORDERED:
            usable, limit = self._usable[stage], v["orders.limit"][:, None]
            new = ordered(self._stock[stage], usable, self.pipeline[stage], wanted[stage], slope, response, limit)
            self._orders[stage].append(new)
            self.pipeline[stage] = self.pipeline[stage] + new
        return {s: slope * np.maximum(wanted[s] / np.maximum(self._usable[s], LEAST) - 1.0, 0.0) for s in ORDERED}

    def _arrivals(self, stage: str) -> FloatArray:
        """Give what arrives this year of all orders before; an order of lead L comes at its two nearest years."""
        orders, lead = self._orders[stage], self._leads[stage]
        found = np.zeros_like(self._stock[stage])
        for age in range(1, min(len(orders), int(LONGEST) + 1) + 1):
            weight = np.maximum(1.0 - np.abs(age - lead), 0.0)
            if weight.any():
                found += orders[-age] * weight
        return found
