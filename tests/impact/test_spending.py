"""The plan's spending through a user's table, and what stays local."""

from __future__ import annotations

import numpy as np
import pytest

from wattscale.catalog import load_catalog
from wattscale.economics.result import CostLine
from wattscale.economics.stage import run as run_economics
from wattscale.errors import InputError
from wattscale.impact.input_output import Economy
from wattscale.impact.spending import input_output_figures
from wattscale.impact.stage import run
from wattscale.scenario.economics import EconomicsTable
from wattscale.scenario.impact import ImpactTable

# (I - A)^-1 = ((0.6, 0.1), (0.3, 0.8)) / 0.45
ECONOMY = Economy(("farm", "plant"), np.array([[0.2, 0.1], [0.3, 0.4]]), np.array([10.0, 20.0]), np.array([0.5, 0.5]))
LINES = [
    CostLine("shell", "facility", 9e6, 25.0, 1e6, 0.0, 1e6, 1e6),
    CostLine("accelerators", "accelerators", 91e6, 5.0, 2e7, 0.0, 2e7, 2e7),
    CostLine("staff", "operations", 0.0, 0.0, 0.0, 4.5e6, 4.5e6, 4.5e6),
]


def table(**changes):
    sectors = {"facility": "plant", "operations": "farm"}
    return ImpactTable(input_output_sectors=sectors, **changes)


def test_spending_pulls_jobs_through_the_table_by_hand():
    figures = input_output_figures(table(), LINES, ECONOMY)
    # 9 MUSD on plant: output (0.1, 0.8) / 0.45 x 9 = (2, 16): 2 x 10 + 16 x 20 = 340 job-years, of which 180 direct.
    assert figures["io_construction_job_years"] == pytest.approx(340.0)
    assert figures["io_construction_job_years_direct"] == pytest.approx(180.0)
    assert figures["io_construction_value_added_usd"] == pytest.approx(9e6)
    # 4.5 MUSD a year on farm: output (6, 3): 6 x 10 + 3 x 20 = 120 jobs.
    assert figures["io_operation_jobs"] == pytest.approx(120.0)
    assert figures["io_spent_inside_share"] == pytest.approx(0.09)


def test_the_money_of_the_table_changes_jobs_but_not_dollars_of_value_added():
    one, ten = (input_output_figures(table(input_output_money_per_usd=x), LINES, ECONOMY) for x in (1.0, 10.0))
    assert ten["io_operation_jobs"] == pytest.approx(10 * one["io_operation_jobs"])
    assert ten["io_operation_value_added_usd_per_year"] == pytest.approx(one["io_operation_value_added_usd_per_year"])


@pytest.mark.parametrize(
    ("sectors", "said"),
    [({"facility": "plants"}, "plant"), ({"facilities": "plant"}, "facility"), ({}, "names the sector of no segment")],
)
def test_a_wrong_sector_or_segment_is_refused(sectors, said):
    with pytest.raises(InputError, match=said):
        input_output_figures(ImpactTable(input_output_sectors=sectors), LINES, ECONOMY)


def test_figures_of_the_table_stand_beside_those_of_the_factors(make):
    plan, catalog = make(), load_catalog()
    money = run_economics(EconomicsTable(risk_paths=0), *plan, catalog, False)
    bare = run(ImpactTable(), *plan, money, catalog)
    with_table = run(table(), *plan, money, catalog, ECONOMY)
    assert with_table.figures["io_construction_job_years"] > 0.0
    for name, found in bare.figures.items():
        assert with_table.figures[name] == found


def test_devices_and_land_are_not_spent_locally(make):
    plan, catalog = make(), load_catalog()
    money = run_economics(EconomicsTable(risk_paths=0), *plan, catalog, False)
    figures = run(ImpactTable(local_content_share=1.0), *plan, money, catalog).figures
    outside = ("accelerators", "servers", "network", "storage", "land")
    local = sum(x.capital_usd for x in money.lines if x.part not in outside)
    assert figures["local_capital_usd"][0] == pytest.approx(local)


def test_a_table_saved_by_pymrio_serves_as_a_scenario_key(tmp_path, make):
    pymrio = pytest.importorskip("pymrio", reason="the oracle pymrio is not installed")
    from wattscale.impact.io_table import load_economy

    system = pymrio.load_test().calc_all()
    system.save_all(tmp_path)
    wanted = ImpactTable(
        input_output=str(tmp_path / "file_parameters.json"),
        input_output_jobs="emissions/emission_type1",
        input_output_value_added="factor_inputs/Value Added",
        input_output_sectors={"facility": "reg1: construction"},
    )
    economy = load_economy(wanted)
    figures = input_output_figures(wanted, LINES, economy)
    spent = np.where([s == "reg1: construction" for s in economy.sectors], 9e6, 0.0)
    factors = system.emissions.S.to_numpy()[0]
    expected = factors @ (system.L.to_numpy() @ spent) / 1e6
    assert figures["io_construction_job_years"] == pytest.approx(expected, rel=1e-9)
