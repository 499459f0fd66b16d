"""Scenario table `facility`: in what building."""

from __future__ import annotations

from typing import Literal

from wattscale.scenario.quantity import TableModel, choice, quantity

Cooling = Literal["air-economiser", "chiller", "direct-to-chip"]


class FacilityTable(TableModel):
    """Table `facility`."""

    cooling: Cooling = choice("direct-to-chip", "Cooling technology")
    ups: Literal["legacy", "double-conversion", "eco"] = choice("double-conversion", "Kind of UPS")
    redundancy: Literal["N", "N+1", "2N"] = choice("2N", "Redundancy of the electrical path")
    headroom_share: float = quantity(
        0.1, "1", "Design capacity above the busiest hour of IT load", "estimate", ge=0, le=5
    )
