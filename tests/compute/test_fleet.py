"""The fleet over the hours: size, load, energy."""

from __future__ import annotations

import numpy as np
import pytest

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
