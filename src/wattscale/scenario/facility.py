"""Scenario table `facility`: in what building."""

from __future__ import annotations

from typing import Literal

from wattscale.scenario.quantity import TableModel, choice, quantity

Cooling = Literal[
    "best",
    "direct-to-chip",
    "direct-to-chip-tower",
    "direct-to-chip-adiabatic",
    "direct-to-chip-chillerless",
    "immersion",
    "rear-door",
    "air-economiser",
    "outside-air-chiller",
    "outside-air-air-chiller",
    "chiller",
    "air-chiller",
    "water-economiser",
    "dry-economiser",
    "dx",
]
"""Cooling technologies, items of the catalogue; `best` picks the cheapest over its life."""
WaterClass = Literal["W17", "W27", "W32", "W40", "W45"]
"""Classes of facility water by highest supply temperature [C] (ASHRAE TC 9.9)."""


class FacilityTable(TableModel):
    """Table `facility`: a technology and its design; set-points left out come from the catalogue."""

    cooling: Cooling = choice("direct-to-chip", "Cooling technology")
    ups: Literal["legacy", "double-conversion", "eco"] = choice("double-conversion", "Kind of UPS")
    redundancy: Literal["N", "N+1", "2N"] = choice("2N", "Redundancy of the electrical path")
    distribution: Literal["ac-415v", "ac-208v", "dc-800v"] = choice(
        "ac-415v", "Path from the UPS to the racks; dc-800v replaces the UPS by a rectifier"
    )
    headroom_share: float = quantity(
        0.1, "1", "Design capacity above the busiest hour of IT load", "estimate", ge=0, le=5
    )
    air_supply_c: float | None = quantity(
        None, "C", "Supply air; with outside air the upper end of its window", "catalogue", ge=10, le=40
    )
    water_class: WaterClass | None = choice(None, "Class of the facility water of a liquid loop")
    liquid_supply_c: float | None = quantity(
        None, "C", "Facility water supplied to the liquid loop (replaces water_class)", "catalogue", ge=10, le=65
    )
    liquid_share: float | None = quantity(None, "1", "Share of IT heat taken by liquid", "catalogue", gt=0, le=1)
    cycles_of_concentration: float | None = quantity(
        None, "1", "Salt of tower water over that of the make-up", "catalogue", ge=1.5, le=50
    )
    heat_reuse_share: float = quantity(
        0.0, "1", "Share of the liquid loop's heat given to a user of heat", "scenario", ge=0, le=1
    )
    heat_user_c: float | None = quantity(
        None, "C", "Temperature a user of heat needs; a heat pump lifts what is colder", "scenario", ge=20, le=120
    )
