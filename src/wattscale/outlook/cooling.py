"""How AI halls are cooled, by vintage, region and year, and the PUE and water that follow.

In: rack power of each vintage, unit figures of the building model, who builds. Out: shares by kind, PUE, WUE.
Leaves out: retrofits of standing halls; a vintage keeps the cooling that it was built with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gamma, ndtr

from wattscale.outlook.cooling_units import KINDS, CoolingUnits
from wattscale.outlook.drivers import Draws
from wattscale.outlook.years import LAST_HISTORY
from wattscale.units import FloatArray

Shares = Mapping[str, FloatArray]
"""Share of power by kind of cooling [1], each of shape (draws, regions)."""


@dataclass(frozen=True)
class Halls:
    """Cooling of the halls of a year.

    Attributes:
        shares: Share of the power of devices by kind [1].
        pue: Power usage effectiveness [1], shape (draws, regions).
        wue: Water at the site per IT energy [L/kWh], shape (draws, regions).
    """

    shares: Shares
    pue: FloatArray
    wue: FloatArray


def vintage_shares(v: Draws, level: FloatArray, units: CoolingUnits, year: int) -> dict[str, FloatArray]:
    """Give the ways in which the devices shipped in a year are cooled.

    Rack power of a vintage is lognormal. Racks that air carries stay with air, those that a rear door carries get one,
    the rest are cooled by liquid: P(x < limit) = Phi(ln(limit / median) / spread).

    Args:
        v: Draws of the drivers.
        level: Rack power of a region over that of the United States [1], shape (regions,).
        units: Limits of rack power, from the building model's table.
        year: Year of the vintage.

    Returns:
        Shares by kind [1], shape (draws, regions); they sum to one.
    """
    median = v["cooling.rack_kw"] * np.exp(v["cooling.rack_growth"] * (year - LAST_HISTORY))
    rack = median[:, None] * level
    spread = v["cooling.rack_spread"][:, None]
    by_air = ndtr(np.log(units.air_limit_kw / rack) / spread)
    by_door = ndtr(np.log(units.door_limit_kw / rack) / spread)
    immersed = v["cooling.immersion_share"][:, None]
    liquid = 1.0 - by_door
    shares = (by_air, by_door - by_air, liquid * (1.0 - immersed), liquid * immersed)
    return dict(zip(KINDS, (np.asarray(s) for s in shares), strict=True))


def fleet_shares(vintages: Sequence[Shares], weights: Sequence[FloatArray]) -> dict[str, FloatArray]:
    """Give the shares of a fleet, each vintage by the power that is left of it.

    Args:
        vintages: Shares by vintage, youngest last.
        weights: Power left by vintage, in the same order [MW], each of shape (draws,).

    Returns:
        Shares by kind [1], shape (draws, regions).

    >>> old, new = {"air": np.ones((1, 1))}, {"air": np.zeros((1, 1))}
    >>> fleet_shares([old, new], [np.array([1.0]), np.array([3.0])])["air"].tolist()
    [[0.25]]
    """
    total = np.sum(weights, axis=0)[:, None]
    kinds = vintages[-1]
    return {
        kind: sum(
            (shares[kind] * (power[:, None] / total) for shares, power in zip(vintages, weights, strict=True)),
            start=np.zeros_like(kinds[kind]),
        )
        for kind in kinds
    }


def halls(v: Draws, units: CoolingUnits, shares: Shares, year: int) -> Halls:
    """Give PUE and water of halls from their cooling and who built them.

    PUE = 1 + level x fall x sum over groups and kinds of share x (PUE of the building model - 1).

    Args:
        v: Draws of the drivers.
        units: PUE and WUE by group and kind.
        shares: Shares by kind.
        year: Year.

    Returns:
        Halls of the year.
    """
    leased = v["facility.leased_share"][:, None]
    excess, water = np.zeros_like(shares[KINDS[0]]), np.zeros_like(shares[KINDS[0]])
    for kind, share in shares.items():
        for group, weight in (("self-built", 1.0 - leased), ("leased", leased)):
            excess += share * weight * (units.pue[group, kind] - 1.0)
            water += share * weight * units.wue[group, kind]
    fall = np.exp(-v["facility.pue_fall"] * (year - LAST_HISTORY))
    return Halls(shares, np.asarray(1.0 + excess * (v["facility.excess_level"] * fall)[:, None]), water)


def dearer(units: CoolingUnits, shares: Shares) -> FloatArray:
    """Give the cost of construction over that of the plan's own cooling [1], shape (draws, regions)."""
    mean = sum((s * units.premium[k] for k, s in shares.items()), start=np.zeros_like(shares[KINDS[0]]))
    return np.asarray((1.0 + mean) / (1.0 + units.plan_premium))


def survey_pue(v: Draws, units: CoolingUnits, year: float) -> FloatArray:
    """Give the mean PUE that a survey of enterprise and leased halls finds [1], shape (draws,).

    Halls of the 2000s leave with age, share = exp(-(t / scale)^2) with scale = life / gamma(3/2); the rest is the class
    of today, whose excess over the building model's stays while it falls slowly.

    Args:
        v: Draws of the drivers.
        units: PUE of the two classes, from the building model.
        year: Year, decimals allowed.

    >>> from wattscale.outlook.cooling_units import cooling_units
    >>> one = {"legacy_life": 4.0, "survey_level": 1.09, "pue_fall": 0.012}
    >>> v = {f"facility.{name}": np.array([value]) for name, value in one.items()}
    >>> bool(abs(survey_pue(v, cooling_units(), 2007.0)[0] - 2.5) < 0.05)
    True
    """
    age = max(year - SURVEY_START, 0.0)
    old = np.exp(-((age / (v["facility.legacy_life"] / GAMMA_3_2)) ** 2))
    legacy, today = units.fleet_pue["survey before 2011"], units.fleet_pue["survey"]
    fall = np.exp(-v["facility.pue_fall"] * max(year - LAST_HISTORY, 0.0))
    return np.asarray(1.0 + old * (legacy - 1.0) + (1.0 - old) * (today - 1.0) * v["facility.survey_level"] * fall)


GAMMA_3_2 = float(gamma(1.5))
"""Mean over scale of a life whose risk grows in proportion to age (Weibull of shape 2)."""
SURVEY_START = 2007.0
"""First year of the survey: all halls then are taken to be of the 2000s."""


def fleet_pue(v: Draws, units: CoolingUnits, name: str, year: float) -> FloatArray:
    """Give the PUE of a class of operator in a year: that of the building model, whose excess falls slowly [1]."""
    fall = np.exp(-v["facility.pue_fall"] * (year - FLEET_YEAR))
    return np.asarray(1.0 + (units.fleet_pue[name] - 1.0) * fall)


FLEET_YEAR = 2024.0
"""Year of the designs in table `operator_designs`."""
