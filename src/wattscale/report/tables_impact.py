"""Tables of effects: the greenhouse-gas statement, jobs, market segments, the supply chain, disruptions.

In: a plan. Out: pandas tables, for the workbook and the notebook.
Leaves out: the figures (tables.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wattscale.impact.supply_chain import severity_curve

if TYPE_CHECKING:
    from wattscale.result import Plan


def carbon_table(plan: Plan) -> pd.DataFrame:
    """Give the statement of a year by scope and method; rows of different scope 2 methods are not to be added up."""
    columns = ["scope", "source", "energy_mwh", "factor_kg_per_mwh", "carbon_t", "basis"]
    rows = [
        (each.scope, each.source, each.energy_mwh, each.factor_kg_per_mwh, each.carbon_t, each.basis)
        for each in plan.impact.scope_table
    ]
    return pd.DataFrame(rows, columns=columns).set_index("scope")


def concentration_table(plan: Plan) -> pd.DataFrame:
    """List the stages that the plan needs, most concentrated first [1]."""
    columns = ["stage", "herfindahl_share", "effective number", "largest", "largest_share"]
    rows = [(x.title, x.hhi, x.effective_number, x.largest, x.largest_share) for x in plan.impact.concentrations]
    return pd.DataFrame(rows, columns=columns).set_index("stage")


def disruption_table(plan: Plan) -> pd.DataFrame:
    """List the disruptions that can strike the plan, dearest first; probabilities per year are judgements.

    `at_least_share` is the severity curve: the probability of a loss as large or larger in a year.
    """
    columns = [
        "disruption", "stage", "probability_share", "probability_low_share", "probability_high_share",
        "output_lost_years", "loss_usd", "expected_usd_per_year", "at_least_share",
    ]  # fmt: skip
    found = sorted(plan.impact.disruptions, key=lambda each: -each.loss_usd)
    rows = [
        (x.title, x.stage, *x.probability, x.lost_years, x.loss_usd, x.expected_usd, odds)
        for x, (_, odds) in zip(found, severity_curve(found), strict=True)
    ]
    return pd.DataFrame(rows, columns=columns).set_index("disruption")


def job_table(plan: Plan) -> pd.DataFrame:
    """List jobs by phase, each from one basis alone: factors per MW, or the user's input-output table."""
    columns = ["phase", "basis", "unit", "direct", "indirect", "induced", "gross", "displaced_share", "net"]
    rows = [
        (x.phase, "input-output table" if x.basis == "table" else "factors per MW",
         "job" if x.phase == "operation" else "job-year", x.direct, x.indirect, x.induced, x.gross,
         x.displacement_share, x.net)
        for x in plan.impact.job_rows
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).set_index("phase")


def market_table(plan: Plan) -> pd.DataFrame:
    """Give capital by market segment, the largest first, with the total that the segments close to."""
    segments = sorted(plan.impact.market_usd.items(), key=lambda item: -item[1])
    total = sum(usd for _, usd in segments)
    rows = [(name, usd, usd / total) for name, usd in segments if total > 0]
    rows += [("total", total, 1.0)] if rows else []
    return pd.DataFrame(rows, columns=["segment", "capital_usd", "share"]).set_index("segment")
