"""Outside air that is cooled by spraying: each of the three things that end it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.facility.airside import _spray, humidity_floor_c

DESIGN = SimpleNamespace(supply_max_c=25.0, spray_effectiveness=0.8, dew_max_c=15.0, rh_max_share=0.6)
LATENT, HEAT = 2.4535e6, 1006.0
"""Of water at 20 C [J/kg], and of air [J/(kg K)]."""


@pytest.mark.parametrize(
    ("temp", "wet_bulb", "ratio", "drop"),
    [
        (35.0, 20.0, 0.002, 10.0),  # To the window, and no further.
        (35.0, 25.0, 0.002, 8.0),  # 0.8 of the way to the wet bulb.
        (35.0, 20.0, 0.0096, (0.010648 - 0.0096) * LATENT / HEAT),  # Till the dew point is at 15 C: 0.010648 kg/kg.
        (35.0, 20.0, 0.0120, 0.0),  # Too humid to take any.
        (24.0, 10.0, 0.002, 0.0),  # Cool enough.
    ],
)
def test_spraying_ends_at_the_window_the_wet_bulb_or_the_humidity(
    temp: float, wet_bulb: float, ratio: float, drop: float
) -> None:
    air = SimpleNamespace(
        temp_c=np.array([temp]), wet_bulb_c=np.array([wet_bulb]), humidity_ratio=np.array([ratio]),
        pressure_pa=101_325.0,
    )  # fmt: skip
    cooled, water = _spray(DESIGN, air, np.array([2.0]))  # type: ignore[arg-type]
    assert float(cooled[0]) == pytest.approx(temp - drop, abs=0.02)
    assert float(water[0]) == pytest.approx(2 * HEAT * drop / LATENT * 3600 / 1000, rel=0.02, abs=1e-9)


def test_relative_humidity_limits_where_it_comes_first() -> None:
    """0.4 of saturation at 25 C, 3,169 Pa, is 1,268 Pa: 0.00788 kg/kg."""
    dry = SimpleNamespace(**{**DESIGN.__dict__, "rh_max_share": 0.4})
    air = SimpleNamespace(
        temp_c=np.array([35.0]), wet_bulb_c=np.array([20.0]), humidity_ratio=np.array([0.007]), pressure_pa=101_325.0
    )  # fmt: skip
    cooled, _ = _spray(dry, air, np.array([2.0]))  # type: ignore[arg-type]
    assert float(cooled[0]) == pytest.approx(35 - (0.00788 - 0.007) * LATENT / HEAT, abs=0.03)


def test_the_coldest_supply_that_is_not_too_humid() -> None:
    """0.01 kg/kg are 1,603 Pa at sea level; over 0.8 they are saturated at 2,004 Pa: 17.5 C."""
    air = SimpleNamespace(humidity_ratio=np.array([0.01]), pressure_pa=np.array([101_325.0]))
    assert float(humidity_floor_c(air, np.array([0.8]))[0]) == pytest.approx(17.54, abs=0.05)  # type: ignore[arg-type]
