"""What the design power of a part lets its matrix units do, beside parts of the same generation.

In: a device, the efficiency its generation reaches. Out: the efficiency of the part itself, rates of serving with it.
Leaves out: limits set by the user (power_cap.py) and memory, whose clock does not depend on the limit.
"""

from __future__ import annotations

from dataclasses import replace

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
    ratio = power_ratio(catalog, accelerator)
    if ratio == 1.0:
        return rates
    ceiling, floor = (catalog.value(TABLE, f"default.{name}") for name in ("gemm_ceiling", "voltage_floor"))
    held = float(held_efficiency(rates.compute_efficiency, ceiling, ratio, floor))
    change = held / float(np.asarray(rates.compute_efficiency))
    return replace(rates, compute_efficiency=held, score_efficiency=float(np.asarray(rates.score_efficiency)) * change)
