"""Small campuses for the supply tests: round numbers, any number of steps."""

from __future__ import annotations

import numpy as np

from wattscale.site.result import SiteResult, Weather
from wattscale.supply.expansion import Setting
from wattscale.supply.technologies import Technology

HOURS = 8760
DEFAULTS = {
    "capital_usd_per_mw": 0.0, "capital_usd_per_mwh": 0.0, "fixed_share": 0.0, "fixed_usd_per_mw_year": 0.0,
    "life_years": 10.0, "variable_usd_per_mwh": 0.0, "fuel_usd_per_mwh": 0.0, "carbon_kg_per_mwh": 0.0,
    "upstream_kg_per_mwh": 0.0, "lifecycle_kg_per_mwh": 0.0, "carbon_free": False, "minimum_load": 0.0,
    "availability": 1.0, "land_ha_per_mw": 0.0, "one_way_efficiency": 1.0, "keep_per_h": 1.0, "duration_h": 0.0,
}  # fmt: skip


def technology(name, kind, **values):
    """A technology with zeros where nothing is said; at zero discount rate and life 10 the annuity is a tenth."""
    given = {**DEFAULTS, **values}
    for key in ("capital_usd_per_mw", "capital_usd_per_mwh", "fuel_usd_per_mwh"):
        v = given[key]
        given[key] = (v, v, v)
    return Technology(name=name, kind=kind, **given)


def grid(**values):
    return technology("grid", "grid", **values)


def gas(**values):
    given = {"capital_usd_per_mw": 1e6, "fuel_usd_per_mwh": 30.0, "carbon_kg_per_mwh": 400.0, **values}
    return technology("gas-turbine", "fuelled", **given)


def solar(**values):
    given = {"capital_usd_per_mw": 5e5, "carbon_free": True, "land_ha_per_mw": 2.0, **values}
    return technology("solar", "renewable", **given)


def battery(**values):
    given = {"capital_usd_per_mw": 1e3, "capital_usd_per_mwh": 1e3, "one_way_efficiency": 0.9, "carbon_free": True}
    return technology("battery", "storage", **{**given, **values})


def named(*technologies):
    return {t.name: t for t in technologies}


def setting(steps, **values):
    """A flat campus of 100 MW on a grid at 50 USD/MWh with 500 kg/MWh."""

    def flat(value):
        return np.full(steps, float(value))

    given = {
        "weight": flat(1.0), "load_mw": flat(100.0), "month": np.zeros(steps, np.int64),
        "import_usd_per_mwh": flat(50.0), "grid_carbon_kg_per_mwh": flat(500.0), "grid_cfe_share": flat(0.3),
        "renewable": {}, "discount_rate": 0.0, "unserved_usd_per_mwh": 9000.0,
    }  # fmt: skip
    return Setting(**{**given, **values})


def site(country="US", carbon=400.0, price=45.0, cfe=0.4, latitude=39.0):
    """A plain site: clear days with a season, wind of 6 m/s that comes and goes."""
    h = np.arange(HOURS)
    local, day = (h - 5) % 24, h / 24
    sun = np.clip(np.sin((local - 6) / 12 * np.pi), 0, None) * (650 - 250 * np.cos(2 * np.pi * (day + 10) / 365))
    wind = 6 + 3 * np.sin(h / 37.0) + 2 * np.sin(h / 211.0)

    def flat(value):
        return np.full(HOURS, float(value))

    weather = Weather(
        12 - 12 * np.cos(2 * np.pi * (day - 15) / 365),
        flat(5),
        flat(101000),
        wind,
        sun,
        0.7 * sun,
        0.4 * sun,
        "test",
        True,
    )
    prices = price + 15 * np.cos(2 * np.pi * (local - 18) / 24)
    return SiteResult(
        "test", latitude, -77.5, 100.0, -5.0, country, weather, prices, True, flat(carbon), flat(carbon + 60),
        flat(cfe), True, 1.0, 1.5, 4.0, {}, (),
    )  # fmt: skip
