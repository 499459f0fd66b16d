# mypy: allow-untyped-defs
"""Compiled passes over time of the structured interior-point method.

In: the flat arrays of a `Layout` and of an iterate. Out: residuals, the factorised Newton system, directions.
Leaves out: every choice (interior.py). Arrays have time first, so that one pass touches memory once.

Notation: p part (flow or store), r row of the step (0 balance, 1.. stores), i term (linking column in a bound of a
part), b budget, x linking column; D = z / w is the barrier weight of a bound.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np


def compiled(function: Callable[..., Any]) -> Any:
    """Compile once and keep on disk; reassociation of sums is allowed, so that loops vectorise."""
    return numba.njit(cache=True, fastmath=True, error_model="numpy")(function)


@compiled
def residuals(
    gain, end, start, cost, low, high, active, term_part, term_upper, term_column, term_factor, pair_b, pair_j, pair_q,
    right, y, wl, wu, zl, zu, nu, x, mu, r_rows, g_low, g_high, r_part, column,
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
            r_rows[t, r] = right[t, r]
        for p in range(flows):
            pulled = 0.0
            for r in range(rows):
                r_rows[t, r] -= gain[p, r] * y[t, p]
                pulled += gain[p, r] * nu[t, r]
            r_part[t, p] = -(cost[t, p] + pulled)
        for k in range(stores):
            p = flows + k
            r_rows[t, 1 + k] -= end[t, k] * y[t, p]
            pulled = end[t, k] * nu[t, 1 + k]
            if t > 0:
                r_rows[t, 1 + k] += start[t, k] * y[t - 1, p]
            if t + 1 < steps:
                pulled -= start[t + 1, k] * nu[t + 1, 1 + k]
            r_part[t, p] = -(cost[t, p] + pulled)
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
            low_gap = min(low_gap, a, b)
            if abs(r_part[t, p]) > dual:
                dual = abs(r_part[t, p])
    return total, count, -low_gap, dual


@compiled
def factorise(
    gain, end, start, active, term_part, term_upper, term_column, term_factor, pair_b, pair_j, pair_q, wl, wu, zl, zu,
    step_of, row_of, column_of, factor_of, part_index, dl, du, inverse, pull, lower, couple, border, hessian, cross,
    own,
):  # fmt: skip
    """Assemble and factorise the band matrix step by step, with the border carried along; returns 0 when definite.

    lower[t]: Cholesky factor of the step's block; couple[t]: the factor's block left of it (stores x stores);
    border[t]: L^-1 times the border columns (minus columns' part, then budgets).
    """
    steps, parts = wl.shape
    flows, rows = gain.shape
    stores = rows - 1
    wide = border.shape[2]
    n_x = hessian.shape[0]
    hessian[:] = 0.0
    cross[:] = 0.0
    own[:] = 0.0
    level = np.zeros((stores, wide))
    held = np.zeros(stores)
    for t in range(steps):
        f = border[t]
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
            harmonic = dl[t, p] * du[t, p] * inverse[t, p] * term_factor[t, i]
            for j in range(part_index[p], part_index[p + 1]):
                sign = 1.0 if term_upper[i] == term_upper[j] else -1.0
                hessian[c, term_column[t, j]] += sign * harmonic * term_factor[t, j]
        for i in range(pair_b.size):
            b, p = pair_b[i], pair_j[i]
            q = pair_q[t, i]
            for r in range(rows):
                f[r, n_x + b] += gain[p, r] * q * inverse[t, p]
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
                o = -end[t - 1, k] * start[t, k] * inverse[t - 1, flows + k]
                for s in range(stores):
                    value = o if s == k else 0.0
                    for j in range(s):
                        value -= before[1 + s, 1 + j] * u[k, j]
                    u[k, s] = value / before[1 + s, 1 + s]
            for k in range(stores):
                for s in range(k + 1):
                    value = 0.0
                    for j in range(stores):
                        value += u[k, j] * u[s, j]
                    m[1 + k, 1 + s] -= value
                for s in range(stores):
                    value = u[k, s]
                    if value != 0.0:
                        for c in range(wide):
                            f[1 + k, c] -= value * border[t - 1, 1 + s, c]
        for r in range(rows):
            for s in range(r):
                value = m[r, s]
                for j in range(s):
                    value -= m[r, j] * m[s, j]
                m[r, s] = value / m[s, s]
            value = m[r, r]
            for j in range(r):
                value -= m[r, j] * m[r, j]
            if not value > 0.0:
                return 1
            m[r, r] = np.sqrt(value)
            for s in range(r):
                value = m[r, s]
                for c in range(wide):
                    f[r, c] -= value * f[s, c]
            value = 1.0 / m[r, r]
            for c in range(wide):
                f[r, c] *= value
        for k in range(stores):
            if t + 1 < steps:
                held[k] = start[t + 1, k] * start[t + 1, k] * inverse[t, flows + k]
    return 0


@compiled
def forward(
    gain, end, start, active, term_part, term_upper, term_column, term_factor, pair_b, pair_j, pair_q, wl, wu, dl, du,
    g_low, g_high, r_rows, r_part, inverse, pull, lower, couple, border, aim_low, aim_high, part, f, column, budget,
    shift,
):  # fmt: skip
    """Right-hand side of the reduced system, and L^-1 applied to it.

    aim_low, aim_high come in as what w z should change by and go out as pulls aim / w - D gap on the parts.
    """
    steps, parts = wl.shape
    flows, rows = gain.shape
    stores = rows - 1
    wide = border.shape[2]
    shift[:] = 0.0
    for t in range(steps):
        for p in range(parts):
            a = active[t, p] * (aim_low[t, p] / wl[t, p] - dl[t, p] * g_low[t, p])
            b = active[t, p] * (aim_high[t, p] / wu[t, p] - du[t, p] * g_high[t, p])
            aim_low[t, p] = a
            aim_high[t, p] = b
            part[t, p] = r_part[t, p] + a - b
        for r in range(rows):
            f[t, r] = -r_rows[t, r]
        for p in range(flows):
            moved = part[t, p] * inverse[t, p]
            for r in range(rows):
                f[t, r] += gain[p, r] * moved
        for k in range(stores):
            p = flows + k
            f[t, 1 + k] += end[t, k] * part[t, p] * inverse[t, p]
            if t > 0:
                f[t, 1 + k] -= start[t, k] * part[t - 1, p] * inverse[t - 1, p]
        for i in range(term_part.size):
            p, c = term_part[i], term_column[t, i]
            column[c] += pull[t, i] * part[t, p]
            if term_upper[i]:
                column[c] += aim_high[t, p] * term_factor[t, i]
            else:
                column[c] -= aim_low[t, p] * term_factor[t, i]
        for i in range(pair_b.size):
            budget[pair_b[i]] += pair_q[t, i] * part[t, pair_j[i]] * inverse[t, pair_j[i]]
        if t > 0:
            for k in range(stores):
                for s in range(stores):
                    f[t, 1 + k] -= couple[t, k, s] * f[t - 1, 1 + s]
        for r in range(rows):
            value = f[t, r]
            for s in range(r):
                value -= lower[t, r, s] * f[t, s]
            value /= lower[t, r, r]
            f[t, r] = value
            for c in range(wide):
                shift[c] += value * border[t, r, c]


@compiled
def backward(
    gain, end, start, active, term_part, term_upper, term_column, term_factor, pair_b, pair_j, pair_q, wl, wu,
    zl, zu, dl, du, g_low, g_high, inverse, pull, lower, couple, border, aim_low, aim_high, part, f, delta, n_x,
    nu, dy, dwl, dwu, dzl, dzu, sums,
):  # fmt: skip
    """Back substitution and the steps of parts, slacks and multipliers; returns the worst ratios of w and z.

    sums: sum of dw z, of w dz and of dw dz over all bounds of parts. f is overwritten.
    """
    steps, parts = wl.shape
    flows, rows = gain.shape
    stores = rows - 1
    wide = border.shape[2]
    primal, dual = 0.0, 0.0
    s_wz, s_zw, s_dd = 0.0, 0.0, 0.0
    shift_low, shift_high = np.empty(parts), np.empty(parts)
    for t in range(steps - 1, -1, -1):
        for r in range(rows):
            value = f[t, r]
            for c in range(wide):
                value -= delta[c] * border[t, r, c]
            f[t, r] = value
        if t + 1 < steps:
            for k in range(stores):
                for s in range(stores):
                    f[t, 1 + s] -= couple[t + 1, k, s] * nu[t + 1, 1 + k]
        for r in range(rows - 1, -1, -1):
            value = f[t, r]
            for s in range(r + 1, rows):
                value -= lower[t, s, r] * nu[t, s]
            nu[t, r] = value / lower[t, r, r]
        for p in range(flows):
            pulled = 0.0
            for r in range(rows):
                pulled += gain[p, r] * nu[t, r]
            dy[t, p] = part[t, p] - pulled
        for k in range(stores):
            pulled = end[t, k] * nu[t, 1 + k]
            if t + 1 < steps:
                pulled -= start[t + 1, k] * nu[t + 1, 1 + k]
            dy[t, flows + k] = part[t, flows + k] - pulled
        for i in range(pair_b.size):
            dy[t, pair_j[i]] -= pair_q[t, i] * delta[n_x + pair_b[i]]
        for p in range(parts):
            dy[t, p] *= inverse[t, p]
            shift_low[p] = 0.0
            shift_high[p] = 0.0
        for i in range(term_part.size):
            p = term_part[i]
            d = delta[term_column[t, i]]
            dy[t, p] += pull[t, i] * d
            if term_upper[i]:
                shift_high[p] += term_factor[t, i] * d
            else:
                shift_low[p] += term_factor[t, i] * d
        for p in range(parts):
            a, b = dy[t, p] - shift_low[p], shift_high[p] - dy[t, p]
            c, d = aim_low[t, p] - dl[t, p] * a, aim_high[t, p] - du[t, p] * b
            a += g_low[t, p]
            b += g_high[t, p]
            dwl[t, p] = a
            dwu[t, p] = b
            dzl[t, p] = c
            dzu[t, p] = d
            if a < primal * wl[t, p]:
                primal = a / wl[t, p]
            if b < primal * wu[t, p]:
                primal = b / wu[t, p]
            if c < dual * zl[t, p]:
                dual = c / zl[t, p]
            if d < dual * zu[t, p]:
                dual = d / zu[t, p]
            s_wz += a * zl[t, p] + b * zu[t, p]
            s_zw += wl[t, p] * c + wu[t, p] * d
            s_dd += a * c + b * d
    sums[0], sums[1], sums[2] = s_wz, s_zw, s_dd
    return primal, dual


@compiled
def aim(wl, wu, zl, zu, dwl, dwu, dzl, dzu, center, second, aim_low, aim_high):
    """What w z should change by: to `center`, less the second-order term of a first direction where `second` is 1."""
    steps, parts = wl.shape
    for t in range(steps):
        for p in range(parts):
            aim_low[t, p] = center - wl[t, p] * zl[t, p] - second * dwl[t, p] * dzl[t, p]
            aim_high[t, p] = center - wu[t, p] * zu[t, p] - second * dwu[t, p] * dzu[t, p]


@compiled
def correct(
    active, wl, wu, zl, zu, dl, du, g_low, g_high, dwl, dwu, dzl, dzu, primal, dual, least, most, aim_low, aim_high
):
    """Turn a direction's pulls back into aims, bent where w z would leave [least, most] after a longer step."""
    steps, parts = wl.shape
    for t in range(steps):
        for p in range(parts):
            a = aim_low[t, p] * wl[t, p] + zl[t, p] * g_low[t, p]
            v = (wl[t, p] + primal * dwl[t, p]) * (zl[t, p] + dual * dzl[t, p])
            b = aim_high[t, p] * wu[t, p] + zu[t, p] * g_high[t, p]
            u = (wu[t, p] + primal * dwu[t, p]) * (zu[t, p] + dual * dzu[t, p])
            if v < least:
                a += least - v
            elif v > most:
                a += max(most - v, -most)
            if u < least:
                b += least - u
            elif u > most:
                b += max(most - u, -most)
            aim_low[t, p] = active[t, p] * a
            aim_high[t, p] = active[t, p] * b


@compiled
def move(y, wl, wu, zl, zu, nu, dy, dwl, dwu, dzl, dzu, dnu, primal, dual):
    """Take the step."""
    steps, parts = wl.shape
    for t in range(steps):
        for p in range(parts):
            y[t, p] += primal * dy[t, p]
            wl[t, p] += primal * dwl[t, p]
            wu[t, p] += primal * dwu[t, p]
            zl[t, p] += dual * dzl[t, p]
            zu[t, p] += dual * dzu[t, p]
        for r in range(nu.shape[1]):
            nu[t, r] += dual * dnu[t, r]
