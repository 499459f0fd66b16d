"""Outdoor air of a year, checked and with its wet bulb.

In: dry bulb, dew point, pressure of each hour. Out: `OutdoorAir`.
Leaves out: repairs; gaps are the business of the site stage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.errors import InputError
from wattscale.facility.psychrometrics import humidity_ratio, saturation_pressure, wet_bulb
from wattscale.site.result import Weather
from wattscale.units import FloatArray

LIMITS = (
    ("air temperature [C]", -80.0, 65.0),
    ("dew point [C]", -100.0, 45.0),
    ("pressure [Pa]", 40_000.0, 115_000.0),
)
"""Values beyond these are not weather (records: -89..57 C, dew point 35 C; 40 kPa is about 7,000 m)."""
ROUNDING_K = 0.5
"""A dew point above the dry bulb by no more than this is rounding of the file."""


@dataclass(frozen=True)
class OutdoorAir:
    """Outdoor air hour by hour; arrays of equal shape (hours,)."""

    temp_c: FloatArray
    dew_point_c: FloatArray
    wet_bulb_c: FloatArray
    humidity_ratio: FloatArray
    pressure_pa: FloatArray

    def every(self, step: int) -> OutdoorAir:
        """Take each `step`-th hour, for many quick evaluations of the same place."""
        return OutdoorAir(*(getattr(self, name)[::step] for name in self.__dataclass_fields__))


def outdoor_air(temp_c: FloatArray, dew_point_c: FloatArray, pressure_pa: FloatArray) -> OutdoorAir:
    """Derive the state of outdoor air; a dew point above the dry bulb by rounding counts as saturated.

    Args:
        temp_c: Dry bulb [C], shape (hours,).
        dew_point_c: Dew point [C], shape (hours,).
        pressure_pa: Air pressure [Pa], shape (hours,).

    Returns:
        The outdoor air.

    Raises:
        InputError: Values that are not finite or not weather.

    Source: ASHRAE Handbook Fundamentals 2017, chapter 1.

    >>> one = np.array([20.0])
    >>> round(float(outdoor_air(one, one, np.array([101325.0])).wet_bulb_c[0]), 6)
    20.0
    """
    for (name, low, high), values in zip(LIMITS, (temp_c, dew_point_c, pressure_pa), strict=True):
        wrong = ~((values >= low) & (values <= high))
        if wrong.any():
            hour = int(np.argmax(wrong))
            raise InputError(
                f"{name} of hour {hour} is {values[hour]:g}", where="site.weather", allowed=f"{low:g}..{high:g}"
            )
    excess = dew_point_c - temp_c
    if float(excess.max()) > ROUNDING_K:
        hour = int(np.argmax(excess))
        raise InputError(
            f"dew point of hour {hour} is {excess[hour]:.1f} K above the air temperature",
            where="site.weather",
            allowed="dew point <= air temperature",
        )
    dew = np.minimum(dew_point_c, temp_c)
    w = humidity_ratio(saturation_pressure(dew), pressure_pa)
    return OutdoorAir(temp_c, dew, wet_bulb(temp_c, w, pressure_pa), w, pressure_pa)


def outdoor_air_of(weather: Weather) -> OutdoorAir:
    """Derive the outdoor air of a year of weather, see `outdoor_air`."""
    return outdoor_air(weather.temp_air_c, weather.dew_point_c, weather.pressure_pa)
