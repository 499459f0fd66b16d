"""What is not in the program, and what is in it just beside a limit: small amounts, two of a kind, and none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from campuses import battery, gas, grid, named, setting, solar, technology
from program_parts import CARBON, CLEAN, DIRTY, LOAD, PAPER, SUN, WEIGHT, bound, budgets, campus, columns, flow, links

from wattscale.supply.builder import Builder
from wattscale.supply.expansion import build
from wattscale.supply.program import Term
from wattscale.supply.setting import Period, Purchase

FLAT = np.ones(4)


def limits(c):
    return {x.key: (x.value, x.unit, x.kind, x.index, x.per_unit) for x in c.limits}


def test_sizes_that_are_looked_at_over_the_largest_load():
    c = campus(grid(), solar(), gas(), battery())
    sizes = {k: upper for k, (_, upper) in columns(c).items()}
    assert sizes == {"grid": 300.0, "solar": 1e4, "gas-turbine": 300.0, "battery": 2000.0, "battery.energy": 1e5,
                     "battery.level": 1e5}  # fmt: skip
    assert Builder(setting(2, load_mw=np.array([0.25, 0.5])), {}).peak == 0.5
    assert Builder(setting(2, load_mw=np.zeros(2)), {}).peak == 1e-6


def test_sizes_that_the_scenario_limits():
    c = campus(grid(), solar(), connection_mw=7.0, max_capacity_mw={"grid": 5.0, "solar": 3.0})
    assert limits(c) == {
        "supply.connection_mw": (7.0, "MW", "column", 0, 1.0),
        "supply.max_capacity_mw.solar": (3.0, "MW", "column", 1, 1.0)
    }  # fmt: skip
    assert [x.upper for x in c.program.columns] == [7.0, 3.0]
    c = campus(solar(), grid(), max_capacity_mw={"grid": 5.0})
    assert limits(c) == {"supply.max_capacity_mw.grid": (5.0, "MW", "column", 0, 1.0)}


def test_a_ramp_leaves_the_first_step_as_free_as_the_flow_is_there():
    """In the first step 7 MW, and a half of a column of at most 30: 22. A limit of 3 and 4 MW and a fifth of 11."""
    b = Builder(setting(3, weight=np.full(3, 2.0)), {})
    first, second = b.column("first", 0.0, 30.0), b.column("second", 0.0, 11.0)
    j = b.flow("plant", 4.0, 1.0, (Term(np.array([first, second, second]), np.array([0.5, 2.0, 2.0])),),
               upper=np.array([7.0, 1.0, 1.0]))  # fmt: skip
    b.ramp(j, np.array([2.0, 3.0, 4.0]), b.at_most(second, 0.2))
    plant, up, down = b.flows
    assert plant.cost.tolist() == [8.0] * 3
    assert (up.name, up.upper.tolist(), down.name, down.upper.tolist()) == (
        "plant.up", [22.0, 3.0, 4.0], "plant.down", [0.0, 3.0, 4.0]
    )  # fmt: skip
    for change in (up, down):
        assert (change.cost.tolist(), change.balance, change.lower.tolist(), change.gain) == (
            [0.0] * 3,
            0.0,
            [0.0] * 3,
            {},
        )
        (t,) = change.upper_terms
        assert (t.column.tolist(), t.factor.tolist()) == ([second] * 3, [0.0, 0.2, 0.2])
    (ramp,) = b.ramps
    assert (ramp.flow, ramp.up, ramp.down, ramp.base) == (0, 1, 2, None)
    b.ramp(j, terms=b.at_most(second))
    assert b.flows[4].upper.tolist() == [0.0] * 3


def test_load_below_zero_is_none_that_could_go_unserved():
    c = build(setting(2, load_mw=np.array([-5.0, 0.5])), named(gas()))
    assert flow(c, "unserved").upper == pytest.approx([0.0, 0.505])
    assert flow(c, "unserved").balance == 1.0
    assert c.program.load.tolist() == [-5.0, 0.5]


def test_plants_that_emit_nothing_ramp_freely_and_run_as_they_like():
    """Two of the sun share a flow; a reactor that follows by 0.2 an hour, in steps of 2 and 3 hours, of 0.5 that run.

    0.25 an hour reaches its half in the shortest step: no ramp.
    """
    weight = np.array([2.0, 3.0, 2.0, 3.0])
    wind = technology("wind", "renewable", capital_usd_per_mw=100.0, lifecycle_kg_per_mwh=20.0)
    slow = gas(ramp_share_per_h=0.2, availability=0.5, like="gas-turbine", variable_usd_per_mwh=4.0)
    c = campus(solar(), wind, slow, weight=weight, renewable={"solar": SUN, "wind": 2 * SUN}, discount_rate=0.0,
               carbon_price_usd_per_t=20.0, lifecycle_carbon=True)  # fmt: skip
    used = flow(c, "renewable")
    assert [(x.column.tolist(), x.factor.tolist()) for x in used.upper_terms] == [
        ([0] * 4, SUN.tolist()), ([1] * 4, (2 * SUN).tolist())
    ]  # fmt: skip
    assert (used.cost.tolist(), used.balance) == ([0.0] * 4, 1.0)
    assert columns(c)["wind"] == (pytest.approx(10 + 2 * 4.25 * 0.02 * 20), 1e4)
    assert flow(c, "gas-turbine").cost == pytest.approx(weight * (30 + 4 + 8))
    assert limits(c) == {"supply.own_technologies.gas-turbine.ramp_share_per_h": (0.2, "1/h", "ramp", 0, 1.0)}
    assert bound(c, flow(c, "gas-turbine.up").upper_terms)[1] == pytest.approx([0.0, 0.6, 0.4, 0.6])
    assert flow(c, "gas-turbine.up").upper.tolist() == [150.0, 0.0, 0.0, 0.0]
    assert campus(replace(slow, ramp_share_per_h=0.25), weight=weight).program.ramps == ()


def test_two_stores_and_load_that_moves_have_rows_of_their_own():
    """The second store in steps of 2 h: 0.9 in, 1 / 0.9 out; the moved load in the third row."""
    other = replace(battery(one_way_efficiency=0.8, carbon_kg_per_mwh=5.0), name="other")
    c = campus(grid(), battery(), other, flexible_share=0.2, flexible_window=4, checkpoint_loss_h=1.0)
    gains = {f.name: dict(f.gain) for f in c.program.flows if f.gain}
    assert gains == {
        "battery.charge": {0: 0.9}, "battery.discharge": {0: pytest.approx(-1 / 0.9)}, "other.charge": {1: 0.8},
        "other.discharge": {1: -1.25}, "flexible": {2: 1.0}, "flexible.down": {2: -0.5},
    }  # fmt: skip
    assert [s.name for s in c.program.stores] == ["battery", "other", "flexible"]
    for s in c.program.stores[:2]:
        assert (s.lower.tolist(), s.upper.tolist(), s.keep.tolist()) == ([0.0] * 4, [0.0] * 4, [1.0] * 4)
        assert (s.zero, s.inflow) == (None, None)
    assert [c.program.columns[s.level].name for s in c.program.stores[:2]] == ["battery.level", "other.level"]
    moved = c.program.stores[2]
    assert (moved.keep.tolist(), moved.level, moved.upper_terms) == ([1.0] * 4, None, ())
    assert flow(c, "flexible").cost.tolist() == flow(c, "flexible.up").cost.tolist() == [0.0] * 4
    assert flow(c, "flexible.down").cost.tolist() == [0.0] * 4
    assert flow(c, "other.discharge").cost.tolist() == flow(c, "other.charge").cost.tolist() == [0.0] * 4
    assert columns(c)["battery.energy"][0] == pytest.approx(1e3 * 0.05 / (1 - 1.05**-10))


@pytest.mark.parametrize(
    ("low", "share", "up", "down"),
    [
        (0.25, 0.9, [25.0, 21.0, 17.0, 14.4], [25.0, 19.0, 18.0, 14.0]),
        (0.25, 0.8, [25.0, 19.2, 17.0, 12.8], [25.0, 19.0, 18.0, 12.8]),
        (0.75, 0.6, [15.0, 11.0, 11.0, 8.0], [15.0, 13.0, 10.0, 9.6]),
    ],
)
def test_a_limit_on_moved_load_that_binds_one_way_in_one_step(low, share, up, down):
    """Usually 20, 12, 16 and 8 MW, to 1.5 of it and down to a share; from the lowest before to the highest and back."""
    given = {"flexible_share": 0.2, "flexible_window": 4, "flexible_low": low, "flexible_high": 1.5}
    c = campus(grid(), **given, flexible_ramp_share_per_h=share)
    assert flow(c, "flexible.up").upper == pytest.approx(up)
    assert flow(c, "flexible.down").upper == pytest.approx(down)
    # Of 1 it can bind nowhere; then it stays out, but where turning down costs work.
    assert campus(grid(), **given, flexible_ramp_share_per_h=1.0).program.ramps == ()
    c = campus(grid(), **given, flexible_ramp_share_per_h=1.0, checkpoint_loss_h=0.5)
    assert len(c.program.ramps) == 1
    assert flow(c, "flexible.down").gain == {0: -0.25}


def test_small_charges_are_charges():
    """Half a dollar a MW and month, half a dollar a MWh above a tier."""
    c = campus(grid(), demand_charge_usd_per_mw_month=0.5, energy_tiers=((50.0, 0.5),))
    assert {k: v for k, v in columns(c).items() if k != "grid"} == {
        "peak.0": (0.5, 300.0), "peak.1": (0.5, 300.0), "tier.0.0": (0.5, 1200.0), "tier.1.0": (0.5, 1200.0)
    }  # fmt: skip
    c = campus(grid(), demand_charge_usd_per_mw_month=0.5, demand_ratchet_share=0.8)
    assert set(columns(c)) == {"grid", "billed.year", "billed.0", "peak.0.0", "billed.1", "peak.1.0"}
    assert columns(c)["billed.1"][0] == 0.5


def test_two_periods_and_calls_in_some_of_their_steps():
    """The second period's charge is the second's; a step counts as called from above a half; no charge by month."""
    c = campus(grid(), tariff_period=np.array([0.9, 2.2, 1.1, 2.0]), periods=(Period("a", 300.0), Period("b", 400.0)),
               called=np.array([0.5, 0.75, 0.0, 0.0]), curtailment_share=0.25,
               curtailment_usd_per_mw_year=10.0)  # fmt: skip
    costs = {k: cost for k, (cost, _) in columns(c).items()}
    assert costs == {"grid": 0.0, "reduction": -10.0, "peak.0.1": 300.0, "peak.0.2": 400.0, "called.0.2": 0.0,
                     "peak.1.1": 300.0, "peak.1.2": 400.0}  # fmt: skip
    names = [c.program.columns[i].name for i in flow(c, "grid").upper_terms[0].column]
    assert names == ["peak.0.1", "called.0.2", "peak.1.1", "peak.1.2"]
    assert flow(c, "grid").upper_terms[0].factor.tolist() == [1.0] * 4
    assert columns(c)["reduction"][1] == 15.0
    assert links(c)["called.0.2.left"] == ({"called.0.2": 1.0, "reduction": 1.0}, 60.0)
    assert limits(c) == {}
    called = campus(grid(), called=np.array([0.0, 1.0, 0.0, 0.0]), curtailment_share=0.25, curtailment_required=True)
    assert limits(called) == {"supply.curtailment_share": (0.25, "1", "link", 0, -60.0)}


def test_the_change_of_import_is_limited_where_a_step_could_exceed_it():
    """45 MW an hour in steps of 2 and 3 h on a connection of 90: no limit; 44 is one, of the meter and not of spot."""
    weight = np.array([2.0, 3.0, 2.0, 3.0])
    assert campus(grid(), connection_mw=90.0, import_ramp_mw_per_h=45.0, weight=weight).program.ramps == ()
    c = campus(grid(), purchases=(CLEAN,), renewable={"ppa-clean": SUN}, connection_mw=90.0, import_ramp_mw_per_h=44.0,
               weight=weight)  # fmt: skip
    (ramp,) = c.program.ramps
    assert c.program.flows[ramp.flow].name == "grid"
    assert flow(c, "grid.down").upper.tolist() == [0.0, 132.0, 88.0, 132.0]
    assert flow(c, "grid.up").upper[0] == 90.0
    assert limits(c)["supply.import_ramp_mw_per_h"] == (44.0, "MW/h", "ramp", 0, 1.0)


def test_contracts_without_a_grid_that_are_all_paid_or_not_at_all():
    c = campus(gas(), purchases=(CLEAN, DIRTY), renewable={"ppa-clean": SUN, "ppa-dirty": FLAT})
    assert (flow(c, "ppa-clean").balance, flow(c, "ppa-clean").gain) == (1.0, {})
    assert (flow(c, "ppa-dirty").balance, flow(c, "ppa-dirty").gain) == (1.0, {})
    assert set(columns(c)) == {"gas-turbine", "ppa-clean", "ppa-dirty", "short.ppa-dirty"}
    assert limits(c) == {"supply.ppas.clean.max_mw": (10.0, "MW", "column", 1, 1.0),
                         "supply.ppas.dirty.max_mw": (8.0, "MW", "column", 2, 1.0)}  # fmt: skip
    assert links(c) == {"ppa-clean.least": ({"ppa-clean": -1.0}, -2.0)}
    never = campus(gas(), purchases=(replace(DIRTY, take_or_pay_share=0.0),), renewable={"ppa-dirty": FLAT})
    assert set(columns(never)) == {"gas-turbine", "ppa-dirty"}
    # In step 2 an hour counts 3: 0.5 x 3 + 1 x 2 + 0.25 x 2 = 4 MWh a MW at 50 less the price of the step.
    paper = campus(grid(), weight=np.array([2.0, 3.0, 2.0, 2.0]), purchases=(PAPER,), renewable={"ppa-paper": SUN},
                   spot_usd_per_mwh=np.array([40.0, -10.0, 20.0, 60.0]))  # fmt: skip
    assert columns(paper)["ppa-paper"] == (pytest.approx(1.5 * 60 + 2 * 30 - 0.5 * 10), 5.0)


FAKE = Purchase("fake", "virtual", 20.0, 5.0, carbon_free=False)


def test_what_counts_as_dirty_in_the_hours():
    """A contract without certificates over the grid counts by its flow, not as own plant; one on paper nowhere."""
    over = replace(DIRTY, through_grid=True)
    given = {"purchases": (CLEAN, over, FAKE), "renewable": {"ppa-clean": SUN, "ppa-dirty": FLAT, "ppa-fake": FLAT}}
    c = campus(grid(), battery(carbon_free=False), export_usd_per_mwh=FLAT, cfe_hourly_share=0.7, **given)
    assert budgets(c)["supply.cfe_hourly_share"] == (
        {"unserved": [2.0] * 4, "spot": pytest.approx([1.4] * 4), "ppa-dirty": [2.0] * 4}, {}, pytest.approx(0.3 * 560)
    )  # fmt: skip
    assert limits(c)["supply.cfe_hourly_share"] == (0.7, "1", "budget", 1, -560.0)
    # Behind the meter it is own plant: together with gas it may be sold again.
    own = campus(grid(), gas(), export_usd_per_mwh=FLAT, cfe_hourly_share=0.7, purchases=(DIRTY,),
                 renewable={"ppa-dirty": FLAT})  # fmt: skip
    assert set(budgets(own)["supply.cfe_hourly_share"][0]) == {"unserved", "grid", "own.left"}
    assert flow(own, "ppa-dirty").gain == flow(own, "gas-turbine").gain == {0: 1.0}
    assert [t.column[0] for t in flow(own, "own.left").upper_terms] == [own.program.column("gas-turbine"),
                                                                      own.program.column("ppa-dirty")]  # fmt: skip
    assert flow(own, "own.left").cost.tolist() == flow(own, "clean.sold").cost.tolist() == [0.0] * 4
    island = campus(gas(), cfe_hourly_share=0.7)
    assert set(budgets(island)["supply.cfe_hourly_share"][0]) == {"unserved", "gas-turbine"}
    assert budgets(campus(gas(), cfe_hourly_share=None)) == {}


def test_what_counts_as_clean_in_the_year():
    """Stopped training is taken off only where it moves; plant and contracts that are not clean give nothing to it."""
    given = {"purchases": (CLEAN, DIRTY, PAPER, FAKE), "clean_annual_share": 0.5,
             "renewable": dict.fromkeys(("ppa-clean", "ppa-dirty", "ppa-paper", "ppa-fake"), FLAT)}  # fmt: skip
    flows, sizes, limit = budgets(campus(grid(), gas(), checkpoint_loss_h=0.5, **given))["supply.clean_annual_share"]
    assert (flows, sizes, limit) == ({"ppa-clean": [-2.0] * 4}, {"ppa-paper": -8.0}, -280.0)
    moved = campus(grid(), flexible_share=0.2, flexible_window=4, **given)
    assert set(budgets(moved)["supply.clean_annual_share"][0]) == {"ppa-clean"}
    assert budgets(moved)["supply.clean_annual_share"][2] == -280.0
    (told,) = (v for k, v in limits(moved).items() if k == "supply.clean_annual_share")
    assert (told[0], told[1], told[4]) == (0.5, "1", -560.0)


def test_what_the_cap_on_carbon_counts():
    """Half a kg counts; the grid's plant is counted by its energy alone; contracts on paper carry nothing."""
    wind = technology("wind", "renewable", lifecycle_kg_per_mwh=0.1)
    c = campus(grid(lifecycle_kg_per_mwh=9.0), wind, gas(carbon_kg_per_mwh=0.5), battery(), carbon_cap_kg_per_mwh=250.0,
               lifecycle_carbon=True, purchases=(CLEAN, DIRTY, FAKE, PAPER),
               renewable={"wind": SUN, **{f"ppa-{k}": FLAT for k in ("clean", "dirty", "fake", "paper")}})  # fmt: skip
    flows, sizes, limit = budgets(c)["supply.carbon_cap_kg_per_mwh"]
    assert flows == {"spot": (2 * CARBON).tolist(), "gas-turbine": [1.0] * 4, "ppa-clean": [22.0] * 4,
                     "ppa-dirty": (2 * CARBON).tolist()}  # fmt: skip
    assert sizes == {"wind": pytest.approx(0.35)}
    assert limit == 250 * 560
    direct = campus(gas(), purchases=(CLEAN,), renewable={"ppa-clean": SUN}, carbon_cap_kg_per_mwh=0.0)
    assert set(budgets(direct)["supply.carbon_cap_kg_per_mwh"][0]) == {"gas-turbine"}
    assert budgets(campus(gas())) == {}
    assert WEIGHT @ LOAD == 560
