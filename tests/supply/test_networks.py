"""PyPSA networks of others: read, solved by our own method, and the answer written back.

PyPSA with HiGHS is the oracle of some tests, which are skipped without it (extra `oracles`); for the rest a stand-in
will do.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from foreign_networks import random_network
from plain_networks import Network

from wattscale.errors import InfeasibleError, InputError
from wattscale.supply.interchange import from_network
from wattscale.supply.network_reader import read_network
from wattscale.supply.networks import solve_network

pytestmark = pytest.mark.filterwarnings("ignore")
NEEDS_PYPSA = "PyPSA is not installed (extra `oracles`)"

OBJECTIVE = 8_078_135_675.0
"""Of the network "model-energy", by PyPSA 1.4.0 with HiGHS 1.15."""
SIZES = {
    ("Generator", "wind"): 32_474.0, ("Generator", "solar"): 26_117.0, ("StorageUnit", "battery storage"): 14_854.0,
    ("Link", "electrolysis"): 3_025.0, ("Link", "turbine"): 10_074.0, ("Store", "hydrogen storage"): 3.787e6,
}  # fmt: skip


@pytest.fixture
def pypsa():
    return pytest.importorskip("pypsa", reason=NEEDS_PYPSA)


def small(steps=4, network=Network, **load):
    n = network()
    n.set_snapshots(range(steps))
    n.add("Bus", "here")
    n.add("Load", "load", bus="here", p_set=load.get("p_set", 10.0))
    n.add("Generator", "plant", bus="here", p_nom_extendable=True, capital_cost=100.0, marginal_cost=7.0)
    return n


def unbalanced_mw(n):
    """Largest gap of any bus in any step, from the powers that were written back."""
    gap = {b: np.zeros(len(n.snapshots)) for b in n.buses.index}
    for table in ("generators", "storage_units", "stores"):
        for name, bus in getattr(n, table).bus.items():
            gap[bus] += getattr(n, f"{table}_t").p[name].to_numpy()
    for name, bus in n.loads.bus.items():
        gap[bus] -= n.loads_t.p[name].to_numpy()
    for name, row in n.links.iterrows():
        gap[row.bus0] -= n.links_t.p0[name].to_numpy()
        gap[row.bus1] -= n.links_t.p1[name].to_numpy()
    return max(float(np.abs(v).max()) for v in gap.values())


def solved_by_pypsa(n):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        n.optimize(solver_name="highs", log_to_console=False)
    return n


@pytest.mark.slow
def test_model_energy_read_as_it_is_comes_out_at_its_known_optimum(shared_data, pypsa):
    n = pypsa.Network(shared_data("networks/pypsa_model_energy.nc"))
    answer = solve_network(n, 1e-4)
    assert answer.solver == "interior"
    assert answer.objective == pytest.approx(OBJECTIVE, rel=1e-3)
    assert answer.bound <= OBJECTIVE * (1 + 1e-6) <= answer.objective * (1 + 2e-6)
    for key, size in SIZES.items():
        assert answer.sizes[key] == pytest.approx(size, rel=0.05), key
    balance = n.generators_t.p.sum(axis=1) + n.storage_units_t.p.sum(axis=1) - n.links_t.p0["electrolysis"]
    missing = balance - n.links_t.p1["turbine"] - n.loads_t.p_set["demand"]
    assert float(np.abs(missing).max()) < 1e-6 * float(n.loads_t.p_set["demand"].mean())


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "steps"), [(0, 48), (3, 48), (5, 48), (7, 48), (10, 504)])
def test_random_networks_of_others_cost_the_same_in_pypsa(seed, steps, pypsa):
    n = random_network(pypsa, seed, steps)
    theirs = solved_by_pypsa(n.copy())
    answer = solve_network(n)
    assert answer.objective == pytest.approx(theirs.objective, rel=1e-4)
    assert answer.bound <= theirs.objective + 1e-6 * abs(theirs.objective)
    assert n.objective_constant == pytest.approx(theirs.objective_constant)
    assert unbalanced_mw(n) < 1e-4


@pytest.mark.slow
def test_the_answer_obeys_pypsas_own_rows(pypsa):
    """Fixing sizes and levels of the answer in the network leaves PyPSA a dispatch of the same cost."""
    n = random_network(pypsa, 4)
    answer = solve_network(n)
    fixed = n.copy()
    for table, kind in (("generators", "p_nom"), ("storage_units", "p_nom"), ("links", "p_nom"), ("stores", "e_nom")):
        frame = getattr(fixed, table)
        open_ones = frame.index[frame[f"{kind}_extendable"]]
        frame.loc[open_ones, f"{kind}_min"] = frame.loc[open_ones, f"{kind}_opt"] * (1 + 1e-6)
    assert solved_by_pypsa(fixed).objective == pytest.approx(answer.objective, rel=1e-4)


def test_a_plant_alone_costs_its_capital_and_fuel_and_sets_the_price():
    n = small()
    answer = solve_network(n)
    assert answer.objective == pytest.approx(10 * 100 + 4 * 10 * 7, rel=1e-6)
    assert n.generators.p_nom_opt["plant"] == pytest.approx(10.0, rel=1e-6)
    assert n.buses_t.marginal_price["here"].sum() == pytest.approx(100 + 4 * 7, rel=1e-5)
    assert n.objective == answer.objective


def test_existing_capacity_is_left_out_of_the_cost_as_pypsa_does():
    n = small()
    n.generators.loc["plant", "p_nom"] = 4.0
    assert solve_network(n).objective == pytest.approx(6 * 100 + 4 * 10 * 7, rel=1e-6)
    assert n.objective_constant == pytest.approx(400.0)


@pytest.mark.slow
def test_a_carbon_limit_has_pypsas_price(pypsa):
    n = small(network=pypsa.Network)
    n.add("Carrier", "gas", co2_emissions=0.5)
    n.generators.loc["plant", ["carrier", "capital_cost"]] = ["gas", 10.0]
    n.add("Generator", "clean", bus="here", p_nom=10.0, marginal_cost=27.0)
    n.add("GlobalConstraint", "co2", sense="<=", constant=10.0)
    theirs = solved_by_pypsa(n.copy())
    solve_network(n)
    assert n.global_constraints.mu["co2"] == pytest.approx(theirs.global_constraints.mu["co2"], rel=1e-3)


def test_a_store_that_is_not_cyclic_begins_full_and_may_end_empty():
    n = small(p_set=[0.0, 0.0, 0.0, 8.0])
    n.generators.loc["plant", ["p_nom_extendable", "marginal_cost"]] = [False, 7.0]
    n.add("Store", "tank", bus="here", e_nom=20.0, e_initial=10.0)
    solve_network(n)
    assert n.stores_t.e["tank"].tolist() == pytest.approx([10.0, 10.0, 10.0, 2.0], abs=1e-3)
    assert n.stores_t.p["tank"].tolist() == pytest.approx([0.0, 0.0, 0.0, 8.0], abs=1e-3)


def test_a_plant_with_one_ramp_limit_may_change_the_other_way_as_far_as_its_bounds():
    """Size 2 at up to 5 times: from 0 to 10 MW in a step, though nothing but its fall is limited."""
    n = small(p_set=[0.0, 10.0, 10.0, 10.0])
    n.generators.loc["plant", ["p_nom_extendable", "p_nom", "p_max_pu", "ramp_limit_down"]] = [False, 2.0, 5.0, 0.1]
    assert solve_network(n).objective == pytest.approx(30 * 7, rel=1e-6)


def test_a_store_of_debt_and_credit_may_turn_from_one_to_the_other_in_a_step():
    """From -4 to 4 MWh in one hour beside a plant on its bus: 8 MW."""
    n = small(p_set=[4.0, 0.0, 4.0, 0.0])
    n.generators.loc["plant", ["p_nom_extendable", "p_nom", "p_max_pu"]] = [False, 8.0, 1.0]
    n.generators_t["p_max_pu"] = pd.DataFrame({"plant": [0.0, 1.0, 0.0, 0.0]}, index=n.snapshots)
    n.add("Store", "account", bus="here", e_nom=4.0, e_min_pu=-1.0)
    answer = solve_network(n)
    assert answer.objective == pytest.approx(4 * 7, rel=1e-5)
    n.loads_t["p_set"] = pd.DataFrame({"load": [4.0, 0.0, 4.0, 4.0]}, index=n.snapshots)
    assert solve_network(n).objective == pytest.approx(8 * 7, rel=1e-5)


def test_a_link_with_three_ends_gives_to_each():
    """A plant of 40 % power and 50 % heat from gas at 20: 4 MW and 5 MW take 10 MW of gas."""
    n = small(p_set=4.0)
    n.remove("Generator", "plant")
    for bus in ("gas", "heat"):
        n.add("Bus", bus)
    n.add("Load", "warmth", bus="heat", p_set=5.0)
    n.add("Generator", "well", bus="gas", p_nom=np.inf, marginal_cost=20.0)
    n.add("Link", "chp", bus0="gas", bus1="here", bus2="heat", efficiency=0.4, efficiency2=0.5, p_nom=50.0)
    assert solve_network(n).objective == pytest.approx(4 * 10 * 20.0, rel=1e-5)
    assert n.links_t.p2["chp"].tolist() == pytest.approx(4 * [-5.0], rel=1e-4)


def test_an_unlimited_size_gets_more_room_when_it_needs_it():
    n = small()
    n.generators.loc["plant", "p_max_pu"] = 0.001
    assert solve_network(n).sizes["Generator", "plant"] == pytest.approx(10_000.0, rel=1e-5)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda n: n.generators.__setitem__("committable", True), "committable"),
        (lambda n: n.generators.__setitem__("p_nom_mod", 5.0), "p_nom_mod"),
        (lambda n: n.generators.__setitem__("marginal_cost_quadratic", 0.1), "marginal_cost_quadratic"),
        (lambda n: n.generators.__setitem__("p_set", 5.0), "p_set"),
        (lambda n: setattr(n, "lines", pd.DataFrame(index=["wire"])), "lines"),
        (lambda n: n.add("Bus", "b") is n.add("Load", "x", bus="b", p_set=1.0), "Bus 'b'"),
        (lambda n: n.add("GlobalConstraint", "co2", sense="==", constant=1.0), "co2"),
        (lambda n: n.add("Store", "s", bus="here", marginal_cost_storage=1.0, e_nom=1.0), "marginal_cost_storage"),
        (lambda n: n.remove("Load", "load"), "no load"),
        (lambda n: n.snapshot_weightings.__setitem__("stores", 0.0), "snapshots"),
        (lambda n: n.generators.__setitem__("p_nom_max", -1.0), "p_nom_max"),
    ],
)
def test_what_cannot_be_held_is_named(change, word):
    n = small()
    change(n)
    with pytest.raises(InputError) as caught:
        solve_network(n)
    assert word in str(caught.value)


def test_an_hourly_efficiency_of_a_link_is_refused():
    n = small()
    n.add("Bus", "heat")
    n.add("Link", "pump", bus0="here", bus1="heat", efficiency=[1.0, 2.0, 3.0, 2.0], p_nom=1.0)
    with pytest.raises(InputError, match="Link 'pump' efficiency"):
        read_network(n)


def test_a_network_without_enough_supply_is_told_to_be_infeasible():
    n = small()
    n.generators.loc["plant", "p_nom_max"] = 9.0
    with pytest.raises(InfeasibleError, match="loads and limits"):
        solve_network(n)


def test_a_foreign_network_is_no_campus_and_the_message_says_what_to_use():
    with pytest.raises(InputError, match="solve_network"):
        from_network(small())
