"""Rows of a request log whose time lies far from all others: a wrong date, a clock that was not set.

In: requests by the hour. Out: the hours that belong together, and a warning of those that do not.
Leaves out: wrong dates within the time of the log, which nothing tells from right ones.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from wattscale.errors import InputError
from wattscale.figure import PlanWarning
from wattscale.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

STRAY_SHARE = 0.01
"""Largest share of the rows that is left out as stray; more is another log in the same file."""
DAYS_TOLD_H = 2 * HOURS_PER_YEAR
Mask = npt.NDArray[np.bool_]


def main_part(hours: FloatArray, requests: FloatArray) -> Mask:
    """Find the hours that belong together.

    From either end, rows are stray where they are at most `STRAY_SHARE` of all and the empty time between them and the
    rest is longer than the rest, and than a day.

    Args:
        hours: Hours since 1970 that have requests, ascending, shape (n,); below zero: no possible time.
        requests: Requests of each [1], shape (n,).

    Returns:
        Whether each hour is kept, shape (n,).

    >>> main_part(np.array([0.0, 476_000.0, 476_001.0]), np.array([1.0, 500.0, 500.0])).tolist()
    [False, True, True]
    """
    kept = hours >= 0
    most = STRAY_SHARE * float(requests.sum()) - float(requests[~kept].sum())
    found = True
    while found and int(kept.sum()) > 1:
        at = np.flatnonzero(kept)
        inside, n = hours[at], requests[at]
        gap = np.diff(inside)
        before = np.cumsum(n)[:-1]
        after = n.sum() - before
        left = (gap > np.maximum(inside[-1] - inside[1:], HOURS_PER_DAY)) & (before <= most)
        right = (gap > np.maximum(inside[:-1] - inside[0], HOURS_PER_DAY)) & (after <= most)
        found = bool(left.any() or right.any())
        if left.any():
            cut = int(np.flatnonzero(left)[-1])
            kept[at[: cut + 1]] = False
            most -= float(before[cut])
        elif right.any():
            cut = int(np.flatnonzero(right)[0])
            kept[at[cut + 1 :]] = False
            most -= float(after[cut])
    return kept


def left_out(hours: FloatArray, requests: FloatArray, kept: Mask, file: Path) -> tuple[PlanWarning, ...]:
    """Warn of the rows that were left out.

    Args:
        hours: As in `main_part`.
        requests: As in `main_part`.
        kept: Its answer.
        file: The log, for messages.

    Raises:
        InputError: More than `STRAY_SHARE` of the rows have no possible time.
    """
    out, total = float(requests[~kept].sum()), float(requests.sum())
    if not out:
        return ()
    impossible = float(requests[hours < 0].sum())
    if impossible > STRAY_SHARE * total or not kept.any():
        raise InputError(
            f"{impossible:,.0f} of {total:,.0f} rows have a TIMESTAMP outside the years 1970 to 2099",
            where="workload.serving.log", value=str(file), hint="Correct the column's format",
        )  # fmt: skip
    far = np.flatnonzero(~kept & (hours >= 0))
    parts = [f"{impossible:,.0f} outside the years 1970 to 2099"] if impossible else []
    if far.size:
        first, last = hours[kept][0], hours[kept][-1]
        away = float(np.maximum(first - hours[far], hours[far] - last).max())
        dates = " and ".join(_date(hours[i]) for i in sorted({far[0], far[-1]}))
        parts.append(f"{requests[far].sum():,.0f} as far as {_long(away)} from all others ({dates})")
    message = (
        f"{out:,.0f} of the {total:,.0f} rows of the request log were left out as wrongly dated: {', '.join(parts)}. "
        "Correct or remove them."
    )
    return (PlanWarning("log-stray-rows", message),)


def _date(hour: float) -> str:
    return str(np.datetime64(int(hour), "h").astype("datetime64[D]"))


def _long(hours: float) -> str:
    return f"{hours / HOURS_PER_YEAR:.0f} years" if hours > DAYS_TOLD_H else f"{hours / HOURS_PER_DAY:.0f} days"
