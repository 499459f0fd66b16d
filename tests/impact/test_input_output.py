"""Leontief analysis."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.errors import InputError
from wattscale.impact.input_output import Economy, effects, leontief_inverse

A = np.array([[0.1, 0.2, 0.0], [0.3, 0.1, 0.2], [0.0, 0.4, 0.1]])
ECONOMY = Economy(
    ("farm", "plant", "trade"), A, np.array([10.0, 5.0, 20.0]), np.array([0.6, 0.3, 0.7]),
    wage_share=np.array([0.3, 0.2, 0.4]), consumption=np.array([0.2, 0.3, 0.4]),
)  # fmt: skip


def test_a_table_of_three_sectors_equals_the_hand_calculation():
    # det(I - A) = 0.9 (0.81 - 0.08) - 0.2 (0.3 * 0.9) = 0.603; first column of the adjugate: 0.73, 0.27, 0.12.
    found = leontief_inverse(A)
    assert found[:, 0] == pytest.approx(np.array([0.73, 0.27, 0.12]) / 0.603, abs=1e-9)


def test_the_inverse_is_the_sum_of_all_rounds():
    rounds = sum(np.linalg.matrix_power(A, n) for n in range(200))
    assert leontief_inverse(A) == pytest.approx(rounds, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(spending=st.lists(st.floats(0.0, 1e9), min_size=3, max_size=3), share=st.floats(0.0, 0.8))
def test_value_added_of_a_closed_table_equals_the_spending(spending, share):
    # Where value added is what the inputs leave, type I value added equals final demand to the dollar.
    economy = Economy(
        ECONOMY.sectors, A, ECONOMY.jobs_per_musd, 1.0 - A.sum(axis=0), *(ECONOMY.wage_share, ECONOMY.consumption)
    )
    found = effects(economy, np.array(spending), share)
    added = found["direct"].value_added_usd.sum() + found["indirect"].value_added_usd.sum()
    assert added == pytest.approx(sum(spending), rel=1e-9, abs=1e-6)
    assert (found["induced"].jobs >= -1e-9).all()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_households_add_what_the_partitioned_inverse_says(share):
    # Miller and Blair 2009, appendix to chapter 6: the closed inverse is L + L c w' L / (1 - w' L c).
    wages, basket = ECONOMY.wage_share, ECONOMY.consumption * share
    total = np.array([[0.73, 0.18, 0.04], [0.27, 0.81, 0.18], [0.12, 0.36, 0.75]]) / 0.603
    spending = np.array([2e6, 0.0, 1e6])
    again = (wages @ total @ spending) / (1.0 - wages @ total @ basket)
    found = effects(ECONOMY, spending, share)["induced"]
    assert found.output_usd == pytest.approx(total @ basket * again, rel=1e-9)
    assert found.jobs == pytest.approx(total @ basket * again / 1e6 * ECONOMY.jobs_per_musd, rel=1e-9)


def test_induced_effects_of_one_sector_by_hand():
    # (I - A) of the closed table is ((0.5, -0.4), (-0.25, 1)): det 0.4, so output 1 / 0.4 = 2.5, of which 2 without.
    one = Economy(("all",), np.array([[0.5]]), np.array([1.0]), np.array([0.5]), np.array([0.25]), np.array([0.8]))
    found = effects(one, np.array([100.0]), 0.5)
    assert found["direct"].output_usd + found["indirect"].output_usd == pytest.approx([200.0])
    assert found["induced"].output_usd == pytest.approx([50.0])


def test_induced_effects_need_wages_and_a_modest_share():
    with pytest.raises(InputError, match="induced_share"):
        effects(ECONOMY, np.ones(3), 0.95)
    bare = Economy(ECONOMY.sectors, A, ECONOMY.jobs_per_musd, ECONOMY.value_added_share)
    with pytest.raises(InputError, match="wages"):
        effects(bare, np.ones(3), 0.5)


@pytest.mark.parametrize("bad", [np.eye(2), np.ones((2, 3)), np.array([[np.nan]])])
def test_a_table_that_cannot_be_inverted_is_refused(bad):
    with pytest.raises(InputError):
        leontief_inverse(bad)


# What pymrio computes of its own test system, aggregated so that the figures fit a page.
GOLDEN = json.loads((Path(__file__).parent / "pymrio_aggregated.json").read_text(encoding="utf-8"))


def test_results_equal_those_that_pymrio_stored_of_its_test_system():
    table = np.array(GOLDEN["A"])
    assert leontief_inverse(table) == pytest.approx(np.array(GOLDEN["L"]), rel=1e-9, abs=1e-12)
    economy = Economy(
        tuple(GOLDEN["sectors"]), table, np.array(GOLDEN["emissions_S"]) * 1e6, np.array(GOLDEN["value_added_S"])
    )
    found = effects(economy, np.array(GOLDEN["Y"]))
    output = found["direct"].output_usd + found["indirect"].output_usd
    assert output == pytest.approx(np.array(GOLDEN["x"]), rel=1e-9)
    # Footprint: pymrio's multipliers M times final demand; value added of all demand is value added of all output.
    pulled = float((found["direct"].jobs + found["indirect"].jobs).sum())
    assert pulled == pytest.approx(float(np.dot(GOLDEN["emissions_M"], GOLDEN["Y"])), rel=1e-9)
    added = float((found["direct"].value_added_usd + found["indirect"].value_added_usd).sum())
    assert added == pytest.approx(float(np.dot(GOLDEN["value_added_S"], GOLDEN["x"])), rel=1e-9)


def test_results_equal_those_of_pymrio_on_its_test_system():
    pymrio = pytest.importorskip("pymrio", reason="the oracle pymrio is not installed")
    system = pymrio.load_test().calc_all()
    y = system.Y.sum(axis=1).to_numpy()
    assert leontief_inverse(system.A.to_numpy()) @ y == pytest.approx(system.x["indout"].to_numpy(), rel=1e-9)
    assert leontief_inverse(system.A.to_numpy()) == pytest.approx(system.L.to_numpy(), rel=1e-9, abs=1e-12)
