"""Array type and the unit factors used at the borders (conventions 1 to 4 in docs/conventions.md).

Inside the package: MW, MWh, h, m3, tCO2, real USD of the base year; conversions happen where data enter or leave.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]

HOURS_PER_YEAR = 8760
"""Hours of the model year: 29 February is dropped (convention 1)."""
SECONDS_PER_HOUR = 3600
HOURS_PER_DAY = 24
J_PER_MWH = 3.6e9
W_PER_MW = 1e6
KG_PER_T = 1e3
L_PER_M3 = 1e3
BASE_YEAR = 2024
"""Price year of all money inside the package."""
MMBTU_TO_MWH = 0.29307107
"""Thermal energy, International Table Btu: 1 MMBtu = 0.293 MWh (NIST SP 811, appendix B.8)."""
