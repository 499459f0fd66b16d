"""Power of a device from what its units do, and of the server, network and storage around it.

In: an accelerator, the utilisation of its tensor units, memory and links, a server class. Out: watts per device in
three scopes kept apart: device, server at the wall, and with network and storage.
Leaves out: the building (PUE is the facility stage's) and transients shorter than a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator
from wattscale.units import FloatArray

Numbers: TypeAlias = float | FloatArray
Cooling: TypeAlias = Literal["air", "liquid"]

PRECISION_FAMILY = {
    "fp32": "wide", "tf32": "wide", "bf16": "half", "fp16": "half", "fp8": "eight", "int8": "eight",
    "fp4": "four", "int4": "four",
}  # fmt: skip
"""Precisions whose tensor units draw alike at the same utilisation."""


@dataclass(frozen=True)
class PowerCoefficients:
    """Shares of the design power that each unit draws at full use.

    Attributes:
        idle: Drawn by a powered device that computes nothing [1].
        resident: Drawn in addition as soon as it computes (clocks up, caches, schedulers) [1].
        tensor: Tensor units at their peak in bf16 [1].
        memory: Memory at its peak bandwidth [1].
        link: Scale-up links at their peak [1].
        cache_extra: Draw of reading keys and values over that of reading weights, less 1 [1].
        expert_extra: The same for the weights of routed experts [1].
        exponent: The draw above idle grows with this power of the activity, below 1: clocks, caches and schedulers run
            already at part use [1].
        precision_factor: Draw of the tensor units at the peak of a precision over that in bf16 [1].
        top: What a device at its limit draws in the mean, just below the limit [1].
    """

    idle: float
    resident: float
    tensor: float
    memory: float
    link: float
    cache_extra: float
    expert_extra: float
    exponent: float
    precision_factor: dict[str, float]
    top: float = 1.0


@dataclass(frozen=True)
class ServerClass:
    """What stands around the devices, per device where the name says so.

    Attributes:
        name: Item of the catalogue table `servers`.
        devices_per_node: Devices of one server [1].
        nodes_per_rack: Servers of one rack [1].
        host_idle_w, host_active_w: Processors, memory, switches and adapters of a device's share of the server [W].
        fan_share: Fans over the power of what they cool [1].
        psu_efficiency: Power supplies [1].
        network_w: Share of the network outside the server [W].
        storage_w: Share of storage and head nodes [W].
    """

    name: str
    devices_per_node: float
    nodes_per_rack: float
    host_idle_w: float
    host_active_w: float
    fan_share: float
    psu_efficiency: float
    network_w: float
    storage_w: float


@dataclass(frozen=True)
class ItPower:
    """Power of one device in three scopes [W]; arrays where the device power is one."""

    device_w: Numbers
    server_w: Numbers
    """With its share of host, fans and power supplies, at the wall."""
    total_w: Numbers
    """With network and storage."""


def load_power_coefficients(catalog: Catalog, accelerator: Accelerator) -> PowerCoefficients:
    """Read the power coefficients of the accelerator's generation.

    A coefficient that a generation has not of its own is that of the item `default`.

    Args:
        catalog: The catalogue.
        accelerator: The device.

    Returns:
        The coefficients; source: table `power_coefficients`.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> found = load_power_coefficients(load_catalog(), load_accelerator(load_catalog(), "H100"))
    >>> 0.05 < found.idle < 0.25
    True
    """

    def read(parameter: str) -> float:
        own = f"{accelerator.generation}.{parameter}"
        key = own if catalog.has_figure("power_coefficients", own) else f"default.{parameter}"
        return catalog.value("power_coefficients", key)

    factors = {family: read(f"factor_{family}") for family in ("wide", "half", "eight", "four")}
    return PowerCoefficients(
        idle=read("idle_share"),
        resident=read("resident_share"),
        tensor=read("tensor_share"),
        memory=read("memory_share"),
        link=read("link_share"),
        cache_extra=read("cache_extra"),
        expert_extra=read("expert_extra"),
        exponent=read("exponent"),
        precision_factor={p: factors[family] for p, family in PRECISION_FAMILY.items()},
        top=read("top_share"),
    )


def device_share(
    compute_utilisation: Numbers,
    memory_utilisation: Numbers,
    link_utilisation: Numbers,
    precision: str,
    coefficients: PowerCoefficients,
    *,
    busy_share: Numbers = 1.0,
    cache_utilisation: Numbers = 0.0,
    expert_utilisation: Numbers = 0.0,
) -> FloatArray:
    """Give the uncapped power of a device over its design power.

    p = idle + (resident busy + tensor f(precision) u_c + memory (u_m + x_kv u_kv + x_e u_e) + link u_l)^g

    Args:
        compute_utilisation: FLOP/s done over the peak of `precision` [1].
        memory_utilisation: Bytes/s moved over the memory bandwidth [1].
        link_utilisation: Bytes/s sent over the link bandwidth [1].
        precision: Precision of the matrix products.
        coefficients: See `load_power_coefficients`.
        busy_share: Share of the time in which the device does not wait for its host [1].
        cache_utilisation: Part of `memory_utilisation` that reads keys and values [1].
        expert_utilisation: Part of it that reads routed experts, were their weights two bytes each [1].

    Returns:
        Share of the design power [1], shape of the utilisations.

    Source: additive activity model, as in power models of processors since Isci and Martonosi (2003); coefficients
    fitted by benchmarks/fit_serving.py.

    >>> simple = PowerCoefficients(0.1, 0.1, 1.0, 0.5, 0.1, 0.0, 0.0, 1.0, {"bf16": 1.0})
    >>> round(float(device_share(0.2, 0.4, 0.0, "bf16", simple)), 2)
    0.6
    """
    c = coefficients
    memory = (
        np.asarray(memory_utilisation, dtype=np.float64)
        + c.cache_extra * np.asarray(cache_utilisation)
        + c.expert_extra * np.asarray(expert_utilisation)
    )
    activity = (
        c.resident * np.asarray(busy_share)
        + c.tensor * c.precision_factor[precision] * np.asarray(compute_utilisation)
        + c.memory * memory
        + c.link * np.asarray(link_utilisation)
    )
    return np.asarray(c.idle + activity**c.exponent)


def device_power(
    accelerator: Accelerator,
    compute_utilisation: Numbers,
    memory_utilisation: Numbers,
    link_utilisation: Numbers,
    precision: str,
    coefficients: PowerCoefficients,
    power_cap_share: float = 1.0,
    *,
    busy_share: Numbers = 1.0,
    cache_utilisation: Numbers = 0.0,
    expert_utilisation: Numbers = 0.0,
) -> Numbers:
    """Give the mean power of a device that computes.

    P = TDP * min(top cap, p), p of `device_share`

    Args:
        accelerator: The device.
        compute_utilisation: FLOP/s done over the peak of `precision` [1].
        memory_utilisation: Bytes/s moved over the memory bandwidth [1].
        link_utilisation: Bytes/s sent over the link bandwidth [1].
        precision: Precision of the matrix products.
        coefficients: See `load_power_coefficients`.
        power_cap_share: Power limit over the design power [1].
        busy_share: Share of the time in which the device does not wait for its host [1].
        cache_utilisation: Part of `memory_utilisation` that reads keys and values [1].
        expert_utilisation: Part of it that reads routed experts, were their weights two bytes each [1].

    Returns:
        Power [W], float or array as the utilisations are.

    Source: as `device_share`.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> h100 = load_accelerator(load_catalog(), "H100")
    >>> simple = PowerCoefficients(0.1, 0.1, 1.0, 0.5, 0.1, 0.0, 0.0, 1.0, {"bf16": 1.0})
    >>> round(float(device_power(h100, 0.2, 0.4, 0.0, "bf16", simple)))
    420
    """
    share = device_share(
        compute_utilisation,
        memory_utilisation,
        link_utilisation,
        precision,
        coefficients,
        busy_share=busy_share,
        cache_utilisation=cache_utilisation,
        expert_utilisation=expert_utilisation,
    )
    power: FloatArray = accelerator.tdp_w * np.minimum(share, coefficients.top * power_cap_share)
    return power if power.ndim else float(power)


def idle_power(accelerator: Accelerator, coefficients: PowerCoefficients) -> float:
    """Give the power of a device that is on and computes nothing [W].

    Args:
        accelerator: The device.
        coefficients: See `load_power_coefficients`.

    Returns:
        Power [W].

    Source: table `power_coefficients`.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> h100 = load_accelerator(load_catalog(), "H100")
    >>> round(idle_power(h100, PowerCoefficients(0.1, 0.1, 1.0, 0.5, 0.1, 0.0, 0.0, 1.0, {"bf16": 1.0})))
    70
    """
    return accelerator.tdp_w * coefficients.idle


def load_server(catalog: Catalog, accelerator: Accelerator, cooling: Cooling | None = None) -> ServerClass:
    """Read the server class of an accelerator.

    Args:
        catalog: The catalogue.
        accelerator: The device; its `server` names the class.
        cooling: How the server is cooled; None takes what the class is usually built with.

    Returns:
        The class; source: table `servers`.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> load_server(load_catalog(), load_accelerator(load_catalog(), "H100")).devices_per_node
    8.0
    """

    def read(parameter: str) -> float:
        own = f"{accelerator.server}.{parameter}"
        key = own if catalog.has_figure("servers", own) else f"default.{parameter}"
        return catalog.value("servers", key)

    usual: Cooling = "liquid" if read("liquid_cooled") >= 0.5 else "air"
    return ServerClass(
        name=accelerator.server,
        devices_per_node=read("devices_per_node"),
        nodes_per_rack=read(f"nodes_per_rack_{cooling or usual}"),
        host_idle_w=read("host_idle_w_per_device"),
        host_active_w=read("host_active_w_per_device"),
        fan_share=read(f"fan_share_{cooling or usual}"),
        psu_efficiency=read("psu_efficiency"),
        network_w=read("network_w_per_device"),
        storage_w=read("storage_w_per_device"),
    )


def it_power_per_device(device_power_w: Numbers, server: ServerClass, busy_share: Numbers = 1.0) -> ItPower:
    """Add a device's share of host, fans, power supplies, network and storage.

    server = (device + host) (1 + fans) / psu;  total = server + network + storage

    Args:
        device_power_w: Power of the device [W].
        server: Server class.
        busy_share: How busy the host is, 0 idle to 1 [1].

    Returns:
        Power in the three scopes [W].

    Source: table `servers`.

    >>> plain = ServerClass("x", 8, 4, 50, 100, 0.1, 0.95, 40, 10)
    >>> round(float(it_power_per_device(600.0, plain).server_w), 1)
    810.5
    """
    host = server.host_idle_w + (server.host_active_w - server.host_idle_w) * np.asarray(busy_share)
    wall = (np.asarray(device_power_w) + host) * (1.0 + server.fan_share) / server.psu_efficiency
    total = wall + server.network_w + server.storage_w
    if np.ndim(wall):
        return ItPower(device_power_w, wall, total)
    return ItPower(float(device_power_w), float(wall), float(total))


def rack_power_kw(accelerator: Accelerator, server: ServerClass) -> float:
    """Give the power of a rack with every device at its design power [kW].

    Args:
        accelerator: The device.
        server: Server class.

    Returns:
        Power of the rack at the wall, network of the row left out [kW].

    Source: table `servers`.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> h100 = load_accelerator(load_catalog(), "H100")
    >>> 30 < rack_power_kw(h100, load_server(load_catalog(), h100, "air")) < 50
    True
    """
    per_device = it_power_per_device(accelerator.tdp_w, server).server_w
    return float(per_device) * server.devices_per_node * server.nodes_per_rack / 1e3
