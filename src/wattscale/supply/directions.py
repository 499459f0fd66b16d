# mypy: allow-untyped-defs
"""Compiled passes over time that solve the factorised Newton system for a direction, and take the step.

In: the flat arrays of a `Layout`, of an iterate and of `sweeps.factorise`. Out: steps of parts, slacks and multipliers.
Leaves out: the small dense system of columns and budgets, and every choice (interior.py). Notation as in sweeps.py.
"""

from __future__ import annotations

import numpy as np

from wattscale.supply.sweeps import compiled


@compiled
def prepare(
    term_part, term_upper, term_column, term_factor, pair_b, pair_j, pair_q, active, wl, wu, dl, du, g_low, g_high,
    r_part, inverse, pull, aim_low, aim_high, moved, column, budget,
):  # fmt: skip
    """Right-hand sides of parts, columns and budgets.

    aim_low, aim_high come in as what w z should change by and go out as pulls aim / w - D gap on the parts; moved is
    the step of a part if nothing else moved.
    """
    steps, parts = wl.shape
    for t in range(steps):
        for p in range(parts):
            a = active[t, p] * (aim_low[t, p] / wl[t, p] - dl[t, p] * g_low[t, p])
            b = active[t, p] * (aim_high[t, p] / wu[t, p] - du[t, p] * g_high[t, p])
            aim_low[t, p] = a
            aim_high[t, p] = b
            moved[t, p] = (r_part[t, p] + a - b) * inverse[t, p]
        for i in range(term_part.size):
            p, c = term_part[i], term_column[t, i]
            value = pull[t, i] * (r_part[t, p] + aim_low[t, p] - aim_high[t, p])
            if term_upper[i]:
                value += aim_high[t, p] * term_factor[t, i]
            else:
                value -= aim_low[t, p] * term_factor[t, i]
            column[c] += value
        for i in range(pair_b.size):
            budget[pair_b[i]] += pair_q[t, i] * moved[t, pair_j[i]]


@compiled
def shift_parts(term_part, term_column, pair_b, pair_j, pair_q, inverse, pull, delta, n_x, moved):
    """Add to the steps of parts what columns and budgets move them by."""
    steps = moved.shape[0]
    for t in range(steps):
        for i in range(term_part.size):
            moved[t, term_part[i]] += pull[t, i] * delta[term_column[t, i]]
        for i in range(pair_b.size):
            moved[t, pair_j[i]] -= pair_q[t, i] * delta[n_x + pair_b[i]] * inverse[t, pair_j[i]]


@compiled
def forward(gain, end, start, stand, first, moved, r_rows, lower, couple, f):
    """Solve L f = (rows of the steps `moved`) - r_rows, forward in time."""
    steps, rows = f.shape
    flows, stores = gain.shape[0], rows - 1
    for t in range(steps):
        for r in range(rows):
            value = -r_rows[t, r]
            for p in range(flows):
                value += gain[p, r] * moved[t, p]
            f[t, r] = value
        for k in range(stores):
            value = f[t, 1 + k] + end[t, k] * moved[t, flows + k]
            if t > 0:
                value -= start[t, k] * moved[t - 1, flows + k]
                for s in range(first, rows):
                    value -= couple[t, k, s] * f[t - 1, s]
            f[t, 1 + k] = value
        if first == 0:
            for k in range(stores):
                for r in range(rows):
                    f[t, r] += stand[k, r] * moved[t, flows + k]
        for r in range(rows):
            value = f[t, r]
            for s in range(r):
                value -= lower[t, r, s] * f[t, s]
            f[t, r] = value * lower[t, r, r]


@compiled
def back(gain, end, start, stand, first, lower, couple, f, nu, pulled):
    """Solve L' nu = f, backward in time; pulled: the multipliers as the parts see them. f is overwritten."""
    steps, rows = f.shape
    flows, stores = gain.shape[0], rows - 1
    for t in range(steps - 1, -1, -1):
        if t + 1 < steps:
            for k in range(stores):
                for s in range(first, rows):
                    f[t, s] -= couple[t + 1, k, s] * nu[t + 1, 1 + k]
        for r in range(rows - 1, -1, -1):
            value = f[t, r]
            for s in range(r + 1, rows):
                value -= lower[t, s, r] * nu[t, s]
            nu[t, r] = value * lower[t, r, r]
        for p in range(flows):
            value = 0.0
            for r in range(rows):
                value += gain[p, r] * nu[t, r]
            pulled[t, p] = value
        for k in range(stores):
            value = end[t, k] * nu[t, 1 + k]
            if t + 1 < steps:
                value -= start[t + 1, k] * nu[t + 1, 1 + k]
            if first == 0:
                for r in range(rows):
                    value += stand[k, r] * nu[t, r]
            pulled[t, flows + k] = value


@compiled
def border_of(term_part, term_column, pair_b, pair_j, pair_q, inverse, pull, pulled, n_x, shift):
    """Z' nu: the multipliers of the rows as columns (negated) and budgets see them, levels in rows apart."""
    for t in range(pulled.shape[0]):
        for i in range(term_part.size):
            shift[term_column[t, i]] -= pull[t, i] * pulled[t, term_part[i]]
        for i in range(pair_b.size):
            p = pair_j[i]
            shift[n_x + pair_b[i]] += pair_q[t, i] * inverse[t, p] * pulled[t, p]


@compiled
def expand(
    term_part, term_upper, term_column, term_factor, wl, wu, zl, zu, dl, du, g_low, g_high, inverse, aim_low, aim_high,
    moved, pulled, delta, dwl, dwu, dzl, dzu, sums,
):  # fmt: skip
    """Steps of parts (in `moved`), slacks and multipliers; returns the worst ratios of the steps of w and of z.

    sums: sum of dw z, of w dz and of dw dz over all bounds of parts.
    """
    steps, parts = wl.shape
    primal, dual = 0.0, 0.0
    s_wz, s_zw, s_dd = 0.0, 0.0, 0.0
    shift_low, shift_high = np.zeros(parts), np.zeros(parts)
    for t in range(steps):
        for p in range(parts):
            moved[t, p] -= inverse[t, p] * pulled[t, p]
            shift_low[p] = 0.0
            shift_high[p] = 0.0
        for i in range(term_part.size):
            d = term_factor[t, i] * delta[term_column[t, i]]
            if term_upper[i]:
                shift_high[term_part[i]] += d
            else:
                shift_low[term_part[i]] += d
        for p in range(parts):
            a, b = moved[t, p] - shift_low[p], shift_high[p] - moved[t, p]
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
