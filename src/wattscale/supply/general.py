"""General solvers on the sparse matrix of a program: Clarabel (interior point) and HiGHS.

In: a `Program`. Out: `Solution` with certified bound, or None where the solver proved that there is no point.
Leaves out: the structure in time (interior.py) and the reasons of an infeasible program (infeasible.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

import numpy as np
import scipy.sparse as sp

from wattscale.errors import WattscaleError
from wattscale.supply.certificate import certified_bound
from wattscale.supply.matrix import MatrixForm, matrix_form, parts_of, prices_of
from wattscale.supply.program import Program, Solution, cost_of
from wattscale.units import FloatArray

HighsMethod = Literal["simplex", "ipm", "hipo", "choose"]

SLACK = 1e-4
"""Room above a point that is feasible within tolerance, for a cost that some exact point does not exceed [1]."""


@dataclass(frozen=True)
class _Raw:
    point: FloatArray
    row_price: FloatArray
    iterations: int


def has_hipo() -> bool:
    """Tell whether HiGHS has its newer interior point, an extra of its package."""
    return find_spec("highspy_extras") is not None


def solve_clarabel(program: Program, tolerance: float = 1e-7) -> Solution | None:
    """Solve with Clarabel, an interior-point solver with a sparse direct factorisation.

    Args:
        program: The program.
        tolerance: Relative gap and feasibility at which to stop [1].

    Returns:
        The solution, or None when the program has no point.

    Raises:
        WattscaleError: Clarabel stopped without an answer.
    """
    form = matrix_form(program)
    raw = _clarabel(form, tolerance)
    return None if raw is None else _solution(program, form, raw, "clarabel")


def solve_highs(program: Program, method: HighsMethod = "simplex", tolerance: float = 1e-7) -> Solution | None:
    """Solve with HiGHS.

    Args:
        program: The program.
        method: Simplex (exact vertices, slow on long horizons), its interior point with crossover, its newer one
            (HiPO, needs `highspy[extras]`) without, or its choice.
        tolerance: Feasibility tolerance [1].

    Returns:
        The solution, or None when the program has no point.

    Raises:
        WattscaleError: HiGHS stopped without an answer.
    """
    form = matrix_form(program)
    raw = _highs(form, method, tolerance)
    return None if raw is None else _solution(program, form, raw, f"highs-{method}")


def _solution(program: Program, form: MatrixForm, raw: _Raw, solver: str) -> Solution:
    prices = prices_of(form, program, raw.row_price)
    columns, flows, stores = parts_of(form, program, raw.point)
    objective = cost_of(program, columns, flows)
    bound = certified_bound(program, prices, objective + SLACK * abs(objective))
    return Solution(columns, flows, stores, prices, objective, bound, solver, raw.iterations)


def _clarabel(form: MatrixForm, tolerance: float) -> _Raw | None:
    import clarabel

    equal = form.row_low == form.row_high
    at_most = np.isfinite(form.row_high) & ~equal
    at_least = np.isfinite(form.row_low) & ~equal
    fixed = form.low == form.high
    below, above = np.isfinite(form.high) & ~fixed, np.isfinite(form.low) & ~fixed
    eye = sp.identity(len(form.cost), format="csr")
    a = form.matrix
    stacked = sp.vstack([a[equal], eye[fixed], a[at_most], -a[at_least], eye[below], -eye[above]], format="csc")
    right = np.r_[form.row_low[equal], form.low[fixed], form.row_high[at_most], -form.row_low[at_least],
                  form.high[below], -form.low[above]]  # fmt: skip
    zeros = int(equal.sum() + fixed.sum())
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_rel, settings.tol_gap_abs, settings.tol_feas = tolerance, tolerance * 1e-2, tolerance
    cones = [clarabel.ZeroConeT(zeros), clarabel.NonnegativeConeT(len(right) - zeros)]
    empty = sp.csc_matrix((len(form.cost), len(form.cost)))
    result = clarabel.DefaultSolver(empty, form.cost, stacked, right, cones, settings).solve()
    status = str(result.status)
    if "PrimalInfeasible" in status:
        return None
    if status not in ("Solved", "AlmostSolved"):
        raise WattscaleError(f"Clarabel stopped with '{status}'")
    z = np.asarray(result.z)
    price = np.zeros(len(form.row_low))
    n_e, n_f, n_m = int(equal.sum()), int(fixed.sum()), int(at_most.sum())
    price[equal] = -z[:n_e]
    price[at_most] -= z[n_e + n_f : n_e + n_f + n_m]
    price[at_least] += z[n_e + n_f + n_m : n_e + n_f + n_m + int(at_least.sum())]
    return _Raw(np.asarray(result.x), price, int(result.iterations))


def _highs(form: MatrixForm, method: HighsMethod, tolerance: float) -> _Raw | None:
    import highspy

    solver = highspy._core._Highs()  # the public class prints a banner on stdout when it is made
    solver.setOptionValue("output_flag", False)
    if solver.setOptionValue("solver", method) != highspy.HighsStatus.kOk:
        raise WattscaleError(f"This HiGHS has no solver '{method}'")
    if method == "hipo":
        solver.setOptionValue("run_crossover", "off")
    solver.setOptionValue("primal_feasibility_tolerance", tolerance)
    solver.setOptionValue("dual_feasibility_tolerance", tolerance)
    problem = highspy.HighsLp()
    a = form.matrix
    problem.num_row_, problem.num_col_ = a.shape
    problem.col_cost_, problem.col_lower_, problem.col_upper_ = form.cost, form.low, form.high
    problem.row_lower_, problem.row_upper_ = form.row_low, form.row_high
    problem.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    problem.a_matrix_.start_, problem.a_matrix_.index_, problem.a_matrix_.value_ = a.indptr, a.indices, a.data
    solver.passModel(problem)
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kUnknown:  # simplex ended outside its tolerances
        solver.setOptionValue("solver", "ipm")
        solver.clearSolver()
        solver.run()
        status = solver.getModelStatus()
    if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return None
    if status != highspy.HighsModelStatus.kOptimal:
        raise WattscaleError(f"HiGHS stopped with '{solver.modelStatusToString(status)}'")
    found, info = solver.getSolution(), solver.getInfo()
    iterations = int(info.simplex_iteration_count + max(info.ipm_iteration_count, 0))
    return _Raw(np.array(found.col_value), np.array(found.row_dual), iterations)
