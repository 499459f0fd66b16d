"""Names the answer: from a solved program to capacities, dispatch, costs and carbon by technology.

In: a `Campus` and its `Solution`. Out: the parts of a `SupplyResult`. Leaves out: figures and warnings (stage.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.annuity import annuity
from wattscale.supply.certificate import flow_reduced_cost, reduced_costs
from wattscale.supply.expansion import Campus
from wattscale.supply.limits import counted_per_mw, counted_per_mwh, wear_usd_per_mwh
from wattscale.supply.program import Solution, bound_value
from wattscale.supply.purchases import resale_usd_per_mwh
from wattscale.supply.result import sold_share
from wattscale.supply.setting import Limit, Purchase
from wattscale.supply.tariff import PEAKS, REDUCTION, SPOT, TIER
from wattscale.supply.technologies import Technology
from wattscale.units import KG_PER_T, FloatArray


@dataclass(frozen=True)
class Dispatch:
    """Power by technology in each step.

    Attributes:
        given_mw: Power given to the campus, storage discharge and unserved load included [MW].
        uses_mw: Power taken beside the load: storage charge, export, moved load (negative where it is put off) [MW].
        curtailed_mw: Power of solar and wind not used [MW].
    """

    given_mw: dict[str, FloatArray]
    uses_mw: dict[str, FloatArray]
    curtailed_mw: dict[str, FloatArray]


def capacities(campus: Campus, solution: Solution) -> tuple[dict[str, float], dict[str, float]]:
    """Give the capacities [MW] and storage sizes [MWh] by technology."""
    power, energy = {}, {}
    for name, t in campus.technologies.items():
        power[name] = float(solution.columns[campus.program.column(name)])
        if t.kind == "storage":
            energy[name] = float(solution.columns[campus.program.column(f"{name}.energy")])
    return power, energy


def dispatch(campus: Campus, solution: Solution) -> Dispatch:
    """Split the flows by technology; solar and wind are curtailed in proportion to what they could give."""
    program = campus.program
    given: dict[str, FloatArray] = {}
    uses: dict[str, FloatArray] = {}
    curtailed: dict[str, FloatArray] = {}
    potential = {n: f * solution.columns[program.column(n)] for n, f in campus.setting.renewable.items()
                 if n in campus.technologies}  # fmt: skip
    total = np.asarray(sum(potential.values(), np.zeros(program.steps)))
    used = solution.flows[program.flow("renewable")] if potential else np.zeros(program.steps)
    share = np.divide(used, total, out=np.zeros(program.steps), where=total > 0)
    for name, t in campus.technologies.items():
        if t.kind == "renewable":
            given[name] = potential[name] * share
            curtailed[name] = potential[name] - given[name]
        elif t.kind == "storage":
            given[name] = solution.flows[program.flow(f"{name}.discharge")]
            uses[name] = solution.flows[program.flow(f"{name}.charge")]
        else:
            bought = max(program.flow(SPOT), program.flow(name)) if name == "grid" else program.flow(name)
            given[name] = solution.flows[bought]
    for p in campus.setting.purchases:
        if p.delivery == "physical":
            given[p.key] = solution.flows[program.flow(p.key)]
            volume = campus.setting.renewable[p.key] * solution.columns[program.column(p.key)]
            curtailed[p.key] = np.maximum(volume - given[p.key], 0.0) * (resale_usd_per_mwh(campus.setting, p) <= 0.0)
    given["unserved"] = solution.flows[program.flow("unserved")]
    if campus.setting.export_usd_per_mwh is not None and "grid" in campus.technologies:
        uses["export"] = solution.flows[program.flow("export")]
    if program.flow("flexible") >= 0:
        usual = campus.setting.flexible_share * campus.setting.load_mw
        uses["flexible"] = solution.flows[program.flow("flexible")] - usual
    return Dispatch(given, uses, curtailed)


def carbon_kg(campus: Campus, d: Dispatch) -> tuple[FloatArray, FloatArray]:
    """Give direct CO2 of each step, of all and of grid energy alone [kg].

    Contracts without certificates count as the grid's energy of the hour; over the grid they are part of it.
    """
    weight, setting = campus.setting.weight, campus.setting
    grid = d.given_mw.get("grid", np.zeros(len(weight))) * weight * setting.grid_carbon_kg_per_mwh
    total = grid.copy()
    for p in setting.purchases:
        if p.delivery == "physical" and not p.carbon_free:
            emitted = d.given_mw[p.key] * weight * setting.grid_carbon_kg_per_mwh
            total = total + emitted
            grid = grid + emitted if p.through_grid else grid
    for name, t in campus.technologies.items():
        if t.carbon_kg_per_mwh:
            total = total + d.given_mw[name] * weight * t.carbon_kg_per_mwh
    return total, grid


def metered_mw(campus: Campus, d: Dispatch) -> dict[str, FloatArray]:
    """Give the contracted power over the grid's meter, `clean` and `other`, each where there is any [MW]."""
    found: dict[str, FloatArray] = {}
    for p in campus.setting.over_grid:
        kind = "clean" if p.carbon_free else "other"
        found[kind] = found.get(kind, np.zeros_like(d.given_mw[p.key])) + d.given_mw[p.key]
    return found


