"""Dew point and relative humidity, for weather files that give one and for a change of climate.

In: temperature with relative humidity or dew point. Out: the other one.
Leaves out: wet bulb and density, which the facility stage computes with full psychrometrics.
"""

from __future__ import annotations

import numpy as np

from wattscale.units import FloatArray

MAGNUS_A = 17.625
"""Magnus coefficient [1], Alduchov and Eskridge 1996, J. Appl. Meteorol. 35, 601; error below 0.4 %, -40 to 50 C."""
MAGNUS_B_C = 243.04
"""Magnus coefficient [C], same source."""


def dew_point_c(temp_air_c: FloatArray, rh_share: FloatArray) -> FloatArray:
    """Give the dew point from temperature and relative humidity.

    Td = B g / (A - g) with g = ln(RH) + A T / (B + T).

    Args:
        temp_air_c: Dry-bulb temperature [C].
        rh_share: Relative humidity [1], above zero.

    Returns:
        Dew point [C], same shape.

    Source: Magnus form, Alduchov and Eskridge 1996.

    >>> float(dew_point_c(np.array([20.0]), np.array([1.0]))[0].round(6))
    20.0
    """
    g = np.log(rh_share) + MAGNUS_A * temp_air_c / (MAGNUS_B_C + temp_air_c)
    return MAGNUS_B_C * g / (MAGNUS_A - g)


def rh_share(temp_air_c: FloatArray, dew_point_c: FloatArray) -> FloatArray:
    """Give the relative humidity from temperature and dew point; the inverse of `dew_point_c`.

    Args:
        temp_air_c: Dry-bulb temperature [C].
        dew_point_c: Dew point [C].

    Returns:
        Relative humidity [1], same shape.

    Source: Magnus form, Alduchov and Eskridge 1996.

    >>> float(rh_share(np.array([20.0]), np.array([20.0]))[0])
    1.0
    """
    over = MAGNUS_A * dew_point_c / (MAGNUS_B_C + dew_point_c)
    under = MAGNUS_A * temp_air_c / (MAGNUS_B_C + temp_air_c)
    return np.asarray(np.exp(over - under))


def warm_by(temp_air_c: FloatArray, dew_c: FloatArray, warming_c: float) -> tuple[FloatArray, FloatArray]:
    """Add warming at constant relative humidity.

    Args:
        temp_air_c: Dry-bulb temperature [C].
        dew_c: Dew point [C].
        warming_c: Warming [K].

    Returns:
        Temperature and dew point after warming [C].

    >>> t, d = warm_by(np.array([20.0]), np.array([10.0]), 2.0)
    >>> float(t[0]), round(float(d[0]), 1)
    (22.0, 11.9)
    """
    if warming_c == 0.0:
        return temp_air_c, dew_c
    warmer = temp_air_c + warming_c
    return warmer, dew_point_c(warmer, rh_share(temp_air_c, dew_c))
