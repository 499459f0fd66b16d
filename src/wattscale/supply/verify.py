"""Solves a plan's program a second time with HiGHS, and says whether the two answers agree.

In: a `Campus` and its solution. Out: the relative difference, and a warning where it is not what the certified gap
allows. Leaves out: any use of the second answer; the plan stays that of the first.
"""

from __future__ import annotations

from wattscale.errors import WattscaleError
from wattscale.figure import PlanWarning, Value
from wattscale.supply.expansion import Campus
from wattscale.supply.faults import certified_gap, money_scale
from wattscale.supply.general import has_hipo, solve_highs
from wattscale.supply.program import Solution
from wattscale.supply.whole_units import shift, unit_columns

ROUNDING = 1e-6
"""Difference of two costs that is the solvers' own tolerance [1]."""


def cross_check(campus: Campus, solution: Solution) -> tuple[dict[str, Value], tuple[PlanWarning, ...]]:
    """Solve with HiGHS and compare; whole units are taken as the plan has them.

    HiGHS's newer interior point (HiPO, extra `highspy[extras]`) takes about a minute for a campus with storages, its
    older one several.

    Args:
        campus: The campus.
        solution: Its solution.

    Returns:
        Figure `verify_difference`, cost over that by HiGHS - 1 [1]; warnings where HiGHS gave no answer, or one that is
        cheaper than the certified bound or dearer than the plan.
    """
    program, fixed = campus.program, 0.0
    units = unit_columns(campus)
    if units:
        sizes = {i: float(solution.columns[i]) for i in units}
        program, fixed = shift(program, sizes, sizes)
    try:
        exact = solve_highs(program, "hipo" if has_hipo() else "ipm")
    except WattscaleError as error:
        return {}, (PlanWarning("verify-failed", f"The second solver gave no answer to compare with: {error}"),)
    if exact is None:
        return {}, (PlanWarning("verify-failed", "The second solver found no point that meets all limits"),)
    cost = exact.objective + fixed
    difference = (solution.objective - cost) / max(abs(cost), money_scale(campus.program))
    room = max(certified_gap(campus.program, solution), 0.0) + ROUNDING
    if -ROUNDING <= difference <= room:
        return {"verify_difference": difference}, ()
    text = f"The plan's cost is {difference:+.2e} off that by HiGHS, outside 0 to {room:.2e}; please report this case"
    return {"verify_difference": difference}, (PlanWarning("verify-differs", text),)
