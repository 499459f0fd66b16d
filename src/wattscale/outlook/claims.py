"""Statements about AI and energy tested with a plan and with an outlook on that plan's unit figures.

In: a scenario. Out: verdicts; those about the coming decades read a seeded outlook of a few hundred draws.
Leaves out: the rules, which study/claims.py holds.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from wattscale.catalog import Catalog
from wattscale.chain import Chain
from wattscale.outlook import breakeven
from wattscale.outlook.planunits import PlanUnits, units_of
from wattscale.outlook.scenario import load_outlook
from wattscale.outlook.simulate import Simulation, simulate
from wattscale.outlook.summary import tightest
from wattscale.outlook.years import FUTURE, LAST_HISTORY, LAST_YEAR, place
from wattscale.result import Plan
from wattscale.scenario.schema import Scenario
from wattscale.study.claim_outlook import OutlookFigures
from wattscale.study.claims import Claim
from wattscale.study.claims import evaluate_claims as evaluate
from wattscale.units import FloatArray
from wattscale.version import VERSION

DRAWS, SEED = 400, 1
"""Draws of the outlook behind the statements: the error of a median is a twentieth of its 80 % range."""
QUANTILES = (0.5, 0.1, 0.9)
CHIP_START = 2017
"""Year from which the growth of work per watt is told: first devices with tensor arithmetic at 16 bits."""


def evaluate_claims(scenario: Scenario, ids: Iterable[int] | None = None) -> list[Claim]:
    """Test statements with a plan and an outlook; both run only as far as the statements need them.

    Args:
        scenario: Scenario of the plan.
        ids: Numbers of the statements; all where None.

    Returns:
        Statements with verdicts, in order; the same input gives the same figures.

    Raises:
        InputError: A number that is not in the table.
    """
    return evaluate(scenario, ids, lambda chain, catalog: outlook_figures(_units(scenario, chain), catalog))


def outlook_figures(units: PlanUnits, catalog: Catalog, draws: int = DRAWS, seed: int = SEED) -> OutlookFigures:
    """Run the base case once and read what statements need.

    Args:
        units: Unit figures of a plan.
        catalog: The catalogue, with the scenario's own values.
        draws: Number of draws.
        seed: Seed.
    """
    table = load_outlook().model_copy(update={"draws": draws, "seed": seed})
    run = simulate(table, units, catalog)
    w, path, v = run.accounts.world, run.path.world, run.v
    twh, per_watt = w["electricity_twh"], path["density"]
    grid = run.path.region["electricity_usd_per_mwh"][:, :, 0]
    neuromorphic = breakeven.neuromorphic(v, units)
    years = LAST_HISTORY - CHIP_START
    limited, stage = tightest(run)[2027]
    return OutlookFigures(
        growth=_range((_in(twh, 2030) / _in(twh, 2025)) ** (1.0 / 5.0) - 1.0),
        per_watt_growth=_range((_in(per_watt, LAST_HISTORY) / _in(per_watt, CHIP_START)) ** (1.0 / years) - 1.0),
        elasticity=_range(v["demand.price_elasticity"]),
        co2_change=_range(_in(w["co2_mt"], 2035) / _in(w["co2_mt"], 2024) - 1.0),
        ai_share_2030=_range(_in(w["ai_share"], 2030)),
        edge_work_share_2035=_range(run.world.edge_share[FUTURE.index(2035)]),
        electricity_change=_range(_in(twh, 2035) / _in(twh, 2025) - 1.0),
        neuromorphic_2035=neuromorphic.probability(2035),
        neuromorphic_2045=neuromorphic.probability(LAST_YEAR),
        neuromorphic_share_2045=_range(_neuromorphic_share(run)),
        quantum_2045=breakeven.quantum(v, seed).probability(LAST_YEAR),
        renewable_hourly_2035=breakeven.renewable(v, run.costs, grid, full=True).probability(2035),
        multi_site_2035=breakeven.multi_site(v, w["largest_run_mw"]).probability(2035),
        ledger_2045=breakeven.ledger(v, w["scarcity_price"]).probability(LAST_YEAR),
        limited_2027=limited,
        tightest_2027=stage,
        draws=draws,
    )


def _neuromorphic_share(run: Simulation) -> FloatArray:
    """Give the share of the work on neuromorphic devices in the last year [1], shape (draws,)."""
    gain = 1.0 - 1.0 / np.maximum(run.v["neuromorphic.gain"], 1.0)
    return np.asarray(np.where(gain > 0.0, run.world.work_saving[-1] / np.maximum(gain, 1e-12), 0.0))


def _units(scenario: Scenario, chain: Chain) -> PlanUnits:
    return units_of(Plan(VERSION, scenario, **chain.results, ledgers=chain.ledgers))


def _in(series: FloatArray, year: int) -> FloatArray:
    return np.asarray(series[place(year)])


def _range(draws: FloatArray) -> tuple[float, float, float]:
    value, low, high = (float(q) for q in np.quantile(draws, QUANTILES))
    return value, low, high