def carbon_free_share(campus: Campus, d: Dispatch) -> FloatArray:
    """Give the carbon-free share of the load in each step [1]: clean energy at the load, over the load, within 0 and 1.

    Clean is clean generation + clean import - charging + discharging, so a store that is filled with dirty energy
    lowers the share of that step, and what was not clean in discharge counted when it was charged.
    """
    load = campus.setting.load_mw + d.uses_mw.get("flexible", 0.0)
    dirty = dirty_mw(campus, d)
    return np.maximum(1.0 - np.divide(dirty, load, out=np.zeros(len(load)), where=load > 0), 0.0)


def carbon_free_share_of_year(campus: Campus, d: Dispatch) -> float:
    """Give the load of the year that carbon-free energy of the same step meets, over the load [1].

    sum of min(load, clean) / load = 1 - sum of dirty / load; zero where losses of dirty energy exceed all clean.
    """
    dirty = float(campus.setting.weight @ dirty_mw(campus, d))
    return max(1.0 - dirty / campus.setting.energy_mwh, 0.0)


def dirty_mw(campus: Campus, d: Dispatch) -> FloatArray:
    """Give the load less the clean energy that meets it in each step [MW], never below zero; shape (T,).

    That is import that is not carbon-free, emitting plant and load that is not served, less export.
    """
    total = d.given_mw["unserved"].copy()
    if "grid" in d.given_mw:
        total += d.given_mw["grid"] * (1.0 - campus.setting.grid_cfe_share)
    for name, t in campus.technologies.items():
        if t.kind == "fuelled" and not t.carbon_free:
            total += d.given_mw[name]
    for p in campus.setting.purchases:
        if p.delivery == "physical" and not p.carbon_free:
            total += d.given_mw[p.key]
    return np.maximum(total - d.uses_mw.get("export", 0.0), 0.0)


def export_carbon_kg(campus: Campus, d: Dispatch) -> FloatArray:
    """Give the direct CO2 of what is sold in each step, at the mix of all that the campus then has [kg].

    A store emits when it is filled, so what it gives carries none.
    """
    total, _ = carbon_kg(campus, d)
    return total * sold_share(d.given_mw, d.uses_mw)


