"""Parts of one design with other power: how the clock they hold moves efficiency, and what published pairs show."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.power_limit import held_efficiency, rates_of
from wattscale.compute.training_coefficients import power_ratio

shares = st.floats(0.1, 0.9)


@settings(max_examples=40, deadline=None)
@given(shares, st.floats(0.3, 3.0), st.floats(0.5, 1.0))
def test_efficiency_grows_with_power_and_stays_below_the_ceiling(e: float, ratio: float, floor: float) -> None:
    held, more = (float(held_efficiency(e, 0.9, r, floor)) for r in (ratio, 1.1 * ratio))
    assert 0 < held <= 0.9 + 1e-9
    assert more >= held - 1e-9


@settings(max_examples=20, deadline=None)
@given(shares)
def test_the_reference_part_keeps_the_efficiency_of_its_generation(e: float) -> None:
    assert float(held_efficiency(e, 0.9, 1.0, 0.72)) == e


def test_below_the_lowest_voltage_efficiency_follows_power_above_it_the_cube_root() -> None:
    assert float(held_efficiency(0.3, 0.9, 1.3, 0.72)) == pytest.approx(0.39)
    assert float(held_efficiency(0.8, 0.9, 1.1, 0.72)) == pytest.approx(0.8 * 1.1 ** (1 / 3))


@pytest.mark.parametrize(
    ("part", "reference"), [("H100-NVL", "H100"), ("H100-PCIe", "H100"), ("MI300X", "MI325X"), ("B200", "B300")]
)
def test_the_part_with_less_power_per_operation_is_slower_in_products(
    catalog: Catalog, part: str, reference: str
) -> None:
    less, more = (load_accelerator(catalog, n) for n in (part, reference))
    assert power_ratio(catalog, less) < power_ratio(catalog, more)
    low, high = (float(np.ravel(rates_of(catalog, d, "vllm").compute_efficiency)[0]) for d in (less, more))
    assert low < high
