"""Networks that are wrong, have no optimum or leave nothing to decide: solved right, or refused by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_networks import DEFAULTS, TABLES, Network

from wattscale.errors import InfeasibleError, InputError, WattscaleError
from wattscale.supply import networks
from wattscale.supply.faults import flaw, largest_miss
from wattscale.supply.network_reader import read_network
from wattscale.supply.networks import solve_network
from wattscale.supply.program import cost_of

STEPS = 6
LENGTHS = [4, pytest.param(504, marks=pytest.mark.slow)]
"""Steps of a network that a general solver takes, and of one that the structured method takes."""


def whole(steps=STEPS):
    """A network with one of everything, right as it is; it costs the same as in PyPSA (test at the end)."""
    n = Network()
    n.set_snapshots(pd.date_range("2025-01-01", periods=steps, freq="h"))
    n.add("Carrier", "gas", co2_emissions=0.2)
    for bus in ("here", "there"):
        n.add("Bus", bus)
    n.add("Load", "load", bus="here", p_set=[10.0 + i % 3 for i in range(steps)])
    n.add("Load", "far load", bus="there", p_set=2.0)
    n.add("Generator", "plant", bus="here", carrier="gas", p_nom_extendable=True, capital_cost=100.0,
          marginal_cost=[7.0 + i % 2 for i in range(steps)], efficiency=0.5)  # fmt: skip
    n.add("Generator", "old", bus="there", p_nom=3.0, marginal_cost=30.0, ramp_limit_up=0.9)
    n.add("StorageUnit", "battery", bus="here", p_nom=1.0, max_hours=2.0, efficiency_store=0.9, marginal_cost=0.1)
    n.add("Store", "tank", bus="there", e_nom=4.0, e_cyclic=True, standing_loss=0.01)
    n.add("Link", "road", bus0="here", bus1="there", efficiency=0.95, p_nom_extendable=True, capital_cost=5.0)
    n.add("GlobalConstraint", "co2", sense="<=", constant=1e3)
    return n


def right(answer):
    return np.isfinite(answer.objective) and answer.gap >= -1e-4


NUMBERS = {
    "Load": ["p_set", "sign"],
    "Generator": ["p_nom", "p_nom_min", "p_nom_max", "capital_cost", "marginal_cost", "p_min_pu", "p_max_pu",
                  "efficiency", "sign", "e_sum_max"],
    "StorageUnit": ["p_nom", "max_hours", "efficiency_store", "efficiency_dispatch", "standing_loss", "inflow",
                    "state_of_charge_initial", "p_min_pu"],
    "Store": ["e_nom", "e_min_pu", "e_max_pu", "e_initial", "standing_loss"],
    "Link": ["p_nom_max", "efficiency", "p_min_pu", "p_max_pu", "marginal_cost"],
}  # fmt: skip
ITEM = {"Load": "load", "Generator": "plant", "StorageUnit": "battery", "Store": "tank", "Link": "road"}
CELLS = [(c, a) for c, names in NUMBERS.items() for a in names]


def put(n, component, attribute, value, series=False):
    """Put a value where it does not belong, as a file could hold it."""
    name, table = ITEM[component], TABLES[component]
    kept = getattr(n, f"{table}_t")
    if series:
        frame = n.get_switchable_as_dense(component, attribute)[[name]].astype(object)
        frame.iloc[2, 0] = value
        kept[attribute] = frame if isinstance(value, str) else frame.astype(float)
        return
    kept.pop(attribute, None)
    frame = getattr(n, table)
    frame[attribute] = [value if k == name else v for k, v in frame[attribute].items()]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, "cheap", "7.0", None])
@pytest.mark.parametrize(("component", "attribute"), CELLS)
def test_a_value_that_is_no_number_is_refused_by_component_item_and_attribute(component, attribute, value):
    n = whole()
    put(n, component, attribute, value)
    endless = {"p_nom_max": np.inf, "e_sum_max": np.inf, "p_nom": np.inf, "e_nom": np.inf}
    if value == endless.get(attribute, "none") and (component, attribute) != ("Generator", "p_nom"):
        assert right(solve_network(n))
        return
    with pytest.raises(InputError) as caught:
        solve_network(n)
    assert f"network: {component} '{ITEM[component]}' {attribute}" in str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, "cheap"])
@pytest.mark.parametrize("attribute", ["p_set", "marginal_cost", "p_max_pu"])
def test_a_hole_in_a_series_is_refused_with_its_step(attribute, value):
    n = whole()
    put(n, "Load" if attribute == "p_set" else "Generator", attribute, value, series=True)
    with pytest.raises(InputError, match=rf"'(load|plant)' {attribute}") as caught:
        solve_network(n)
    if not isinstance(value, str):
        assert "in step 2 (2025-01-01 02:00:00)" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda n: n.generators.__setitem__("bus", "nowhere"), "Generator 'plant' bus = 'nowhere'"),
        (lambda n: n.loads.__setitem__("bus", "hear"), "Did you mean 'here'"),
        (lambda n: n.links.__setitem__("bus1", np.nan), "Link 'road' bus1"),
        (lambda n: n.generators.__setitem__("p_nom_extendable", "False"), "p_nom_extendable = 'False': is neither yes"),
        (lambda n: n.stores.__setitem__("e_cyclic", np.nan), "Store 'tank' e_cyclic"),
        (lambda n: n.generators.pop("capital_cost"), "generators = 'capital_cost': is missing"),
        (lambda n: n.generators.__setitem__("p_nom_max", -5.0), "p_nom_max = -5.0: is outside the allowed range"),
        (lambda n: n.storage_units.__setitem__("standing_loss", 2.0), "standing_loss = 2.0"),
        (lambda n: n.storage_units.__setitem__("efficiency_dispatch", 0.0), "efficiency_dispatch = 0.0"),
        (lambda n: setattr(n, "generators", pd.concat([n.generators] * 2)), "Generator 'plant': stands twice"),
        (lambda n: setattr(n, "snapshots", n.snapshots[:0]), "must have snapshots"),
        (lambda n: setattr(n, "snapshots", n.snapshots[[0, 0]]), "snapshots = '2025-01-01 00:00:00': stands twice"),
        (lambda n: n.snapshot_weightings.__setitem__("objective", np.nan), "snapshots objective = 'nan in step 0'"),
        (lambda n: n.snapshot_weightings.__setitem__("stores", np.inf), "snapshots stores = 'inf in step 0'"),
        (lambda n: n.global_constraints.__setitem__("constant", np.nan), "GlobalConstraint 'co2' constant"),
        (lambda n: n.global_constraints.__setitem__("sense", "=<"), "GlobalConstraint 'co2'"),
        (lambda n: n.global_constraints.__setitem__("carrier_attribute", "co2"), "'co2' carrier_attribute = 'co2'"),
        (lambda n: n.carriers.__setitem__("co2_emissions", np.nan), "Carrier 'gas' co2_emissions"),
        (lambda n: n.generators.__setitem__("carrier", "coal"), "carrier = 'coal': is no carrier"),
        (lambda n: n.generators.__setitem__("efficiency", 0.0), "efficiency = 0.0: must be above zero"),
        (lambda n: n.buses.__setitem__("nom_max_gas", 3.0), "buses = 'nom_max_gas'"),
    ],
)
def test_a_damaged_table_is_refused_by_name(change, words):
    n = whole()
    change(n)
    with pytest.raises(InputError) as caught:
        solve_network(n)
    assert words in str(caught.value)


@pytest.mark.parametrize("wrong", ["campus.nc", None, {}, pd.DataFrame()])
def test_what_is_no_network_says_how_to_read_one(wrong):
    with pytest.raises(InputError, match=r"is no PyPSA network. Read the file first"):
        solve_network(wrong)


def bare(steps=4, **plant):
    n = Network()
    n.set_snapshots(range(steps))
    n.add("Bus", "here")
    n.add("Load", "load", bus="here", p_set=10.0)
    values = {"p_nom_extendable": True, "capital_cost": 100.0 * steps, "marginal_cost": 7.0, **plant}
    n.add("Generator", "plant", bus="here", **values)
    return n


ENDLESS = {
    "paid to be built": lambda n: n.generators.__setitem__("capital_cost", -100.0),
    "paid to burn": lambda n: n.add("Generator", "sink", bus="here", sign=-1.0, p_nom_extendable=True,
                                    marginal_cost=-500.0),
    "paid to burn, of endless size": lambda n: n.add("Generator", "sink", bus="here", sign=-1.0, p_nom=np.inf,
                                                     marginal_cost=-500.0),
    "paid to store": lambda n: n.add("Store", "tank", bus="here", e_nom_extendable=True, capital_cost=-1.0),
    "paid to carry": lambda n: n.add("Link", "ring", bus0="here", bus1="here", p_nom_extendable=True,
                                     marginal_cost=-1.0),
    "energy from nothing, sold": lambda n: (
        n.add("Bus", "market"),
        n.add("Generator", "buyer", bus="market", sign=-1.0, p_nom=np.inf, marginal_cost=-5.0),
        n.add("Link", "gain", bus0="here", bus1="market", efficiency=99.0, p_nom_extendable=True),
    ),
}  # fmt: skip


@pytest.mark.parametrize("steps", LENGTHS)
@pytest.mark.parametrize("case", ENDLESS)
def test_a_network_without_an_optimum_is_refused_with_the_size_that_grows(case, steps):
    """It came out as "certified", with the cost that happened to fit into the room given (-1e8)."""
    n = bare(steps)
    ENDLESS[case](n)
    with pytest.raises(InputError, match=r"no least cost: the larger .*Give it a largest size"):
        solve_network(n)


@pytest.mark.parametrize("steps", LENGTHS)
def test_sizes_that_cost_nothing_are_no_sign_of_a_missing_optimum(steps):
    """A free line, store and surplus plant may have any size; the cost is that of the load all the same."""
    n = bare(steps)
    n.add("Bus", "there")
    n.add("Load", "far", bus="there", p_set=1.0)
    n.add("Link", "line", bus0="here", bus1="there", p_nom_extendable=True)
    n.add("Store", "tank", bus="here", e_nom_extendable=True, e_cyclic=True)
    n.add("Generator", "spare", bus="here", p_nom_extendable=True, p_max_pu=0.0)
    answer = solve_network(n)
    assert answer.objective == pytest.approx(11 * (100 + 7) * steps, rel=1e-4)
    assert answer.gap < 1e-4


@pytest.mark.parametrize("steps", [1, *LENGTHS])
def test_a_network_that_leaves_nothing_to_decide_costs_what_it_must(steps):
    n = bare(steps, p_nom_extendable=False, p_nom=10.0, p_min_pu=1.0)
    answer = solve_network(n)
    assert answer.objective == pytest.approx(10 * 7 * steps, rel=1e-6)
    assert abs(answer.gap) < 1e-4
    assert n.generators_t.p["plant"].tolist() == pytest.approx([10.0] * steps, rel=1e-6)


@pytest.mark.parametrize("steps", LENGTHS)
def test_a_network_that_costs_nothing_is_solved_without_a_senseless_gap(steps):
    """With costs of next to nothing the gap was 2.4, or 150 %, of that nothing."""
    n = bare(steps)
    n.add("StorageUnit", "source", bus="here", p_nom_extendable=True, efficiency_dispatch=2.0, max_hours=4.0,
          cyclic_state_of_charge=True)  # fmt: skip
    answer = solve_network(n)
    assert abs(answer.objective) < 1e-3 * 10 * 7 * steps
    assert answer.gap < 1e-2


@pytest.mark.parametrize("steps", LENGTHS)
@pytest.mark.parametrize("change", [
    lambda n: n.generators.__setitem__("p_nom_max", 9.0),
    lambda n: n.generators.__setitem__("e_sum_max", 5.0),
    lambda n: n.loads.__setitem__("p_set", -5.0),
    lambda n: n.add("Store", "full", bus="here", e_nom=5.0, e_initial=50.0, e_max_pu=0.1, e_min_pu=0.1, e_cyclic=True,
                    standing_loss=0.5) and n.generators.__setitem__("p_nom_max", 10.0),
    lambda n: n.add("GlobalConstraint", "co2", sense="<=", constant=-1.0),
])  # fmt: skip
def test_a_network_that_cannot_meet_its_load_is_told_so_by_two_solvers(change, steps):
    n = bare(steps)
    change(n)
    if "full" in n.stores.index:
        n.generators["p_nom_max"] = 10.0
    with pytest.raises(InfeasibleError, match="loads and limits"):
        solve_network(n)


def test_an_answer_that_holds_no_longer_is_never_given(monkeypatch):
    """Three false answers of a first solver: the second solver is asked; when it is wrong too, an error says why."""
    good = networks.solve_once

    def spoilt(kind):
        def solve(program, *_, **__):
            found = good(program)
            if kind == "numbers":
                return replace(found, bound=np.nan)
            if kind == "gap":
                return replace(found, bound=0.5 * found.objective)
            flows = found.flows * 1.01
            object.__setattr__(found, "flows", flows)
            object.__setattr__(found, "objective", cost_of(program, found.columns, flows))
            return found

        return solve

    for kind in ("numbers", "gap", "rows"):
        monkeypatch.setattr(networks, "solve_once", spoilt(kind))
        answer = solve_network(bare())
        assert answer.solver.startswith("highs")
        assert answer.objective == pytest.approx(10 * 107 * 4, rel=1e-6)
        monkeypatch.setattr(networks, "solve_highs", lambda program, *_, kind=kind: spoilt(kind)(program))
        with pytest.raises(WattscaleError, match="no solver gives an answer that can be proven"):
            solve_network(bare())
        monkeypatch.undo()


def test_one_solver_without_a_point_proves_nothing_where_the_other_gave_no_proof_either(monkeypatch):
    """Only where every solver says that there is no dispatch is the network infeasible."""
    good = networks.solve_once

    def broke(*_, **__):
        raise WattscaleError("the solver broke")

    def wide(program, *_, **__):
        found = good(program)
        return replace(found, bound=0.5 * found.objective)

    def none(*_, **__):
        return None

    for first, second in ((broke, none), (wide, none), (none, broke), (none, wide)):
        monkeypatch.setattr(networks, "solve_once", first)
        monkeypatch.setattr(networks, "solve_highs", second)
        with pytest.raises(WattscaleError, match=r"can be proven: .*a solver finds no dispatch") as caught:
            solve_network(bare())
        assert not isinstance(caught.value, InfeasibleError)
    monkeypatch.setattr(networks, "solve_highs", none)
    monkeypatch.setattr(networks, "solve_once", none)
    with pytest.raises(InfeasibleError, match="no dispatch meets"):
        solve_network(bare())


def test_a_flaw_is_told_with_its_size():
    read = read_network(bare())
    found = networks.solve_once(read.program)
    assert flaw(read.program, found) == ""
    assert largest_miss(read.program, found) < 1e-6
    object.__setattr__(found, "flows", found.flows * 0.9)
    assert largest_miss(read.program, found) == pytest.approx(0.1 / 2, rel=0.1)
    assert flaw(read.program, found).startswith("rows missed by")


DAMAGE = st.sampled_from(
    ["number", "drop column", "bus", "flag", "twice", "snapshots", "weight", "sense", "limit", "series"]
)
ODD = st.sampled_from([np.nan, np.inf, -np.inf, -1.0, 0.0, 1e12, -1e12, "x", "1", None, True, 1e-30])


@pytest.mark.slow
@settings(max_examples=40, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_damaged_network_ends_in_a_right_answer_or_a_named_error(data):
    n = whole()
    for _ in range(data.draw(st.integers(1, 3))):
        damage(n, data)
    try:
        answer = solve_network(n)
    except WattscaleError as error:
        told = str(error)
    else:
        told = "network"
        assert right(answer)
        assert answer.gap <= 0.01
    assert told.startswith("network")


def damage(n, data):
    kind = data.draw(DAMAGE)
    component = data.draw(st.sampled_from(sorted(ITEM)))
    table = TABLES[component]
    frame = getattr(n, table)
    if kind == "number":
        put(n, component, data.draw(st.sampled_from(NUMBERS[component])), data.draw(ODD))
    elif kind == "series":
        held = {"Load": "p_set", "Generator": "p_max_pu", "Link": "p_max_pu", "Store": "e_max_pu"}
        if component in held and held[component] in frame and len(n.snapshots) and not frame.index.has_duplicates:
            put(n, component, held[component], data.draw(ODD), series=True)
    elif kind == "drop column":
        name = data.draw(st.sampled_from(sorted(DEFAULTS[component])))
        setattr(n, table, frame.drop(columns=name, errors="ignore"))
    elif kind == "bus":
        frame["bus0" if component == "Link" else "bus"] = data.draw(st.sampled_from(["", "nowhere", np.nan, "there"]))
    elif kind == "flag":
        frame["e_nom_extendable" if component == "Store" else "p_nom_extendable"] = data.draw(ODD)
    elif kind == "twice":
        setattr(n, table, pd.concat([frame, frame]))
    elif kind == "snapshots":
        n.snapshots = n.snapshots[:0]
    elif kind == "weight":
        column = data.draw(st.sampled_from(["objective", "stores", "generators"]))
        n.snapshot_weightings[column] = data.draw(ODD)
    elif kind == "limit":
        n.global_constraints.pop(data.draw(st.sampled_from(sorted(n.global_constraints.columns))))
    else:
        n.global_constraints["sense"] = data.draw(st.sampled_from(["<=", ">=", "==", "<", ""]))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_network_of_these_tests_costs_the_same_in_pypsa():
    pypsa = pytest.importorskip("pypsa", reason="PyPSA is not installed (extra `oracles`)")
    n = whole()
    theirs = pypsa.Network()
    theirs.set_snapshots(n.snapshots)
    for component, table in TABLES.items():
        held = getattr(n, f"{table}_t")
        for name, row in getattr(n, table).iterrows():
            series = {k: f[name].to_numpy() for k, f in held.items() if name in f}
            theirs.add(component, name, **{**row.to_dict(), **series})
    theirs.optimize(solver_name="highs", log_to_console=False)
    assert solve_network(n).objective == pytest.approx(theirs.objective, rel=1e-6)
    for component, values in DEFAULTS.items():
        known = pypsa.Network().components[component].defaults.default
        for attribute, value in values.items():
            assert known[attribute] == value or (value != value and known[attribute] != known[attribute]), attribute
