"""Waiting: how long a request waits for its input tokens to be computed, and how many sequences a load keeps running.

In: arrival rates and service times. Out: waits, mean and at a quantile; busy shares.
Leaves out: priorities, retries and requests that give up.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from wattscale.units import FloatArray

Numbers: TypeAlias = float | FloatArray

LONGEST_WAIT_S = 1e6
"""Waits beyond this count as without end [s]."""
HALVINGS = 48
"""Steps of the search for a quantile: far below a microsecond."""


def mean_wait(rate_per_s: Numbers, service_s: Numbers, service_cv: float = 0.0) -> FloatArray:
    """Give the mean wait before a single server with random arrivals (M/G/1).

    W = rho S (1 + cv^2) / (2 (1 - rho)), infinite from rho = 1 on.

    Args:
        rate_per_s: Arrivals [1/s], any shape.
        service_s: Mean service time [s], same shape.
        service_cv: Standard deviation over mean of the service time; 0 where all are equal [1].

    Returns:
        Mean wait [s].

    Source: Pollaczek-Khinchine formula.

    >>> float(mean_wait(0.5, 1.0))
    0.5
    """
    rho = np.asarray(rate_per_s) * np.asarray(service_s)
    free = np.where(rho < 1.0, 1.0 - rho, 1.0)
    spread = 1.0 + service_cv**2
    return np.where(rho < 1.0, rho * np.asarray(service_s) * spread / (2.0 * free), np.inf)


def quantile_wait(rate_per_s: Numbers, service_s: Numbers, quantile: float, service_cv: float = 0.0) -> FloatArray:
    """Give a quantile of the same wait from an exponential tail with the mean of `mean_wait`.

    P(wait > w) = rho exp(-rho w / W)

    Args:
        rate_per_s: Arrivals [1/s], any shape.
        service_s: Mean service time [s], same shape.
        quantile: Which quantile, above 0 and below 1 [1].
        service_cv: As for `mean_wait` [1].

    Returns:
        Wait [s]; zero where fewer than 1 - quantile of the requests wait at all, infinite
        from rho = 1 on.

    Source: heavy-traffic exponential approximation (Kingman 1962).

    >>> float(quantile_wait(0.5, 1.0, 0.4))
    0.0
    """
    rho = np.asarray(rate_per_s) * np.asarray(service_s)
    wait = mean_wait(rate_per_s, service_s, service_cv)
    some = np.maximum(rho, 1e-12)
    return np.asarray(wait / some * np.log(np.maximum(some / (1.0 - quantile), 1.0)))


def mixture_quantile(
    fixed_s: FloatArray, rate_per_s: FloatArray, service_s: FloatArray, weights: FloatArray, quantile: float,
    service_cv: float = 0.0,
) -> float:  # fmt: skip
    """Give a quantile of fixed time plus wait over many hours, each with its own load.

    sum_h w_h P(fixed_h + wait_h > t) = 1 - quantile, solved by halving

    Args:
        fixed_s: What every request of an hour takes [s], shape (hours,).
        rate_per_s: Arrivals at a queue [1/s], shape (hours,).
        service_s: Mean service time [s], shape (hours,).
        weights: Requests of the hours, any unit, shape (hours,).
        quantile: Which quantile, 0..1 [1].
        service_cv: As for `mean_wait` [1].

    Returns:
        Time [s]; infinite where an overloaded hour holds more than 1 - quantile of the requests.

    Source: as `quantile_wait`.

    >>> one = np.array([1.0])
    >>> round(mixture_quantile(2 * one, 0.5 * one, one, one, 0.4), 6)
    2.0
    """
    rho = rate_per_s * service_s
    wait = mean_wait(rate_per_s, service_s, service_cv)
    share = np.asarray(weights) / np.sum(weights)

    def later(time: float) -> float:
        gone = rho * np.exp(-rho * np.maximum(time - fixed_s, 0.0) / np.maximum(wait, 1e-12))
        return float(np.sum(share * np.where(time < fixed_s, 1.0, np.minimum(gone, 1.0))))

    low, high = 0.0, float(np.max(fixed_s)) + 1e-6
    while later(high) > 1.0 - quantile:
        if high > LONGEST_WAIT_S:
            return float(np.inf)
        high *= 2.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if later(middle) > 1.0 - quantile else (low, middle)
    return high


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
