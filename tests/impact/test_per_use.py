"""What one run and one token emit, apart from the year around them."""

from __future__ import annotations

import numpy as np
import pytest

from wattscale.chain import figure_of, walk
from wattscale.scenario.load import load_scenario
from wattscale.stagecache import StageCache

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
