"""The plan's spending through a user's table, and what stays local."""

from __future__ import annotations

import numpy as np
import pytest

from wattscale.catalog import load_catalog
from wattscale.economics.result import CostLine
from wattscale.economics.stage import run as run_economics
from wattscale.errors import InputError
from wattscale.impact.input_output import Economy
from wattscale.impact.spending import input_output_figures, table_rounds
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
    return ImpactTable(**{"input_output_sectors": sectors, **changes})


def pulled(wanted, economy=ECONOMY):
    return input_output_figures(wanted, LINES, table_rounds(wanted, LINES, economy))


def test_spending_pulls_jobs_through_the_table_by_hand():
    figures = pulled(table())
    # 9 MUSD on plant: output (0.1, 0.8) / 0.45 x 9 = (2, 16): 2 x 10 + 16 x 20 = 340 job-years, of which 180 direct.
    assert figures["io_construction_job_years"] == pytest.approx(340.0)
    assert figures["io_construction_job_years_direct"] == pytest.approx(180.0)
    assert figures["io_construction_value_added_usd"] == pytest.approx(9e6)
    # 4.5 MUSD a year on farm: output (6, 3): 6 x 10 + 3 x 20 = 120 jobs.
    assert figures["io_operation_jobs"] == pytest.approx(120.0)
    assert figures["io_spent_inside_share"] == pytest.approx(0.09)


def test_the_money_of_the_table_changes_jobs_but_not_dollars_of_value_added():
    one, ten = (pulled(table(input_output_money_per_usd=x)) for x in (1.0, 10.0))
    assert ten["io_operation_jobs"] == pytest.approx(10 * one["io_operation_jobs"])
    assert ten["io_operation_value_added_usd_per_year"] == pytest.approx(one["io_operation_value_added_usd_per_year"])


@pytest.mark.parametrize(
    ("sectors", "said"),
    [({"facility": "plants"}, "plant"), ({"facilities": "plant"}, "facility"), ({}, "names the sector of no segment")],
)
def test_a_wrong_sector_or_segment_is_refused(sectors, said):
    with pytest.raises(InputError, match=said):
        pulled(ImpactTable(input_output_sectors=sectors))


def test_the_local_share_of_a_segment_scales_what_it_pulls():
    whole, half = pulled(table()), pulled(table(input_output_local={"facility": 0.5}))
    assert half["io_construction_job_years"] == pytest.approx(0.5 * whole["io_construction_job_years"])
    assert half["io_operation_jobs"] == whole["io_operation_jobs"]
    assert half["io_spent_inside_share"] == pytest.approx(0.045)


@pytest.mark.parametrize(("local", "said"), [({"facility": 1.2}, "0 to 1"), ({"faculty": 0.5}, "facility")])
def test_a_wrong_local_share_is_refused(local, said):
    with pytest.raises(InputError, match=said):
        pulled(table(input_output_local=local))


def test_induced_effects_come_apart_from_the_others():
    # Wages 0.5 of output, half of them spent on the farm alone: (I - A)^-1 of the closed table by hand, with
    # k = 0.5 x 0.5 x (0.6 + 0.3) / 0.45 = 0.5: induced output = L e1 x 0.25 x (output) / (1 - k).
    economy = Economy(
        ECONOMY.sectors, ECONOMY.requirements, ECONOMY.jobs_per_musd, ECONOMY.value_added_share,
        np.array([0.5, 0.5]), np.array([1.0, 0.0]),
    )  # fmt: skip
    open_table, closed = pulled(table()), pulled(table(input_output_induced_share=0.5), economy)
    for name in ("io_construction_job_years", "io_operation_jobs", "io_construction_value_added_usd"):
        assert closed[name] == pytest.approx(open_table[name], rel=1e-12)
    spent_anew = 0.25 * (2.0 + 16.0) / (1.0 - 0.5)  # million, of output (2, 16)
    jobs = spent_anew * (0.6 * 10.0 + 0.3 * 20.0) / 0.45
    assert closed["io_construction_job_years_induced"] == pytest.approx(jobs)
    assert closed["io_construction_value_added_induced_usd"] == pytest.approx(spent_anew * 1e6)
    assert "io_construction_job_years_induced" not in open_table


def test_induced_effects_without_the_income_of_households_are_refused_by_key():
    with pytest.raises(InputError, match=r"income of households") as told:
        pulled(table(input_output_induced_share=0.5))
    assert told.value.where == "impact.input_output_wages"


@pytest.mark.parametrize("sectors", [{"facility": "plant"}, {"facility": "plant", "power": "plant"}])
def test_no_spending_line_is_counted_by_factors_and_by_the_table(make, sectors):
    plan, catalog = make(solar_mw=4.0), load_catalog()
    money = run_economics(EconomicsTable(risk_paths=0), *plan, catalog, False)
    bare = run(ImpactTable(), *plan, money, catalog)
    result = run(table(input_output_sectors=sectors), *plan, money, catalog, ECONOMY)
    rows = {row.phase: row for row in result.job_rows}
    assert len(rows) == len(result.job_rows)
    assert {row.basis for row in bare.job_rows} == {"factors"}
    assert rows["construction"].basis == "table"
    assert rows["operation"].basis == "table"
    assert rows["construction"].gross == pytest.approx(result.figures["io_construction_job_years"])
    # Those who make the solar plant are suppliers in the table where it is told of the spending on plant.
    assert ("manufacturing" in rows) == ("power" not in sectors)
    if "power" not in sectors:
        assert rows["manufacturing"] == bare.job_rows[2]


def test_jobs_by_round_and_phase_add_up_gross_and_net(make):
    plan, catalog = make(solar_mw=4.0), load_catalog()
    money = run_economics(EconomicsTable(risk_paths=0), *plan, catalog, False)
    result = run(ImpactTable(displacement_share=0.4), *plan, money, catalog)
    construction, operation, manufacturing = result.job_rows
    assert construction.direct == pytest.approx(result.figures["jobs_construction_job_years"][0])
    assert construction.indirect == pytest.approx(construction.direct * 4.8 / 5.45)
    assert construction.induced == pytest.approx(construction.direct * 4.88 / 5.45)
    assert operation.gross == pytest.approx(result.figures["jobs_permanent_all"][0])
    assert manufacturing.direct == pytest.approx(result.figures["jobs_manufacturing_job_years"][0])
    for row in result.job_rows:
        assert row.net == pytest.approx(0.6 * (row.direct + row.indirect + row.induced))
    gross, net = (result.figures[f"jobs_construction_all{x}_job_years"] for x in ("", "_net"))
    assert net == pytest.approx(tuple(0.6 * x for x in gross))


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
    outside = ("accelerators", "servers", "network", "storage", "software", "land")
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
    figures = pulled(wanted, economy)
    spent = np.where([s == "reg1: construction" for s in economy.sectors], 9e6, 0.0)
    factors = system.emissions.S.to_numpy()[0]
    expected = factors @ (system.L.to_numpy() @ spent) / 1e6
    assert figures["io_construction_job_years"] == pytest.approx(expected, rel=1e-9)
