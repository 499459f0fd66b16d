"""The campus as a PyPSA network, through its netCDF file and back."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pandas as pd
import plain_networks
import pytest
from campuses import battery, gas, grid, named, setting, solar, technology

from wattscale.errors import InputError
from wattscale.supply.expansion import build
from wattscale.supply.interchange import extra_rows, from_network, to_network
from wattscale.supply.networks import solve_network
from wattscale.supply.setting import Period, Purchase
from wattscale.supply.solve import solve
from wattscale.supply.whole_units import GAP, solve_whole, unit_columns

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")
STEPS = 96


def campus(**values):
    hour = np.arange(STEPS)
    sun = np.clip(np.sin((hour % 24 - 6) / 12 * np.pi), 0, None)
    given = {
        "load_mw": 100 + 10 * np.cos(hour / 24 * 2 * np.pi), "month": hour // 48, "discount_rate": 0.05,
        "demand_charge_usd_per_mw_month": 500.0, "connection_mw": 90.0, "carbon_price_usd_per_t": 40.0,
        "cfe_hourly_share": 0.7, "carbon_cap_kg_per_mwh": 300.0, "max_unserved_share": 0.01, "land_ha": 900.0,
        "flexible_share": 0.2, "flexible_window": 24, "renewable": {"solar": sun},
        "import_usd_per_mwh": 50 + 30 * np.cos(hour / 7), "max_capacity_mw": {"solar": 500.0}, **values,
    }  # fmt: skip
    long = technology("long-duration-storage", "storage", capital_usd_per_mwh=900.0, duration_h=10.0,
                      one_way_efficiency=0.7, variable_usd_per_mwh=1.0, keep_per_h=0.999)  # fmt: skip
    plants = (
        grid(capital_usd_per_mw=2e3), solar(capital_usd_per_mw=5e3), battery(capital_usd_per_mw=2e3,
        capital_usd_per_mwh=2e3), long, gas(capital_usd_per_mw=3e3),
        technology("smr", "fuelled", capital_usd_per_mw=3e4, fuel_usd_per_mwh=12.0, carbon_free=True, minimum_load=0.5),
    )  # fmt: skip
    return build(setting(STEPS, **given), named(*plants))


def bare_campus(**values):
    """A campus all of which PyPSA's own components hold: no peaks, budgets or stores."""
    hour = np.arange(STEPS)
    sun = np.clip(np.sin((hour % 24 - 6) / 12 * np.pi), 0, None)
    given = {
        "load_mw": 100 + 10 * np.cos(hour / 24 * 2 * np.pi), "renewable": {"solar": sun}, "connection_mw": 150.0,
        "import_usd_per_mwh": 50 + 30 * np.cos(hour / 7), "discount_rate": 0.05, **values,
    }  # fmt: skip
    plants = grid(capital_usd_per_mw=2e3), solar(capital_usd_per_mw=5e3), gas(capital_usd_per_mw=3e3)
    return build(setting(STEPS, **given), named(*plants))


@pytest.fixture
def standin(monkeypatch):
    """The stand-in in the place of PyPSA, whether that is installed or not."""
    monkeypatch.setitem(sys.modules, "pypsa", plain_networks.pypsa)


FLEXIBLE = [{}, {"flexible_share": 0.3, "flexible_window": 24}, {"flexible_share": 1.0, "flexible_window": 168},
            {"flexible_share": 0.3, "flexible_window": 24, "checkpoint_loss_h": 0.5},
            {"flexible_share": 0.3, "flexible_low": 1.0, "flexible_high": 1.0}]  # fmt: skip


@pytest.mark.parametrize("values", FLEXIBLE)
@pytest.mark.parametrize("flexible", [True, False])
def test_the_network_holds_the_whole_load_however_much_of_it_may_be_moved(standin, values, flexible):
    """At a share of 0.3 the file held 70 % of the load, and a reader could leave out the rest for nothing."""
    ours = bare_campus(**values)
    n = to_network(ours, flexible)
    load = n.get_switchable_as_dense("Load", "p_set").sum(axis=1) * n.snapshot_weightings.generators
    assert float(load.sum()) == pytest.approx(ours.setting.energy_mwh, rel=1e-12)


