"""Waiting: how long a request waits for its input tokens to be computed, and how many sequences a load keeps running.

In: arrival rates and service times. Out: waits, mean and at a quantile; busy shares.
Leaves out: priorities, retries and requests that give up.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from wattscale.units import FloatArray

Numbers: TypeAlias = float | FloatArray


def mean_wait(rate_per_s: Numbers, service_s: Numbers) -> FloatArray:
    """Give the mean wait before a single server with random arrivals and equal service times (M/D/1).

    W = rho S / (2 (1 - rho)), infinite from rho = 1 on.

    Args:
        rate_per_s: Arrivals [1/s], any shape.
        service_s: Service time [s], same shape.

    Returns:
        Mean wait [s].

    Source: Pollaczek-Khinchine formula with zero variance of service.

    >>> float(mean_wait(0.5, 1.0))
    0.5
    """
    rho = np.asarray(rate_per_s) * np.asarray(service_s)
    free = np.where(rho < 1.0, 1.0 - rho, 1.0)
    return np.where(rho < 1.0, rho * np.asarray(service_s) / (2.0 * free), np.inf)


def quantile_wait(rate_per_s: Numbers, service_s: Numbers, quantile: float) -> FloatArray:
    """Give a quantile of the same wait from an exponential tail with the mean of `mean_wait`.

    P(wait > w) = rho exp(-rho w / W)

    Args:
        rate_per_s: Arrivals [1/s], any shape.
        service_s: Service time [s], same shape.
        quantile: Which quantile, 0..1 [1].

    Returns:
        Wait [s]; zero where fewer than 1 - quantile of the requests wait at all.

    Source: heavy-traffic exponential approximation (Kingman 1962).

    >>> float(quantile_wait(0.5, 1.0, 0.4))
    0.0
    """
    rho = np.asarray(rate_per_s) * np.asarray(service_s)
    wait = mean_wait(rate_per_s, service_s)
    some = np.maximum(rho, 1e-12)
    tail = wait / some * np.log(np.maximum(some / (1.0 - quantile), 1.0))
    return np.where(rho < 1.0, tail, np.inf)


def busy_share(sequences: Numbers) -> FloatArray:
    """Give the share of time in which at least one sequence runs, for a Poisson number of running sequences.

    1 - exp(-B)

    Args:
        sequences: Mean running sequences [1], any shape.

    Returns:
        Share of time [1].

    Source: M/G/infinity: the number in service is Poisson.

    >>> float(busy_share(0.0))
    0.0
    """
    return np.asarray(-np.expm1(-np.asarray(sequences, dtype=np.float64)))