def costs(campus: Campus, solution: Solution, d: Dispatch) -> dict[str, float]:
    """Give the yearly cost by part [USD/year]; they sum to the program's objective."""
    setting, program = campus.setting, campus.program
    weight, rate = setting.weight, setting.discount_rate
    parts: dict[str, float] = {}
    power, energy = capacities(campus, solution)
    for name, t in campus.technologies.items():
        capital = capital_of(t, power[name], energy.get(name, 0.0))
        if name == "grid":
            _grid_costs(campus, solution, d, capital, parts)
            continue
        parts[f"{name}.capital"] = t.capital_usd_per_year(rate, power[name], energy.get(name, 0.0))
        parts[f"{name}.fixed"] = capital * t.fixed_share + t.fixed_usd_per_mw_year * power[name]
        given = float(weight @ d.given_mw[name])
        if t.variable_usd_per_mwh:
            paid = float(weight @ (d.given_mw[name] + d.curtailed_mw[name])) if t.kind == "renewable" else given
            paid = float(weight @ d.uses_mw[name]) if t.kind == "storage" else paid
            parts[f"{name}.variable"] = paid * t.variable_usd_per_mwh
        wear = wear_usd_per_mwh(setting, t) if t.kind == "storage" else 0.0
        if wear:
            parts[f"{name}.degradation"] = float(weight @ d.uses_mw[name]) * wear
        if t.fuel_usd_per_mwh[0]:
            parts[f"{name}.fuel"] = given * t.fuel_usd_per_mwh[0]
    for p in setting.purchases:
        parts |= purchase_costs(campus, p, float(solution.columns[program.column(p.key)]), d)
    parts["unserved"] = float(weight @ d.given_mw["unserved"]) * setting.unserved_usd_per_mwh
    if setting.carbon_price_usd_per_t:
        counted = counted_carbon_kg(campus, d, power)
        parts["carbon_price"] = counted / KG_PER_T * setting.carbon_price_usd_per_t
    peaks = [i for i, c in enumerate(program.columns) if c.name.startswith(PEAKS)]
    if peaks:
        parts["grid.demand_charge"] = float(sum(solution.columns[i] * program.columns[i].cost for i in peaks))
    tiers = [i for i, c in enumerate(program.columns) if c.name.startswith(TIER)]
    if tiers:
        parts["grid.energy_tiers"] = float(sum(solution.columns[i] * program.columns[i].cost for i in tiers))
    return parts


def _grid_costs(campus: Campus, solution: Solution, d: Dispatch, capital: float, parts: dict[str, float]) -> None:
    setting, t = campus.setting, campus.technologies["grid"]
    if setting.grid_capital:
        parts["grid.capital"] = capital * annuity(setting.discount_rate, t.life_years)
        parts["grid.fixed"] = capital * t.fixed_share
    parts["grid.energy"] = float((setting.weight * setting.import_usd_per_mwh) @ d.given_mw["grid"])
    if setting.called is not None and setting.curtailment_usd_per_mw_year:
        given_up = float(solution.columns[campus.program.column(REDUCTION)])
        parts["grid.curtailment_credit"] = -setting.curtailment_usd_per_mw_year * given_up
    if setting.export_usd_per_mwh is not None:
        parts["grid.export"] = -float((setting.weight * setting.export_usd_per_mwh) @ d.uses_mw["export"])


def purchase_costs(campus: Campus, p: Purchase, size_mw: float, d: Dispatch) -> dict[str, float]:
    """Give the yearly cost of a contract by part: energy or settlement, network, surplus sold [USD/year]."""
    setting = campus.setting
    profile = setting.renewable[p.key] * size_mw
    if p.delivery == "virtual":
        return {f"{p.key}.settlement": float((setting.weight * profile) @ (p.usd_per_mwh - setting.spot))}
    taken = float(setting.weight @ d.given_mw[p.key])
    paid = max(taken, p.take_or_pay_share * float(setting.weight @ profile))
    parts = {f"{p.key}.energy": paid * p.usd_per_mwh}
    if p.surplus_sold:
        sold = setting.weight * (profile - d.given_mw[p.key])
        parts[f"{p.key}.sold"] = -float(sold @ resale_usd_per_mwh(setting, p))
    if p.through_grid:
        parts[f"{p.key}.network"] = float((setting.weight * setting.network) @ d.given_mw[p.key])
    return parts


def counted_carbon_kg(campus: Campus, d: Dispatch, power_mw: dict[str, float]) -> float:
    """Give the carbon of the year that cap and price count [kg]."""
    setting = campus.setting
    weight = setting.weight
    total = float((weight * setting.grid_counted_kg_per_mwh) @ d.given_mw["grid"]) if "grid" in d.given_mw else 0.0
    for name, t in campus.technologies.items():
        total += counted_per_mw(setting, t) * power_mw[name]
        if t.kind in ("fuelled", "storage"):
            total += counted_per_mwh(setting, t) * float(weight @ d.given_mw[name])
    for p in setting.purchases:
        if p.delivery == "physical":
            total += float((weight * setting.purchase_counted_kg_per_mwh(p)) @ d.given_mw[p.key])
    return total


def capital_of(t: Technology, power_mw: float, energy_mwh: float, level: int = 0) -> float:
    """Give the overnight cost of a plant [USD]; level 0 the central value, 1 low, 2 high."""
    return t.capital_usd_per_mw[level] * power_mw + t.capital_usd_per_mwh[level] * energy_mwh


