"""What limits the build-out: devices by stage of their making, power by region and kind.

In: drivers, shares by region, factors of shocks. Out: capacity of every stage by year and draw.
Leaves out: who gets the short supply; the pathway shares it by demand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattscale.outlook.demand import fading
from wattscale.outlook.drivers import Draws
from wattscale.outlook.years import FUTURE, place, since_start
from wattscale.units import FloatArray

DEVICE_STAGES = ("packaging", "memory", "foundry")
POWER_KINDS = ("grid", "gas", "renewables", "nuclear")
"""Kinds of new power in the order in which they are used: the cheapest and simplest first."""
NUCLEAR_RAMP_YEARS = 5.0
"""Years from the first reactor to the yearly capacity that the driver gives."""
GW = 1e3


@dataclass(frozen=True)
class Limits:
    """Capacity of every stage.

    Attributes:
        devices: Device power that each stage can make in a year [MW/year], shape (future years, draws).
        transformers: Data-centre power that new transformers can serve [MW/year], shape (future years, draws).
        additions: New power by kind [MW/year], each of shape (future years, draws, regions).
    """

    devices: Mapping[str, FloatArray]
    transformers: FloatArray
    additions: Mapping[str, FloatArray]

    def device_cap(self, t: int) -> FloatArray:
        """Give the tightest stage of a year [MW/year], shape (draws,)."""
        return np.asarray(np.min([self.devices[s][t] for s in DEVICE_STAGES], axis=0))

    def tightest_device_stage(self, t: int) -> FloatArray:
        """Give the place of the tightest stage in `DEVICE_STAGES`, shape (draws,)."""
        return np.asarray(np.argmin([self.devices[s][t] for s in DEVICE_STAGES], axis=0), dtype=np.float64)

    def available(self, t: int) -> tuple[FloatArray, FloatArray]:
        """Give new power that can be energised [MW], shape (draws, regions), and the share transformers allow."""
        wanted = np.sum([self.additions[kind][t] for kind in POWER_KINDS], axis=0)
        allowed = np.minimum(1.0, self.transformers[t] / np.maximum(wanted.sum(axis=1), 1e-9))
        return np.asarray(wanted * allowed[:, None]), np.asarray(allowed)


def limits(
    v: Draws, regions: Mapping[str, FloatArray], hits: Mapping[str, FloatArray], last_shipped_mw: FloatArray
) -> Limits:
    """Build the capacity of every stage.

    cap_s(t) = cap_s(t-1) exp(g_s(t)), times the factor of a shock.

    Args:
        v: Draws of the drivers.
        regions: Figures by region, each of shape (regions,).
        hits: Factors of shocks by target.
        last_shipped_mw: Devices shipped in the last year of history, at which packaging and memory ran full [MW].

    Returns:
        Limits by year, draw and region.
    """
    future = slice(place(FUTURE[0]), place(FUTURE[-1]) + 1)
    devices = {}
    for stage in ("packaging", "memory"):
        growth = fading(v[f"{stage}.growth_start"], v[f"{stage}.growth_long"], v["capacity.tau"])
        devices[stage] = last_shipped_mw * np.exp(np.cumsum(growth, axis=0))
    steps = np.arange(1, len(FUTURE) + 1)[:, None]
    devices["foundry"] = last_shipped_mw * v["foundry.slack"] * np.exp(steps * v["foundry.growth"])
    for stage in DEVICE_STAGES:
        devices[stage] = devices[stage] * (hits[stage] * hits["devices"])[future][:, None]
    return Limits(devices, _compound(v, "transformers") * GW, _additions(v, regions, hits, future))


def _compound(v: Draws, item: str) -> FloatArray:
    """Let a level of 2026 grow at its rate, shape (future years, draws)."""
    return np.array([v[f"{item}.level"] * np.exp(v[f"{item}.growth"] * since_start(y)) for y in FUTURE])


def _additions(
    v: Draws, regions: Mapping[str, FloatArray], hits: Mapping[str, FloatArray], future: slice
) -> dict[str, FloatArray]:
    turbines = np.array([np.exp(v["turbines.growth"] * since_start(y)) for y in FUTURE])
    turbines = turbines * v["turbines.supply"] * v["turbines.share"] * hits["turbines"][future][:, None]
    ramp = np.array([np.clip((y - v["nuclear.start"]) / NUCLEAR_RAMP_YEARS, 0.0, None) for y in FUTURE])
    grid = _compound(v, "grid")[:, :, None] * regions["grid.additions"] * hits["grid"][future][:, None, :]
    own = _compound(v, "on_site_renewables")[:, :, None] * regions["on_site_renewables.split"]
    nuclear = (ramp * v["nuclear.level"])[:, :, None] * regions["nuclear.split"]
    kinds = {
        "grid": grid,
        "gas": turbines[:, :, None] * regions["turbines.split"],
        "renewables": own,
        "nuclear": nuclear,
    }
    return {kind: np.asarray(power * GW) for kind, power in kinds.items()}


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
