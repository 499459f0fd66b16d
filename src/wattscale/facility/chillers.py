"""Coefficient of performance of chillers: Carnot times a fitted quality.

In: evaporating and condensing temperature, part load. Out: COP (cooling per compressor power).
Leaves out: refrigerant, surge, defrost.
"""

from __future__ import annotations

import numpy as np

from wattscale.facility.design import CurveDesign
from wattscale.facility.psychrometrics import KELVIN
from wattscale.units import FloatArray

LIFT_UNIT_K = 30.0
"""Scale of the lift term of the fit [K]."""


def running_share(
    load_share: FloatArray, machines: FloatArray, capacity_ratio: FloatArray, part_load_min: FloatArray
) -> FloatArray:
    """Give the part load of the machines that run: as few as can carry the load.

    Args:
        load_share: Load over design load [1].
        machines: Machines installed [1].
        capacity_ratio: Capacity of all machines over design load [1].
        part_load_min: Least part load; below it a machine cycles [1].

    Returns:
        Part load of a running machine [1].

    Source: usual staging of equal machines.

    >>> one = np.asarray(1.0)
    >>> float(running_share(0.6 * one, 2 * one, one, 0.2 * one))
    0.6
    """
    needed = load_share * machines / capacity_ratio
    running = np.maximum(np.ceil(needed - 1e-9), 1.0)
    return np.asarray(np.clip(needed / running, part_load_min, 1.0))


def carnot_cop(
    evaporating_c: FloatArray, condensing_c: FloatArray, quality: FloatArray, cop_max: FloatArray
) -> FloatArray:
    """Give COP = quality x Te / (Tc - Te), at most `cop_max`; a machine without lift works at `cop_max`.

    Args:
        evaporating_c: Evaporating temperature [C].
        condensing_c: Condensing temperature [C].
        quality: Share of the Carnot COP [1].
        cop_max: Largest COP [1].

    Returns:
        COP [1].

    Source: second law; see table `chillers` for the quality.

    >>> one = np.asarray(1.0)
    >>> float(carnot_cop(one * 6.85, one * 34.85, one * 0.5, one * 15))
    5.0
    """
    lift = np.maximum(condensing_c - evaporating_c, 1e-3)
    return np.asarray(np.minimum(quality * (evaporating_c + KELVIN) / lift, cop_max))


def water_cooled_cop(
    evaporating_c: FloatArray, condensing_c: FloatArray, part_load: FloatArray, curves: CurveDesign
) -> FloatArray:
    """Give the COP of a water-cooled chiller: quality = c0 + c1 x + c2 x2 + c3 lift / 30 K.

    Args:
        evaporating_c: Evaporating temperature [C].
        condensing_c: Condensing temperature [C].
        part_load: Part load of a running machine [1].
        curves: Fitted coefficients.

    Returns:
        COP [1].

    Source: table `chillers`.
    """
    lift = np.maximum(condensing_c - evaporating_c, 0.0) / LIFT_UNIT_K
    quality = (
        curves.water_constant
        + part_load * (curves.water_load + curves.water_load2 * part_load)
        + curves.water_lift * lift
    )
    return carnot_cop(evaporating_c, condensing_c, quality, curves.water_cop_max)


def air_cooled_cop(
    evaporating_c: FloatArray, condensing_c: FloatArray, part_load: FloatArray, curves: CurveDesign
) -> FloatArray:
    """Give the COP of an air-cooled chiller, condenser fans included; form as `water_cooled_cop`.

    Args:
        evaporating_c: Evaporating temperature [C].
        condensing_c: Condensing temperature [C].
        part_load: Part load of a running machine [1].
        curves: Fitted coefficients.

    Returns:
        COP [1].

    Source: table `chillers`.
    """
    lift = np.maximum(condensing_c - evaporating_c, 0.0) / LIFT_UNIT_K
    quality = (
        curves.air_constant + part_load * (curves.air_load + curves.air_load2 * part_load) + curves.air_lift * lift
    )
    return carnot_cop(evaporating_c, condensing_c, quality, curves.air_cop_max)


def dx_cop(outdoor_c: FloatArray, curves: CurveDesign) -> FloatArray:
    """Give the COP of a direct-expansion unit: exp(-b T) from a value at 0 C, at most a cap.

    Args:
        outdoor_c: Outdoor dry bulb [C].
        curves: Fitted coefficients.

    Returns:
        COP [1].

    Source: table `chillers`.
    """
    return np.asarray(np.minimum(curves.dx_cop_0c * np.exp(-curves.dx_fall * outdoor_c), curves.dx_cop_max))