@pytest.mark.parametrize("values", FLEXIBLE)
def test_without_extra_rows_the_network_costs_what_the_campus_costs(standin, values):
    """The store of moved load is empty at the end of each window; only lost work needs a row of its own."""
    ours = solve(bare_campus(**{**values, "checkpoint_loss_h": 0.0}).program)
    found = solve_network(to_network(bare_campus(**values)))
    assert found.objective == pytest.approx(ours.objective, rel=1e-4)
    fixed = solve(bare_campus(**{**values, "flexible_share": 0.0}).program)
    found = solve_network(to_network(bare_campus(**values), flexible=False))
    assert found.objective == pytest.approx(fixed.objective, rel=1e-4)


@pytest.mark.parametrize("hours", [1.0, 3.0])
def test_steps_are_dates_from_the_first_of_january(standin, hours):
    n = to_network(bare_campus(weight=np.full(STEPS, hours)))
    assert isinstance(n.snapshots, pd.DatetimeIndex)
    assert n.snapshots[0] == pd.Timestamp("2025-01-01 00:00")
    assert set(np.diff(n.snapshots)) == {np.timedelta64(int(hours * 3600), "s")}


def test_every_term_of_a_setting_survives_the_network(standin):
    ours = whole_contract(unit_mw={"smr": 12.0})
    for flexible in (True, False):
        assert_same(from_network(to_network(ours, flexible)), ours)


def test_a_file_of_an_earlier_version_is_not_read_with_a_part_of_its_load(standin):
    n = to_network(bare_campus(flexible_share=0.3))
    n.add("Generator", "flexible", bus="campus", sign=-1)
    with pytest.raises(InputError, match="earlier version"):
        from_network(n)


@pytest.mark.parametrize(
    ("table", "attribute", "name"),
    [("loads", "p_set", "load"), ("generators", "p_max_pu", "solar"), ("generators", "marginal_cost", "grid")],
)
def test_a_change_that_is_no_number_is_refused_when_the_campus_is_read_back(standin, table, attribute, name):
    n = to_network(bare_campus())
    frame = getattr(n, f"{table}_t")[attribute].copy()
    frame.iloc[7, list(frame).index(name)] = np.nan
    getattr(n, f"{table}_t")[attribute] = frame
    with pytest.raises(InputError, match=rf"'{name}' {attribute} = 'nan in step 7"):
        from_network(n)


def test_without_pypsa_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pypsa", None)
    with pytest.raises(InputError, match=r"needs PyPSA, which is not installed.*pip install"):
        to_network(bare_campus())


@pytest.mark.slow
@pytest.mark.parametrize("values", FLEXIBLE[:3])
def test_pypsa_itself_finds_our_cost_in_the_file_without_extra_rows(values, tmp_path):
    pypsa = pytest.importorskip("pypsa", reason="PyPSA is not installed")
    ours = bare_campus(**values)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        to_network(ours).export_to_netcdf(tmp_path / "campus.nc")
        n = pypsa.Network(tmp_path / "campus.nc")
        n.optimize(solver_name="highs", log_to_console=False)
    assert isinstance(n.snapshots, pd.DatetimeIndex)
    assert float(n.model.objective.value) == pytest.approx(solve(ours.program).objective, rel=1e-5)


@pytest.mark.slow
def test_a_change_made_in_the_network_comes_back():
    pytest.importorskip("pypsa", reason="PyPSA is not installed")
    n = to_network(campus())
    n.generators.loc["solar", "p_nom_max"] = 120.0
    n.generators.loc["grid", "p_nom_max"] = 70.0
    n.generators_t.marginal_cost["grid"] += 11.0
    back = from_network(n).setting
    assert back.max_capacity_mw == {"solar": 120.0}
    assert back.connection_mw == 70.0
    assert back.import_usd_per_mwh == pytest.approx(campus().setting.import_usd_per_mwh + 11.0)


