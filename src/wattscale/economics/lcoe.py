"""Levelised cost of electricity in the form of the NREL ATB, with taxes and credits.

In: costs of a plant per MW, capacity factor, real cost of capital, tax. Out: USD per MWh.
Leaves out: the shape of the supply against a load; the supply stage solves that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.annuity import annuity
from wattscale.errors import InputError
from wattscale.units import HOURS_PER_YEAR, FloatArray


@dataclass(frozen=True)
class PlantCost:
    """Cost of one plant, in real USD.

    Attributes:
        capex_usd_per_mw: Capital, interest during construction and grid connection included [USD/MW].
        fixed_usd_per_mw_year: Fixed operation and maintenance [USD/MW/year].
        variable_usd_per_mwh: Variable operation and maintenance [USD/MWh].
        fuel_usd_per_mwh_thermal: Fuel price [USD/MWh, lower heating value].
        efficiency: Electricity over fuel energy [1].
        carbon_t_per_mwh: Direct carbon [t/MWh].
    """

    capex_usd_per_mw: float
    fixed_usd_per_mw_year: float = 0.0
    variable_usd_per_mwh: float = 0.0
    fuel_usd_per_mwh_thermal: float = 0.0
    efficiency: float = 1.0
    carbon_t_per_mwh: float = 0.0


def present_value_of_depreciation(schedule: FloatArray, wacc_real: float, inflation_rate: float = 0.0) -> float:
    """Give the present value of writing off one unit of basis.

    PVD = sum over t of d_t / ((1 + w)(1 + i))^t

    Args:
        schedule: Share written off in each year [1], shape (years,).
        wacc_real: Real weighted cost of capital after tax [1/year].
        inflation_rate: Inflation, since depreciation is nominal [1/year].

    Returns:
        Present value per unit of basis [1].

    Source: NREL Annual Technology Baseline, definitions.

    >>> round(present_value_of_depreciation(np.array([0.5, 0.5]), 0.0), 3)
    1.0
    """
    years = np.arange(1, len(schedule) + 1)
    return float((np.asarray(schedule) / ((1.0 + wacc_real) * (1.0 + inflation_rate)) ** years).sum())


def fixed_charge_rate(wacc_real: float, years: float, tax_rate: float, pvd: float, itc_share: float = 0.0) -> float:
    """Give the yearly revenue a unit of capital needs before tax.

    FCR = crf * (1 - T * PVD * (1 - c / 2) - c) / (1 - T)

    Args:
        wacc_real: Real weighted cost of capital after tax [1/year].
        years: Capital recovery period [year].
        tax_rate: Tax on profit T [1].
        pvd: Present value of depreciation [1].
        itc_share: Investment tax credit c; half of it leaves the depreciable basis [1].

    Returns:
        Fixed charge rate [1/year].

    Raises:
        InputError: A negative cost of capital.

    Source: NREL Annual Technology Baseline, project finance factor.

    >>> round(fixed_charge_rate(0.0, 20, 0.25, 1.0), 6)
    0.05
    """
    if wacc_real < 0.0:
        raise InputError("must not be negative", where="economics.discount_rate", value=wacc_real, allowed=">= 0")
    factor = (1.0 - tax_rate * pvd * (1.0 - itc_share / 2.0) - itc_share) / (1.0 - tax_rate)
    return annuity(wacc_real, years) * factor


def levelised_ptc(
    ptc_usd_per_mwh: float, wacc_real: float, years: float, tax_rate: float, ptc_years: float = 10.0
) -> float:
    """Spread a production tax credit of the first years over the life, in revenue before tax.

    p = ptc / (1 - T) * crf(n) / crf(n_ptc)

    Args:
        ptc_usd_per_mwh: Credit, indexed to prices [USD/MWh].
        wacc_real: Real weighted cost of capital [1/year].
        years: Capital recovery period n [year].
        tax_rate: Tax on profit T [1].
        ptc_years: Years the credit is paid [year].

    Returns:
        Levelised credit [USD/MWh].

    Source: NREL Annual Technology Baseline, tax credits.

    >>> levelised_ptc(20.0, 0.0, 20, 0.0)
    10.0
    """
    return ptc_usd_per_mwh / (1.0 - tax_rate) * annuity(wacc_real, years) / annuity(wacc_real, ptc_years)


def lcoe(
    plant: PlantCost,
    capacity_factor: float,
    charge_rate: float,
    ptc_usd_per_mwh: float = 0.0,
    carbon_price_usd_per_t: float = 0.0,
) -> float:
    """Give the levelised cost of electricity.

    LCOE = (FCR * CAPEX + FOM) / (8760 * CF) + VOM + fuel / efficiency + carbon * price - PTC

    Args:
        plant: Cost of the plant.
        capacity_factor: Mean output over capacity [1], above zero.
        charge_rate: Fixed charge rate [1/year].
        ptc_usd_per_mwh: Levelised production credit [USD/MWh].
        carbon_price_usd_per_t: Price on direct carbon [USD/t].

    Returns:
        Cost [USD/MWh].

    Raises:
        InputError: A capacity factor that is not above zero and at most one.

    Source: NREL Annual Technology Baseline, equations.

    >>> round(lcoe(PlantCost(1_000_000.0, 20_000.0), 0.25, 0.07), 2)
    41.1
    """
    if not 0.0 < capacity_factor <= 1.0:
        raise InputError("must be above zero", where="capacity_factor", value=capacity_factor, allowed="0 < x <= 1")
    fixed = (charge_rate * plant.capex_usd_per_mw + plant.fixed_usd_per_mw_year) / (HOURS_PER_YEAR * capacity_factor)
    variable = plant.variable_usd_per_mwh + plant.fuel_usd_per_mwh_thermal / plant.efficiency
    return fixed + variable + plant.carbon_t_per_mwh * carbon_price_usd_per_t - ptc_usd_per_mwh