def cost_range(campus: Campus, solution: Solution, d: Dispatch) -> tuple[float, float]:
    """Give the yearly cost with all catalogue costs at their low and at their high end, the design unchanged [USD]."""
    power, energy = capacities(campus, solution)
    found = []
    base = sum(costs(campus, solution, d).values())
    for level in (1, 2):
        total = base
        for name, t in campus.technologies.items():
            if name == "grid" and not campus.setting.grid_capital:
                continue
            size, rate = (power[name], energy.get(name, 0.0)), campus.setting.discount_rate
            total += t.capital_usd_per_year(rate, *size, level) - t.capital_usd_per_year(rate, *size)
            total += (capital_of(t, *size, level) - capital_of(t, *size)) * t.fixed_share
            fuel = t.fuel_usd_per_mwh[level] - t.fuel_usd_per_mwh[0]
            total += fuel * float(campus.setting.weight @ d.given_mw[name])
        found.append(total)
    return found[0], found[1]


def lifecycle_kg(campus: Campus, d: Dispatch, grid_lifecycle_kg_per_mwh: FloatArray) -> FloatArray:
    """Give the life-cycle CO2 of import and of own fuel in each step, plant apart [kg]."""
    weight = campus.setting.weight
    total = d.given_mw.get("grid", np.zeros(len(weight))) * weight * grid_lifecycle_kg_per_mwh
    for name, t in campus.technologies.items():
        per_mwh = t.carbon_kg_per_mwh + t.upstream_kg_per_mwh
        if per_mwh:
            total = total + d.given_mw[name] * weight * per_mwh
    for p in campus.setting.purchases:
        if p.delivery == "physical":
            certified = np.full(len(weight), p.lifecycle_kg_per_mwh)
            total = total + d.given_mw[p.key] * weight * (certified if p.carbon_free else grid_lifecycle_kg_per_mwh)
    return total


def shadow_prices(campus: Campus, solution: Solution) -> dict[str, float]:
    """Give what one more unit of each binding limit of the scenario saves, in USD per unit and year.

    Carbon cap: USD per t; carbon-free and unserved share: USD per MWh; connection and capacities: USD per MW and year;
    ramps: USD per MW/h, or per unit of their share, and year.
    """
    _, reduced = reduced_costs(campus.program, solution.prices)
    found: dict[str, float] = {}
    for limit in campus.limits:
        if limit.kind == "budget":
            price = float(solution.prices.budgets[limit.index])
            price *= KG_PER_T if limit.key == "supply.carbon_cap_kg_per_mwh" else 1.0
        elif limit.kind == "link":
            price = float(solution.prices.links[limit.index])
        elif limit.kind == "ramp":
            price = _ramp_price(campus, solution, limit)
        else:
            price = -float(reduced[limit.index])
        found[limit.key.removeprefix("supply.").removesuffix("_kg_per_mwh")] = max(price, 0.0)
    return found


def _ramp_price(campus: Campus, solution: Solution, limit: Limit) -> float:
    """What one more unit of a ramp's limit saves: the reduced costs of its rise and fall at their bounds."""
    program, total = campus.program, 0.0
    ramp = program.ramps[limit.index]
    for j in (ramp.up, ramp.down):
        flow = program.flows[j]
        saved = np.maximum(-flow_reduced_cost(program, solution.prices, j), 0.0)
        total += float(saved[1:] @ bound_value(flow.upper_terms, flow.upper, solution.columns)[1:])
    return total / limit.value


def ramp_hours(campus: Campus, solution: Solution) -> dict[str, float]:
    """Give the hours in which a change is at its limit, by what the ramp limits: grid, a technology, flexible [h]."""
    program, found = campus.program, dict[str, float]()
    for limit in campus.limits:
        if limit.kind != "ramp":
            continue
        ramp = program.ramps[limit.index]
        bound = np.zeros(program.steps, np.bool_)
        for j in (ramp.up, ramp.down):
            flow = program.flows[j]
            most = bound_value(flow.upper_terms, flow.upper, solution.columns)
            bound |= (solution.flows[j] >= most * (1.0 - AT_LIMIT)) & (most > AT_LIMIT)
        found[program.flows[ramp.flow].name] = float(program.weight[1:] @ bound[1:])
    return found


AT_LIMIT = 1e-3
"""Distance to a limit, over the limit, below which it counts as reached [1]."""
