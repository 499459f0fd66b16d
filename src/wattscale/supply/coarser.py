"""A year in steps of a few hours: smaller programs for quick answers, and their results by hours again.

In: a `Setting` of hours. Out: one of longer steps; a `SupplyResult` of such steps spread over hours. Leaves out: what
longer steps leave out, namely peaks and swings within a step.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from wattscale.errors import InputError
from wattscale.supply.result import SupplyResult
from wattscale.supply.setting import Setting
from wattscale.units import HOURS_PER_YEAR, FloatArray

FIRST = ("month", "tariff_period")
"""Series of labels, not of amounts: a step has that of its first hour."""
ANY = ("called",)
"""Series of marks: a step is marked where one of its hours is."""
PER_STEP = ("carbon_kg", "grid_carbon_kg", "carbon_lifecycle_kg")
"""Series of a result that are amounts of a step, not powers; they are shared among its hours."""


def check_step(step_h: int) -> None:
    """Refuse steps that do not divide a day.

    Raises:
        InputError: Naming the nearest lengths that do.
    """
    allowed = [n for n in range(1, 25) if 24 % n == 0]
    if step_h not in allowed:
        near = min(allowed, key=lambda n: abs(n - step_h))
        raise InputError("must divide a day", where="step_h", value=step_h, allowed=", ".join(map(str, allowed)),
                         hint=f"The nearest is {near}")  # fmt: skip


def mean_of(series: FloatArray, step_h: int) -> FloatArray:
    """Average a series over steps.

    Args:
        series: Values by hour, shape (T,).
        step_h: Hours of a step [h].

    Returns:
        Means, shape (T / step_h,).

    >>> mean_of(np.array([1.0, 3.0, 5.0, 7.0]), 2)
    array([2., 6.])
    """
    found: FloatArray = series.reshape(-1, step_h).mean(axis=1)
    return found


def coarser(setting: Setting, step_h: int) -> Setting:
    """Give the setting of a year in steps of so many hours; each series is its mean over the step."""
    hours = len(setting.weight)
    changed: dict[str, Any] = {}
    for f in fields(setting):
        value = getattr(setting, f.name)
        if not isinstance(value, np.ndarray) or value.shape != (hours,):
            continue
        if f.name in FIRST:
            changed[f.name] = value[::step_h]
        elif f.name in ANY:
            changed[f.name] = value.reshape(-1, step_h).max(axis=1)
        else:
            changed[f.name] = mean_of(value, step_h)
    changed["weight"] = setting.weight.reshape(-1, step_h).sum(axis=1)
    changed["renewable"] = {name: mean_of(factor, step_h) for name, factor in setting.renewable.items()}
    return replace(setting, **changed)


def hourly_again(result: SupplyResult, load_mw: FloatArray, step_h: int) -> SupplyResult:
    """Spread the series of a coarse result over the hours of its steps; the load is that of each hour again.

    What the load of an hour lies above or below the mean of its step is left open, so the balance holds by steps.
    """
    steps = HOURS_PER_YEAR // step_h
    changed: dict[str, Any] = {"load_mw": load_mw}
    for f in fields(result):
        value = getattr(result, f.name)
        share = 1.0 / step_h if f.name in PER_STEP else 1.0
        if isinstance(value, np.ndarray) and value.shape == (steps,) and f.name != "load_mw":
            changed[f.name] = np.repeat(value, step_h) * share
        elif isinstance(value, dict):
            changed[f.name] = {k: np.repeat(v, step_h) if isinstance(v, np.ndarray) else v for k, v in value.items()}
    return replace(result, **changed)
