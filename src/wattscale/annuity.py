"""The time value of money: what a cost paid at once is worth as equal payments at the end of each year.

In: a real discount rate, years. Out: the yearly payment per unit of cost, and its inverse.
Leaves out: inflation (all money is real), rates that change over time, what an asset still sells for
(economics/resale.py). Every stage that spreads a cost uses this one function.
"""

from __future__ import annotations

from math import exp, expm1, log1p
from sys import float_info

from wattscale.errors import InputError


def annuity(rate: float, life_years: float) -> float:
    """Spread one unit of overnight cost over its life.

    a = r / (1 - (1 + r)^-n); for r = 0 it is 1/n. The power is taken through log1p and expm1, since 1 + r forgets
    the digits of a small r.

    Args:
        rate: Real discount rate [1/year], above -1; negative where prices rise faster than money earns.
        life_years: Economic life [year], above zero.

    Returns:
        Annual payment per unit of cost [1/year].

    Raises:
        InputError: A rate of -1 or less, a life that is not above zero, or either not a finite number.

    Source: standard capital recovery factor, e.g. NREL ATB documentation.

    >>> round(annuity(0.07, 25), 4)
    0.0858
    >>> annuity(0.0, 20), annuity(1e-18, 20)
    (0.05, 0.05)
    """
    if not -1.0 < rate < float("inf"):
        raise InputError("is no discount rate", where="discount_rate", value=rate, allowed="above -1")
    if not 0.0 < life_years < float("inf"):
        raise InputError("a life must be above zero", where="life_years", value=life_years, allowed="> 0")
    growth = life_years * log1p(rate)
    if abs(growth) < float_info.min:  # so small that even the product has lost its digits
        return 1.0 / life_years
    return rate / -expm1(-growth) if growth > 0.0 else rate * exp(growth) / expm1(growth)


def present_value_factor(rate: float, years: float) -> float:
    """Give the present value of one unit a year, paid at the end of each year.

    v = (1 - (1 + r)^-n) / r, the inverse of the annuity; zero for no years.

    Args:
        rate: Real discount rate [1/year], above -1.
        years: Number of years [year].

    Returns:
        Present value per unit a year [year].

    Source: standard.

    >>> present_value_factor(0.0, 15)
    15.0
    """
    return 0.0 if years <= 0 else 1.0 / annuity(rate, years)
