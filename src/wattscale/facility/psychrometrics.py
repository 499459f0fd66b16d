"""Humid air: saturation, humidity, wet bulb, density and enthalpy, for whole years and many sites at once.

In: dry bulb, humidity and pressure. Out: humidity ratio, relative humidity, dew point, wet bulb, density, enthalpy.
Leaves out: fog and real-gas effects (below 0.5 % at outdoor conditions).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from wattscale.units import FloatArray

Numbers: TypeAlias = float | FloatArray

KELVIN = 273.15
GAS_CONSTANT_AIR = 287.042
"""Gas constant of dry air [J/(kg K)] (ASHRAE Handbook Fundamentals 2017, chapter 1, eq. 1)."""
MOLAR_MASS_RATIO = 0.621945
"""Water over dry air [1] (same, eq. 20)."""
CP_AIR = 1.006
"""Specific heat of dry air [kJ/(kg K)] (same, eq. 30)."""
CP_VAPOUR = 1.86
"""Specific heat of water vapour [kJ/(kg K)] (same, eq. 30)."""
LATENT_HEAT_0C = 2501.0
"""Heat of evaporation at 0 C [kJ/kg] (same, eq. 30)."""
TRIPLE_POINT_C = 0.01
_WATER = (-5.8002206e3, 1.3914993, -4.8640239e-2, 4.1764768e-5, -1.4452093e-8, 0.0, 6.5459673)
_ICE = (-5.6745359e3, 6.3925247, -9.677843e-3, 6.2215701e-7, 2.0747825e-9, -9.484024e-13, 4.1635019)
"""Coefficients of 1/K, 1, K, K2, K3, K4, ln K in ln p_ws (same, eq. 5 over ice and 6 over water)."""
_STULL = (0.151977, 8.313659, 1.676331, 0.00391838, 0.023101, 4.686035)
"""Coefficients of Stull 2011, J. Appl. Meteor. Climatol. 50:2267, eq. 1."""


def _ln_saturation(kelvin: FloatArray, c: tuple[float, ...]) -> FloatArray:
    poly = c[1] + kelvin * (c[2] + kelvin * (c[3] + kelvin * (c[4] + kelvin * c[5])))
    return np.asarray(c[0] / kelvin + poly + c[6] * np.log(kelvin))


def _slope_ln_saturation(kelvin: FloatArray, c: tuple[float, ...]) -> FloatArray:
    poly = c[2] + kelvin * (2 * c[3] + kelvin * (3 * c[4] + kelvin * 4 * c[5]))
    return np.asarray(-c[0] / kelvin**2 + poly + c[6] / kelvin)


def saturation_pressure(temp_c: Numbers) -> FloatArray:
    """Give the saturation pressure of water vapour, over ice below the triple point.

    ln p = C8/K + C9 + C10 K + C11 K2 + C12 K3 + C13 ln K (over water; six coefficients over ice)

    Args:
        temp_c: Temperature [C], -100..200.

    Returns:
        Pressure [Pa], shape of the input.

    Source: ASHRAE Handbook Fundamentals 2017, chapter 1, eq. 5 and 6.

    >>> round(float(saturation_pressure(20.0)))
    2339
    """
    kelvin = np.asarray(temp_c, dtype=np.float64) + KELVIN
    over_ice = kelvin <= TRIPLE_POINT_C + KELVIN
    ln = _ln_saturation(kelvin, _WATER)
    if over_ice.any():
        ln = np.where(over_ice, _ln_saturation(kelvin, _ICE), ln)
    return np.asarray(np.exp(ln))


def humidity_ratio(vapour_pressure_pa: Numbers, pressure_pa: Numbers) -> FloatArray:
    """Give the mass of water per mass of dry air.

    W = 0.621945 e / (p - e)

    Args:
        vapour_pressure_pa: Partial pressure of water vapour [Pa].
        pressure_pa: Air pressure [Pa].

    Returns:
        Humidity ratio [kg/kg].

    Source: ASHRAE Handbook Fundamentals 2017, chapter 1, eq. 20.

    >>> round(float(humidity_ratio(1000.0, 101000.0)), 8)
    0.00621945
    """
    e = np.asarray(vapour_pressure_pa, dtype=np.float64)
    return np.asarray(MOLAR_MASS_RATIO * e / (pressure_pa - e))


def vapour_pressure(ratio: Numbers, pressure_pa: Numbers) -> FloatArray:
    """Give the partial pressure of water vapour: e = p W / (0.621945 + W).

    Args:
        ratio: Humidity ratio [kg/kg].
        pressure_pa: Air pressure [Pa].

    Returns:
        Vapour pressure [Pa].

    Source: ASHRAE Handbook Fundamentals 2017, chapter 1, eq. 20 solved for e.

    >>> round(float(vapour_pressure(0.00621945, 101000.0)), 6)
    1000.0
    """
    w = np.asarray(ratio, dtype=np.float64)
    return np.asarray(pressure_pa * w / (MOLAR_MASS_RATIO + w))


def relative_humidity(temp_c: Numbers, ratio: Numbers, pressure_pa: Numbers) -> FloatArray:
    """Give relative humidity: vapour pressure over saturation pressure.

    Args:
        temp_c: Dry bulb [C].
        ratio: Humidity ratio [kg/kg].
        pressure_pa: Air pressure [Pa].

    Returns:
        Relative humidity [1].

    Source: ASHRAE Handbook Fundamentals 2017, chapter 1, eq. 22.

    >>> w = humidity_ratio(0.5 * saturation_pressure(25.0), 101325.0)
    >>> round(float(relative_humidity(25.0, w, 101325.0)), 9)
    0.5
    """
    return np.asarray(vapour_pressure(ratio, pressure_pa) / saturation_pressure(temp_c))


def air_density(temp_c: Numbers, ratio: Numbers, pressure_pa: Numbers) -> FloatArray:
    """Give the density of humid air.

    rho = p (1 + W) / (R K (1 + 1.607858 W))

    Args:
        temp_c: Dry bulb [C].
        ratio: Humidity ratio [kg/kg].
        pressure_pa: Air pressure [Pa].

    Returns:
        Density [kg/m3].

    Source: ASHRAE Handbook Fundamentals 2017, chapter 1, eq. 26 and 27.

    >>> round(float(air_density(20.0, 0.0, 101325.0)), 3)
    1.204
    """
    w = np.asarray(ratio, dtype=np.float64)
    kelvin = np.asarray(temp_c) + KELVIN
    return np.asarray(pressure_pa * (1 + w) / (GAS_CONSTANT_AIR * kelvin * (1 + w / MOLAR_MASS_RATIO)))


def enthalpy(temp_c: Numbers, ratio: Numbers) -> FloatArray:
    """Give the enthalpy of humid air per mass of dry air, zero for dry air at 0 C.

    h = 1.006 T + W (2501 + 1.86 T)

    Args:
        temp_c: Dry bulb [C].
        ratio: Humidity ratio [kg/kg].

    Returns:
        Enthalpy [kJ/kg].

    Source: ASHRAE Handbook Fundamentals 2017, chapter 1, eq. 30.

    >>> round(float(enthalpy(25.0, 0.01)), 2)
    50.62
    """
    t, w = np.asarray(temp_c, dtype=np.float64), np.asarray(ratio, dtype=np.float64)
    return np.asarray(CP_AIR * t + w * (LATENT_HEAT_0C + CP_VAPOUR * t))


def latent_heat(temp_c: Numbers) -> FloatArray:
    """Give the heat of evaporation of water: 2501 - 2.326 T.

    Args:
        temp_c: Water temperature [C].

    Returns:
        Heat of evaporation [kJ/kg].

    Source: ASHRAE Handbook Fundamentals 2017, chapter 1, eq. 33 (its linear form).

    >>> round(float(latent_heat(25.0)), 2)
    2442.85
    """
    return np.asarray(LATENT_HEAT_0C - 2.326 * np.asarray(temp_c, dtype=np.float64))


def dew_point(vapour_pressure_pa: Numbers) -> FloatArray:
    """Find the temperature at which air of this vapour pressure is saturated (Newton on the saturation curve).

    Args:
        vapour_pressure_pa: Vapour pressure [Pa], above zero.

    Returns:
        Dew point, frost point below zero [C].

    Source: inverse of `saturation_pressure`.

    >>> round(float(dew_point(saturation_pressure(12.0))), 6)
    12.0
    """
    ln_e = np.log(np.asarray(vapour_pressure_pa, dtype=np.float64))
    x = ln_e - np.log(611.2)
    over_ice = x <= 0
    guess = np.where(over_ice, 272.62 * x / (22.46 - x), 243.12 * x / (17.62 - x))
    for _ in range(3):
        kelvin = guess + KELVIN
        water = (_ln_saturation(kelvin, _WATER) - ln_e) / _slope_ln_saturation(kelvin, _WATER)
        ice = (_ln_saturation(kelvin, _ICE) - ln_e) / _slope_ln_saturation(kelvin, _ICE)
        guess = guess - np.where(over_ice, ice, water)
    return np.asarray(guess)


def stull_wet_bulb(temp_c: FloatArray, humidity_share: FloatArray) -> FloatArray:
    """Guess the wet bulb in closed form, pressure ignored (rmse about 0.5 K near sea level).

    Args:
        temp_c: Dry bulb [C].
        humidity_share: Relative humidity [1].

    Returns:
        Wet bulb [C].

    Source: Stull 2011, J. Appl. Meteor. Climatol. 50:2267, eq. 1.

    >>> round(float(stull_wet_bulb(np.asarray(20.0), np.asarray(0.5))), 1)
    13.7
    """
    rh = humidity_share * 100
    a, b, c, d, e, f = _STULL
    root = np.sqrt(rh)
    return np.asarray(
        temp_c * np.arctan(a * np.sqrt(rh + b))
        + np.arctan(temp_c + rh)
        - np.arctan(rh - c)
        + d * rh * root * np.arctan(e * rh)
        - f
    )


def _wet_bulb_residual(
    wet_c: FloatArray, temp_c: FloatArray, w: FloatArray, p: FloatArray, ice: bool
) -> tuple[FloatArray, FloatArray]:
    """Energy balance of the wet bulb and its slope, over water or over ice (ASHRAE eq. 33 and 35)."""
    heat, falls, liquid = (2830.0, 0.24, 2.1) if ice else (LATENT_HEAT_0C, 2.326, 4.186)
    kelvin = wet_c + KELVIN
    c = _ICE if ice else _WATER
    e = np.exp(_ln_saturation(kelvin, c))
    ws = MOLAR_MASS_RATIO * e / (p - e)
    slope_ws = ws * p / (p - e) * _slope_ln_saturation(kelvin, c)
    latent = heat - falls * wet_c
    residual = latent * ws - CP_AIR * (temp_c - wet_c) - w * (heat + CP_VAPOUR * temp_c - liquid * wet_c)
    return residual, latent * slope_ws - falls * ws + CP_AIR + liquid * w


def wet_bulb(temp_c: Numbers, ratio: Numbers, pressure_pa: Numbers) -> FloatArray:
    """Find the thermodynamic wet bulb: Stull's closed form, then four Newton steps.

    W = ((2501 - 2.326 Tw) Ws(Tw) - 1.006 (T - Tw)) / (2501 + 1.86 T - 4.186 Tw); its ice form below 0 C. Where
    neither form has a root (the two differ at 0 C) the wet bulb is 0 C.

    Args:
        temp_c: Dry bulb [C].
        ratio: Humidity ratio [kg/kg].
        pressure_pa: Air pressure [Pa].

    Returns:
        Wet bulb [C], never above the dry bulb.

    Source: ASHRAE Handbook Fundamentals 2017, chapter 1, eq. 33 and 35.

    >>> w = humidity_ratio(saturation_pressure(20.0), 101325.0)
    >>> round(float(wet_bulb(20.0, w, 101325.0)), 6)
    20.0
    """
    t, w, p = np.broadcast_arrays(
        np.asarray(temp_c, dtype=np.float64), np.asarray(ratio, dtype=np.float64), np.asarray(pressure_pa)
    )
    start = np.minimum(stull_wet_bulb(t, vapour_pressure(w, p) / saturation_pressure(t)), t)
    zero = np.zeros_like(start)
    frozen = (_wet_bulb_residual(zero, t, w, p, ice=False)[0] > 0) | (t <= 0)
    found = np.maximum(start, 0.0)
    for _ in range(4):
        residual, slope = _wet_bulb_residual(found, t, w, p, ice=False)
        found = found - residual / slope
    if frozen.any():
        t_f, w_f, p_f = t[frozen], w[frozen], p[frozen]
        below = np.minimum(start[frozen], 0.0)
        for _ in range(4):
            residual, slope = _wet_bulb_residual(below, t_f, w_f, p_f, ice=True)
            below = below - residual / slope
        found = np.array(found)
        found[frozen] = np.minimum(below, 0.0)
    return np.asarray(np.minimum(found, t))


def standard_pressure(elevation_m: Numbers) -> FloatArray:
    """Give the pressure of the standard atmosphere: 101325 (1 - 2.25577e-5 z)^5.2559.

    Args:
        elevation_m: Elevation [m].

    Returns:
        Pressure [Pa].

    Source: ASHRAE Handbook Fundamentals 2017, chapter 1, eq. 3.

    >>> float(standard_pressure(0.0))
    101325.0
    """
    return np.asarray(101325.0 * (1 - 2.25577e-5 * np.asarray(elevation_m)) ** 5.2559)