def whole_contract(**values):
    """Every term of tariff and contract at once."""
    hour = np.arange(STEPS)
    rng = np.random.default_rng(5)
    bought = (
        Purchase("flat", "physical", 42.0, 20.0, 5.0, surplus_sold=True),
        Purchase("wind", "physical", 20.0, 40.0, 0.0, 0.6),
        Purchase("paper", "virtual", 45.0, 30.0),
        Purchase("own", "physical", 30.0, 10.0, through_grid=False),
    )
    sun = np.clip(np.sin((hour % 24 - 6) / 12 * np.pi), 0, None)
    given = {
        "renewable": {"solar": sun, "ppa-flat": np.ones(STEPS), "ppa-wind": rng.uniform(0, 1, STEPS),
                      "ppa-paper": np.full(STEPS, 0.4), "ppa-own": sun},
        "purchases": bought, "network_usd_per_mwh": np.full(STEPS, 9.0), "clean_annual_share": 0.5,
        "spot_usd_per_mwh": 41 + 30 * np.cos(hour / 7), "export_usd_per_mwh": 30 + 30 * np.cos(hour / 7),
        "tariff_period": (hour % 24 >= 18).astype(float), "periods": (Period("evening", 300.0),),
        "demand_ratchet_share": 0.6, "energy_tiers": ((1500.0, 3.0), (2500.0, 9.0)),
        "called": (hour % 48 == 20).astype(float), "curtailment_share": 0.5, "curtailment_usd_per_mw_year": 20.0,
        "import_ramp_mw_per_h": 40.0, "flexible_ramp_share_per_h": 0.2, "checkpoint_loss_h": 0.1,
        "cfe_hourly_share": None, **values,
    }  # fmt: skip
    return campus(**given)


@pytest.mark.slow
@pytest.mark.parametrize("flexible", [True, False])
def test_pypsa_finds_the_same_cost_for_the_whole_of_tariff_and_contracts(tmp_path, flexible):
    """Through the file: PyPSA with HiGHS against our own answer, and the campus read back from the file."""
    pypsa = pytest.importorskip("pypsa", reason="PyPSA is not installed")
    ours = whole_contract() if flexible else whole_contract(flexible_share=0.0)
    written = whole_contract()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        to_network(written, flexible).export_to_netcdf(tmp_path / "campus.nc")
        n = pypsa.Network(tmp_path / "campus.nc")
        n.optimize(solver_name="highs", extra_functionality=extra_rows, log_to_console=False)
        back = from_network(n)
    found = solve(ours.program)
    assert float(n.model.objective.value) == pytest.approx(found.objective, rel=1e-4)
    assert solve(back.program).objective == pytest.approx(solve(written.program).objective, rel=1e-6)
    assert n.links.p_nom_opt["grid"] <= 90.0 + 1e-6


@pytest.mark.slow
def test_pypsa_finds_the_same_cost_with_limits_and_whole_units():
    """Carbon-free share, carbon cap, land and monthly peaks, with unit counts that PyPSA solves as integers."""
    pytest.importorskip("pypsa", reason="PyPSA is not installed")
    ours = campus(unit_mw={"gas-turbine": 15.0, "smr": 12.0})
    found = solve_whole(ours.program, unit_columns(ours))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        n = to_network(ours)
        n.optimize(solver_name="highs", extra_functionality=extra_rows, log_to_console=False)
    assert float(n.model.objective.value) == pytest.approx(found.objective, rel=GAP)
    assert found.bound <= float(n.model.objective.value) * (1 + 1e-6)


@pytest.mark.slow
def test_every_term_of_a_setting_survives_the_file(tmp_path):
    pypsa = pytest.importorskip("pypsa", reason="PyPSA is not installed")
    ours = whole_contract(unit_mw={"smr": 12.0})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        to_network(ours).export_to_netcdf(tmp_path / "campus.nc")
        back = from_network(pypsa.Network(tmp_path / "campus.nc"))
    assert_same(back, ours)


def assert_same(back, ours):
    assert back.technologies == ours.technologies
    for key, value in vars(ours.setting).items():
        mine = getattr(back.setting, key)
        if key == "renewable":
            assert {k: v.tolist() for k, v in mine.items()} == {k: v.tolist() for k, v in value.items()}
        elif isinstance(value, np.ndarray):
            assert mine == pytest.approx(value), key
        else:
            assert mine == value, key
