"""Break-evens by hand and against the published regression."""

from dataclasses import replace

import numpy as np
import pytest

from wattscale.outlook import breakeven
from wattscale.outlook.demand import rebound
from wattscale.outlook.drivers import central, read_drivers
from wattscale.outlook.years import LAST_YEAR

DAY_S = 86_400.0


@pytest.fixture(scope="module")
def middle(catalog):
    return dict(central(read_drivers(catalog, {})))


def test_quantum_times_agree_with_the_published_break_evens():
    """A review of Babbush et al. 2021 reads about 100 days for a quadratic and 14 s for a quartic speed-up."""
    quadratic = breakeven.quantum_break_even_s(np.array(0.018), np.array(3.7e-11), np.array(2.0))
    quartic = breakeven.quantum_break_even_s(np.array(0.018), np.array(3.7e-11), np.array(4.0))
    assert quadratic / DAY_S == pytest.approx(100, rel=0.03)
    assert quartic == pytest.approx(14, rel=0.03)


def test_without_an_algorithm_quantum_never_pays(middle):
    never = breakeven.quantum({**middle, "quantum.algorithm_probability": np.zeros(1)}, 1)
    assert never.probability(LAST_YEAR) == 0
    assert never.to_dict()["median_year"] is None


def test_even_endless_efficiency_pays_for_little_more_hardware(middle, units):
    """With electricity at 5 % and building at 23 % of cost, at most 39 % dearer devices pay."""
    ideal = {**middle, "neuromorphic.gain": np.array([1e9]), "neuromorphic.ready": np.array([2026.0])}
    ideal |= {"neuromorphic.cost_fall": np.zeros(1)}
    limit = 1 + (0.05 + 0.23) / (1 - 0.05 - 0.23)
    just = breakeven.neuromorphic({**ideal, "neuromorphic.cost_ratio": np.array([limit - 0.01])}, units)
    over = breakeven.neuromorphic({**ideal, "neuromorphic.cost_ratio": np.array([limit + 0.01])}, units)
    assert just.probability(2026) == 1
    assert over.probability(LAST_YEAR) == 0


def test_the_same_small_model_needs_less_energy_in_the_cloud(middle, units):
    device, cloud = breakeven.edge_energy(middle, units, 2025)
    assert device[0] > 3 * cloud[0]


def test_a_token_of_the_small_model_costs_the_cloud_the_same_whatever_model_the_plan_serves(middle, units):
    smaller = replace(
        units, joules_per_token=units.joules_per_token / 10.0, params_active_b=units.params_active_b / 10.0
    )
    assert breakeven.edge_energy(middle, smaller, 2030)[1] == pytest.approx(
        breakeven.edge_energy(middle, units, 2030)[1]
    )


def test_edge_moves_more_tasks_than_work(middle):
    tasks, work = breakeven.edge_shares(middle, 2035)
    assert 0 < work[0] < tasks[0] < 0.6


def test_a_ledger_adds_cost(middle):
    assert breakeven.ledger_cost_ratio(middle)[0] > 1.3


def test_the_last_hours_are_the_dear_ones(middle):
    costs = {"solar": np.array([[50.0]]), "wind": np.array([[60.0]]), "battery": np.array([[200.0]])}
    most = breakeven.matched_cost(middle, costs, 0, full=False)[0]
    every = breakeven.matched_cost(middle, costs, 0, full=True)[0]
    assert every == pytest.approx(1.8 * most)
    assert most == pytest.approx(1.8 * 55 + 14 * 200e3 * 0.11683 / 8760, rel=1e-3)


def test_a_year_counts_only_if_it_lasts():
    flips = breakeven.first_year(lambda year: np.array([year != 2030, year >= 2032, False]))
    assert flips.tolist() == [2031.0, 2032.0, np.inf]


@pytest.mark.parametrize(("elasticity", "net"), [(0.3, -0.384), (1.0, 0.0), (1.4, 0.32)])
def test_rebound_turns_to_backfire_above_an_elasticity_of_one(elasticity, net):
    assert rebound(elasticity, 0.5, 0.06)["net_change"] == pytest.approx(net, abs=0.001)


def test_direct_rebound_is_small_where_energy_is_a_small_part_of_the_price():
    assert rebound(1.0, 0.5, 0.06)["direct"] < 0.04


def test_dear_electricity_gives_efficiency_more_weight(middle, units):
    dear = replace(units, electricity_share=0.4)
    v = {**middle, "neuromorphic.gain": np.array([10.0]), "neuromorphic.cost_ratio": np.array([1.6])}
    v |= {"neuromorphic.ready": np.array([2026.0]), "neuromorphic.cost_fall": np.zeros(1)}
    assert breakeven.neuromorphic(v, dear).probability(2030) > breakeven.neuromorphic(v, units).probability(2030)
