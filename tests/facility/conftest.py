"""Fixtures: a made-up year that holds winter, summer, dry and humid hours."""

from __future__ import annotations

import numpy as np
import pytest

from wattscale.facility.outdoor import OutdoorAir, outdoor_air
from wattscale.site.result import Weather


def made_up(hours: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    t = np.arange(hours)
    temp_c = 14 - 14 * np.cos(2 * np.pi * t / hours) - 6 * np.cos(2 * np.pi * t / 24)
    dew_c = temp_c - 8 + 7.5 * np.sin(2 * np.pi * t / 171)
    return temp_c, dew_c, np.full(hours, 99_000.0)


@pytest.fixture(scope="session")
def air() -> OutdoorAir:
    return outdoor_air(*made_up(960))


@pytest.fixture(scope="session")
def weather() -> Weather:
    temp_c, dew_c, pressure_pa = made_up(8760)
    zero = np.zeros(8760)
    return Weather(temp_c, dew_c, pressure_pa, zero + 3.0, zero, zero, zero, "made up", True)
