"""What the figures of a plan must be, by unit and name: finite, in order, and within what their words mean.

In: a plan. Out: sentences on what is broken, none for a sound plan.
Leaves out: whether a figure is right; the stages' own tests hold that.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

from wattscale.result import Plan, PlanFigure

TOLERANCE = 1e-6
ANY = (-math.inf, math.inf)
UNITS = {
    "C": (-95.0, 150.0),
    "%": (0.0, 100.0),
    "h/year": (0.0, 8760.0),
    "kWh/m2": (0.0, 5000.0),
    "calendar year": (2015.0, 2200.0),
    "currency": ANY,
}
"""Lowest and highest value by unit; any other unit is never below zero."""
SHARES = ("mfu", "hfu", "goodput", "utilisation", "capacity_factor", "erf")
"""Last words of figures that are shares without being called so."""
ABOVE_ONE = ("pue", "itue", "tue", "max_hourly_pue", "peak_to_mean", "devices_per_replica")
"""Ratios of a whole to its part."""
SIGNED = {
    "npv": "a loss is a negative worth",
    "irr": "a loss is a negative return",
    "settlement": "paid or received",
    "premium": "a contract may be cheaper than the market",
    "risk_removed": "a contract may add risk",
    "cost_of_delay": "a delay of a losing project saves money",
    "late_start_usd": "as cost_of_delay",
    "value_of_earlier_year": "as cost_of_delay",
    "reported_": "as the figure in USD",
    "price_for_target_irr": "other revenue may pay more than is asked",
    "power_cost": "negative prices",
    "hedge_ratio": "sign of a covariance",
    "strike": "negative prices",
    "price_usd_per_mwh": "negative prices",
    "verify_difference": "either solver may be cheaper",
    "marginal": "the plant that follows the load may be given as negative",
    "market_t": "residual mix may be given as negative",
    "breakeven_electricity": "a plan that loses without any power bill",
    "elevation": "below the sea",
}
"""Words in names of figures that may be negative, and why."""
FREE_SHARES = {
    "economics.electricity_share": "negative prices",
    "economics.electricity_to_hardware_ratio": "negative prices",
    "supply.clean_annual_share": "more clean energy than load",
    "economics.power_cost_risk_share": "negative mean cost",
    "economics.user_share_of_income": "may exceed an income",
    "economics.contracts_risk_removed_share": "a contract may add risk",
    "economics.option_risk_removed_share": "a contract may add risk",
    "impact.certificates": "more certificates than energy",
}
"""Shares that may leave 0 to 1, and why."""
PAID_FOR_POWER = ("electricity", "cost_usd", "running", "tco", "serving", "usd_per", "lcoe")
"""Words in names of costs that hold the power bill, which is negative where power is paid for."""
ORDERED = (
    ("compute.serving.ttft_p50_s", "compute.serving.ttft_p90_s"),
    ("compute.serving.ttft_p90_s", "compute.serving.ttft_p99_s"),
    ("compute.serving.batch", "compute.serving.full_batch"),
    ("compute.training.mfu", "compute.training.hfu"),
    ("compute.it_mean_mw", "compute.it_peak_mw"),
    ("facility.pue", "facility.tue"),
    ("facility.pue", "facility.max_hourly_pue"),
    ("facility.it_energy_mwh", "facility.energy_mwh"),
    ("workload.params_active", "workload.params_total"),
    ("impact.embodied_t_per_year", "impact.carbon_total_t_per_year"),
    ("impact.water_m3_per_year", "impact.water_total_m3_per_year"),
    ("site.min_temp_c", "site.mean_temp_c"),
    ("site.mean_temp_c", "site.max_temp_c"),
    ("site.mean_dew_point_c", "site.mean_temp_c"),
)
"""Pairs of which the first is never above the second."""


def broken(plan: Plan) -> Iterator[str]:
    """Give what is broken in a plan; the words before the colon name the cause."""
    data = plan.to_dict()
    json.dumps(data, allow_nan=False)
    paid = bool((plan.site.price_usd_per_mwh < 0).any()) or _earns_from_power(plan)
    for figure in plan.figures.values():
        yield from _figure(figure, paid)
    values = {name: figure.value for name, figure in plan.figures.items()}
    for less, more in ORDERED:
        if less in values and more in values and values[less] > values[more] + _slack(values[more]):
            yield f"{less} above {more}: {values[less]!r} > {values[more]!r}"
    yield from _hours(plan, values)


def _earns_from_power(plan: Plan) -> bool:
    """Whether the scenario lets the power bill fall below zero: sales, payments, contracts, a price below zero."""
    supply, money = plan.scenario.supply, plan.scenario.economics
    flat = money.electricity_price_usd_per_mwh
    terms = (*(p.energy_usd_per_mwh for p in supply.tariff_periods), *(t.usd_per_mwh for t in supply.energy_tiers))
    return bool(
        supply.export_allowed or supply.ppas or supply.curtailment_usd_per_kw_year or money.contract != "none"
        or money.hedge_share or (flat is not None and flat < 0) or any(t < 0 for t in terms)
    )  # fmt: skip


def _figure(figure: PlanFigure, paid: bool) -> Iterator[str]:
    family = _family(figure.name)
    if not figure.low <= figure.value <= figure.high:
        yield f"{family} outside its own range: {figure.low!r} <= {figure.value!r} <= {figure.high!r}"
    low, high = meant(figure.name, figure.unit, paid)
    for value in (figure.low, figure.value, figure.high):
        if not math.isfinite(value):
            yield f"{family} not finite: {value!r}"
        elif value < low - _slack(low):
            yield f"{family} below {low:g}: {value!r}"
        elif value > high + _slack(high):
            yield f"{family} above {high:g}: {value!r}"
        else:
            continue
        return


def meant(name: str, unit: str, paid: bool = False) -> tuple[float, float]:
    """Give the lowest and highest value that a figure can mean; `paid` where power may earn money.

    >>> meant("facility.pue", "1"), meant("compute.training.mfu", "1"), meant("supply.import_mwh", "MWh/year")
    ((1.0, inf), (0.0, 1.0), (0.0, inf))
    """
    family = _family(name)
    last = name.rpartition(".")[2]
    if unit in UNITS and not any(word in name for word in SIGNED):
        return UNITS[unit]
    if any(name.startswith(free) for free in FREE_SHARES) or any(word in name for word in SIGNED):
        return ANY
    if unit == "1" and (family.rpartition(".")[2].endswith("share") or last in SHARES or "capacity_factor" in name):
        return 0.0, 1.0
    if last in ABOVE_ONE:
        return 1.0, math.inf
    if paid and "USD" in unit and any(word in name for word in PAID_FOR_POWER):
        return ANY
    return 0.0, math.inf


def _family(name: str) -> str:
    """Name without the technology or contract that a figure is of."""
    parts = name.split(".")
    return name if parts[1] in ("training", "serving") else ".".join(parts[:2])


def _hours(plan: Plan, values: dict[str, float]) -> Iterator[str]:
    hours = plan.hourly()
    if len(hours) != 8760 or hours.isna().any().any():
        yield f"hourly table not whole: {len(hours)} rows, empty in {list(hours.columns[hours.isna().any()])}"
        return
    load = hours["facility_power_mw"]
    slack = TOLERANCE * max(1.0, float(load.max()))
    given = sum(hours[f"{name}_mw"] for name in plan.supply.dispatch_mw)
    taken = load + sum(hours[f"to_{name}_mw"] for name in plan.supply.uses_mw)
    if (given - taken).abs().max() > slack:
        yield f"hourly balance of power open: by {float((given - taken).abs().max())!r} MW"
    signed = ("to_flexible_mw",)  # what is put off counts as negative use
    for column in (*(c for c in hours.columns if c.endswith("_mw") and c not in signed), "water_m3"):
        if hours[column].min() < -slack:
            yield f"hourly {'series' if '_mw' in column else column} negative: {column} {float(hours[column].min())!r}"
    if hours["pue"].min() < 1.0 - TOLERANCE:
        yield f"hourly pue below 1: {float(hours['pue'].min())!r}"
    share = hours["cfe_share"]
    if not share.between(-TOLERANCE, 1.0 + TOLERANCE).all():
        yield f"hourly cfe_share outside 0 to 1: {float(share.min())!r} to {float(share.max())!r}"
    sums = {"facility.energy_mwh": load.sum(), "facility.it_energy_mwh": hours["it_power_mw"].sum()}
    for name, total in sums.items():
        if abs(values[name] - total) > TOLERANCE * max(1.0, abs(total)):
            yield f"{name} is not the sum of its hours: {values[name]!r} against {float(total)!r}"


def _slack(limit: float) -> float:
    return TOLERANCE * max(1.0, abs(limit)) if math.isfinite(limit) else 0.0
