"""The fleet over the hours: size, load, energy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.fleet import replicas_needed, run_hours
from wattscale.compute.replica import choose_replica
from wattscale.compute.serving import Replica
from wattscale.compute.serving_setting import Request, load_setting
from wattscale.compute.serving_work import Formats, Layout
from wattscale.workload.models import named_architecture

IDLE_W = 70.0


@pytest.fixture(scope="module")
def replica(catalog: Catalog) -> Replica:
    arch = named_architecture(catalog, "Llama-3.1-8B")
    setting = load_setting(catalog, load_accelerator(catalog, "H100"), "vllm")
    request = Request(500.0, 250.0, 0.0, 1.0, 0.05, 0.9)
    return choose_replica(arch, setting, Formats(), request, [Layout()])


def test_the_busiest_hour_fits_with_its_headroom(replica: Replica) -> None:
    requests = np.array([1e4, 9e4, 4e4])
    count = replicas_needed(requests, replica.requests_per_s, 0.25)
    assert (count - 1) * replica.requests_per_s < 9e4 / 3600 * 1.25 <= count * replica.requests_per_s


def test_an_empty_fleet_draws_idle_power(replica: Replica) -> None:
    found = run_hours(replica, np.zeros(3), 4, IDLE_W)
    assert found.device_power_w == pytest.approx(IDLE_W)
    assert found.sequences == pytest.approx(0.0)


def test_power_and_latency_grow_with_load(replica: Replica) -> None:
    full = replica.requests_per_s * 3600 * 4
    found = run_hours(replica, full * np.array([0.05, 0.3, 0.7, 1.0]), 4, IDLE_W)
    assert found.device_power_w[0] < found.device_power_w[1]
    assert (np.diff(found.device_power_w) >= 0).all()
    assert (np.diff(found.tpot_s) >= 0).all()
    assert found.load_share == pytest.approx([0.05, 0.3, 0.7, 1.0])


def test_littles_law_holds_between_batch_rate_and_time(replica: Replica) -> None:
    rate = 0.5 * replica.requests_per_s
    found = run_hours(replica, np.array([rate * 3600]), 1, IDLE_W)
    assert float(found.sequences[0]) == pytest.approx(rate * 250.0 * float(found.tpot_s[0]), rel=0.02)


def test_consolidating_a_light_load_saves_energy(replica: Replica) -> None:
    requests = np.array([0.1 * replica.requests_per_s * 3600 * 20])
    spread = run_hours(replica, requests, 20, IDLE_W, "spread")
    packed = run_hours(replica, requests, 20, IDLE_W, "consolidate")
    assert float(packed.device_power_w[0]) < float(spread.device_power_w[0])
    assert float(packed.active_replicas[0]) == 2.0


@settings(max_examples=20, deadline=None)
@given(st.floats(0.02, 1.0), st.integers(1, 40))
def test_consolidating_never_draws_more_and_never_answers_sooner(replica: Replica, load: float, count: int) -> None:
    requests = np.array([load * replica.requests_per_s * 3600 * count])
    spread = run_hours(replica, requests, count, IDLE_W, "spread")
    packed = run_hours(replica, requests, count, IDLE_W, "consolidate")
    assert float(packed.device_power_w[0]) <= float(spread.device_power_w[0]) * 1.02
    assert float(packed.tpot_s[0]) >= float(spread.tpot_s[0]) - 1e-9
    assert float(packed.active_replicas[0]) <= count


def test_headroom_costs_idle_power_in_every_hour(replica: Replica) -> None:
    """Consolidated, 25 % more replicas add exactly their idle power."""
    requests = np.array([2e4, 6e4, 9e4])
    few, more = (replicas_needed(requests, replica.requests_per_s, h) for h in (0.0, 1.0))
    total = [n * run_hours(replica, requests, n, IDLE_W, "consolidate").device_power_w for n in (few, more)]
    assert more > few
    assert total[1] - total[0] == pytest.approx((more - few) * IDLE_W)


def test_engines_for_input_tokens_idle_with_the_load(catalog: Catalog) -> None:
    arch = named_architecture(catalog, "Llama-3.1-8B")
    setting = load_setting(catalog, load_accelerator(catalog, "H100"), "vllm")
    request = Request(2000.0, 250.0, 0.0, 1.0, 0.02, 0.9)
    apart = choose_replica(arch, setting, Formats(), request, [Layout()], mode="disaggregated")
    requests = apart.requests_per_s * 3600 * 4 * np.array([0.0, 0.2, 0.6, 1.0])
    found = run_hours(apart, requests, 4, IDLE_W)
    assert float(found.device_power_w[0]) == pytest.approx(IDLE_W)
    assert (np.diff(found.device_power_w) > 0).all()
