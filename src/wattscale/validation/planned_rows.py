"""Rows that name a system but no batch: the product plans the replica, as it would for a user.

In: model, device, number of devices, precision, lengths, limits. Out: tokens per second, latencies, power of the best
replicas that the devices hold.
Leaves out: the cells of a kind (inference, throughput).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator, load_accelerator
from wattscale.compute.power import it_power_per_device, load_server
from wattscale.compute.queueing import mean_wait
from wattscale.compute.replica import candidate_layouts, choose_replica, resolve_formats
from wattscale.compute.serving_setting import Request, load_setting
from wattscale.compute.serving_work import Layout
from wattscale.workload.resolve import architecture_for

NO_LIMIT_S = 1e6
"""Latency limit of a scenario that has none [s]."""
CAPPED = "maxq"
"""Word for a power-limited device in the name of an accelerator."""


@dataclass(frozen=True)
class PlannedRow:
    """A system to be planned.

    Attributes:
        model, accelerator, precision, engine, kind: Names as in the file.
        devices: Devices of the system [1].
        input_tokens, output_tokens: Mean lengths [token].
        total_b, active_b: Parameters [1e9].
        ttft_s, tpot_s: Limits [s].
        quantile: Share of requests that must meet the TTFT limit [1].
        layout: How the model is spread, where the file says so.
        sequences: Running sequences of the system, where the file says so [1].
    """

    model: str
    accelerator: str
    devices: int
    precision: str
    engine: str
    input_tokens: float
    output_tokens: float
    total_b: float | None = None
    active_b: float | None = None
    kind: str = ""
    ttft_s: float = NO_LIMIT_S
    tpot_s: float = NO_LIMIT_S
    quantile: float = 0.99
    layout: Layout | None = None


@dataclass(frozen=True)
class Planned:
    """What the system does; latencies are means over the requests, the limits are held at their quantile."""

    tokens_per_s: float
    tpot_s: float
    ttft_s: float
    device_power_w: float
    wall_power_w: float


def wall_power_w(catalog: Catalog, accelerator: Accelerator, device_power_w: float) -> float:
    """Give the power of a device with its share of the server, at the wall [W]."""
    return float(it_power_per_device(device_power_w, load_server(catalog, accelerator)).server_w)


def power_cap(catalog: Catalog, accelerator_name: str) -> float:
    """Give the power limit over the design power of a device named as power limited [1]."""
    if CAPPED in accelerator_name.lower():
        return catalog.value("serving_coefficients", "engine.maxq_cap_share")
    return 1.0


def plan_row(row: PlannedRow, catalog: Catalog) -> Planned:
    """Plan the replicas of a system and sum them up.

    Args:
        row: The system; an accelerator such as "A (x8), B (x4)" is planned part by part.
        catalog: The catalogue.

    Returns:
        What it does.

    Raises:
        WattscaleError: Unknown names, or a model that does not fit.
    """
    parts = re.findall(r"([^,]+?) \(x(\d+)\)", row.accelerator)
    mixed = [(name.strip(), int(count)) for name, count in parts] or [(row.accelerator, row.devices)]
    answers = [_plan_part(row, name, count, catalog) for name, count in mixed]
    speed = sum(a.tokens_per_s for a in answers)
    first = answers[0]
    if len(answers) == 1:
        return first
    return Planned(speed, first.tpot_s, first.ttft_s, first.device_power_w, sum(a.wall_power_w for a in answers))


def _plan_part(row: PlannedRow, name: str, devices: int, catalog: Catalog) -> Planned:
    accelerator = load_accelerator(catalog, name, "accelerator")
    arch, _ = architecture_for(catalog, row.model, row.total_b, row.active_b, row.kind)
    kv = "fp8" if "fp8" in accelerator.peak_flops and row.precision not in ("bf16", "fp32") else "bf16"
    formats, _ = resolve_formats(arch, accelerator, row.precision, kv)
    setting = load_setting(catalog, accelerator, row.engine, power_cap(catalog, name))
    request = Request(row.input_tokens, row.output_tokens, 0.0, row.ttft_s, row.tpot_s, row.quantile)
    server = load_server(catalog, accelerator)
    layouts = (
        [row.layout]
        if row.layout
        else [x for x in candidate_layouts(arch, accelerator, int(server.devices_per_node)) if x.devices <= devices]
    )
    replica = choose_replica(arch, setting, formats, request, layouts)
    curve, full = replica.curve, replica.full
    count = devices // replica.devices
    speed = count * replica.requests_per_s * row.output_tokens
    device_w = float(curve.device_power_w[full])
    wall = float(it_power_per_device(device_w, server).server_w) * devices
    wait = mean_wait(curve.queue_rate_per_s[full], curve.service_s[full], setting.input_length_cv)
    first = float(curve.unqueued_s[full] + wait)
    return Planned(speed, float(curve.tpot_s[full]), first, device_w, wall)
