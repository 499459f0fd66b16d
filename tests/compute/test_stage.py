"""Front of the compute stage: balances, figures, empty asks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wattscale.catalog import Catalog
from wattscale.compute import stage
from wattscale.errors import InfeasibleError, InputError
from wattscale.scenario.compute import ComputeTable
from wattscale.scenario.workload import ServingTable
from wattscale.workload.models import named_architecture
from wattscale.workload.result import ServingWorkload, WorkloadResult


def _workload(catalog: Catalog, per_hour: float = 50_000.0, **recipe: object) -> WorkloadResult:
    table = ServingTable(**recipe)  # type: ignore[arg-type]
    wave = 1.0 + 0.4 * np.sin(2 * np.pi * np.arange(8760) / 24)
    serving = ServingWorkload(table, per_hour * wave, table.input_tokens, table.output_tokens)
    return WorkloadResult(named_architecture(catalog, "Llama-3.1-70B"), None, serving, {})


def test_hourly_power_adds_up_to_energy(catalog: Catalog) -> None:
    found = stage.run(ComputeTable(), _workload(catalog), catalog.recording())
    assert found.serving is not None
    spares = found.it_power_mw - found.serving.power_mw
    assert np.ptp(spares) == pytest.approx(0.0, abs=1e-12)
    assert float(found.it_power_mw.sum()) == pytest.approx(found.figures["it_energy_mwh"])
    assert found.design_it_power_mw >= float(found.it_power_mw.max())


def test_joules_per_token_times_tokens_is_the_energy_of_the_devices(catalog: Catalog) -> None:
    workload = _workload(catalog)
    found = stage.run(ComputeTable(), workload, catalog.recording())
    assert found.serving is not None
    assert workload.serving is not None
    power = found.figures["serving.device_power_w"]
    joules = power[0] * 8760 * 3600 * found.serving.devices  # type: ignore[index]
    tokens = workload.serving.output_mtok_per_year * 1e6
    assert found.serving.joules_per_output_token * tokens == pytest.approx(joules, rel=1e-9)


def test_named_figures_exist_and_ranges_hold_their_values(catalog: Catalog) -> None:
    figures = stage.run(ComputeTable(), _workload(catalog), catalog.recording()).figures
    names = ("devices", "batch", "ttft_s", "tpot_ms", "tokens_per_s_per_device", "joules_per_output_token")
    assert {f"serving.{n}" for n in names} <= set(figures)
    for value in figures.values():
        if isinstance(value, tuple):
            assert value[1] <= value[0] <= value[2]


def test_twice_the_requests_take_about_twice_the_devices(catalog: Catalog) -> None:
    one = stage.run(ComputeTable(), _workload(catalog, 4e5), catalog.recording())
    two = stage.run(ComputeTable(), _workload(catalog, 8e5), catalog.recording())
    assert one.serving is not None
    assert two.serving is not None
    assert two.serving.devices / one.serving.devices == pytest.approx(2.0, rel=0.05)


def test_an_energy_objective_never_costs_more_energy_at_full_batch(catalog: Catalog) -> None:
    plans = [
        stage.run(ComputeTable(replica_objective=o), _workload(catalog), catalog.recording()).serving
        for o in ("devices", "energy")
    ]
    assert plans[0] is not None
    assert plans[1] is not None
    assert plans[1].joules_per_output_token <= plans[0].joules_per_output_token * 1.02


def test_nothing_to_do_names_both_keys(catalog: Catalog) -> None:
    empty = WorkloadResult(named_architecture(catalog, "Llama-3.1-8B"), None, None, {})
    with pytest.raises(InputError, match=r"workload\.training\.tokens, workload\.serving\.requests_per_day"):
        stage.run(ComputeTable(), empty, catalog.recording())


def test_an_unknown_engine_lists_the_known(catalog: Catalog) -> None:
    with pytest.raises(InputError, match="vllm"):
        stage.run(ComputeTable(engine="nobody"), _workload(catalog), catalog.recording())


def test_an_accelerator_without_measurements_warns(catalog: Catalog) -> None:
    found = stage.run(ComputeTable(accelerator="MI300X"), _workload(catalog), catalog.recording())
    assert "uncalibrated-accelerator" in {w.code for w in found.warnings}


@pytest.mark.parametrize(("tokens", "told"), [(1.0, False), (2.0, True), (300.0, False)])
def test_a_time_per_token_that_no_one_waits_for_is_told(catalog: Catalog, tokens: float, told: bool) -> None:
    asked = _workload(catalog)
    assert asked.serving is not None
    asked = replace(asked, serving=replace(asked.serving, output_tokens=tokens))
    found = stage.run(ComputeTable(), asked, catalog.recording())
    assert found.serving is not None
    assert ("time-per-token-not-held" in {w.code for w in found.warnings}) == told
    if tokens > 2.0:
        assert found.serving.tpot_ms <= asked.serving.recipe.tpot_ms


def test_percentiles_of_the_first_token_rise_and_meet_the_limit(catalog: Catalog) -> None:
    found = stage.run(ComputeTable(latency_quantile=0.9), _workload(catalog, ttft_s=1.0), catalog.recording()).figures
    p50, p90, p99 = (found[f"serving.ttft_p{q}_s"] for q in (50, 90, 99))
    assert isinstance(p50, float)
    assert isinstance(p90, float)
    assert isinstance(p99, float)
    assert 0 < p50 < p90 < p99
    assert p90 <= 1.0


def test_the_front_of_choices_comes_with_the_result(catalog: Catalog) -> None:
    found = stage.run(ComputeTable(device_usd_per_h=2.0), _workload(catalog), catalog.recording())
    assert len(found.serving_front) > 5
    assert all(p.usd_per_mtok == pytest.approx(2.0 * p.device_h_per_mtok) for p in found.serving_front)


def test_a_replica_too_small_for_the_model_names_the_smallest_that_is_not(catalog: Catalog) -> None:
    """141 GB in bf16 exceed twice 0.9 x 80 GB less buffers, by hand."""
    with pytest.raises(InfeasibleError, match=r"workload\.serving\.tensor_parallel = 1:.*smallest that fits is 4"):
        stage.run(ComputeTable(), _workload(catalog, tensor_parallel=1, precision="bf16"), catalog.recording())


@pytest.mark.parametrize("mode", ["disaggregated", "best"])
def test_the_mode_of_serving_never_loses_devices_when_it_may_choose(catalog: Catalog, mode: str) -> None:
    tables = [ComputeTable(serving_mode=m) for m in ("aggregated", mode)]  # type: ignore[arg-type]
    plain, other = (stage.run(t, _workload(catalog, 4e6), catalog.recording()).serving for t in tables)
    assert plain is not None
    assert other is not None
    assert other.devices <= plain.devices * (1.0 if mode == "best" else 1.5) * 1.02


def test_a_power_cap_needs_more_devices_of_less_power(catalog: Catalog) -> None:
    plans = [
        stage.run(ComputeTable(power_cap_share=c), _workload(catalog, 4e6), catalog.recording()) for c in (1.0, 0.6)
    ]
    assert plans[1].figures["devices"] > plans[0].figures["devices"]  # type: ignore[operator]
    watts = [p.figures["serving.device_power_w"][0] for p in plans]  # type: ignore[index]
    assert watts[1] < watts[0]
