"""The reference campus of the supply benchmark: seeded synthetic year, ten capacities, weekly training energy.

In: a seed. Out: the numbers of one campus (`make_campus`) and its `Program` (`campus_program`).
"""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from wattscale.supply.program import Budget, Column, Flow, Link, Program, Store, Term, term

HOURS = 8760
ETA_BATTERY, ETA_LONG_IN, ETA_LONG_OUT = 0.93, 0.72, 0.60
KEEP_BATTERY = 1 - 1e-5
NUCLEAR_MIN, NUCLEAR_MAX = 0.5, 0.93
GAS_COST, GAS_CARBON, NUCLEAR_COST, UNSERVED_COST = 38.0, 0.37, 20.0, 9000.0
CAPACITIES = ["solar", "wind", "bat_p", "bat_e", "ldes_c", "ldes_d", "ldes_e", "gas", "smr", "grid"]
BASE_COST = {
    "solar": 88e3, "wind": 165e3, "bat_p": 22e3, "bat_e": 19e3, "ldes_c": 38e3, "ldes_d": 55e3, "ldes_e": 1.6e3,
    "gas": 115e3, "smr": 820e3, "grid": 32e3,
}  # fmt: skip
DEMAND_CHARGE = 9000.0
MONTH = np.repeat(np.arange(12), np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) * 24)
WEEK = np.minimum(np.arange(HOURS) // 168, 51)


def _ar1(rng: np.random.Generator, n: int, rho: float, sigma: float) -> np.ndarray:
    return lfilter([1.0], [1.0, -rho], rng.standard_normal(n) * sigma * np.sqrt(1 - rho * rho))


def make_campus(seed: int, cfe: float = 0.90) -> dict:
    """Draw one campus: weather, price, carbon, costs, limits and size."""
    rng = np.random.default_rng(seed)
    h = np.arange(HOURS)
    hod, day = h % 24, h // 24
    lat = np.deg2rad(rng.uniform(20, 55))
    decl = np.deg2rad(23.45) * np.sin(2 * np.pi * (day - 80) / 365)
    elev = np.sin(lat) * np.sin(decl) + np.cos(lat) * np.cos(decl) * np.cos(2 * np.pi * (hod - 12) / 24)
    clear = np.repeat(1 / (1 + np.exp(-(rng.uniform(0.6, 1.4) + 1.3 * _ar1(rng, 365, 0.55, 1.0)))), 24)
    solar = np.maximum(elev, 0) ** 0.75 * (0.2 + 0.8 * clear) * (1 + 0.06 * rng.standard_normal(HOURS))
    solar = np.clip(solar, 0, 1)
    solar[solar < 0.01] = 0
    w = _ar1(rng, HOURS, 0.985, 1.0) + 0.35 * np.cos(2 * np.pi * (day - 20) / 365)
    w = w + 0.15 * np.cos(2 * np.pi * (hod - 2) / 24)
    v = rng.uniform(6.5, 8.5) * np.exp(0.45 * w - 0.1)
    wind = np.clip((v**3 - 3.0**3) / (12.5**3 - 3.0**3), 0, 1) * (v < 25) * 0.93
    wind[wind < 0.005] = 0
    shape = 0.5 * np.cos(2 * np.pi * (hod - 19) / 24) - 0.55 * solar
    shape = shape + 0.25 * np.cos(2 * np.pi * (day - 200) / 365 * 2)
    price = rng.uniform(32, 65) * np.exp(0.35 * shape + 0.25 * _ar1(rng, HOURS, 0.95, 1.0) - 0.3 * wind)
    price += (rng.random(HOURS) < 0.004) * rng.uniform(150, 900, HOURS)
    price = np.round(np.maximum(price, 1.0), 2)
    base = rng.uniform(0.12, 0.65)
    carbon = np.clip(base * (1 - 0.45 * solar - 0.25 * wind + 0.1 * _ar1(rng, HOURS, 0.97, 1.0)), 0.01, 0.9)
    grid_cfe = np.clip(1 - carbon / 0.75, 0.02, 0.98)
    size = float(rng.uniform(150, 1000))
    swing = 1 + 0.12 * np.cos(2 * np.pi * (hod - 15) / 24) + 0.03 * np.cos(2 * np.pi * (day - 200) / 365)
    serve = 0.5 * size * swing
    cost = {k: BASE_COST[k] * float(np.exp(0.12 * rng.standard_normal())) for k in CAPACITIES}
    limit = {"solar": 12 * size, "wind": 12 * size, "bat_p": 4 * size, "bat_e": 60 * size, "ldes_c": 3 * size,
             "ldes_d": 3 * size, "ldes_e": 400 * size, "gas": 1.2 * size, "smr": size,
             "grid": float(rng.uniform(0.4, 1.2)) * size}  # fmt: skip
    train = 0.5 * size
    total = serve.sum() + train * HOURS
    return {"size": size, "solar": np.round(solar, 4), "wind": np.round(wind, 4), "price": price,
            "carbon": carbon, "grid_cfe": grid_cfe, "serve": serve, "train": train, "cost": cost, "limit": limit,
            "total": total, "cfe_budget": (1 - cfe) * total, "carbon_cap": 0.045 * total}  # fmt: skip


def campus_program(s: dict) -> Program:
    """Write the campus as a program: two storages and the training backlog as stores, two budgets."""
    n = HOURS
    zero, none = np.zeros(n), np.full(n, 0.0)
    columns = [Column(k, s["cost"][k], s["limit"][k]) for k in CAPACITIES]
    columns += [Column(f"peak.{m}", DEMAND_CHARGE, s["limit"]["grid"]) for m in range(12)]
    columns += [Column("level.bat", 0.0, s["limit"]["bat_e"]), Column("level.ldes", 0.0, s["limit"]["ldes_e"])]
    at = {c.name: i for i, c in enumerate(columns)}

    def up(name: str, factor: float = 1.0) -> tuple[Term, ...]:
        return (term(at[name], factor, n),)

    def flow(name: str, cost: float, balance: float, **k: object) -> Flow:
        hourly = np.broadcast_to(np.asarray(cost, float), (n,)).copy()
        return Flow(name, hourly, balance, k.pop("lower", zero), k.pop("upper", none), **k)

    peaks = (Term(at["peak.0"] + MONTH, np.ones(n)),)
    train = s["train"]
    flows = [
        flow("renewable", 0.0, 1.0, upper_terms=(term(at["solar"], s["solar"], n), term(at["wind"], s["wind"], n))),
        flow("gas", GAS_COST, 1.0, upper_terms=up("gas")),
        flow("smr", NUCLEAR_COST, 1.0, upper_terms=up("smr", NUCLEAR_MAX), lower_terms=up("smr", NUCLEAR_MIN)),
        flow("grid", s["price"], 1.0, upper_terms=peaks),
        flow("unserved", UNSERVED_COST, 1.0, upper=s["serve"] + 1.25 * train),
        flow("battery.charge", 0.0, -1.0, upper_terms=up("bat_p"), gain={0: ETA_BATTERY}),
        flow("battery.discharge", 0.0, 1.0, upper_terms=up("bat_p"), gain={0: -1 / ETA_BATTERY}),
        flow("long.charge", 0.0, -1.0, upper_terms=up("ldes_c"), gain={1: ETA_LONG_IN}),
        flow("long.discharge", 0.0, 1.0, upper_terms=up("ldes_d"), gain={1: -1 / ETA_LONG_OUT}),
        flow("training", 0.0, -1.0, lower=np.full(n, 0.3 * train), upper=np.full(n, 1.25 * train), gain={2: 1.0}),
    ]
    ends = np.zeros(n)
    ends[[*(167 + 168 * np.arange(51)), n - 1]] = 1
    span = 192 * train
    stores = [
        Store("battery", np.full(n, KEEP_BATTERY), zero, none, up("bat_e"), at["level.bat"]),
        Store("long", np.ones(n), zero, none, up("ldes_e"), at["level.ldes"]),
        Store("backlog", np.ones(n), np.full(n, -span), np.full(n, span), (), None, ends, np.full(n, -train)),
    ]
    budgets = [
        Budget("cfe", {1: np.ones(n), 4: np.ones(n), 3: 1 - s["grid_cfe"]}, {}, s["cfe_budget"]),
        Budget("carbon", {1: np.full(n, GAS_CARBON), 3: s["carbon"]}, {}, s["carbon_cap"]),
    ]
    links = [Link(f"peak.{m}", {at[f"peak.{m}"]: 1.0, at["grid"]: -1.0}, 0.0) for m in range(12)]
    links += [Link("level.bat", {at["level.bat"]: 1.0, at["bat_e"]: -1.0}, 0.0),
              Link("level.ldes", {at["level.ldes"]: 1.0, at["ldes_e"]: -1.0}, 0.0)]  # fmt: skip
    return Program(np.ones(n), s["serve"], tuple(columns), tuple(flows), tuple(stores), tuple(budgets), tuple(links))
