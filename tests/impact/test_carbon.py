"""Carbon by location, market and hour; the greenhouse-gas statement."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.catalog import load_catalog
from wattscale.economics.stage import run as run_economics
from wattscale.impact.carbon import Certificates, metered, operational_carbon, residual_mix
from wattscale.impact.stage import run
from wattscale.scenario.economics import EconomicsTable
from wattscale.scenario.impact import ImpactTable
from wattscale.site.carbon import read_carbon

GRID_T = 3.6 * 8760 * 0.4
"""3 MW of IT, PUE 1.2, 400 kg/MWh."""


def assessed(plan, impact=None, **economics):
    catalog = load_catalog()
    money = run_economics(EconomicsTable(risk_paths=0, **economics), *plan, catalog, False)
    return run(impact or ImpactTable(), *plan, money, catalog)


def test_market_based_carbon_is_at_the_residual_mix_of_the_country(make):
    figures = assessed(make(country="SE")).figures
    assert figures["scope2_market_t_per_year"] == pytest.approx(3.6 * 8760 * 85.52 / 1000)
    assert figures["scope2_location_t_per_year"] == pytest.approx(GRID_T)


def test_a_country_without_a_residual_mix_takes_the_grid(make):
    assert residual_mix(ImpactTable(), "SG", 400.0, load_catalog()) == pytest.approx(400.0)
    assert residual_mix(ImpactTable(residual_mix_kg_per_mwh=500.0), "DE", 400.0, load_catalog()) == 500.0


def test_a_matched_contract_clears_market_and_hour(make):
    figures = assessed(make(), contract="24-7").figures
    assert figures["scope2_market_t_per_year"] == pytest.approx(0.0, abs=1e-9)
    assert figures["scope2_hourly_t_per_year"] == pytest.approx(0.0, abs=1e-9)
    assert figures["carbon_t_per_year"] == pytest.approx(GRID_T)


def test_a_solar_contract_clears_the_year_but_not_the_night(make):
    figures = assessed(make(), contract="pay-as-produced").figures
    assert figures["certificates_share"] == pytest.approx(1.0)
    assert figures["scope2_market_t_per_year"] == pytest.approx(0.0, abs=1e-9)
    assert 0.2 < figures["certificates_hourly_share"] < 0.6
    assert figures["scope2_hourly_t_per_year"] == pytest.approx(GRID_T * (1 - figures["certificates_hourly_share"]))


@pytest.mark.parametrize(("kind", "market"), [("clean", 0.5), ("other", 1.0)])
def test_a_contract_over_the_grid_leaves_the_location_based_carbon_as_it_was(make, kind, market):
    plan = list(make())
    supply = plan[4]
    half = supply.dispatch_mw["grid"] / 2
    emits = 0.5 if kind == "clean" else 1.0  # without certificates it stays in the carbon of grid energy
    plan[4] = replace(
        supply,
        dispatch_mw={**supply.dispatch_mw, "grid": half, "ppa-west": half},
        carbon_kg=supply.carbon_kg * emits,
        grid_carbon_kg=supply.grid_carbon_kg * emits,
        metered_mw={kind: half},
    )
    result = assessed(plan)
    figures = result.figures
    assert figures["scope2_location_t_per_year"] == pytest.approx(GRID_T)
    assert figures["scope2_market_t_per_year"] == pytest.approx(GRID_T * market)
    assert figures["scope2_hourly_t_per_year"] == pytest.approx(GRID_T * market)
    assert figures["certificates_share"] == pytest.approx(1.0 - market)
    rows = [row.energy_mwh for row in result.scope_table if row.scope == "2 market-based"]
    assert sum(rows) == pytest.approx(3.6 * 8760)


def test_certificates_bought_apart_count_by_the_year_alone(make):
    figures = assessed(make(), ImpactTable(market_carbon_share=1.0)).figures
    assert figures["scope2_market_t_per_year"] == pytest.approx(0.0, abs=1e-9)
    assert figures["scope2_hourly_t_per_year"] == pytest.approx(GRID_T)


def test_marginal_carbon_stands_where_it_is_given(make):
    assert "scope2_marginal_t_per_year" not in assessed(make()).figures
    figures = assessed(make(), ImpactTable(marginal_kg_per_mwh=600.0)).figures
    assert figures["scope2_marginal_t_per_year"] == pytest.approx(3.6 * 8760 * 0.6)


def test_hourly_marginal_carbon_of_a_file_counts_by_the_hour(make, tmp_path):
    times = pd.date_range("2023-01-01", periods=8760, freq="h").strftime("%Y-%m-%dT%H:%MZ")
    marginal = np.where(np.arange(8760) % 2 == 0, 700.0, -100.0)
    pd.DataFrame({"time_utc": times, "ci_direct_g_per_kwh": 400.0, "ci_marginal_g_per_kwh": marginal}).to_csv(
        tmp_path / "carbon.csv", index=False
    )
    read = read_carbon(str(tmp_path / "carbon.csv")).carbon_marginal_kg_per_mwh
    plan = list(make())
    plan[2] = replace(plan[2], carbon_marginal_kg_per_mwh=read)
    figures = assessed(plan).figures
    assert figures["scope2_marginal_t_per_year"] == pytest.approx(3.6 * 8760 * 0.3)


@settings(max_examples=25, deadline=None)
@given(bought=st.floats(0.0, 1.0), contracted=st.floats(0.0, 3.0), seed=st.integers(0, 5))
def test_hourly_matching_never_clears_more_energy_than_the_year(make, bought, contracted, seed):
    plan = make(serving_devices=8, training_devices=0)
    site, supply = plan[2], plan[4]
    rng = np.random.default_rng(seed)
    certificates = Certificates(bought, contracted * rng.random(8760))
    grid = supply.dispatch_mw["grid"]
    matched = certificates.matched_mw(grid)
    assert (matched <= grid + 1e-12).all()
    assert matched.sum() <= certificates.covered_mwh(grid) + 1e-6
    found = operational_carbon(supply, metered(supply, site.carbon_kg_per_mwh), certificates, 400.0)
    assert found.grid_hourly <= found.grid_location + 1e-9
    # At a residual mix equal to the flat mean of the grid, the hour is never kinder than the year.
    assert found.grid_hourly >= found.grid_market - 1e-6


def test_the_statement_adds_up_to_the_figures(make):
    result = assessed(make(gas_mw=1.0, country="DE"), contract="baseload", contract_share=0.5)
    sums = {}
    for row in result.scope_table:
        sums[row.scope] = sums.get(row.scope, 0.0) + row.carbon_t
        if row.factor_kg_per_mwh is not None:
            assert row.carbon_t == pytest.approx(row.energy_mwh * row.factor_kg_per_mwh / 1000)
    figures = result.figures
    assert sums["2 location-based"] == pytest.approx(figures["scope2_location_t_per_year"])
    assert sums["2 market-based"] == pytest.approx(figures["scope2_market_t_per_year"])
    assert sums["2 hourly-matched"] == pytest.approx(figures["scope2_hourly_t_per_year"])
    assert sums["1"] == pytest.approx(figures["scope1_t_per_year"] + figures["generator_test_t_per_year"])
    assert sums["3.2 capital goods"] == pytest.approx(figures["embodied_t"][0])
    direct = figures["carbon_t_per_year"]
    assert sums["3.3 fuel and energy"] == pytest.approx(figures["carbon_lifecycle_t_per_year"] - direct)
    by_method = {"2 market-based", "2 hourly-matched"}
    for method in by_method:
        rows = [row.energy_mwh for row in result.scope_table if row.scope == method]
        grid = next(row.energy_mwh for row in result.scope_table if row.scope == "2 location-based")
        assert sum(rows) == pytest.approx(grid)


def test_the_statement_is_a_sheet_of_the_workbook(make):
    from types import SimpleNamespace

    from wattscale.report.tables_impact import carbon_table, concentration_table, disruption_table

    plan = SimpleNamespace(impact=assessed(make(), contract="baseload"))
    table = carbon_table(plan)
    assert table["carbon_t"].sum() == pytest.approx(sum(row.carbon_t for row in plan.impact.scope_table))
    assert table.loc["2 location-based", "carbon_t"] == pytest.approx(GRID_T)
    assert concentration_table(plan)["herfindahl_share"].iloc[0] == 1.0
    assert disruption_table(plan)["loss_usd"].is_monotonic_decreasing
