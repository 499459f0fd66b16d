"""Tables of effects: the greenhouse-gas statement, concentration of the supply chain, disruptions.

In: a plan. Out: pandas tables, for the workbook and the notebook.
Leaves out: the figures (tables.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

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
    """List the disruptions that can strike the plan, dearest first; probabilities per year are judgements."""
    columns = [
        "disruption", "stage", "probability_share", "probability_low_share", "probability_high_share",
        "output_lost_years", "loss_usd", "expected_usd_per_year",
    ]  # fmt: skip
    rows = [
        (x.title, x.stage, *x.probability, x.lost_years, x.loss_usd, x.expected_usd) for x in plan.impact.disruptions
    ]
    return pd.DataFrame(rows, columns=columns).set_index("disruption")
