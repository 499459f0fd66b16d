"""Cost of power technologies by Wright's law with its forecast error.

In: cost of the last known year, growth of cumulative capacity, learning rate. Out: cost by year and draw.
Leaves out: accelerators, whose series is too short; fleet.py follows their generations.
"""

from __future__ import annotations

import numpy as np

from wattscale.outlook.drivers import Draws
from wattscale.units import FloatArray


def exponent(learning_rate: FloatArray) -> FloatArray:
    """Give the exponent of Wright's law of a learning rate, b = -log2(1 - LR).

    >>> float(exponent(np.array(0.2)).round(4))
    0.3219
    """
    return np.asarray(-np.log2(1.0 - learning_rate))


def wright(cost: float, learning_rate: FloatArray, growth: FloatArray, noise: FloatArray, years: int) -> FloatArray:
    """Follow a cost down its experience curve.

    c_h = c_0 exp(-b g h + z s sqrt(h)): the spread grows with the horizon.

    Args:
        cost: Cost in the last known year [any unit].
        learning_rate: Fall of the cost per doubling of cumulative capacity [1], shape (draws,).
        growth: Growth of cumulative capacity in logs [1/year].
        noise: Standard score of the path times its yearly standard deviation [1/sqrt(year)].
        years: Years to give.

    Returns:
        Cost [unit of `cost`], shape (years, draws).

    Source: Wright 1936; forecast error of Lafond et al. 2018.

    >>> one = np.ones(1)
    >>> wright(100.0, 0.5 * one, np.log(2.0) * one, 0.0 * one, 2).round(1).tolist()
    [[50.0], [25.0]]
    """
    h = np.arange(1, years + 1)[:, None]
    return np.asarray(cost * np.exp(-exponent(learning_rate) * growth * h + noise * np.sqrt(h)))


def power_costs(v: Draws, solar: float, wind: float, battery: float, years: int) -> dict[str, FloatArray]:
    """Give the cost of solar, wind [USD/MWh] and batteries [USD/kWh] by year and draw.

    The noise of a draw is common to the three: they share makers, interest and materials.
    """
    noise = v["learning.noise"] * v["learning.noise_sd"]
    start = {"solar": solar, "wind": wind, "battery": battery}
    return {
        name: wright(cost, v[f"{name}.learning"], v[f"{name}.growth"], noise, years) for name, cost in start.items()
    }
