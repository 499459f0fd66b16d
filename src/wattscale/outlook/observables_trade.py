"""Published series of devices, prices and money in terms of the model.

In: a simulation seen through definitions, a row. Out: the model's draws of that figure.
Leaves out: electricity and power; observables.py has them.
"""

from __future__ import annotations

import numpy as np

from wattscale.outlook.fleet import FORMAT_YEARS
from wattscale.outlook.observables import (
    PERCENT,
    Observable,
    Row,
    UnknownSeriesError,
    View,
    dc_ai,
    dc_total,
    pue,
    region_of,
    supply_mix,
)
from wattscale.outlook.years import FIRST_YEAR, LAST_HISTORY, MID_YEAR, REGIONS, place
from wattscale.units import FloatArray

MAKERS = {
    "ai_chips_nvidia": "nvidia",
    "ai_chips_google_tpu": "google_tpu",
    "ai_chips_amazon_trainium": "amazon_trainium",
    "ai_chips_amd": "amd",
}
TABLE = "outlook_definitions"
BILLION, TRILLION = 1e9, 1e12
W_PER_MW = 1e6


def chips(view: View, row: Row, year: float) -> FloatArray:
    """Devices of a maker, cumulative at the end of a year: units, H100 equivalents, power."""
    maker, metric = MAKERS[row["series"]], row["metric"]
    world, last = view.run.path.world, int(year)
    since = int(metric.rsplit("_", 1)[1]) if "since" in metric else int(view.fact(TABLE, f"{maker}.start", year))
    before = 0.0 if "since" in metric else _before(view, maker, metric)
    total = np.full(view.run.world.draws, before)
    for y in range(max(since, FIRST_YEAR), last + 1):
        work = world["shipped_mw"][place(y)] * world["density"][place(y)] * view.fact(TABLE, f"{maker}.share", y)
        units = work / view.fact(TABLE, f"{maker}.h100e_per_unit", y)
        if "h100e" in metric:
            total = total + work
        elif "units" in metric:
            total = total + units
        elif "power" in metric:
            total = total + units * view.fact(TABLE, f"{maker}.power", y) / W_PER_MW
        else:
            raise UnknownSeriesError(f"the model has no '{metric}' of a maker")
    return np.asarray(total * view.v("boundary.other") ** view.fact(TABLE, f"{maker}.doubt", year))


def _before(view: View, maker: str, metric: str) -> float:
    word = "before" if "h100e" in metric else "units_before" if "units" in metric else "power_before"
    return view.catalog.value(TABLE, f"{maker}.{word}") if view.known(TABLE, f"{maker}.{word}") else 0.0


def all_compute(view: View, row: Row, year: float) -> FloatArray:
    """H100 equivalents made, cumulative since 2022."""
    w = view.run.path.world
    made = np.cumsum(w["shipped_mw"] * w["density"], axis=0)
    return np.asarray((view.at(made, year) - made[place(2021)]) * view.v("boundary.other"))


def llm_price(view: View, row: Row, year: float) -> FloatArray:
    """Price of fixed quality: its price when new, then falling; or the factor of a year's fall."""
    fall = view.v("price.quality_fall")
    if row["metric"] == "annual_decline_factor":
        return np.asarray(np.exp(fall))
    if row["metric"] != "price":
        raise UnknownSeriesError(f"the model has no '{row['metric']}' of tokens")
    level, start = _introduced(row, year)
    new = view.v("price.frontier")
    if level:
        new = view.catalog.value("outlook_history", f"level_price.{level}", vintage=start) * view.v("boundary.other")
    return np.asarray(new * np.exp(-fall * max(year - start, 0.0)))


LEVELS = (
    ("mmlu", "gpt-3", 2021.87), ("gpt-3.5", "gpt-3.5", 2022.87), ("gpt-4", "gpt-4", 2023.2),
    ("deepseek", "gpt-4", 2023.2), ("gpt-3", "gpt-3", 2021.87),
)  # fmt: skip
"""Words of a quality level, its name, and when a frontier model first reached it (a16z 2024, AI Index 2025)."""


def _introduced(row: Row, year: float) -> tuple[str, float]:
    """Give the quality level that a row names and its first year; no level and the year itself without one."""
    word = row.get("scenario", "").lower()
    return next(((level, start) for name, level, start in LEVELS if name in word), ("", year))


def tokens(view: View, row: Row, year: float) -> FloatArray:
    """Tokens of an operator per month; the rate at mid-year belongs to the year."""
    operator = row["series"].removeprefix("tokens_")
    share = view.v(f"use.{operator}_share")
    at = year - MID_YEAR
    return np.asarray(view.at(view.run.accounts.world["tokens_per_month"], at) * share * view.v("boundary.other"))


