"""Embodied carbon: making the devices, servers, network, building and power plant, spread over their lives.

In: devices, design power, plant capacities and lives. Out: tonnes by part, and tonnes a year.
Leaves out: end of life, spare parts and replaced plant within a life; grid plants (in the life-cycle factor).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wattscale.catalog import Catalog
from wattscale.figure import Figure
from wattscale.impact.factors import factor
from wattscale.units import KG_PER_T


@dataclass(frozen=True)
class Made:
    """What has to be made, and how long it lasts.

    Attributes:
        devices: Accelerators by name [1].
        design_it_mw: IT power the building is made for [MW].
        plant: Capacity by technology: MW, or MWh for stores.
        life_years: Life by part: `it`, `building` and each technology [year].
        kind: Technology of the catalogue that each is or is like; one that is not listed is its own.
    """

    devices: Mapping[str, float]
    design_it_mw: float
    plant: Mapping[str, float]
    life_years: Mapping[str, float]
    kind: Mapping[str, str] = field(default_factory=dict)


def embodied_factors(made: Made, catalog: Catalog) -> dict[str, Figure]:
    """Collect the factors of a plan, by short name [kg per unit].

    Args:
        made: What has to be made.
        catalog: The catalogue.

    Returns:
        Figures by short name, such as `device.H100-SXM5-80GB` or `plant.solar`.

    Source: table `embodied`.
    """
    found = {
        "server": catalog.figure("embodied", "default.server"),
        "network_share": catalog.figure("embodied", "default.network_share"),
        "building": catalog.figure("embodied", "building.construction"),
    }
    for name in made.devices:
        found[f"device.{name}"] = _device(name, catalog)
    for kind in dict.fromkeys(made.kind.get(technology, technology) for technology in made.plant):
        figure = factor(catalog, "embodied", kind, "plant", default=True)
        if figure is not None:
            found[f"plant.{kind}"] = figure
    return found


def _device(name: str, catalog: Catalog) -> Figure:
    row = catalog.row("accelerators", name)
    if catalog.has_figure("embodied", f"{row.name}.device"):
        return catalog.figure("embodied", f"{row.name}.device")
    per_w = catalog.figure("embodied", "default.device_per_w")
    watts = row.number("tdp_w")
    return Figure(
        per_w.id, per_w.value * watts, per_w.low * watts, per_w.high * watts, "kg", per_w.source, per_w.year,
        per_w.confidence, per_w.note,
    )  # fmt: skip


def embodied_t(made: Made, factors: Mapping[str, float]) -> dict[str, float]:
    """Give the embodied carbon by part.

    Network is a share of devices with servers; the rest are counts or capacities times a factor.

    Args:
        made: What has to be made.
        factors: Value by short name, see `embodied_factors`.

    Returns:
        Carbon by part: accelerators, servers, network, building and `plant.<technology>` [tCO2].

    Source: table `embodied`.

    >>> made = Made({"X": 1000.0}, 0.0, {}, {"it": 5.0})
    >>> factors = {"device.X": 150.0, "server": 350.0, "network_share": 0.1, "building": 0.0}
    >>> embodied_t(made, factors)["network"]
    50.0
    """
    devices = sum(count * factors[f"device.{name}"] for name, count in made.devices.items())
    servers = sum(made.devices.values()) * factors["server"]
    parts = {
        "accelerators": devices,
        "servers": servers,
        "network": (devices + servers) * factors["network_share"],
        "building": made.design_it_mw * factors["building"],
    }
    for technology, amount in made.plant.items():
        parts[f"plant.{technology}"] = amount * factors.get(f"plant.{made.kind.get(technology, technology)}", 0.0)
    return {part: kg / KG_PER_T for part, kg in parts.items()}


def yearly_t(parts: Mapping[str, float], life_years: Mapping[str, float]) -> dict[str, float]:
    """Spread embodied carbon evenly over lives.

    Args:
        parts: Carbon by part [tCO2].
        life_years: Life of `it`, `building` and each technology [year].

    Returns:
        Carbon by part [tCO2/year]; a part without a life is left out.

    >>> yearly_t({"accelerators": 100.0}, {"it": 5.0})
    {'accelerators': 20.0}
    """
    spread = {}
    for part, tonnes in parts.items():
        key = "it" if part in ("accelerators", "servers", "network") else part.removeprefix("plant.")
        if life_years.get(key, 0.0) > 0.0:
            spread[part] = tonnes / life_years[key]
    return spread
