"""NREL SAM's single owner, run live where PySAM is installed: the independent answer to a case of project finance."""

from __future__ import annotations

from typing import Any

HOURS = 8760
DEPRECIATION = {
    "half_year_20": "depr_alloc_sl_20_percent", "half_year_15": "depr_alloc_sl_15_percent",
    "macrs_5": "depr_alloc_macrs_5_percent", "macrs_15": "depr_alloc_macrs_15_percent",
}  # fmt: skip
NONE = (
    "insurance_rate", "months_working_reserve", "dscr_reserve_months", "prop_tax_cost_assessed_percent",
    "construction_financing_cost", "equip1_reserve_cost", "equip2_reserve_cost", "equip3_reserve_cost",
    "property_tax_rate", "cost_debt_closing", "cost_other_financing",
)  # fmt: skip
"""Inputs of SAM that the pro forma does not have."""


def single_owner(case: dict[str, Any], module: Any) -> tuple[float, float, float]:
    """Run one case: 100 MW, federal tax of 21 %, no state tax, 6.4 % real, 2.5 % inflation.

    Args:
        case: Terms as in `test_project_finance`.
        module: `PySAM.Singleowner`.

    Returns:
        NPV [USD], IRR at the end of the analysis [%] and debt [USD].
    """
    model = module.default("CustomGenerationProfileSingleOwner")
    inputs: dict[str, Any] = dict.fromkeys(NONE, 0.0)
    inputs.update(
        analysis_period=case["years"], total_installed_cost=case["cost"], ppa_soln_mode=1,
        ppa_price_input=(case["price"] / 1000.0,), ppa_escalation=100.0 * case["escalation"],
        om_capacity=(case["fixed"],), om_production=(case["variable"],), om_fixed=(0.0,), debt_option=1,
        dscr=case["dscr"], term_tenor=max(case["tenor"], 1), term_int_rate=100.0 * case["rate"],
        dscr_limit_debt_fraction=1, dscr_maximum_debt_fraction=min(100.0, 100.0 * case["gearing"]),
        cost_debt_fee=100.0 * case["fee"], federal_tax_rate=(21.0,), state_tax_rate=(0.0,),
        itc_fed_percent=(100.0 * case["itc"],),
        itc_fed_percent_maxvalue=(1e38,), ptc_fed_amount=(case["ptc"] / 1000.0,), ptc_fed_escal=0.0,
        salvage_percentage=100.0 * case["salvage"], gen=[100_000.0 * case["cf"]] * HOURS, system_use_lifetime_output=0,
        **dict.fromkeys(DEPRECIATION.values(), 0.0),
    )  # fmt: skip
    written_off = DEPRECIATION[case["depreciation"]]
    inputs[written_off] = 100.0
    inputs[written_off.replace("alloc", "itc_fed").removesuffix("_percent")] = 1.0
    if case["tenor"] == 0:
        inputs.update(debt_option=0, debt_percent=0.0)
    for name, value in inputs.items():
        model.value(name, value)
    model.execute()
    found = model.Outputs
    return found.project_return_aftertax_npv, found.analysis_period_irr, found.size_of_debt
