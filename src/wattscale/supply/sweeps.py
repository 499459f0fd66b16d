# mypy: allow-untyped-defs
"""Compiled passes over time of the structured interior-point method.

In: the flat arrays of a `Layout` and of an iterate. Out: residuals and the factorised Newton system.
Leaves out: solving it for a direction (directions.py), and every choice (interior.py).
Arrays have time first, so that one pass touches memory once.

Notation: p part (flow or state), r row of the step (0 balance, 1.. states), i term (linking column in a bound of a
part), b budget, x linking column; D = z / w is the barrier weight of a bound. States that are levels of stores stand in
their own row alone (first = 1); where flows with a ramp are states too (first = 0), these stand in other rows as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np


def compiled(function: Callable[..., Any]) -> Any:
    """Compile once and keep on disk; reassociation of sums is allowed, so that loops vectorise.

    The cache lies beside this file, or in the user's cache folder where that cannot be written; without either the
    passes are compiled anew in each process.
    """
    try:
        return numba.njit(cache=True, fastmath=True, error_model="numpy")(function)
    except RuntimeError:
        return numba.njit(fastmath=True, error_model="numpy")(function)


BLOCK = 64
"""Steps whose border is kept at a time."""


@compiled
def residuals(
    gain, end, start, stand, first, cost, low, high, active, term_part, term_upper, term_column, term_factor, pair_b,
    pair_j, pair_q, right, y, wl, wu, zl, zu, nu, x, mu, r_rows, g_low, g_high, r_part, column,
    budget,
):  # fmt: skip
    """Residuals of rows, bounds and parts, sums for columns and budgets; returns sum of w z, their number, norms."""
    steps, parts = y.shape
    flows, rows = gain.shape
    stores = rows - 1
    column[:] = 0.0
    budget[:] = 0.0
    total, count, low_gap, dual = 0.0, 0.0, 0.0, 0.0
    lo, hi = np.empty(parts), np.empty(parts)
    for t in range(steps):
        for p in range(parts):
            lo[p], hi[p] = low[t, p], high[t, p]
        for i in range(term_part.size):
            p, c = term_part[i], term_column[t, i]
            if term_upper[i]:
                hi[p] += term_factor[t, i] * x[c]
                column[c] += zu[t, p] * term_factor[t, i]
            else:
                lo[p] += term_factor[t, i] * x[c]
                column[c] -= zl[t, p] * term_factor[t, i]
        for r in range(rows):
            value = right[t, r]
            for p in range(flows):
                value -= gain[p, r] * y[t, p]
            r_rows[t, r] = value
        for p in range(flows):
            value = -cost[t, p]
            for r in range(rows):
                value -= gain[p, r] * nu[t, r]
            r_part[t, p] = value
        for k in range(stores):
            p = flows + k
            value = -cost[t, p] - end[t, k] * nu[t, 1 + k]
            if t + 1 < steps:
                value += start[t + 1, k] * nu[t + 1, 1 + k]
            r_part[t, p] = value
            value = end[t, k] * y[t, p]
            if t > 0:
                value -= start[t, k] * y[t - 1, p]
            r_rows[t, 1 + k] -= value
        if first == 0:
            for k in range(stores):
                for r in range(rows):
                    r_part[t, flows + k] -= stand[k, r] * nu[t, r]
                    r_rows[t, r] -= stand[k, r] * y[t, flows + k]
        for i in range(pair_b.size):
            budget[pair_b[i]] += pair_q[t, i] * y[t, pair_j[i]]
            r_part[t, pair_j[i]] -= pair_q[t, i] * mu[pair_b[i]]
        for p in range(parts):
            on = active[t, p]
            r_part[t, p] = on * (r_part[t, p] + zl[t, p] - zu[t, p])
            a, b = on * (y[t, p] - lo[p] - wl[t, p]), on * (hi[p] - y[t, p] - wu[t, p])
            g_low[t, p] = a
            g_high[t, p] = b
            total += on * (wl[t, p] * zl[t, p] + wu[t, p] * zu[t, p])
            count += 2.0 * on
            if a < low_gap:
                low_gap = a
            if b < low_gap:
                low_gap = b
            if abs(r_part[t, p]) > dual:
                dual = abs(r_part[t, p])
    return total, count, -low_gap, dual


@compiled
def factorise(
    gain, end, start, stand, first, active, term_part, term_upper, term_column, term_factor, pair_b, pair_j, pair_q,
    wl, wu, zl, zu, step_of, row_of, column_of, factor_of, part_index, dl, du, inverse, pull, lower, couple, schur,
    hessian, cross, own,
):  # fmt: skip
    """Assemble and factorise the band matrix step by step, with the border carried along; returns 0 when definite.

    lower[t]: Cholesky factor of the step's block, its diagonal inverted; couple[t]: the factor's block left of it
    (states x rows, from `first` on); schur: Z' M^-1 Z for the border Z (minus columns' part, then budgets), summed in
    blocks of steps so that L^-1 Z never leaves the cache. A row in which nothing has room gets no multiplier.
    """
    steps, parts = wl.shape
    flows, rows = gain.shape
    stores = rows - 1
    wide = schur.shape[0]
    block = np.zeros((BLOCK * rows, wide))
    filled = 0
    last = np.zeros((rows, wide))
    schur[:] = 0.0
    n_x = hessian.shape[0]
    hessian[:] = 0.0
    cross[:] = 0.0
    own[:] = 0.0
    level = np.zeros((stores, wide))
    held = np.zeros(stores)
    for t in range(steps):
        f = block[filled : filled + rows]
        f[:] = 0.0
        m = lower[t]
        m[:] = 0.0
        for k in range(stores):
            m[1 + k, 1 + k] = held[k]
            for c in range(wide):
                f[1 + k, c] = level[k, c] * start[t, k]
            for c in range(wide):
                level[k, c] = 0.0
        for p in range(parts):
            a, b = zl[t, p] / wl[t, p], zu[t, p] / wu[t, p]
            dl[t, p] = a
            du[t, p] = b
            inverse[t, p] = active[t, p] / (a + b)
        for p in range(flows):
            d = inverse[t, p]
            for r in range(rows):
                if gain[p, r] != 0.0:
                    for s in range(r + 1):
                        m[r, s] += gain[p, r] * gain[p, s] * d
        for k in range(stores):
            d = inverse[t, flows + k]
            m[1 + k, 1 + k] += end[t, k] * end[t, k] * d
        if first == 0:
            for k in range(stores):
                d = inverse[t, flows + k]
                for r in range(rows):
                    for s in range(r + 1):
                        m[r, s] += stand[k, r] * stand[k, s] * d
                    if r <= k:
                        m[1 + k, r] += end[t, k] * stand[k, r] * d
                    elif r > k + 1:
                        m[r, 1 + k] += end[t, k] * stand[k, r] * d
        for i in range(term_part.size):
            p, c = term_part[i], term_column[t, i]
            weight = du[t, p] if term_upper[i] else dl[t, p]
            share = weight * term_factor[t, i] * inverse[t, p]
            pull[t, i] = share
            if p < flows:
                for r in range(rows):
                    f[r, c] -= gain[p, r] * share
            else:
                f[1 + p - flows, c] -= end[t, p - flows] * share
                level[p - flows, c] += share
                if first == 0:
                    for r in range(rows):
                        f[r, c] -= stand[p - flows, r] * share
            harmonic = dl[t, p] * du[t, p] * inverse[t, p] * term_factor[t, i]
            for j in range(part_index[p], part_index[p + 1]):
                sign = 1.0 if term_upper[i] == term_upper[j] else -1.0
                hessian[c, term_column[t, j]] += sign * harmonic * term_factor[t, j]
        for i in range(pair_b.size):
            b, p = pair_b[i], pair_j[i]
            q = pair_q[t, i]
            if p < flows:
                for r in range(rows):
                    f[r, n_x + b] += gain[p, r] * q * inverse[t, p]
            else:
                f[1 + p - flows, n_x + b] += end[t, p - flows] * q * inverse[t, p]
                level[p - flows, n_x + b] -= q * inverse[t, p]
                for r in range(rows):
                    f[r, n_x + b] += stand[p - flows, r] * q * inverse[t, p]
            for j in range(part_index[p], part_index[p + 1]):
                cross[b, term_column[t, j]] += q * pull[t, j]
            for j in range(pair_b.size):
                if pair_j[j] == p:
                    own[b, pair_b[j]] += q * pair_q[t, j] * inverse[t, p]
        for i in range(step_of.size):
            if step_of[i] == t:
                f[row_of[i], column_of[i]] -= factor_of[i]
        if t > 0:
            before, u = lower[t - 1], couple[t]
            for k in range(stores):
                pulled = -start[t, k] * inverse[t - 1, flows + k]
                for s in range(first, rows):
                    value = pulled * stand[k, s]
                    if s == 1 + k:
                        value += pulled * end[t - 1, k]
                    for j in range(first, s):
                        value -= before[s, j] * u[k, j]
                    u[k, s] = value * before[s, s]
            for k in range(stores):
                for s in range(k + 1):
                    value = 0.0
                    for j in range(first, rows):
                        value += u[k, j] * u[s, j]
                    m[1 + k, 1 + s] -= value
                for s in range(first, rows):
                    value = u[k, s]
                    if value != 0.0:
                        for c in range(wide):
                            f[1 + k, c] -= value * last[s, c]
        for r in range(rows):
            for s in range(r):
                value = m[r, s]
                for j in range(s):
                    value -= m[r, j] * m[s, j]
                m[r, s] = value * m[s, s]
            value = m[r, r]
            for j in range(r):
                value -= m[r, j] * m[r, j]
            if value > 0.0:
                m[r, r] = 1.0 / np.sqrt(value)
            elif value != 0.0:
                return 1
            for s in range(r):
                value = m[r, s]
                for c in range(wide):
                    f[r, c] -= value * f[s, c]
            value = m[r, r]
            for c in range(wide):
                f[r, c] *= value
        for r in range(first, rows):
            for c in range(wide):
                last[r, c] = f[r, c]
        filled += rows
        if filled == block.shape[0] or t + 1 == steps:
            used = block[:filled]
            schur += np.dot(used.T, used)
            filled = 0
        for k in range(stores):
            if t + 1 < steps:
                held[k] = start[t + 1, k] * start[t + 1, k] * inverse[t, flows + k]
    return 0
