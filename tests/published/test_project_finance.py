"""Project finance against NREL's SAM; a project finance factor of NREL's ATB."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path

import numpy as np
import pytest

from wattscale.catalog import load_catalog
from wattscale.economics.depreciation import schedule
from wattscale.economics.lcoe import fixed_charge_rate
from wattscale.economics.project_finance import Terms, project_cash

_spec = importlib.util.spec_from_file_location("sam_oracle", Path(__file__).parent / "sam_oracle.py")
_oracle = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_oracle)
single_owner = _oracle.single_owner


def test_project_finance_factor_with_an_investment_credit_equals_the_baseline():
    # ATB nuclear, 2030: PVD 0.8010184, credit 0.3, tax 0.2574: factor 0.7066323.
    found = fixed_charge_rate(0.0, 30, 0.2574, 0.8010184343346667, 0.3) * 30
    assert found == pytest.approx(0.706632327040036, rel=1e-4)


# NREL PySAM 7.1.1, single owner, 100 MW, 100 M USD, 25 USD/kW-year rising with 2.5 %, federal tax 21 %, no state
# tax, no reserves, real discount rate 6.4 %: changes, NPV [USD], IRR [%], debt [USD].
BASE = {
    "price": 60.0, "escalation": 0.0, "cost": 1e8, "cf": 0.3, "fixed": 25.0, "variable": 0.0, "years": 25,
    "rate": 0.07, "tenor": 18, "dscr": 1.3, "itc": 0.0, "ptc": 0.0, "depreciation": "half_year_20", "salvage": 0.0,
    "fee": 0.0, "gearing": 10.0,
}  # fmt: skip
SAM = {
    "straight line, sculpted debt": ({"price": 45.0}, -8037648.190415837, 6.37987174419105, 68491643.1041867),
    "no debt, MACRS 5": ({"tenor": 0, "depreciation": "macrs_5"}, 14648581.121219784, 11.111156476689212, 0.0),
    "investment credit of 30 %": (
        {"itc": 0.3, "depreciation": "macrs_5", "price": 45.0}, 24437701.505742654, 41.383092020855436,
        68491643.1041867,
    ),
    "production credit of 28 USD/MWh": (
        {"ptc": 28.0, "depreciation": "macrs_5", "price": 40.0, "cf": 0.4, "cost": 1.5e8}, 41298228.73217593,
        21.55996845956077, 85437335.66743612,
    ),
    "rising price, dear debt, MACRS 15": (
        {"escalation": 0.02, "rate": 0.09, "tenor": 15, "dscr": 1.5, "depreciation": "macrs_15", "years": 30,
         "cf": 0.9, "price": 70.0, "cost": 3.5e8, "fixed": 60.0, "variable": 3.0},
        173368636.5804364, 24.4932953307718, 279712018.50526905,
    ),
    "debt capped at half": (
        {"gearing": 0.5, "depreciation": "macrs_5"}, 25845152.777199514, 16.139810918411925, 5e7
    ),
    "salvage and a fee": (
        {"salvage": 0.1, "depreciation": "half_year_15", "years": 20, "tenor": 12, "fee": 0.01}, 16781596.885037504,
        15.319082803377732, 79122722.95938782,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SAM)
def test_project_finance_equals_the_single_owner_model(case):
    changes, npv_usd, irr_percent, debt_usd = SAM[case]
    p = {**BASE, **changes}
    t = np.arange(p["years"])
    energy_mwh = 100.0 * p["cf"] * 8760
    revenue = energy_mwh * p["price"] * (1.0 + p["escalation"]) ** t
    running = (p["fixed"] * 100_000 + p["variable"] * energy_mwh) * 1.025**t
    terms = Terms(
        years=p["years"], debt_rate=p["rate"], debt_years=p["tenor"], dscr=p["dscr"], gearing_cap=p["gearing"],
        fee_share=p["fee"], tax_rate=0.21, losses_refunded=True,
        depreciation=schedule(p["depreciation"], load_catalog()), itc_share=p["itc"], ptc_years=10,
        salvage_share=p["salvage"],
    )  # fmt: skip
    found = project_cash(np.array([p["cost"]]), revenue, running, terms, energy_mwh * p["ptc"])
    # SAM rounds straight-line shares of 15 years to 3.33 and 6.67 %: hence 1e-4 and not 1e-9.
    assert found.equity_npv(1.064 * 1.025 - 1.0)[0] == pytest.approx(npv_usd, rel=1e-4)
    assert found.equity_irr()[0] * 100 == pytest.approx(irr_percent, abs=1e-3)
    assert found.debt_usd[0] == pytest.approx(debt_usd, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("case", SAM)
def test_the_stored_answers_are_those_of_the_single_owner_model(case):
    singleowner = pytest.importorskip("PySAM.Singleowner", reason="the oracle NREL-PySAM is not installed")
    changes, *stored = SAM[case]
    assert single_owner({**BASE, **changes}, singleowner) == pytest.approx(tuple(stored), rel=1e-9, abs=1e-6)


def test_ten_thousand_draws_of_thirty_years_take_under_two_seconds():
    rng = np.random.default_rng(1)
    draws = 10_000
    terms = Terms(
        years=30, debt_years=15, gearing_cap=0.6, construction_years=2, tax_rate=0.25, loss_use_share=0.8,
        depreciation=schedule("macrs_5", load_catalog()), itc_share=0.3,
    )  # fmt: skip
    capital, revenue = rng.uniform(0.8e8, 1.2e8, draws), rng.uniform(1.2e7, 2e7, (draws, 30))
    running = rng.uniform(2e6, 4e6, (draws, 30))
    began = time.process_time()  # other programs of the machine do not count
    found = project_cash(capital, revenue, running, terms)
    rates = found.equity_irr()
    assert time.process_time() - began < 2.0
    assert np.isfinite(rates).mean() > 0.99
