"""A plan of three steps of two hours whose sizes and powers are given, so that what is told of it follows by hand.

Solar of 8 MW and wind of 16 could give 4 + 4, 0.4 + 0 and nothing, of which three quarters are used. A contract over
the grid whose surplus is lost, one behind the meter without certificates whose surplus is sold, and two on paper.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from campuses import battery, gas, grid, named, setting, solar, technology
from program_parts import point

from wattscale.supply.dispatch import dispatch
from wattscale.supply.expansion import build
from wattscale.supply.setting import Period, Purchase

WEIGHT = np.full(3, 2.0)
LOAD = np.array([10.0, 20.0, 30.0])
SPOT = np.array([30.0, 0.5, -10.0])
CARBON = np.array([500.0, 400.0, 300.0])
CFE = np.array([0.2, 0.4, 0.5])
LOST = Purchase("lost", "physical", 45.0, 10.0, lifecycle_kg_per_mwh=11.0)
SOLD = Purchase("sold", "physical", 35.0, 9.0, carbon_free=False, through_grid=False, surplus_sold=True)
PAPER = Purchase("paper", "virtual", 50.0, 5.0)
WORTHLESS = Purchase("worthless", "virtual", 12.0, 5.0, carbon_free=False)
VOLUMES = {"ppa-lost": np.array([1.0, 0.5, 1.0]), "ppa-sold": np.ones(3), "ppa-paper": np.array([0.5, 1.0, 0.25]),
           "ppa-worthless": np.ones(3)}  # fmt: skip
WIND = technology("wind", "renewable", capital_usd_per_mw=2e3, carbon_free=True)
REACTOR = technology("smr", "fuelled", capital_usd_per_mw=4e3, carbon_free=True, fuel_usd_per_mwh=7.0)
SIZES = {"solar": 8.0, "wind": 16.0, "battery": 3.0, "battery.energy": 12.0, "gas-turbine": 5.0, "grid": 40.0,
         "smr": 2.0, "ppa-lost": 6.0, "ppa-sold": 5.0, "ppa-paper": 4.0, "ppa-worthless": 1.0}  # fmt: skip
POWERS = {
    "renewable": [6.0, 0.3, 0.0], "battery.charge": [2.0, 0.0, 1.0], "battery.discharge": [0.0, 1.5, 0.5],
    "gas-turbine": [1.0, 2.0, 4.0], "smr": [1.0, 1.0, 2.0], "grid": [7.0, 9.0, 15.0], "spot": [5.0, 5.0, 9.0],
    "export": [1.0, 0.0, 2.0], "ppa-lost": [2.0, 4.0, 6.0], "ppa-sold": [1.0, 2.0, 3.0], "unserved": [0.5, 0.0, 0.25],
    "flexible": [1.5, 4.5, 6.0],
}  # fmt: skip


def plan(plants=None, sizes=SIZES, powers=POWERS, **values):
    given = {
        "weight": WEIGHT, "load_mw": LOAD, "import_usd_per_mwh": SPOT + 5.0, "spot_usd_per_mwh": SPOT,
        "network_usd_per_mwh": np.full(3, 5.0), "grid_carbon_kg_per_mwh": CARBON, "grid_cfe_share": CFE,
        "export_usd_per_mwh": np.array([20.0, 8.0, 3.0]), "flexible_share": 0.2,
        "purchases": (LOST, SOLD, PAPER, WORTHLESS),
        "renewable": {"solar": np.array([0.5, 0.05, 0.0]), "wind": np.array([0.25, 0.0, 0.0]), **VOLUMES}, **values,
    }  # fmt: skip
    plants = plants or (grid(), solar(), WIND, battery(), gas(), REACTOR)
    c = build(setting(3, **given), named(*plants))
    s = point(c, sizes, powers)
    return c, s, dispatch(c, s)


RANGED = (
    replace(grid(fixed_share=0.02), capital_usd_per_mw=(1e3, 900.0, 1200.0)),
    replace(solar(fixed_share=0.01, variable_usd_per_mwh=3.0), capital_usd_per_mw=(500.0, 400.0, 700.0)),
    WIND,
    replace(battery(fixed_share=0.05, fixed_usd_per_mw_year=50.0, variable_usd_per_mwh=2.0, capital_usd_per_mw=1e3),
            capital_usd_per_mwh=(2e3, 1.8e3, 2.5e3), power_life_years=5.0),
    replace(gas(variable_usd_per_mwh=4.0, fixed_usd_per_mw_year=100.0, capital_usd_per_mw=3e3),
            fuel_usd_per_mwh=(30.0, 20.0, 45.0)),
    replace(REACTOR, fuel_usd_per_mwh=(7.0, 0.0, 9.0)),
)  # fmt: skip
TARIFF = {
    "demand_charge_usd_per_mw_month": 500.0, "tariff_period": np.array([0.0, 1.0, 1.0]),
    "periods": (Period("peak", 300.0),), "energy_tiers": ((10.0, 7.0), (20.0, 2.0)), "carbon_price_usd_per_t": 20.0,
    "called": np.array([0.0, 0.0, 1.0]), "curtailment_share": 0.5, "curtailment_usd_per_mw_year": 250.0,
    "fade_per_cycle": 1e-3, "unserved_usd_per_mwh": 300.0,
}  # fmt: skip
BILLED = {**SIZES, "billed.0": 15.0, "peak.0.0": 7.0, "peak.0.1": 14.0, "called.0.1": 13.0, "tier.0.0": 28.0,
          "tier.0.1": 18.0, "reduction": 6.0}  # fmt: skip
