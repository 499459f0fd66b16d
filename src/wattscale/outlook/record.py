"""What the yearly model writes down, year by year, and the path that it becomes.

In: arrays of a year. Out: `Path`, every quantity by year, draw and region.
Leaves out: what follows from a path; accounts.py adds it up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattscale.outlook.constraints import ORDERED, POWER_KINDS
from wattscale.outlook.cooling_units import KINDS
from wattscale.outlook.mix import FUELS
from wattscale.outlook.years import REGIONS, YEARS
from wattscale.units import FloatArray

BY_REGION = (
    "ai_twh", "conventional_twh", "contracted_mw", "energised_mw", "needed_mw", "demand_work", "served_work",
    "unmet_work", "electricity_usd_per_mwh", "price_ratio", "power_ratio", "intensity_t_per_mwh", "deployed_mw",
    "log_price", "pue_ai", "wue_ai", "carbon_usd_per_t", "backlog_mw", "requested_mw", "connected_mw", "withdrawn_mw",
    "grid_mw", "grid_scarcity",
)  # fmt: skip
WORLDWIDE = (
    "shipped_mw", "wanted_mw", "device_cap_mw", "retired_mw", "fleet_mw", "fleet_work", "density", "pue_ai",
    "device_ratio", "binding", "service", "work_per_task", "unit_cost", "dearer_halls",
)  # fmt: skip
STAGE_QUANTITIES = ("capacity_mw", "scarcity", "ordered_mw", "arrived_mw")


@dataclass(frozen=True)
class Path:
    """What the model gives.

    Attributes:
        region: By name, shape (years, draws, regions).
        world: By name, shape (years, draws).
        added: New power by kind [MW], shape (years, draws, regions).
        mix: Share of the electricity by fuel [1], shape (years, draws, regions).
        cooling: Share of the power of AI devices by kind of cooling [1], shape (years, draws, regions).
        stages: By quantity and stage, shape (years, draws): capacity after shocks [MW/year], scarcity price [1],
            ordered and arrived capacity [MW/year]; the grid is the sum or mean of its regions.
    """

    region: Mapping[str, FloatArray]
    world: Mapping[str, FloatArray]
    added: Mapping[str, FloatArray]
    mix: Mapping[str, FloatArray]
    cooling: Mapping[str, FloatArray]
    stages: Mapping[tuple[str, str], FloatArray]


class Record:
    """Arrays being filled, year by year."""

    def __init__(self, draws: int) -> None:
        years, regions = len(YEARS), len(REGIONS)
        self.region = {name: np.zeros((years, draws, regions)) for name in BY_REGION}
        self.world = {name: np.zeros((years, draws)) for name in WORLDWIDE}
        self.added = {kind: np.zeros((years, draws, regions)) for kind in POWER_KINDS}
        self.mix = {fuel: np.zeros((years, draws, regions)) for fuel in FUELS}
        self.cooling = {kind: np.zeros((years, draws, regions)) for kind in KINDS}
        self.stages = {(q, s): np.zeros((years, draws)) for q in STAGE_QUANTITIES for s in ORDERED}

    def path(self) -> Path:
        """Freeze."""
        return Path(self.region, self.world, self.added, self.mix, self.cooling, self.stages)
