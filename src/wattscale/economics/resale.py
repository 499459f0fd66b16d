"""What an asset still sells for, and what it is worth part-way through its life.

In: a real discount rate, lives, a resale price. Out: yearly payments net of the resale, values of remaining life.
Leaves out: inflation (all money is real), taxes (finance.py) and rates that change over time.
"""

from __future__ import annotations

from wattscale.annuity import annuity, present_value_factor


def net_annuity(rate: float, life_years: float, resale_share: float) -> float:
    """Spread one unit of cost over its life, less what it still sells for at the end.

    a' = a * (1 - s * (1 + r)^-n)

    Args:
        rate: Real discount rate [1/year].
        life_years: Economic life [year].
        resale_share: Price at the end of life over the price new [1].

    Returns:
        Annual payment per unit of cost [1/year].

    Source: standard; form of methods of total cost of ownership with a salvage value.

    >>> net_annuity(0.0, 5, 0.5)
    0.1
    """
    return float(annuity(rate, life_years) * (1.0 - resale_share * (1.0 + rate) ** -life_years))


def resale_share(share_after_3_years: float, age_years: float) -> float:
    """Give what is left of a price at an age, falling by the same share each year.

    s(t) = s3^(t / 3)

    Args:
        share_after_3_years: Price at three years over the price new [1].
        age_years: Age [year].

    Returns:
        Price over the price new [1].

    Source: exponential decline through the one point that is quoted (table dc_costs, resale).

    >>> round(resale_share(0.3, 6), 2)
    0.09
    """
    return float(share_after_3_years ** (age_years / 3.0))


def remaining_value_share(rate: float, life_years: float, age_years: float, resale: float = 0.0) -> float:
    """Give the value of an asset part-way through its life, such that the annuity pays exactly for its use.

    v(t) = a' * (1 - (1 + r)^-(n - t)) / r + s * (1 + r)^-(n - t)

    Args:
        rate: Real discount rate [1/year].
        life_years: Economic life n [year].
        age_years: Age t, from 0 to n [year].
        resale: Price at the end of life over the price new s [1].

    Returns:
        Value over the price new [1]: 1 at age 0, s at the end of life.

    Source: annuity depreciation (Preinreich 1938); straight line for a rate of zero.

    >>> remaining_value_share(0.0, 20, 5)
    0.75
    """
    left = life_years - age_years
    payments = net_annuity(rate, life_years, resale) * present_value_factor(rate, left)
    return float(payments + resale * (1.0 + rate) ** -max(left, 0.0))
