"""What the facility stage gives to the next ones.

Units are in the names; hourly arrays have shape (8760,) in UTC (convention 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.figure import PlanWarning, Value
from wattscale.units import FloatArray


@dataclass(frozen=True)
class FacilityResult:
    """Result of the facility stage."""

    cooling: str
    design_it_mw: float
    """IT power the building is built for [MW]."""
    power_mw: FloatArray
    """Power of the whole facility at its meter [MW], shape (8760,)."""
    pue: FloatArray
    """Hourly PUE [1], shape (8760,); NaN in an hour without IT power."""
    water_m3: FloatArray
    """Water taken on site in each hour [m3], shape (8760,)."""
    energy_by_use_mwh: dict[str, float]
    """Energy of the year by use, summing to the facility's energy: it, fans, pumps, compressors, heat_rejection, ups,
    distribution, transformer, lighting [MWh]."""
    figures: dict[str, Value]
    """Figures of the stage without the stage's name, such as `pue`."""
    warnings: tuple[PlanWarning, ...] = ()
    redundancy: str = "2N"
    """Redundancy of the electrical path: N, N+1 or 2N."""
    pue_at_work: FloatArray | None = None
    """Hourly PUE if the training run went on in every hour [1], shape (8760,); None where nothing is trained."""

    def energy_at_work_mwh(self, part_mw: FloatArray) -> FloatArray:
        """Give what a part of the IT takes at the campus's meter, with its share of the building at work.

        Overhead of hours in which the training devices stand idle or off belongs to them, not to a run nor to tokens.

        Args:
            part_mw: IT power of the part [MW], shape (8760,).

        Returns:
            Energy in each hour [MWh], shape (8760,).
        """
        pue = self.pue if self.pue_at_work is None else self.pue_at_work
        return np.multiply(part_mw, pue, out=np.zeros_like(part_mw), where=part_mw > 0.0)
