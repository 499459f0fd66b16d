"""The impact stage on hand-made plans."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.catalog import load_catalog
from wattscale.economics.stage import run as run_economics
from wattscale.impact.stage import run
from wattscale.scenario.economics import EconomicsTable
from wattscale.scenario.impact import ImpactTable


def assessed(plan, table=None):
    catalog = load_catalog()
    economics = run_economics(EconomicsTable(risk_paths=0), *plan, catalog)
    return run(table or ImpactTable(), *plan, economics, catalog), economics


def value(found):
    return found[0] if isinstance(found, tuple) else found


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(
    serving=st.integers(0, 5000),
    training=st.integers(0, 20000),
    solar=st.floats(0.0, 50.0),
    gas=st.floats(0.0, 20.0),
    certificates=st.floats(0.0, 1.0),
    displaced=st.floats(0.0, 1.0),
)
def test_carbon_jobs_and_segments_add_up_for_any_plan(make, serving, training, solar, gas, certificates, displaced):
    plan = make(serving_devices=serving, training_devices=training, solar_mw=solar, gas_mw=gas)
    table = ImpactTable(market_carbon_share=certificates, displacement_share=displaced)
    result, economics = assessed(plan, table)
    figures = result.figures
    assert figures["scope1_t_per_year"] + figures["scope2_location_t_per_year"] == pytest.approx(
        plan[4].carbon_kg.sum() / 1e3, rel=1e-6, abs=1e-6
    )
    assert figures["carbon_market_t_per_year"] == pytest.approx(
        figures["scope1_t_per_year"] + figures["scope2_market_t_per_year"], rel=1e-6, abs=1e-6
    )
    assert sum(result.embodied_t.values()) == pytest.approx(value(figures["embodied_t"]), rel=1e-6)
    for phases, name in (
        (("construction",), "jobs_construction_job_years"),
        (("operation", "variable"), "jobs_permanent"),
    ):
        parts = sum(jobs for key, jobs in result.jobs.items() if key.rpartition(".")[2] in phases)
        assert parts == pytest.approx(value(figures[name]), rel=1e-6)
    assert sum(result.market_usd.values()) == pytest.approx(value(economics.figures["capital_usd"]), rel=1e-6)
    assert value(figures["jobs_permanent_net"]) == pytest.approx(value(figures["jobs_permanent"]) * (1.0 - displaced))


def test_grid_energy_carries_the_grids_carbon(make):
    result, _ = assessed(make())
    # 3 MW of IT, PUE 1.2, 8,760 h, 400 kg/MWh.
    assert result.figures["carbon_t_per_year"] == pytest.approx(3.6 * 8760 * 0.4)
    assert result.figures["households_equivalent"][0] == pytest.approx(3.6 * 8760 / 10.5)


def test_certificates_lower_the_market_based_figure_alone(make):
    result, _ = assessed(make(gas_mw=1.0), ImpactTable(market_carbon_share=1.0))
    assert result.figures["carbon_market_t_per_year"] == pytest.approx(result.figures["scope1_t_per_year"])
    assert result.figures["carbon_t_per_year"] > result.figures["carbon_market_t_per_year"]


def test_embodied_carbon_of_an_h100_with_its_server_is_under_a_tonne(make):
    result, _ = assessed(make(serving_devices=1000, training_devices=0))
    per_device = (result.embodied_t["accelerators"] + result.embodied_t["servers"]) / 1000
    assert per_device == pytest.approx(0.164 + 0.712)


def test_embodied_carbon_is_spread_over_five_and_twenty_five_years(make):
    result, _ = assessed(make())
    parts = result.embodied_t
    it = sum(parts[name] for name in ("accelerators", "servers", "network"))
    assert value(result.figures["embodied_t_per_year"]) == pytest.approx(it / 5 + parts["building"] / 25)


def test_solar_builds_jobs_that_the_factors_state(make):
    result, _ = assessed(make(solar_mw=10.0))
    assert result.jobs["solar.construction"] == pytest.approx(23.18)
    assert result.jobs["solar.operation"] == pytest.approx(0.4997)


def test_site_water_and_source_water_are_told_apart(make):
    figures = assessed(make())[0].figures
    assert figures["water_m3_per_year"] == pytest.approx(0.5 * 8760)
    assert figures["water_source_m3_per_year"] == pytest.approx(3.6 * 8760 * 3.0)
    assert figures["water_stress_weighted_m3_per_year"] == pytest.approx(0.25 * 8760)


def test_carbon_per_token_counts_the_serving_share_alone(make):
    plan = make()
    figures = assessed(plan)[0].figures
    tokens = plan[0].serving.output_mtok_per_year * 1e6
    operation = figures["carbon_lifecycle_t_per_year"] / 3
    embodied = value(figures["embodied_t_per_year"]) / 3
    assert figures["carbon_g_per_output_token"] == pytest.approx((operation + embodied) * 1e6 / tokens)


def test_a_technology_without_factors_is_reported(make):
    plan = make(solar_mw=5.0)
    plan[4].capacity_mw["fusion"] = 3.0
    result, _ = assessed(plan)
    assert "no-job-factor" in [w.code for w in result.warnings]


def test_jobs_that_follow_output_count_for_a_plant_that_runs(make):
    plan = make(gas_mw=3.0)
    plan[4].capacity_mw["gas-turbine"] = plan[4].capacity_mw.pop("gas")
    plan[4].dispatch_mw["gas-turbine"] = plan[4].dispatch_mw.pop("gas")
    result, _ = assessed(plan)
    assert result.jobs["gas-turbine.variable"] == pytest.approx(3.0 * 8760 * 4.233e-5)


def test_memory_is_a_segment_of_its_own(make):
    result, economics = assessed(make())
    price = next(line.capital_usd for line in economics.lines if line.part == "accelerators")
    assert result.market_usd["memory"] == pytest.approx(0.17 * price)
    assert result.market_usd["accelerators"] + result.market_usd["memory"] == pytest.approx(price)


def test_every_figure_of_both_stages_is_described(make):
    from wattscale.catalog.specs import spec_of

    result, economics = assessed(make(solar_mw=2.0))
    for stage, figures in (("economics", economics.figures), ("impact", result.figures)):
        for name in figures:
            assert spec_of(f"{stage}.{name}") is not None, name


def test_the_bridge_has_the_segments_of_the_market_and_closes(make):
    result, economics = assessed(make(solar_mw=3.0))
    wanted = {"accelerators", "memory", "servers", "network", "storage", "software", "facility", "cooling", "power"}
    assert set(result.market_usd) == wanted
    assert sum(result.market_usd.values()) == pytest.approx(value(economics.figures["capital_usd"]), rel=1e-9)
    assert all(usd > 0 for usd in result.market_usd.values())


def test_the_earliest_start_waits_for_the_slowest_and_costs_what_stands_idle(make):
    result, economics = assessed(make())
    figures, wait = result.figures, max(30.0 / 12, make()[2].time_to_power_years, 2.0)
    assert figures["lead_time_months"] == (30.0, 24.0, 60.0)
    assert figures["earliest_operation_year"][0] == pytest.approx(2025 + wait)
    assert figures["late_start_months"][0] == pytest.approx(12 * (wait - 2.0))
    month = economics.figures["cost_of_delay_usd_per_month"]
    assert figures["late_start_usd"][2] == pytest.approx(figures["late_start_months"][2] * month)
    assert figures["late_start_usd"][1] <= figures["late_start_usd"][0] <= figures["late_start_usd"][2]
