"""What the design power of a part lets its matrix units do, beside parts of the same generation.

In: a device, the efficiency its generation reaches. Out: the efficiency of the part itself, rates of serving with it.
Leaves out: limits set by the user (power_cap.py) and memory, whose clock does not depend on the limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator
from wattscale.compute.power_cap import clock_at_draw, core_draw
from wattscale.compute.roofline import Numbers, RateCoefficients, load_rates
from wattscale.compute.training_coefficients import TABLE, power_ratio
from wattscale.units import FloatArray


def held_efficiency(efficiency: Numbers, ceiling: Numbers, ratio: Numbers, voltage_floor: Numbers) -> FloatArray:
    """Give the share of the peak that large products reach on a part with other power than its generation's reference.

    A product at full clock reaches the ceiling; what a generation reaches below it is its clock at the power limit.
    The part holds the clock at which its cores draw `ratio` times as much: the cube root above the lowest voltage, in
    proportion below.

    Args:
        efficiency: Share of the peak that the reference reaches [1].
        ceiling: Share at full clock [1].
        ratio: Design power per peak operation over that of the reference [1].
        voltage_floor: Lowest voltage over that at full clock [1].

    Returns:
        Share of the peak [1], at most the ceiling; the efficiency itself at ratio 1.

    Source: `power_cap.core_draw`.

    >>> float(held_efficiency(0.45, 0.9, 1.2, 0.8))
    0.54
    """
    clock = np.minimum(np.asarray(efficiency, dtype=np.float64) / ceiling, 1.0)
    held = np.minimum(clock_at_draw(ratio * core_draw(clock, voltage_floor), voltage_floor), 1.0)
    return np.asarray(np.where(np.asarray(ratio) == 1.0, efficiency, np.round(ceiling * held, 12)))


@dataclass(frozen=True)
class PowerLimit:
    """How a part stands to its generation's reference, see `held_efficiency`; numbers or arrays of one shape."""

    ratio: Numbers
    ceiling: float
    voltage_floor: float

    def apply(self, rates: RateCoefficients) -> RateCoefficients:
        """Give the rates of the part from those of its generation: products and scores at the clock it holds."""
        plain = np.asarray(rates.compute_efficiency, dtype=np.float64)
        held = held_efficiency(plain, self.ceiling, self.ratio, self.voltage_floor)
        return replace(rates, compute_efficiency=held, score_efficiency=rates.score_efficiency * held / plain)


def power_limit(catalog: Catalog, accelerators: Sequence[Accelerator]) -> PowerLimit:
    """Read how devices stand to the references of their generations.

    Args:
        catalog: The catalogue.
        accelerators: Devices.

    Returns:
        The limit, ratios of shape (devices,); source: table `training_coefficients`.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> power_limit(load_catalog(), [load_accelerator(load_catalog(), "H100")]).ratio.tolist()
    [1.0]
    """
    ceiling, floor = (catalog.value(TABLE, f"default.{name}") for name in ("gemm_ceiling", "voltage_floor"))
    known = {a.name: power_ratio(catalog, a) for a in accelerators}
    return PowerLimit(np.array([known[a.name] for a in accelerators]), ceiling, floor)


def rates_of(catalog: Catalog, accelerator: Accelerator, engine: str) -> RateCoefficients:
    """Read the serving rates of a device: those of its generation, products and scores at the clock its power allows.

    Args:
        catalog: The catalogue.
        accelerator: The device.
        engine: Serving engine.

    Returns:
        The coefficients; source: table `serving_coefficients`, `held_efficiency`.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> catalog = load_catalog()
    >>> sxm, nvl = (rates_of(catalog, load_accelerator(catalog, n), "vllm") for n in ("H100", "H100-NVL"))
    >>> nvl.compute_efficiency < sxm.compute_efficiency
    True
    """
    rates = load_rates(catalog, accelerator.generation, engine)
    if power_ratio(catalog, accelerator) == 1.0:
        return rates
    found = power_limit(catalog, [accelerator]).apply(rates)
    both = (float(np.ravel(x)[0]) for x in (found.compute_efficiency, found.score_efficiency))
    compute, scores = both
    return replace(rates, compute_efficiency=compute, score_efficiency=scores)
