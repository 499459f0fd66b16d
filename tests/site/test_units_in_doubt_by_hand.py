"""Where a doubt of units begins and ends, and which unit it names."""

from __future__ import annotations

import numpy as np
import pytest

from wattscale.site.plausible import carbon_doubts, free_doubts, price_doubts, sun_doubts

ONE = np.ones(8760)


def told(warnings: tuple[object, ...]) -> str:
    return " | ".join(getattr(w, "message", "") for w in warnings)


@pytest.mark.parametrize(
    ("mean", "words"),
    [
        (5.0, ""), (7.0, ""), (500.0, ""),
        (700.0, "another currency"), (50_000.0, "another currency"),
        (0.3, "USD/kWh; multiply the column by 1000"), (0.005, "USD/kWh; multiply the column by 1000"),
        (0.5, "USD/kWh; multiply the column by 1000"),
        (0.51, "cents per kWh; multiply the column by 10"), (4.9, "cents per kWh; multiply the column by 10"),
        (0.004, "check the column's unit and sign"), (-3.0, "check the column's unit and sign"),
    ],
)  # fmt: skip
def test_mean_prices_of_5_to_500_are_those_of_markets(mean: float, words: str) -> None:
    message = told(price_doubts(mean * ONE, "p.csv"))
    assert (words in message) if words else message == ""
    if words:
        assert "where markets have 5 to 500: " in message


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1.5, "kg/kWh (or t/MWh); multiply the column by 1,000"), (0.4, "kg/kWh"), (1.6, ""), (0.0, ""), (1500.0, ""),
        (1501.0, "lb/MWh; multiply the column by 0.4536"), (3300.0, "lb/MWh"), (3310.0, "check the column's unit"),
    ],
)  # fmt: skip
def test_carbon_of_more_than_1500_or_never_above_one_and_a_half_is_doubted(value: float, words: str) -> None:
    """1,500 g/kWh are 3,307 lb/MWh."""
    message = told(carbon_doubts(value * ONE, None, None, "c.csv"))
    assert (words in message) if words else message == ""
    if words:
        assert "c.csv: ci_direct_g_per_kwh has a mean of" in message
        assert "where grids have 5 to 1500: " in message


def test_marginal_carbon_below_zero_is_held_by_its_size() -> None:
    assert "ci_marginal" in told(carbon_doubts(400 * ONE, None, -0.5 * ONE, "c.csv"))
    assert carbon_doubts(400 * ONE, None, -400 * ONE, "c.csv") == ()


@pytest.mark.parametrize(("hours", "below", "doubted"), [(87, 9.0, False), (88, 9.0, True), (8760, 0.4, False),
                                                         (8760, 0.6, True)])  # fmt: skip
def test_life_cycle_below_direct_is_rounding_in_a_hundredth_of_the_hours_and_by_half_a_gram(
    hours: int, below: float, doubted: bool
) -> None:
    direct = 400 * ONE
    lifecycle = direct + 50
    lifecycle[:hours] = 400 - below
    warned = carbon_doubts(direct, lifecycle, None, "c.csv")
    assert [w.code for w in warned] == (["lifecycle-below-direct"] if doubted else [])
    assert (f"in {hours / 8760:.0%} of the hours" in told(warned)) == doubted


def test_a_life_cycle_column_in_another_unit_is_told_once() -> None:
    warned = carbon_doubts(400 * ONE, 0.5 * ONE, None, "c.csv")
    assert [w.code for w in warned] == ["carbon-unit-doubtful"]
    assert "ci_lca_g_per_kwh" in warned[0].message
    both = carbon_doubts(0.4 * ONE, 0.5 * ONE, None, "c.csv")
    assert [w.message.split()[1] for w in both] == ["ci_direct_g_per_kwh", "ci_lca_g_per_kwh"]
    direct_only = carbon_doubts(1.4 * ONE, 0.5 * ONE + np.arange(8760) / 8760 * 1.2, None, "c.csv")
    assert [w.code for w in direct_only] == ["carbon-unit-doubtful", "lifecycle-below-direct"]


@pytest.mark.parametrize(("most", "doubted"), [(0.0, False), (0.5, True), (1.0, True), (1.5, False), (90.0, False)])
def test_a_carbon_free_column_that_ends_at_one_is_a_share(most: float, doubted: bool) -> None:
    assert bool(free_doubts(np.linspace(0.0, most, 8760), "c.csv")) == doubted
    assert free_doubts(None, "c.csv") == ()


@pytest.mark.parametrize(
    ("total", "words"),
    [
        (501.0, None), (800.0, None), (2799.0, None), (499.0, ""), (2900.0, ""), (0.1, ""),
        (0.51, ": it looks like kW/m2"), (2.0, ": it looks like kW/m2"),
        (2.9, ": it looks like MJ/m2 in the hour"), (7.0, ": it looks like MJ/m2 in the hour"),
        (2.9e6, ": it looks like J/m2 in the hour"), (7e6, ": it looks like J/m2 in the hour"),
    ],
)  # fmt: skip
def test_a_year_of_sun_has_500_to_2800_kwh(total: float, words: str | None) -> None:
    """1 MJ/m2 in an hour is 277.8 W/m2: 2.9 and 7 become 806 and 1,944 kWh/m2 in the year."""
    warned = sun_doubts(np.full(8760, total * 1000 / 8760), "w.epw")
    assert len(warned) == (words is not None)
    if words is not None:
        assert f"where places on earth have 500 to 2800{words}. It was" in warned[0].message
    assert sun_doubts(None, "w.epw") == ()
