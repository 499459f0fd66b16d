"""What limits the build-out: devices by stage of their making, power by region and kind.

In: drivers, shares by region, factors of shocks. Out: capacity of the first year, its usual growth, and of one year.
Leaves out: what scarcity adds (orders.py), and who gets the short supply; the pathway shares it by demand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wattscale.outlook.demand import fading
from wattscale.outlook.drivers import Draws
from wattscale.outlook.years import FUTURE, place, since_start
from wattscale.units import FloatArray

DEVICE_STAGES = ("packaging", "memory", "foundry")
ORDERED = (*DEVICE_STAGES, "transformers", "turbines", "grid")
"""Stages whose capacity is ordered when it is scarce."""
POWER_KINDS = ("grid", "gas", "renewables", "nuclear")
"""Kinds of new power in the order in which they are used: the cheapest and simplest first."""
NUCLEAR_RAMP_YEARS = 5.0
"""Years from the first reactor to the yearly capacity that the driver gives."""
GW = 1e3


@dataclass(frozen=True)
class Capacity:
    """Capacity of every stage in one year, with its shocks.

    Attributes:
        devices: Device power that each stage can make [MW/year], shape (draws,).
        transformers: Data-centre power that new transformers can serve [MW/year], shape (draws,).
        additions: New power by kind [MW/year], each of shape (draws, regions).
    """

    devices: Mapping[str, FloatArray]
    transformers: FloatArray
    additions: Mapping[str, FloatArray]

    @cached_property
    def device_cap(self) -> FloatArray:
        """Capacity of the tightest stage [MW/year], shape (draws,)."""
        return np.asarray(np.min([self.devices[s] for s in DEVICE_STAGES], axis=0))

    @cached_property
    def tightest_device_stage(self) -> FloatArray:
        """Place of the tightest stage in `DEVICE_STAGES`, shape (draws,)."""
        return np.asarray(np.argmin([self.devices[s] for s in DEVICE_STAGES], axis=0), dtype=np.float64)

    @cached_property
    def allowed(self) -> FloatArray:
        """Share of all new power that transformers allow [1], shape (draws,)."""
        wanted = np.sum([self.additions[kind] for kind in POWER_KINDS], axis=0)
        return np.asarray(np.minimum(1.0, self.transformers / np.maximum(wanted.sum(axis=1), 1e-9)))

    @cached_property
    def available(self) -> FloatArray:
        """New power that can be energised [MW], shape (draws, regions)."""
        return np.asarray(np.sum([self.additions[kind] for kind in POWER_KINDS], axis=0) * self.allowed[:, None])


@dataclass(frozen=True)
class Limits:
    """Capacity of the first year to come, how it grows without scarcity, and what shocks take.

    Attributes:
        start: Capacity of the first future year by ordered stage [MW/year], shape (draws, 1) or (draws, regions).
        growth: Usual growth in logs by ordered stage [1/year], shape (future years, draws).
        other: New power that is not ordered here, own renewables and nuclear [MW/year], shape (years, draws, regions).
        turbine_split: Where on-site gas is built [1], shape (regions,).
        hits: Factors of shocks by stage, shape (future years, 1) or (future years, regions).
    """

    start: Mapping[str, FloatArray]
    growth: Mapping[str, FloatArray]
    other: Mapping[str, FloatArray]
    turbine_split: FloatArray
    hits: Mapping[str, FloatArray]

    def usable(self, t: int, stock: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Give what the shocks of a future year leave of the stock of each stage."""
        return {stage: stock[stage] * self.hits[stage][t] for stage in ORDERED}

    def capacity(self, t: int, left: Mapping[str, FloatArray]) -> Capacity:
        """Give the capacity of a future year from what is left of each stage."""
        return Capacity(
            devices={stage: left[stage][:, 0] for stage in DEVICE_STAGES},
            transformers=left["transformers"][:, 0],
            additions={
                "grid": left["grid"], "gas": left["turbines"] * self.turbine_split,
                "renewables": self.other["renewables"][t], "nuclear": self.other["nuclear"][t],
            },
        )  # fmt: skip


def limits(
    v: Draws, regions: Mapping[str, FloatArray], hits: Mapping[str, FloatArray], last_shipped_mw: FloatArray
) -> Limits:
    """Build start and usual growth of every stage.

    Args:
        v: Draws of the drivers.
        regions: Figures by region, each of shape (regions,).
        hits: Factors of shocks by target.
        last_shipped_mw: Devices shipped in the last year of history, at which packaging and memory ran full [MW].

    Returns:
        Limits by draw and region.
    """
    future = slice(place(FUTURE[0]), place(FUTURE[-1]) + 1)
    years = np.ones((len(FUTURE), 1))
    growth = {
        stage: fading(v[f"{stage}.growth_start"], v[f"{stage}.growth_long"], v["capacity.tau"])
        for stage in ("packaging", "memory")
    }
    growth |= {stage: years * v[f"{stage}.growth"] for stage in ("foundry", "transformers", "turbines", "grid")}
    start = {stage: last_shipped_mw * np.exp(growth[stage][0]) for stage in ("packaging", "memory")}
    start["foundry"] = last_shipped_mw * v["foundry.slack"] * np.exp(v["foundry.growth"])
    start["transformers"] = v["transformers.level"] * GW
    start["turbines"] = v["turbines.supply"] * v["turbines.share"] * GW
    shaped = {stage: level[:, None] for stage, level in start.items()}
    shaped["grid"] = v["grid.level"][:, None] * regions["grid.additions"] * GW
    taken = {stage: (hits[stage] * hits["devices"])[future][:, None] for stage in DEVICE_STAGES}
    taken |= {stage: hits[stage][future][:, None] for stage in ("transformers", "turbines")}
    taken["grid"] = hits["grid"][future]
    return Limits(shaped, growth, _others(v, regions), regions["turbines.split"], taken)


def _others(v: Draws, regions: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    ramp = np.array([np.clip((y - v["nuclear.start"]) / NUCLEAR_RAMP_YEARS, 0.0, None) for y in FUTURE])
    own = np.array(
        [v["on_site_renewables.level"] * np.exp(v["on_site_renewables.growth"] * since_start(y)) for y in FUTURE]
    )
    return {
        "renewables": np.asarray(own[:, :, None] * regions["on_site_renewables.split"] * GW),
        "nuclear": np.asarray((ramp * v["nuclear.level"])[:, :, None] * regions["nuclear.split"] * GW),
    }


def in_order(used: FloatArray, available: Mapping[str, FloatArray], allowed: FloatArray) -> dict[str, FloatArray]:
    """Split new power over its kinds, the first kind first.

    Args:
        used: New power energised [MW], shape (draws, regions).
        available: New power by kind [MW], same shape.
        allowed: Share that transformers allow [1], shape (draws,).

    Returns:
        Power by kind [MW]; the sum is `used`.
    """
    left, found = used, {}
    for kind in POWER_KINDS:
        found[kind] = np.minimum(left, available[kind] * allowed[:, None])
        left = left - found[kind]
    return found
