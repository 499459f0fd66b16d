"""The fleet: how many replicas the busiest hour takes, and what they do and draw in every hour.

In: a replica, requests per hour, headroom. Out: replicas, hourly batch, latency and device power.
Leaves out: failures (spares are the stage's) and moving load between regions.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal, TypeAlias

import numpy as np

from wattscale.compute.queueing import busy_share
from wattscale.compute.serving import Replica
from wattscale.units import SECONDS_PER_HOUR, FloatArray

Balancing: TypeAlias = Literal["spread", "consolidate"]


@dataclass(frozen=True)
class FleetHours:
    """A fleet over the hours; arrays have the shape of the requests.

    Attributes:
        replicas: Replicas built [1].
        active_replicas: Replicas that take requests [1].
        sequences: Running sequences of an active replica [1].
        tpot_s, ttft_s: Latencies [s].
        device_power_w: Mean power over all devices of the fleet, idle ones included [W].
        load_share: Requests over what all replicas could serve within the limits [1].
        input_time_share: Share of busy time spent on input tokens [1].
    """

    replicas: int
    active_replicas: FloatArray
    sequences: FloatArray
    tpot_s: FloatArray
    ttft_s: FloatArray
    device_power_w: FloatArray
    load_share: FloatArray
    input_time_share: FloatArray


def replicas_needed(requests_per_hour: FloatArray, capacity_per_s: float, headroom_share: float) -> int:
    """Count the replicas for the busiest hour.

    N = ceil(max requests (1 + headroom) / capacity)

    Args:
        requests_per_hour: Requests [1/h], any shape.
        capacity_per_s: Requests that one replica serves within the limits [1/s].
        headroom_share: Kept free above the busiest hour [1].

    Returns:
        Replicas, at least 1.

    Source: definition.

    >>> replicas_needed(np.array([3600.0, 36000.0]), 1.0, 0.2)
    12
    """
    peak = float(np.max(requests_per_hour)) / SECONDS_PER_HOUR
    return max(1, ceil(round(peak * (1.0 + headroom_share) / capacity_per_s, 9)))


def run_hours(
    replica: Replica,
    requests_per_hour: FloatArray,
    replicas: int,
    idle_power_w: float,
    balancing: Balancing = "spread",
) -> FleetHours:
    """Run a fleet through the hours.

    The batch of an hour is the one at which a replica serves its share of the requests (Little's law); an empty replica
    draws idle power.

    Args:
        replica: The replica.
        requests_per_hour: Requests [1/h], any shape.
        replicas: Replicas built [1].
        idle_power_w: Power of a device that computes nothing [W].
        balancing: spread: all replicas share the load evenly; consolidate: as few as can take it, the rest idle.

    Returns:
        The fleet over the hours.

    Source: Little 1961; power at partial batch from the replica's curve.
    """
    curve, full = replica.curve, replica.full
    total = np.asarray(requests_per_hour, dtype=np.float64) / SECONDS_PER_HOUR
    if balancing == "spread":
        active = np.full_like(total, float(replicas))
    else:
        active = np.clip(np.ceil(np.round(total / replica.requests_per_s, 9)), 1.0, float(replicas))
    rate = total / active
    sequences = np.interp(rate, np.r_[0.0, curve.requests_per_s], np.r_[0.0, curve.sequences])
    if curve.input_only:
        share = np.minimum(rate * curve.service_s[0], 1.0)
        while_busy = sequences
    else:
        share = busy_share(sequences / curve.engines)
        while_busy = np.clip(sequences / np.maximum(share, 1e-12), 1.0, curve.sequences[-1])
    busy_power = np.interp(while_busy, curve.sequences, curve.device_power_w)
    active_power = idle_power_w + share * (busy_power - idle_power_w)
    device_power = (active * active_power + (replicas - active) * idle_power_w) / replicas
    return FleetHours(
        replicas=replicas,
        active_replicas=active,
        sequences=sequences,
        tpot_s=np.interp(while_busy, curve.sequences, curve.tpot_s),
        ttft_s=np.interp(while_busy, curve.sequences, np.minimum(curve.ttft_s, curve.ttft_s[full])),
        device_power_w=device_power,
        load_share=total / (replicas * replica.requests_per_s),
        input_time_share=np.interp(while_busy, curve.sequences, curve.input_time_share),
    )
