"""Short lines of money and effects that stand below the headline figures: worth, contracts, currency, scope 2, start.

In: a plan. Out: pairs of a word and a sentence, for the terminal and the first page.
Leaves out: ranges and what the plan does not have; the report's chapters give both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattscale.report.tables_money import contract_table
from wattscale.report.words import listed, people, round_words, scale

if TYPE_CHECKING:
    from wattscale.result import Plan

SCOPE2 = (("location", "location-based"), ("market", "market-based"), ("hourly", "matched by the hour"))
"""Methods of scope 2, as the figures and as people name them."""
BREAK_EVEN_SHARE = 1e-6
"""A net present value below this share of the capital is zero but for rounding [1]."""
SAME_SHARE = 1e-3
"""Methods that differ by less than this share are told as one [1]."""


def brief(plan: Plan) -> list[tuple[str, str]]:
    """Write the short lines of a plan.

    Args:
        plan: The plan.

    Returns:
        Word and sentence; lines whose figures the plan lacks are left out.
    """
    lines = (
        ("worth", worth_line(plan)), ("contracts", contract_line(plan)),
        (plan.scenario.economics.currency, currency_line(plan)), ("scope 2", scope2_line(plan)),
        ("start", start_line(plan)),
    )  # fmt: skip
    return [(word, round_words(text)) for word, text in lines if text]


def worth_line(plan: Plan) -> str:
    """Say what the project is worth before debt, both ways where it trains."""
    npv, alone = (plan.figures.get(f"economics.{name}") for name in ("npv_usd", "npv_runs_paid_usd"))
    if npv is None:
        return ""
    capital = plan.figures.get("economics.capital_usd")
    nothing = BREAK_EVEN_SHARE * capital.value if capital is not None else 0.0
    said = f"NPV {people(0.0 if abs(npv.value) < nothing else npv.value, 'USD')}"
    if alone is None:
        return said
    return f"{said} if its training runs are paid at cost, {people(alone.value, 'USD')} if the tokens must pay for them"


def contract_line(plan: Plan) -> str:
    """Say what the plan's power contract and hedge cost and do."""
    table = contract_table(plan)
    table = table[table["standing"] == "plan"] if len(table) else table
    named = [
        f"{name} of {people(row['volume_mwh'], 'MWh')} a year at {people(row['price_usd_per_mwh'], 'USD/MWh')}"
        for name, row in table.iterrows()
        if row["volume_mwh"] == row["volume_mwh"] and row["volume_mwh"] is not None
    ]
    if not named:
        return ""
    settled = float(table["settlement_usd_per_year"].fillna(0.0).sum())
    verb, many = "add" if settled >= 0 else "save", "" if len(named) > 1 else "s"
    text = f"{listed(named)} {verb}{many} {people(abs(settled), 'USD/year')} at the plan's prices"
    removed = table["risk_removed_share"].dropna()
    if not len(removed):
        return text
    return f"{text} and remove{many} {people(float(removed.iloc[0]), '1', 'share')} of the price risk"


def currency_line(plan: Plan) -> str:
    """Give cost of a token, of a year and of building in the reporting currency; empty for USD."""
    wanted = (("reported_per_mtok", ""), ("reported_tco_per_year", ""), ("reported_capital", " to build"))
    found = [(plan.figures.get(f"economics.{name}"), tail) for name, tail in wanted]
    return ", ".join(scale(f.value, f.unit, f.name).text(f.value) + tail for f, tail in found if f is not None)


def scope2_line(plan: Plan) -> str:
    """Give the carbon of grid energy by each method."""
    found = [(plan.figures.get(f"impact.scope2_{name}_t_per_year"), words) for name, words in SCOPE2]
    known = [(f.value, words) for f, words in found if f is not None]
    if not any(value > 0 for value, _ in known):
        return ""
    first = known[0][0]
    if len(known) > 1 and all(abs(value - first) <= SAME_SHARE * first for value, _ in known):
        return f"grid carbon {people(first, 't/year')} by every method"
    told = ", ".join(f"{people(value, 't')} {words}" for value, words in known)
    return f"grid carbon a year {told}"


def start_line(plan: Plan) -> str:
    """Say when the plan can start at the earliest, and what sets it."""
    year, late = (plan.figures.get(f"impact.{name}") for name in ("earliest_operation_year", "late_start_months"))
    lead, power = plan.figures.get("impact.lead_time_months"), plan.economics.wait
    if year is None or late is None or lead is None:
        return ""
    why = f"longest delivery {people(lead.value, '1')} months, "
    if power.unknown:
        why += f"delivery of {', '.join(power.unknown)} unknown"
    else:
        why += f"power after {people(power.years[0], 'year')}" + (f" by {power.why}" if power.why else "")
    return f"{scale(year.value, year.unit).text(year.value)} at the earliest ({why})"
