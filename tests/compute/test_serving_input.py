"""Requests that are input almost alone: embeddings and classification, planned without a decode floor."""

from __future__ import annotations

import numpy as np
import pytest

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.fleet import run_hours
from wattscale.compute.replica import candidate_layouts, choose_replica
from wattscale.compute.serving import Replica, cut_at_limits
from wattscale.compute.serving_input import input_curve
from wattscale.compute.serving_setting import Request, load_setting
from wattscale.compute.serving_work import Formats, Layout
from wattscale.errors import InfeasibleError
from wattscale.workload.models import named_architecture

FP8 = Formats("fp8", "fp8", "fp8")


def _request(outputs: float = 1.0, inputs: float = 4000.0, ttft_s: float = 2.0, tpot_s: float = 0.05) -> Request:
    return Request(inputs, outputs, 0.0, ttft_s, tpot_s, 0.9)


def _replica(catalog: Catalog, model: str, request: Request, chip: str = "H100") -> Replica:
    device = load_accelerator(catalog, chip)
    arch = named_architecture(catalog, model)
    return choose_replica(arch, load_setting(catalog, device, "vllm"), FP8, request, candidate_layouts(arch, device, 8))


@pytest.mark.parametrize("model", ["Llama-3.1-8B", "Llama-3.1-405B", "DeepSeek-V3"])
@pytest.mark.parametrize("outputs", [1.0, 2.0])
def test_small_and_big_models_embed_and_classify(catalog: Catalog, model: str, outputs: float) -> None:
    found = _replica(catalog, model, _request(outputs))
    assert found.requests_per_s > 0
    assert float(found.curve.ttft_s[found.full]) <= 2.0


def test_no_limit_per_token_binds_where_no_one_reads_along(catalog: Catalog) -> None:
    loose, tight = (_replica(catalog, "Llama-3.1-405B", _request(tpot_s=t)) for t in (1.0, 0.001))
    assert tight.requests_per_s == loose.requests_per_s


def test_a_limit_below_the_time_of_the_input_names_its_floor(catalog: Catalog) -> None:
    with pytest.raises(InfeasibleError, match=r"workload\.serving\.ttft_s.*below the floor of \d.*allowed: >= \d"):
        _replica(catalog, "Llama-3.1-405B", _request(ttft_s=0.01))


def test_the_service_of_an_input_grows_with_its_length_and_each_output_token(catalog: Catalog) -> None:
    device = load_accelerator(catalog, "H100")
    arch, setting = named_architecture(catalog, "Llama-3.1-8B"), load_setting(catalog, device, "vllm")
    rates = []
    for request in (_request(), _request(inputs=8000.0), _request(outputs=4.0)):
        curve = input_curve(arch, setting, Layout(), FP8, request)
        assert curve is not None
        assert (np.diff(curve.ttft_s) >= 0).all()
        rates.append(float(curve.requests_per_s[-1]))
    assert rates[0] > rates[1]
    assert rates[0] > rates[2]
    assert 0.8 < rates[1] / (rates[0] / 2.0) < 1.0


def test_an_engine_for_input_draws_idle_power_in_proportion_to_its_pauses(catalog: Catalog) -> None:
    device = load_accelerator(catalog, "H100")
    arch, setting = named_architecture(catalog, "Llama-3.1-8B"), load_setting(catalog, device, "vllm")
    curve = input_curve(arch, setting, Layout(), FP8, _request(ttft_s=1e6))
    assert curve is not None
    replica = cut_at_limits(curve, _request(ttft_s=1e6))
    assert replica is not None
    idle, busy = 70.0, float(curve.device_power_w[0])
    half = 0.5 / float(curve.service_s[0]) * 3600.0
    hours = run_hours(replica, np.array([half]), 1, idle)
    assert hours.device_power_w[0] == pytest.approx(idle + 0.5 * (busy - idle))
    assert replica.joules_per_request == pytest.approx(busy * float(curve.service_s[0]))


def test_energy_per_request_at_a_short_input_lies_above_the_work_at_peak(catalog: Catalog) -> None:
    """2 x 8.03e9 FLOP per token at 1,979 TFLOP/s and idle power: the least any engine could take."""
    found = _replica(catalog, "Llama-3.1-8B", _request(inputs=1000.0))
    least = 2 * 8.03e9 * 1000 / 1979e12 * 70.0
    assert least < found.joules_per_request < 40 * least
