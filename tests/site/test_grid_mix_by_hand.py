"""How much of a grid's carbon is direct, life-cycle and fossil, from what its row knows."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from wattscale.site.carbon import grid_mix

FITS = {
    "carbon-mix.lifecycle_slope": 1.2, "carbon-mix.lifecycle_start": 30.0, "carbon-mix.fossil_start": 100.0,
    "carbon-mix.fossil_slope": 1.5,
}  # fmt: skip


def mix(mean: float | None = None, **known: float) -> tuple[float, float, float, float, int]:
    book = SimpleNamespace(value=lambda table, name: FITS[name])
    row = SimpleNamespace(name="there", has=lambda name: name in known, number=lambda name: known[name])
    found, warnings = grid_mix(book, row, mean)  # type: ignore[arg-type]
    return (*(getattr(found, f) for f in found.__dataclass_fields__), len(warnings))  # type: ignore[return-value]


def test_general_fits_where_the_row_knows_nothing() -> None:
    """Direct 200: fossil plant at 100 + 1.5 x 200, life cycle 30 + 1.2 x direct."""
    assert mix(200.0) == (200.0, 400.0, 30.0, 1.2, 0)
    assert mix() == (0.0, 100.0, 30.0, 1.2, 0)


def test_the_rows_own_figures_come_first() -> None:
    """Life cycle 300 at direct 200 begins at 300 - 1.2 x 200; a scenario's mean keeps that beginning."""
    row = {"carbon_direct_kg_per_mwh": 200.0, "carbon_lifecycle_kg_per_mwh": 300.0, "fossil_kg_per_mwh": 700.0}
    assert mix(**row) == (200.0, 700.0, pytest.approx(60.0), 1.2, 0)
    assert mix(800.0, **row) == (800.0, 800.0, pytest.approx(60.0), 1.2, 0), "fossil plant emits no less than the mean"
    assert mix(**{**row, "carbon_lifecycle_kg_per_mwh": 100.0})[2] == 0.0


def test_direct_carbon_is_worked_back_from_the_life_cycle_and_told() -> None:
    """(270 - 30) / 1.2 = 200; a grid below 30 has none."""
    assert mix(carbon_lifecycle_kg_per_mwh=270.0) == (pytest.approx(200.0), pytest.approx(400.0), 30.0, 1.2, 1)
    assert mix(carbon_lifecycle_kg_per_mwh=20.0)[0] == 0.0
    assert mix(50.0, carbon_lifecycle_kg_per_mwh=270.0) == (50.0, 175.0, 30.0, 1.2, 0)
