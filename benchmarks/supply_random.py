"""Random campuses over one to four days: any set of technologies, contracts and limits, for comparing solvers.

In: a seed. Out: a `Campus`. Plain technologies and settings come from tests/supply/campuses.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "supply"))
from campuses import battery, gas, grid, named, setting, solar, technology

from wattscale.supply.expansion import Campus, build
from wattscale.supply.setting import Period, Purchase

HOURS_OF_YEAR = 8760.0


def random_campus(seed: int) -> Campus:
    """Draw a campus; about one in ten cannot be supplied."""
    rng = np.random.default_rng([seed, 7])
    steps = 24 * int(rng.integers(1, 5))
    hour = np.arange(steps)
    sun = np.clip(np.sin((hour % 24 - 6) / 12 * np.pi), 0, None) * rng.uniform(0.3, 1, steps)
    breeze = np.clip(0.4 + 0.4 * np.sin(hour / 17 + rng.uniform(0, 6)) + 0.1 * rng.standard_normal(steps), 0, 1)
    chosen = [t for t in technologies(rng, steps / HOURS_OF_YEAR) if rng.random() < 0.5]
    price = rng.normal(45, rng.choice([10.0, 40.0, 90.0]), steps)
    s = setting(
        steps, weight=np.full(steps, HOURS_OF_YEAR / steps), load_mw=100 + 10 * np.sin(hour / 24 * 2 * np.pi),
        import_usd_per_mwh=price, month=hour // 24,
        export_usd_per_mwh=price - 5.0 if rng.random() < 0.3 else None,
        renewable={"solar": sun, "wind": breeze, "ppa-green": breeze, "ppa-paper": sun},
        grid_carbon_kg_per_mwh=rng.uniform(100, 700, steps), grid_cfe_share=rng.uniform(0.2, 0.7, steps),
        **limits(rng, steps / HOURS_OF_YEAR), **contracts(rng, steps, hour), **flexibility(rng, steps / HOURS_OF_YEAR),
    )  # fmt: skip
    return build(s, named(*([grid(capital_usd_per_mw=1e5)] if rng.random() < 0.9 else []), *chosen))


def technologies(rng, per):
    """A pool to choose from; `per` is one over the hours of a step, so that a ramp is one by steps."""
    return [
        solar(capital_usd_per_mw=rng.uniform(2e5, 1.2e6)),
        technology("wind", "renewable", capital_usd_per_mw=rng.uniform(5e5, 2e6), variable_usd_per_mwh=2.0,
                   carbon_free=True, land_ha_per_mw=30.0),
        battery(capital_usd_per_mw=rng.uniform(1e4, 3e5), capital_usd_per_mwh=rng.uniform(1e4, 3e5), keep_per_h=0.999),
        technology("long-duration-storage", "storage", capital_usd_per_mwh=rng.uniform(2e3, 3e4), duration_h=20.0,
                   one_way_efficiency=0.7, carbon_free=True, variable_usd_per_mwh=1.0),
        gas(capital_usd_per_mw=rng.uniform(5e5, 2e6), fuel_usd_per_mwh=rng.uniform(20, 90),
            ramp_share_per_h=_perhaps(rng, 0.2 * per)),
        technology("smr", "fuelled", capital_usd_per_mw=rng.uniform(3e6, 9e6), fuel_usd_per_mwh=12.0, carbon_free=True,
                   minimum_load=0.5, availability=0.93, ramp_share_per_h=_perhaps(rng, 0.1 * per)),
        technology("fuel-cell", "fuelled", capital_usd_per_mw=rng.uniform(1e6, 4e6), fuel_usd_per_mwh=60.0,
                   carbon_kg_per_mwh=330.0, minimum_load=0.2),
    ]  # fmt: skip


def _perhaps(rng, value, share=0.5):
    return value if rng.random() < share else None


def limits(rng, per):
    return {
        "demand_charge_usd_per_mw_month": rng.choice([0.0, 3000.0]),
        "connection_mw": _perhaps(rng, 130.0),
        "carbon_price_usd_per_t": rng.choice([0.0, 80.0]),
        "carbon_cap_kg_per_mwh": _perhaps(rng, rng.uniform(150, 450), 0.4),
        "cfe_hourly_share": _perhaps(rng, rng.choice([0.5, 0.8, 1.0]), 0.4),
        "clean_annual_share": _perhaps(rng, rng.uniform(0.2, 1.0), 0.3),
        "land_ha": _perhaps(rng, 4000.0, 0.2),
        "max_unserved_share": rng.choice([1.0, 0.01]),
        "max_capacity_mw": rng.choice([{}, {"solar": 150.0}]),
        "import_ramp_mw_per_h": _perhaps(rng, 40.0 * per, 0.2),
        "lifecycle_carbon": bool(rng.random() < 0.3),
        "fade_per_cycle": rng.choice([0.0, 1e-4]),
    }


def contracts(rng, steps, hour):
    green = Purchase("green", "physical", rng.uniform(20, 60), 60.0, 0.0, rng.choice([0.0, 0.6, 1.0]))
    paper = Purchase("paper", "virtual", rng.uniform(40, 60), 40.0)
    called = np.zeros(steps)
    called[rng.integers(0, steps, 3)] = 1.0
    periods = rng.random() < 0.4
    return {
        "demand_ratchet_share": rng.choice([0.0, 0.8]),
        "tariff_period": (hour % 24 >= 17).astype(float) if periods else None,
        "periods": (Period("evening", 2000.0),) if periods else (),
        "energy_tiers": ((100_000.0, 4.0), (200_000.0, 9.0)) if rng.random() < 0.3 else (),
        "called": called if rng.random() < 0.3 else None,
        "curtailment_share": rng.choice([0.4, 1.0]),
        "purchases": [(), (green,), (green, paper)][int(rng.integers(0, 3))],
    }


def flexibility(rng, per):
    if rng.random() < 0.5:
        return {}
    return {
        "flexible_share": rng.uniform(0.1, 0.6), "flexible_window": round(24 / per),
        "flexible_ramp_share_per_h": _perhaps(rng, 0.3 * per), "checkpoint_loss_h": rng.choice([0.0, 0.1]) / per,
    }  # fmt: skip
