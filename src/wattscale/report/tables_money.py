"""Tables of money beside the cost lines: what the project is worth, contracts and hedges, the reader's currency.

In: a plan. Out: pandas tables at full precision, for the workbook, the page and the notebook.
Leaves out: the cost lines (tables.py); a table without a row is empty.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from wattscale.result import Plan

STAGE = "economics."
VIEWS = (
    ("Training paid at its own cost", "npv_usd", "irr"),
    ("Tokens pay for the model's own training runs too", "npv_runs_paid_usd", "irr_runs_paid"),
)
"""Two ways of valuing the same project, with the figures of each."""
EFFECTS = ("premium_usd_per_year", "risk_removed_share", "premium_per_cvar")
"""What a contract does, as the figures name it."""
REPORTED = (
    ("usd_per_mtok", "reported_per_mtok"), ("tco_usd_per_year", "reported_tco_per_year"),
    ("capital_usd", "reported_capital"), ("npv_usd", "reported_npv"),
    ("usd_per_training_run", "reported_per_training_run"),
    ("cost_of_delay_usd_per_month", "reported_cost_of_delay_per_month"),
)  # fmt: skip
"""Headline figures in USD, and their twins in the reporting currency."""


def worth_table(plan: Plan) -> pd.DataFrame:
    """Give the value of the project by who pays for training, before debt, with the range of the value.

    Returns:
        One row per view, indexed by it: npv_usd, low_usd, high_usd, irr_share (real, per year). A plan without training
        or with a price for it has one view.
    """
    rows: list[dict[str, Any]] = []
    for view, npv, irr in VIEWS:
        worth, rate = plan.figures.get(STAGE + npv), plan.figures.get(STAGE + irr)
        if worth is not None:
            rows.append({
                "view": view, "npv_usd": worth.value, "low_usd": worth.low if worth.high > worth.low else None,
                "high_usd": worth.high if worth.high > worth.low else None,
                "irr_share": rate.value if rate is not None else None,
            })  # fmt: skip
    if len(rows) == 1:
        price = plan.scenario.economics.training_price_usd_per_device_hour
        trains = plan.compute.training is not None and price is not None
        rows[0]["view"] = f"Training paid at {price:g} USD per device-hour" if trains else "Tokens sold"
    return _frame(rows, ["view", "npv_usd", "low_usd", "high_usd", "irr_share"])


def contract_table(plan: Plan) -> pd.DataFrame:
    """List the plan's power contract and hedge, what they do together, and other contracts on the whole import.

    Returns:
        One row per contract, indexed by it: standing (`plan` or `option`), volume_mwh, price_usd_per_mwh,
        settlement_usd_per_year at the plan's prices, and over simulated years premium_usd_per_year, the share of the
        price risk (CVaR less mean) removed, and the premium per dollar of it.
    """
    chosen = plan.scenario.economics.contract
    rows: list[dict[str, Any]] = []
    for name, prefix in ((f"{chosen} agreement", "contract"), ("hedge", "hedge")):
        if STAGE + f"{prefix}_mwh_per_year" in plan.figures:
            rows.append({
                "contract": name, "standing": "plan", "volume_mwh": _value(plan, f"{prefix}_mwh_per_year"),
                "price_usd_per_mwh": _value(plan, f"{prefix}_strike_usd_per_mwh"),
                "settlement_usd_per_year": _value(plan, f"{prefix}_settlement_usd_per_year"),
            })  # fmt: skip
    together = {name: _value(plan, f"contracts_{name}") for name in EFFECTS}
    if any(value is not None for value in together.values()):
        rows.append({"contract": "all contracts of the plan", "standing": "plan", **together})
    start = f"{STAGE}option_{EFFECTS[0]}."
    for kind in (key.removeprefix(start) for key in plan.figures if key.startswith(start)):
        effects = {name: _value(plan, f"option_{name}.{kind}") for name in EFFECTS}
        rows.append({"contract": f"{kind} on the whole import", "standing": "option", **effects})
    columns = ["contract", "standing", "volume_mwh", "price_usd_per_mwh", "settlement_usd_per_year", *EFFECTS]
    return _frame(rows, columns)


def currency_table(plan: Plan) -> pd.DataFrame:
    """Give the headline figures in the reporting currency; empty where that is the US dollar.

    Returns:
        One row per figure, indexed by its title: unit, usd and the amount in a column named after the currency.
    """
    code = plan.scenario.economics.currency
    rows = []
    for dollar, reported in REPORTED:
        money, twin = plan.figures.get(STAGE + dollar), plan.figures.get(STAGE + reported)
        if money is not None and twin is not None:
            per = twin.unit.partition("/")[2]
            rows.append({"figure": money.title, "per": per, "usd": money.value, code: twin.value})
    return _frame(rows, ["figure", "per", "usd", code] if code != "USD" else ["figure", "per", "usd"])


def _value(plan: Plan, name: str) -> float | None:
    figure = plan.figures.get(STAGE + name)
    return None if figure is None else figure.value


def _frame(rows: Iterable[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=columns).set_index(columns[0])
