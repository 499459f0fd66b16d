"""What one run and one token emit, apart from the year around them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.chain import figure_of, walk
from wattscale.impact.embodied import Made
from wattscale.impact.per_use import carbon_of_energy, serving_embodied_t
from wattscale.scenario.load import load_scenario
from wattscale.stagecache import StageCache
from wattscale.supply.result import SupplyResult

CACHE = StageCache()
OLMO_13B = {
    "model": "OLMo-2-13B",
    "training": {"tokens": 5.6e12, "devices": 1024, "sequence_length": 4096},
    "serving": {"requests_per_day": 1e6},
}
PER_USE = (
    "compute.training.energy_mwh", "impact.carbon_t_per_training_run", "impact.training_run_households",
    "impact.carbon_g_per_output_token", "impact.carbon_g_per_request",
)  # fmt: skip


def chain(**changes):
    tables = {"workload": OLMO_13B, **{k: v for k, v in changes.items() if k != "training"}}
    training = {**OLMO_13B["training"], **changes.get("training", {})}
    tables["workload"] = {**OLMO_13B, "training": training}
    return walk(load_scenario(tables), "impact", cache=CACHE, extras=False)


def value(found, name):
    figure = figure_of(found, name)
    return figure[0] if isinstance(figure, tuple) else figure


@pytest.mark.slow
@pytest.mark.parametrize("technologies", [["grid"], ["gas-engine"]])
@pytest.mark.parametrize("name", PER_USE)
def test_one_use_does_not_change_with_what_the_machines_do_in_the_rest_of_the_year(name, technologies):
    # Carbon of the run was 199 t with the machines off beside it, 140 t with them idle and 134 t with them training.
    found = [
        value(
            chain(training={"rest_of_year": rest, "runs_per_year": runs}, supply={"technologies": technologies}), name
        )
        for rest in ("idle", "off", "train")
        for runs in (1.0, 4.0)
    ]
    island = technologies != ["grid"] and "carbon_g" in name
    assert found == pytest.approx([found[-1]] * 6, rel=1e-2 if island else 1e-9)  # size of the engines is embodied


def test_carbon_of_a_run_is_its_energy_times_the_building_times_the_grid():
    found = chain(training={"rest_of_year": "off"})
    run = found.results["compute"].training.energy_mwh
    grid = found.results["site"].carbon_kg_per_mwh.mean() / 1e3
    overhead = value(chain(training={"rest_of_year": "train"}), "facility.pue")
    assert value(found, "impact.carbon_t_per_training_run") == pytest.approx(run * overhead * grid, rel=5e-3)
    assert value(found, "impact.carbon_t_per_training_run") == pytest.approx(133.7, abs=0.1)


def test_runs_and_tokens_of_a_machine_that_always_trains_add_up_to_the_year():
    found = chain(training={"rest_of_year": "train"}, compute={"spare_share": 0.0}, supply={"technologies": ["grid"]})
    compute, facility = found.results["compute"], found.results["facility"]
    runs = compute.training.power_mw.sum() / compute.training.energy_mwh
    parts = [facility.energy_at_work_mwh(part.power_mw) for part in (compute.training, compute.serving)]
    np.testing.assert_allclose(sum(parts), facility.power_mw, rtol=1e-9)
    training = runs * value(found, "impact.carbon_t_per_training_run")
    serving = float(parts[1] @ found.results["site"].carbon_kg_per_mwh) / 1e3
    assert training + serving == pytest.approx(value(found, "impact.carbon_t_per_year"), rel=1e-9)


@pytest.mark.slow
def test_cost_of_a_token_pays_for_no_idle_training_machine():
    # At a flat price of power it was 0.4789 with the training machine off beside its run and 0.4680 with it training.
    found = [
        value(
            chain(training={"rest_of_year": rest}, economics={"electricity_price_usd_per_mwh": 70.0}),
            "economics.usd_per_mtok_serving_only",
        )
        for rest in ("idle", "off", "train")
    ]
    assert found == pytest.approx([found[-1]] * 3, rel=2e-5)


def test_carbon_of_a_token_does_not_change_with_the_chips_that_train():
    def embodied(chip):
        found = chain(compute={"training_accelerator": chip, "spare_share": 0.0}, training={"rest_of_year": "train"})
        grid = found.results["site"].carbon_lifecycle_kg_per_mwh
        facility, serving = found.results["facility"], found.results["compute"].serving
        tokens = found.results["workload"].serving.output_mtok_per_year
        running = float(facility.energy_at_work_mwh(serving.power_mw) @ grid) / tokens / 1e3  # g per token
        return value(found, "impact.carbon_g_per_output_token") - running

    # Per device, a GB200 with its memory weighs several times an A100; tokens are served on H100 in both.
    assert embodied("A100-SXM4-80GB") == pytest.approx(embodied("GB200-NVL72 (per GPU)"), rel=0.05)


def supplied(gas_mw, grid_mw, sold_mw):
    """A campus of 10 MW with a gas plant of 400 kg/MWh and a grid of 200, in four hours."""
    carbon, grid = 400.0 * gas_mw + 200.0 * grid_mw, 200.0 * grid_mw
    return SupplyResult(
        load_mw=np.full(4, 10.0), capacity_mw={"gas": 40.0}, storage_mwh={},
        dispatch_mw={"gas": gas_mw, "grid": grid_mw, "unserved": np.zeros(4)}, uses_mw={"export": sold_mw},
        curtailed_mw={}, cost_usd_per_year={}, capital_usd={}, life_years={"gas": 20.0}, carbon_kg=carbon,
        grid_carbon_kg=grid, carbon_lifecycle_kg=carbon, cfe_share=np.zeros(4), total_usd_per_year=0.0,
        shadow_prices={}, figures={},
    )  # fmt: skip


def test_energy_that_is_sold_takes_its_carbon_and_its_part_of_the_plant_with_it():
    """Two hours on gas, two on the grid: (2 x 4,000 + 2 x 2,000) / 40 = 300 kg/MWh, whatever gas is burned to sell."""
    on, mix = np.array([1.0, 1.0, 0.0, 0.0]), np.full(4, 200.0)
    made = Made({"X": 1.0}, 0.0, {"gas": 40.0}, {"it": 5.0, "building": 20.0, "gas": 20.0})
    factors = {"device.X": 0.0, "server": 0.0, "network_share": 0.0, "building": 0.0, "plant.gas": 100.0}
    part = SimpleNamespace(accelerator="X", devices=1, power_mw=np.full(4, 10.0))
    compute = SimpleNamespace(serving=part, training=None, devices_by_accelerator={"X": 1.0})
    facility = SimpleNamespace(energy_at_work_mwh=lambda mw: mw, power_mw=np.full(4, 10.0))
    for sold in (0.0, 20.0, 200.0):
        supply = supplied((10.0 + sold) * on, 10.0 * (1.0 - on), sold * on)
        used = carbon_of_energy(supply, mix, supply.grid_carbon_kg, supply.carbon_kg)
        assert used.tonnes(np.full(4, 10.0)) == pytest.approx(40 * 0.3)
        assert used.own_kg_per_mwh == pytest.approx(200.0)
        whole = serving_embodied_t(compute, facility, supplied(10.0 * on, 10.0 * (1.0 - on), 0.0 * on), made, factors)
        assert serving_embodied_t(compute, facility, supply, made, factors) == pytest.approx(
            whole * 10.0 / (10.0 + sold)
        )


@pytest.mark.slow
def test_one_use_carries_no_more_carbon_where_more_is_made_to_be_sold(tmp_path):
    # With export a token carried three times and the run four times as much.
    times = np.arange(np.datetime64("2023-01-01T00"), np.datetime64("2024-01-01T00"))
    price = 130 + 40 * np.sin(np.arange(8760) / 3.8)
    rows = "\n".join(f"{t}:00,{v:.2f}" for t, v in zip(times, price, strict=True))
    (tmp_path / "prices.csv").write_text("time_utc,price_usd_per_mwh\n" + rows)
    supply = {"technologies": ["grid", "gas-combined-cycle"], "connection_mw": 100.0, "grid_adder_usd_per_mwh": 0.0,
              "max_capacity_mw": {"gas-combined-cycle": 60.0}}  # fmt: skip
    bare, selling = (
        chain(site={"prices": str(tmp_path / "prices.csv")}, supply={**supply, "export_allowed": allowed})
        for allowed in (False, True)
    )
    assert value(selling, "supply.export_mwh") > 4 * value(selling, "supply.energy_mwh")
    for name in ("impact.carbon_t_per_training_run", "impact.carbon_g_per_output_token", "impact.carbon_g_per_request"):
        assert value(selling, name) == pytest.approx(value(bare, name), rel=0.02), name
