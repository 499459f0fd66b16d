"""Power caps: the clock at which a device stays below its limit, and what the lower clock slows down.

In: how busy the units are at each clock, fitted power coefficients, a cap. Out: the clock of each batch, rates at it.
Leaves out: memory clocks, which stay, and limits so low that the device pauses between kernels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.power import PowerCoefficients
from wattscale.compute.roofline import RateCoefficients, Step
from wattscale.units import FloatArray

CLOCKS = np.linspace(0.3, 1.0, 15)
"""Clocks tried, over that at the design power [1]."""


@dataclass(frozen=True)
class CapRules:
    """How power follows the clock.

    Attributes:
        voltage_floor: Lowest voltage over that at the design power: below it only the clock falls [1].
        memory_core_share: Share of the draw of memory traffic in parts that run on the core's clock and voltage [1].
    """

    voltage_floor: float
    memory_core_share: float


def load_cap_rules(catalog: Catalog) -> CapRules:
    """Read how power follows the clock.

    Args:
        catalog: The catalogue.

    Returns:
        The rules; source: table `power_coefficients`.

    >>> from wattscale.catalog import load_catalog
    >>> 0.5 < load_cap_rules(load_catalog()).voltage_floor < 1.0
    True
    """
    return CapRules(
        catalog.value("power_coefficients", "default.voltage_floor"),
        catalog.value("power_coefficients", "default.memory_core_share"),
    )


def core_draw(clock: FloatArray | float, voltage_floor: FloatArray | float) -> FloatArray:
    """Give the dynamic power of busy core units over that at clock 1.

    g(c) = c max(floor, c)^2

    Args:
        clock: Clock over that of the reference [1].
        voltage_floor: Lowest voltage over that of the reference [1].

    Returns:
        Draw over that of the reference [1]; the cube of the clock above the floor, in proportion to it below.

    Source: dynamic power C V^2 f with V about linear in f, as measured by You et al. 2023 (Zeus); the floor is a figure
    of `power_coefficients`.

    >>> float(core_draw(0.5, 0.8)), float(core_draw(1.0, 0.8))
    (0.32000000000000006, 1.0)
    """
    c = np.asarray(clock, dtype=np.float64)
    return np.asarray(c * np.maximum(voltage_floor, c) ** 2)


def clock_at_draw(draw: FloatArray | float, voltage_floor: FloatArray | float) -> FloatArray:
    """Give the clock at which busy core units draw a share of what they draw at clock 1; the inverse of `core_draw`.

    Args:
        draw: Draw over that of the reference [1].
        voltage_floor: Lowest voltage over that of the reference [1].

    Returns:
        Clock over that of the reference [1].

    Source: as `core_draw`.

    >>> round(float(clock_at_draw(0.729, 0.8)), 3), round(float(clock_at_draw(0.32, 0.8)), 3)
    (0.9, 0.5)
    """
    d, floor = np.asarray(draw, dtype=np.float64), np.asarray(voltage_floor, dtype=np.float64)
    return np.asarray(np.where(d >= floor**3, np.cbrt(d), d / floor**2))


def slowed(rates: RateCoefficients, clock: FloatArray | float) -> RateCoefficients:
    """Give the rates of a device at a lower core clock: products, scores and small kernels slow down, memory does not.

    Args:
        rates: Rates at the design power.
        clock: Clock over that at the design power [1], scalar or the shape of the work.

    Returns:
        Rates at the clock.

    Source: time = t_memory + t_compute / clock, as in You et al. 2023 (Zeus).

    >>> ideal = RateCoefficients(1, 1, 0.8, 1, 1, 1, 0, 1, 1, 1, *[0] * 8, 4)
    >>> float(slowed(ideal, 0.5).compute_efficiency)
    0.4
    """
    s = np.asarray(clock)
    kernels = ("layer_s", "recurrent_layer_s", "expert_layer_s", "mixed_layer_s")
    return replace(
        rates,
        compute_efficiency=np.asarray(rates.compute_efficiency) * s,
        score_efficiency=np.asarray(rates.score_efficiency) * s,
        **{name: np.asarray(getattr(rates, name)) / s for name in kernels},
    )


def share_at_clock(
    step: Step, clock: float, precision: str, coefficients: PowerCoefficients, rules: CapRules
) -> FloatArray:
    """Give the power over the design power at a clock, before what the limit of the device takes off.

    Core parts go with the square of the voltage per operation, v = max(floor, clock).

    Args:
        step: Work done at that clock.
        clock: Clock over that at the design power [1].
        precision: Precision of the matrix products.
        coefficients: See `power.load_power_coefficients`.
        rules: See `load_cap_rules`.

    Returns:
        Share of the design power [1], shape of the step.

    Source: C V^2 f; equation of `power.device_share`.

    >>> simple = PowerCoefficients(0.1, 0.0, 1.0, 0.5, 0.1, 0.0, 0.0, 1.0, {"bf16": 1.0})
    >>> busy = Step(1.0, 0.0, 1.0, 0.0, 0.0, 0.4, 0.0, 0.0, 1.0, 0.0, 0.0)
    >>> round(float(share_at_clock(busy, 0.9, "bf16", simple, CapRules(0.5, 0.5))), 3)
    0.424
    """
    c = coefficients
    volts = max(rules.voltage_floor, clock) ** 2
    memory = (
        np.asarray(step.memory_utilisation)
        + c.cache_extra * np.asarray(step.cache_utilisation)
        + c.expert_extra * np.asarray(step.expert_utilisation)
    )
    activity = (
        volts * clock * c.resident * np.asarray(step.busy_share)
        + volts * c.tensor * c.precision_factor[precision] * np.asarray(step.compute_utilisation)
        + (1.0 - rules.memory_core_share * (1.0 - volts)) * c.memory * memory
        + c.link * np.asarray(step.link_utilisation)
    )
    return np.asarray(c.idle + activity**c.exponent)


def capped_clock(
    step_at: Callable[[float], Step],
    precision: str,
    coefficients: PowerCoefficients,
    rules: CapRules,
    power_cap_share: float,
) -> FloatArray:
    """Find the highest clock at which the power stays below the cap.

    A device whose work would draw more than its design power is slowed to it at clock 1 already; the fitted rates
    hold that.

    Args:
        step_at: Gives the step at a clock.
        precision: Precision of the matrix products.
        coefficients: See `power.load_power_coefficients`.
        rules: See `load_cap_rules`.
        power_cap_share: Power limit over the design power [1].

    Returns:
        Clock over that at the design power [1], shape of the steps; at least the lowest of `CLOCKS`.

    Source: as `share_at_clock`.

    >>> simple = PowerCoefficients(0.1, 0.0, 1.0, 0.5, 0.1, 0.0, 0.0, 1.0, {"bf16": 1.0})
    >>> def step_at(clock: float) -> Step:
    ...     return Step(1.0, 0.0, 1.0, 0.0, 0.0, np.array([0.9 * clock]), 0.0, 0.0, 1.0, 0.0, 0.0)
    >>> found = capped_clock(step_at, "bf16", simple, CapRules(0.3, 0.5), 0.5)
    >>> round(float(found[0]), 2)
    0.76
    """
    idle, top = coefficients.idle, coefficients.top
    shares = [share_at_clock(step_at(float(s)), float(s), precision, coefficients, rules) - idle for s in CLOCKS]
    over = np.maximum(shares[-1] / (top - idle), 1.0)
    room = top * power_cap_share - idle
    drawn = np.stack([np.ravel(share / over) for share in shares])
    clocks = [np.interp(room, drawn[:, i], CLOCKS) for i in range(drawn.shape[1])]
    return np.reshape(np.array(clocks), np.shape(shares[-1]))
