"""How technologies whose break-even hangs on the path itself enter the outlook, year by year.

In: what a year gave: size of the largest run, scarcity price, price of power. Out: adoption in the next year.
Leaves out: edge, neuromorphic and quantum, which hang on no price of the path; breakeven.adoption gives them before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattscale.outlook.breakeven import NEVER, bass, ledger_cost_ratio
from wattscale.outlook.drivers import Draws
from wattscale.units import FloatArray

ENTERING = ("multi-site training", "ledger-coordinated serving", "matched renewables")
"""Technologies that enter here."""
MATCHED = 0.95
"""Share of the hours that renewable supply matches where it is built for that (breakeven.matched_cost)."""


@dataclass(frozen=True)
class Entered:
    """What adopted technologies change in a year.

    Attributes:
        mobility: Share of devices without power that finds it in another region [1], shape (draws,).
        training_work: Training work over that at one site [1], shape (draws,).
        scattered: Share of serving on scattered devices outside data centres [1], shape (draws,).
        matched: Share of the load that renewable supply matches by the hour [1], shape (draws, regions).
    """

    mobility: FloatArray
    training_work: FloatArray
    scattered: FloatArray
    matched: FloatArray


class Entry:
    """Years since which each technology pays without a break, and what is adopted by then."""

    def __init__(self, v: Draws, regions: int, active: tuple[str, ...] = ENTERING) -> None:
        self._v, self._active = v, active
        draws = len(v["scarcity.mobility"])
        self._since: dict[str, FloatArray] = {
            name: np.full((draws, regions) if name == ENTERING[2] else draws, NEVER) for name in ENTERING
        }

    def in_year(self, year: int, training_share: FloatArray) -> Entered:
        """Give what is adopted in a year, from what paid in the years before.

        Multi-site training lets training move to where power is, and costs work: its devices wait for each other.

        Args:
            year: Year.
            training_share: Share of training in the work [1], shape (draws,).
        """
        v = self._v
        several = self._adopted(ENTERING[0], year)
        movable = v["scarcity.mobility"] + (1.0 - v["scarcity.mobility"]) * training_share * several
        slower = 1.0 + several * (1.0 / v["decentral.utilisation"] - 1.0) * v["decentral.largest_part"]
        scattered = self._adopted(ENTERING[1], year) * v["decentral.servable"]
        matched = self._adopted(ENTERING[2], year) * (v["renewable.buildable"] * MATCHED)[:, None]
        return Entered(movable, slower, np.asarray(scattered), np.asarray(matched))

    def learn(self, year: int, found: Mapping[str, FloatArray]) -> None:
        """Note which technologies paid in a year; one that ceases to pay starts again.

        Args:
            year: Year.
            found: `largest_run_mw`, `scarcity_price`, both of shape (draws,); `matched_usd_per_mwh` of shape (draws,)
                and `grid_usd_per_mwh` of shape (draws, regions).
        """
        v = self._v
        holds = {
            ENTERING[0]: found["largest_run_mw"] > v["decentral.site_limit"],
            ENTERING[1]: ledger_cost_ratio(v) <= found["scarcity_price"],
            ENTERING[2]: found["matched_usd_per_mwh"][:, None]
            <= found["grid_usd_per_mwh"] * (1.0 + v["renewable.tolerance"])[:, None],
        }
        for name in self._active:
            started = np.minimum(self._since[name], float(year))
            self._since[name] = np.where(holds[name], started, NEVER)

    def _adopted(self, name: str, year: int) -> FloatArray:
        since = self._since[name]
        age = np.where(np.isfinite(since), year - np.where(np.isfinite(since), since, 0.0), 0.0)
        p, q = self._v["adoption.innovation"], self._v["adoption.imitation"]
        return bass(age, p, q) if since.ndim == 1 else bass(age, p[:, None], q[:, None])