def rental(view: View, row: Row, year: float) -> FloatArray:
    """Rental of an H100: observed to 2026, then falling with the cost of work."""
    known = min(year, LAST_HISTORY + 1.0)
    base = view.fact("outlook_history", "rental.h100", known)
    later = view.at(view.run.path.world["unit_cost"], max(year, known)) / view.at(
        view.run.path.world["unit_cost"], max(known, FIRST_YEAR)
    )
    trend = later if year > LAST_HISTORY + 2 else 1.0
    return np.asarray(base * trend * view.v("boundary.rental"))


def prompt_energy(view: View, row: Row, year: float) -> FloatArray:
    """Energy of a prompt [Wh]: level of mid-2025, falling; accelerator alone is its share."""
    level = view.v("use.prompt_energy") * np.exp(-view.v("use.prompt_fall") * (year - LAST_HISTORY - MID_YEAR))
    alone = "accelerator" in f"{row.get('metric', '')} {row.get('scenario', '')}".lower()
    return np.asarray(level * (view.v("sales.accelerator_share") if alone else 1.0))


def accelerator_efficiency(view: View, row: Row, year: float) -> FloatArray:
    """Dense 16-bit work per watt of a leading device of a year; or its growth, smaller number formats counted."""
    growth = view.v("hardware.efficiency_growth")
    if row["metric"] == "annual_growth":
        formats = np.log(view.v("hardware.precision_gain")) / FORMAT_YEARS
        return np.asarray(np.exp(growth + formats) - 1.0)
    anchor = view.catalog.row("accelerators", "H100-SXM5-80GB").number("tdp_w")
    flops = view.catalog.row("accelerators", "H100-SXM5-80GB").number("bf16_tflops")
    level = flops * 1e3 / anchor
    return np.asarray(level * np.exp(growth * (year - H100_YEAR)) * view.v("boundary.other"))


H100_YEAR = 2022.72
"""When the H100 was sold (table accelerators)."""


def accelerator_performance(view: View, row: Row, year: float) -> FloatArray:
    """Growth of work per device: per watt, and power per device grows a little."""
    return np.asarray(np.exp(view.v("hardware.efficiency_growth")) - 1.0)


def training_compute(view: View, row: Row, year: float) -> FloatArray:
    """Growth of the compute of frontier runs, as a ratio per year."""
    return np.asarray(np.exp(view.v("training.growth_start")))


def largest_run(view: View, row: Row, year: float) -> FloatArray:
    """Power of the largest run [GW]."""
    return np.asarray(view.at(view.run.accounts.world["largest_run_mw"], year) / 1e3)


def investment(view: View, row: Row, year: float) -> FloatArray:
    """Investment in data centres: of a year, or added up from a year on."""
    world, metric = view.run.accounts.world, row["metric"]
    money = world["investment_usd"]
    if region_of(row):
        money = view.run.accounts.region["investment_usd"][:, :, REGIONS.index(region_of(row))]
    unit = TRILLION if "trillion" in row["unit"].lower() else BILLION
    if metric == "investment":
        return np.asarray(view.at(money, year) / unit * view.v("boundary.other"))
    if metric.startswith("cumulative"):
        numbers = [int(p) for p in metric.split("_") if p.isdigit()]
        first = numbers[0] if len(numbers) > 1 else LAST_HISTORY
        if "ai" in row.get("scenario", "").lower():
            money = world["ai_investment_usd"]
        return np.asarray(money[place(first) : place(int(year)) + 1].sum(axis=0) / unit * view.v("boundary.other"))
    raise UnknownSeriesError(f"the model has no '{metric}' of investment")


def capex(view: View, row: Row, year: float) -> FloatArray:
    """Capital spending of the five largest buyers [1e9 USD]."""
    a = view.run.accounts
    ai = view.at(a.world["ai_investment_usd"], year) * view.v("sales.top5_ai")
    other = view.at(a.segments["other computing"], year) * view.v("sales.top5_other")
    return np.asarray((ai + other) / BILLION * view.v("boundary.other") ** CAPEX_SPREAD)


CAPEX_SPREAD = 0.8


def memory_market(view: View, row: Row, year: float) -> FloatArray:
    """Sales of high-bandwidth memory [1e9 USD]: its share of accelerators, theirs of AI investment."""
    world = view.run.accounts.world
    part = view.v("sales.accelerator_share") * view.v("sales.memory_share")
    return np.asarray(view.at(world["ai_investment_usd"], year) * part / BILLION * view.v("boundary.other"))


