"""Carbon of one use, jobs and households of a plan of round numbers."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from books import Book, figure

from wattscale.impact import employment as jobs_of
from wattscale.impact import stage
from wattscale.impact.carbon import Metered
from wattscale.impact.embodied import Made
from wattscale.impact.employment import JobRow, construction_figures, rows_of_factors, rows_of_table
from wattscale.impact.per_use import carbon_of_energy, carbon_per_use, run_energy_mwh, serving_embodied_t
from wattscale.scenario.impact import ImpactTable

HOURS = 8760
FLAT = np.ones(HOURS)
CHIP = "H100-SXM5-80GB"


# --- One use ----------------------------------------------------------------------------------------------------------


def test_the_grids_carbon_goes_by_the_hour_and_all_other_evenly():
    """Used 10 and 20 MWh of 11 and 20 with one unserved, at 500 and 200 kg: 9,000; the plan's import emits 4.5 t.

    So each hour carries half of the grid's mean, and 6 - 4.5 t over 30 MWh are 50 kg each. Of the second hour's carbon
    a quarter is sold: of 3 + 1.5 t by way of the grid 4.125 stay, of 0.5 + 1 t of the rest 1.25.
    """
    supply = SimpleNamespace(
        load_mw=np.array([11.0, 20.0]), dispatch_mw={"unserved": np.array([1.0, 0.0])}, kept_share=np.ones(2)
    )
    grid, by_grid, all_of_it = np.array([500.0, 200.0]), np.array([3e3, 1.5e3]), np.array([3.5e3, 2.5e3])
    found = carbon_of_energy(supply, grid, by_grid, all_of_it)
    assert found.grid_kg_per_mwh == pytest.approx([250.0, 100.0])
    assert found.own_kg_per_mwh == pytest.approx(50.0)
    assert found.tonnes(np.array([2.0, 4.0])) == pytest.approx((500 + 400 + 300) / 1000)
    sold = SimpleNamespace(**{**vars(supply), "kept_share": np.array([1.0, 0.75])})
    found = carbon_of_energy(sold, grid, by_grid, all_of_it)
    assert found.grid_kg_per_mwh == pytest.approx([500 * 4125 / 9000, 200 * 4125 / 9000])
    assert found.own_kg_per_mwh == pytest.approx(1250 / 30)
    none = SimpleNamespace(load_mw=np.zeros(2), dispatch_mw={}, kept_share=np.ones(2))
    nothing = carbon_of_energy(none, grid, np.zeros(2), np.zeros(2))
    assert (nothing.grid_kg_per_mwh.sum(), nothing.own_kg_per_mwh) == (0.0, 0.0)
    clean = carbon_of_energy(supply, np.zeros(2), np.zeros(2), np.array([1e3, 2e3]))
    assert clean.tonnes(np.array([1.0, 0.0])) == pytest.approx(0.1)


def plan(serving=True, training=True):  # type: ignore[no-untyped-def]
    """A campus of 10 MW on the grid: 4 MW serve, a run takes 876 MWh; the building takes a quarter more."""
    compute = SimpleNamespace(
        serving=SimpleNamespace(power_mw=4 * FLAT, devices=300, accelerator=CHIP) if serving else None,
        training=SimpleNamespace(energy_mwh=876.0, devices=100, accelerator=CHIP, power_mw=FLAT) if training else None,
    )
    facility = SimpleNamespace(energy_at_work_mwh=lambda mwh: 1.25 * mwh, power_mw=10 * FLAT)
    supply = SimpleNamespace(
        load_mw=10 * FLAT, dispatch_mw={"solar": 2 * FLAT}, kept_share=FLAT, grid_carbon_kg=8 * 200 * FLAT,
        carbon_kg=8 * 200 * FLAT + 100, carbon_lifecycle_kg=8 * 300 * FLAT + 50,
    )  # fmt: skip
    site = SimpleNamespace(carbon_kg_per_mwh=200 * FLAT, carbon_lifecycle_kg_per_mwh=300 * FLAT)
    recipe = SimpleNamespace(output_mtok_per_year=5e4, requests_per_year=1e8)
    meter = Metered(8 * FLAT, 0 * FLAT, 200 * FLAT, 1600 * FLAT)
    return SimpleNamespace(serving=recipe), compute, site, facility, supply, meter


def test_carbon_of_a_token_a_request_and_a_run():
    """8 of 10 MW are bought, so an hour's MWh carries 0.8 of the grid, and own plant 50 kg of 10 MWh, 100 kg direct.

    Serving takes 43,800 MWh at 240 + 5 kg, and 100 t of what was made; the run 1,095 MWh at 160 + 10 kg.
    """
    workload, compute, site, facility, supply, meter = plan()
    found = carbon_per_use(workload, compute, site, facility, supply, meter, 100.0)
    tonnes = 43_800 * 0.245 + 100
    assert found["carbon_g_per_output_token"] == pytest.approx(tonnes * 1e6 / 5e10)
    assert found["carbon_g_per_request"] == pytest.approx(tonnes * 1e6 / 1e8)
    assert found["carbon_t_per_training_run"] == pytest.approx(1095 * 0.170)
    assert run_energy_mwh(compute, facility) == pytest.approx(0.125 * FLAT)
    _, alone, *_ = plan(training=False)
    assert set(carbon_per_use(workload, alone, site, facility, supply, meter, 0.0)) == set(found) - {
        "carbon_t_per_training_run"
    }
    assert run_energy_mwh(alone, facility).sum() == 0.0
    _, alone, *_ = plan(serving=False)
    assert set(carbon_per_use(workload, alone, site, facility, supply, meter, 0.0)) == {"carbon_t_per_training_run"}
    few = SimpleNamespace(serving=SimpleNamespace(output_mtok_per_year=0.5, requests_per_year=1.0))
    assert "carbon_g_per_request" in carbon_per_use(few, compute, site, facility, supply, meter, 0.0)


def test_embodied_carbon_of_serving_is_that_of_its_own_devices_and_its_part_of_the_rest(monkeypatch):
    """Of 440 chips bought 3 in 4 serve: 330 of 200 kg; half of 2 MW of building, a quarter of 8 MW of solar."""
    _, compute, _, facility, supply, _ = plan()
    shares = SimpleNamespace(power=0.5, energy=0.25)
    monkeypatch.setattr("wattscale.impact.per_use.serving_shares", lambda *_: shares)
    made = Made({CHIP: 440.0}, 2.0, {"solar": 8.0}, {"it": 5.0, "building": 20.0, "solar": 30.0})
    factors = {f"device.{CHIP}": 200.0, "server": 0.0, "network_share": 0.0, "building": 1e6, "plant.solar": 6e5}
    expected = 330 * 0.2 / 5 + 1000 / 20 + 2 * 600 / 30
    assert serving_embodied_t(compute, facility, supply, made, factors) == pytest.approx(expected)
    compute.training.accelerator = "TPU-v5p"
    assert serving_embodied_t(compute, facility, supply, made, factors) == pytest.approx(expected + 110 * 0.2 / 5)
    _, alone, *_ = plan(serving=False)
    assert serving_embodied_t(alone, facility, supply, made, factors) == 0.0
    supply.kept_share = 0.75 * FLAT  # a quarter of the plant is there to sell
    less = expected + 110 * 0.2 / 5 - 0.25 * 2 * 600 / 30
    assert serving_embodied_t(compute, facility, supply, made, factors) == pytest.approx(less)


# --- Jobs -------------------------------------------------------------------------------------------------------------

ROUNDS = {
    "sector_construction.jobs_direct": figure(5.0), "sector_construction.jobs_supplier": figure(3.0),
    "sector_construction.jobs_induced": figure(2.0), "data_centre.employment_multiplier": figure(6.0, 4.0, 7.0),
    "data_centre.value_added_per_job": figure(1e5), "all.displacement": figure(0.5, 0.25, 0.75),
    "all.local_content": figure(0.6, 0.5, 0.8),
}  # fmt: skip


def test_indirect_and_induced_jobs_follow_direct_ones():
    """Building: 3 and 2 for 5. Running: 6 jobs for each of 10 on site, 50 more, shared 3 to 2; making plant: none."""
    building, running, making = rows_of_factors(500.0, 40.0, 10.0, 80.0, 0.25, Book(ROUNDS))
    assert building == JobRow("construction", "factors", 500.0, 300.0, 200.0, 0.25)
    assert (running.direct, running.indirect, running.induced) == (40.0, pytest.approx(30.0), pytest.approx(20.0))
    assert making == JobRow("manufacturing", "factors", 80.0, 0.0, 0.0, 0.25)
    assert (building.gross, building.net) == (1000.0, 750.0)


def test_jobs_of_building_keep_their_range():
    """Direct 50 (40 to 80), 0.6 and 0.4 more for each; half (a quarter to 0.6) would be there anyway."""
    found = construction_figures(JobRow("construction", "factors", 50.0, 30.0, 20.0, 0.5), (50.0, 40.0, 80.0), (0.5, 0.25, 0.6))  # fmt: skip  # noqa: E501
    assert found["jobs_construction_indirect_job_years"] == pytest.approx((30.0, 24.0, 48.0))
    assert found["jobs_construction_induced_job_years"] == pytest.approx((20.0, 16.0, 32.0))
    assert found["jobs_construction_all_job_years"] == pytest.approx((100.0, 80.0, 160.0))
    assert found["jobs_construction_all_net_job_years"] == pytest.approx((50.0, 32.0, 120.0))
    assert construction_figures(JobRow("construction", "factors", 0.0, 1.0, 1.0, 0.5), (0, 0, 0), (0, 0, 0)) == {}
    some = construction_figures(JobRow("construction", "factors", 0.5, 0.25, 0.0, 0.0), (0.5,) * 3, (0.0,) * 3)
    assert some["jobs_construction_indirect_job_years"] == pytest.approx((0.25,) * 3)


def test_jobs_of_a_plan_by_phase(monkeypatch):
    """4 MW of building at 100 and 10 jobs a MW, 50 MW of gas at 2, 0.5 and 0.1, and 1e-5 a MWh of 2e6.

    The building's own factor of building runs from 75 to 150, and no other has a range.
    """
    factors = {
        "data_centre.construction": figure(100.0, 75.0, 150.0), "data_centre.operation": figure(10.0),
        "gas.construction": figure(2.0), "gas.operation": figure(0.5), "gas.variable": figure(1e-5),
        "gas.manufacturing": figure(0.1),
    }  # fmt: skip
    monkeypatch.setattr(jobs_of, "job_factors", lambda *_: (factors, ["wave"]))
    table = ImpactTable()
    parts, rows, found, (warning,) = jobs_of.employment(table, {"gas": 50.0, "wave": 9.0}, 4.0, {"gas": 2e6}, Book(ROUNDS))  # fmt: skip  # noqa: E501
    assert parts["data_centre.operation"] == 40.0
    assert "wave" in warning.message
    assert found["jobs_construction_job_years"] == pytest.approx((500.0, 400.0, 700.0))
    assert found["jobs_construction_local_job_years"] == pytest.approx((300.0, 200.0, 560.0))
    assert found["jobs_manufacturing_job_years"] == pytest.approx((5.0, 5.0, 5.0))
    assert found["jobs_permanent"] == pytest.approx((85.0, 85.0, 85.0))
    assert found["jobs_permanent_net"] == pytest.approx((42.5, 85 * 0.25, 85 * 0.75))
    assert found["jobs_permanent_all"] == pytest.approx((285.0, 85 + 40 * 3, 85 + 40 * 6))
    assert found["value_added_usd_per_year"] == pytest.approx(285e5)
    assert [r.phase for r in rows] == ["construction", "operation", "manufacturing"]
    assert [r.direct for r in rows] == pytest.approx([500.0, 85.0, 5.0])
    own = jobs_of.employment(replace_in(table, displacement_share=0.9, local_content_share=0.1), {}, 4.0, {}, Book(ROUNDS))  # fmt: skip  # noqa: E501
    assert own[2]["jobs_permanent_net"] == pytest.approx((4.0, 4.0, 4.0))
    assert own[2]["jobs_construction_local_job_years"] == pytest.approx((40.0, 30.0, 60.0))


def replace_in(table: ImpactTable, **values: object) -> ImpactTable:
    return table.model_copy(update=values)


def test_a_table_of_the_user_replaces_the_phases_that_it_covers():
    """Making plant stays with the factors unless the table is told of spending on plant."""
    factors = [JobRow(p, "factors", 1.0, 1.0, 1.0, 0.5) for p in ("construction", "operation", "manufacturing")]
    effect = {each: SimpleNamespace(jobs=np.array([n, 1.0])) for each, n in (("direct", 4), ("indirect", 2), ("induced", 1))}  # fmt: skip  # noqa: E501
    found = rows_of_table({"construction": effect, "operation": effect}, {"building": "f"}, factors)
    assert found[0] == JobRow("construction", "table", 5.0, 3.0, 2.0, 0.5)
    assert found[2] is factors[2]
    assert len(rows_of_table({"construction": effect, "operation": effect}, {"power": "d"}, factors)) == 2


def test_households_of_a_campus_and_of_a_run():
    """10 MW are 87,600 MWh a year, at 10 (8 to 12) a household; the run 1,095."""
    _, compute, _, facility, _, _ = plan()
    found = stage._households(compute, facility, Book({"household.electricity": figure(10.0, 8.0, 12.0)}))
    assert found["households_equivalent"] == pytest.approx((8760.0, 7300.0, 10_950.0))
    assert found["training_run_households"] == pytest.approx(109.5)
    _, alone, *_ = plan(training=False)
    book = Book({"household.electricity": figure(10.0)})
    assert "training_run_households" not in stage._households(alone, facility, book)