def cowos(view: View, row: Row, year: float) -> FloatArray:
    """Packaging capacity at the end of a year [wafer/month]."""
    if year <= LAST_HISTORY:
        spread = view.v("boundary.other") ** view.doubt(TABLE, "cowos.wafers", year)
        return np.asarray(view.fact(TABLE, "cowos.wafers", year) * spread)
    made = view.run.path.stages["capacity_mw", "packaging"].copy()
    made[place(LAST_HISTORY)] = view.run.world.history.shipped_mw[-1] * view.v("hardware.level")
    growth = view.at(made, year) / made[place(LAST_HISTORY)]
    return np.asarray(view.fact(TABLE, "cowos.wafers", LAST_HISTORY) * growth * view.v("boundary.other"))


def google(view: View, row: Row, year: float) -> FloatArray:
    """Google as an operator: electricity, hourly carbon-free share."""
    if row["metric"] == "electricity_use":
        return view.electricity(year, "") * view.v("use.electricity_share") * view.v("boundary.electricity")
    if "carbon_free" in row["metric"]:
        return np.asarray(view.v("use.hourly_match") * PERCENT)
    raise UnknownSeriesError(f"the model has no '{row['metric']}' of an operator")


def training_energy(view: View, row: Row, year: float) -> FloatArray:
    """Energy of a training run [GWh]: 6 N D over work per joule at full draw; an unknown run follows the frontier."""
    name, v = row.get("region", ""), view.v
    spread = v("boundary.other") * v("training.utilisation") / np.median(v("training.utilisation"))
    if view.catalog.has_row("outlook_runs", name):
        run = view.catalog.row("outlook_runs", name)
        device = view.catalog.row("accelerators", run.text("accelerator"))
        work = FLOPS_PER_PARAMETER * run.number("params_active_b") * run.number("tokens_b") * BILLION**2
        flops = np.full(view.run.world.draws, work)
        per_joule = (
            np.ones_like(flops)
            * device.number("bf16_tflops")
            * TRILLION
            / device.number("tdp_w")
            * run.number("utilisation")
        )
    else:
        flops = FRONTIER_FLOP * np.exp(v("training.growth_start") * (year - FRONTIER_YEAR))
        efficiency = accelerator_efficiency(view, {"metric": "level"}, year) * BILLION
        per_joule = efficiency * v("training.utilisation")
    return np.asarray(
        flops
        / per_joule
        * v("training.rated_overhead")
        * view.at(view.run.path.world["pue_ai"], max(year, FIRST_YEAR))
        / J_PER_GWH
        * spread
    )


FLOPS_PER_PARAMETER = 6.0
"""Work of training per parameter and token (Kaplan et al. 2020)."""
FRONTIER_FLOP, FRONTIER_YEAR = 2.1e25, 2023.2
"""Compute of the largest run known for 2023 (Epoch AI, GPT-4)."""
J_PER_GWH = 3.6e12

FACTS = {
    ("lcoe_solar", "lcoe_unsubsidised"): "solar.lcoe",
    ("lcoe_wind_onshore", "lcoe_unsubsidised"): "wind.lcoe",
    ("gas_turbine", "orders"): "turbines.orders",
    ("gas_ccgt_cost", "capex"): "gas.capital",
    ("transformer", "lead_time"): "transformer.lead",
    ("interconnection", "active_queue"): "queue.total",
    ("interconnection", "gas_active_queue"): "queue.gas",
}


def fact(view: View, row: Row, year: float) -> FloatArray:
    """A fact that the outlook takes as given, with the common spread of published figures."""
    key = FACTS.get((row["series"], row["metric"]))
    if key is None:
        if (row["series"], row["metric"]) == ("gas_turbine", "production_capacity"):
            age = year - LAST_HISTORY
            return np.asarray(view.v("turbines.supply") * np.exp(view.v("turbines.growth") * age))
        raise UnknownSeriesError(f"the model has no '{row['metric']}' of '{row['series']}'")
    region = "us" if row["series"] == "interconnection" else ""
    spread = view.v("boundary.other") ** view.doubt("outlook_history", key, year, region)
    return np.asarray(view.fact("outlook_history", key, year, region) * spread)


OBSERVABLES: dict[str, Observable] = {
    "dc_total": dc_total, "dc_ai": dc_ai, "dc_supply_mix": supply_mix, "pue": pue, "ai_compute": all_compute,
    "llm_price": llm_price, "tokens_google": tokens, "tokens_openai": tokens, "gpu_rental_h100": rental,
    "energy_per_prompt": prompt_energy, "accelerator_efficiency": accelerator_efficiency,
    "accelerator_performance": accelerator_performance, "training_compute": training_compute,
    "training_run": largest_run, "dc_investment": investment, "hyperscaler_capex": capex, "hbm": memory_market,
    "cowos": cowos, "training_energy": training_energy, "google": google, **dict.fromkeys(MAKERS, chips),
    **{series: fact for series, _ in FACTS},
}  # fmt: skip
"""Series that the model knows."""
