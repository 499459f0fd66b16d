"""The parameters of a building: groups of numbers, each from the catalogue with its range.

In: tables `cooling_technologies`, `cooling`, `electrical`, `chillers`; an overlay of the scenario or of a class.
Out: `DesignSpace` (figures by parameter), from which central values or many draws at once become a `FacilityDesign`.
Leaves out: correlation between parameters; each is drawn on its own.

Every parameter is an array: shape () for one design, (draws, 1) for many, so that it broadcasts over hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, cast

import numpy as np
from scipy.stats import qmc

from wattscale.catalog import Catalog
from wattscale.figure import Figure
from wattscale.units import FloatArray

Rejection = Literal["tower", "dry", "adiabatic", "none"]
Machine = Literal["water-chiller", "air-chiller", "dx", "none"]


@dataclass(frozen=True)
class Plant:
    """What makes a loop cold: where heat goes, which machine lifts it, whether it may go without the machine."""

    rejection: Rejection
    machine: Machine
    free: bool


@dataclass(frozen=True)
class Technology:
    """Structure of a cooling technology, a row of `cooling_technologies`."""

    name: str
    title: str
    outside_air: bool
    spray: bool
    air_plant: Plant
    liquid_plant: Plant | None
    liquid_servers: bool
    """Whether liquid reaches the chips, so that the servers keep few fans."""


@dataclass(frozen=True)
class ElectricalDesign:
    """Losses between the meter and the racks, lighting; shares of rated power unless said otherwise [1]."""

    ups_constant: FloatArray
    ups_linear: FloatArray
    ups_quadratic: FloatArray
    rating_ratio: FloatArray
    """Installed UPS power over the power needed [1]: 2 for 2N."""
    transformer_core: FloatArray
    transformer_copper: FloatArray
    distribution_share: FloatArray
    """Loss of switchgear, busway and PDU as a share of what passes [1]."""
    lighting_share: FloatArray
    """Lighting and house load per design IT power [1]."""


@dataclass(frozen=True)
class AirDesign:
    """The path of air through the hall."""

    supply_c: FloatArray
    """Supply temperature with the loop closed [C]."""
    supply_min_c: FloatArray
    supply_max_c: FloatArray
    """Window of supply temperature with outside air [C]."""
    delta_k: FloatArray
    """Rise over the racks [K]."""
    fan_pressure_pa: FloatArray
    fan_efficiency: FloatArray
    fan_exponent: FloatArray
    flow_floor_share: FloatArray
    sensible_share: FloatArray
    """Sensible over total heat at the coil; what the coil condenses the humidifier puts back [1]."""
    dew_min_c: FloatArray
    dew_max_c: FloatArray
    rh_min_share: FloatArray
    rh_max_share: FloatArray
    humid_mixing: FloatArray
    """1: return air may warm outside air that is too humid; 0: such air closes the hall."""
    fan_heat_share: FloatArray
    """Share of fan power that heats the air before the coil; the rest leaves with the exhaust [1]."""
    spray_effectiveness: FloatArray
    coil_approach_k: FloatArray
    """Supply air minus chilled-water supply [K]."""
    server_fan_share: FloatArray
    """Server fans as a share of IT power [1]."""


@dataclass(frozen=True)
class PlantDesign:
    """A water loop with heat rejection and refrigeration."""

    supply_c: FloatArray
    delta_k: FloatArray
    pump_pressure_pa: FloatArray
    pump_efficiency: FloatArray
    pump_exponent: FloatArray
    flow_floor_share: FloatArray
    exchanger_approach_k: FloatArray
    rejection_pump_pressure_pa: FloatArray
    tower_approach_k: FloatArray
    tower_range_k: FloatArray
    tower_fan_share: FloatArray
    """Fan power at design per heat rejected [kW/kW]."""
    dry_approach_k: FloatArray
    dry_fan_share: FloatArray
    dry_air_rise_k: FloatArray
    spray_effectiveness: FloatArray
    fan_exponent: FloatArray
    fan_floor_share: FloatArray
    approach_floor_share: FloatArray
    """Smallest approach over its design value [1]."""
    condenser_min_c: FloatArray
    condenser_approach_k: FloatArray
    evaporator_approach_k: FloatArray
    air_condenser_approach_k: FloatArray
    cop_factor: FloatArray
    """Actual over catalogue COP: ageing, fouling [1]."""
    rejection_ratio: FloatArray
    """Heat the tower is built for over the loop's design heat [1]."""
    machines: FloatArray
    """Machines installed [1]."""
    capacity_ratio: FloatArray
    """Capacity of all machines over the design load [1]."""
    part_load_min: FloatArray
    cycles: FloatArray
    drift_share: FloatArray
    """Drift as a share of tower water flow [1]."""
    sensible_credit: FloatArray
    """1: towers reject sensible heat as physics says; 0: all heat counted as evaporation [1]."""


@dataclass(frozen=True)
class LiquidDesign:
    """Heat taken by liquid at the chip, the tank or the door."""

    share: FloatArray
    """Share of IT heat to the liquid [1]."""
    reuse_share: FloatArray
    """Share of the liquid's heat given to a user of heat [1]."""


@dataclass(frozen=True)
class CurveDesign:
    """Fitted curves of chillers, see table `chillers`."""

    water_constant: FloatArray
    water_load: FloatArray
    water_load2: FloatArray
    water_lift: FloatArray
    water_cop_max: FloatArray
    air_constant: FloatArray
    air_load: FloatArray
    air_load2: FloatArray
    air_lift: FloatArray
    air_cop_max: FloatArray
    dx_cop_0c: FloatArray
    dx_fall: FloatArray
    dx_cop_max: FloatArray


@dataclass(frozen=True)
class FacilityDesign:
    """All parameters of a building."""

    electrical: ElectricalDesign
    air: AirDesign
    chilled: PlantDesign
    loop: PlantDesign
    liquid: LiquidDesign
    curves: CurveDesign


GROUPS: Mapping[str, type] = {
    "electrical": ElectricalDesign,
    "air": AirDesign,
    "chilled": PlantDesign,
    "loop": PlantDesign,
    "liquid": LiquidDesign,
    "curves": CurveDesign,
}
DERIVED = "chilled.supply_c"
"""Chilled-water supply follows from supply air and the approach of the coil."""


@dataclass(frozen=True)
class DesignSpace:
    """Figures of a design by `group.parameter`; what is fixed by the scenario has no range."""

    figures: Mapping[str, Figure]

    def with_values(self, fixed: Mapping[str, float]) -> DesignSpace:
        """Fix parameters at values of the scenario."""
        figures = dict(self.figures)
        for key, value in fixed.items():
            old = figures[key]
            figures[key] = Figure(old.id, value, value, value, old.unit, "scenario", "", "estimated")
        return DesignSpace(figures)

    def central(self) -> FacilityDesign:
        """Give the design with each parameter at its central value."""
        return _assemble({k: np.asarray(f.value, dtype=np.float64) for k, f in self.figures.items()})

    def draws(self, count: int) -> FacilityDesign:
        """Give many designs at once: an unscrambled Sobol sequence over the ranges, each parameter's median central.

        A parameter is spread evenly from low to value in the lower half of its draws and from value to high above.

        Args:
            count: Number of designs, a power of two.

        Returns:
            Designs with parameters of shape (count, 1).

        Source: Sobol sequence, scipy.stats.qmc.
        """
        ranged = sorted({f.id for k, f in self.figures.items() if f.low < f.high and not k.startswith("curves.")})
        points = qmc.Sobol(len(ranged), scramble=False).random_base2(int(np.log2(count)) + 1)[count:]
        column = {fid: points[:, [i]] for i, fid in enumerate(ranged)}
        values: dict[str, FloatArray] = {}
        for key, f in self.figures.items():
            if f.id not in column:
                values[key] = np.asarray(f.value, dtype=np.float64)
                continue
            values[key] = spread(f, column[f.id])
        return _assemble(values)


def spread(figure: Figure, u: FloatArray) -> FloatArray:
    """Spread a figure over its range: half of the draws from low to value, half from value to high.

    Args:
        figure: Figure with its range.
        u: Position in the range [1], 0 to 1.

    Returns:
        Values, shape of u.

    Source: two uniform pieces with the value as median (ours).

    >>> f = Figure("x", 2.0, 1.0, 5.0, "1", "made up", "2024", "estimated")
    >>> spread(f, np.array([0.0, 0.5, 1.0])).tolist()
    [1.0, 2.0, 5.0]
    """
    below = figure.low + 2 * u * (figure.value - figure.low)
    above = figure.value + (2 * u - 1) * (figure.high - figure.value)
    return np.where(u < 0.5, below, above)


def _assemble(values: Mapping[str, FloatArray]) -> FacilityDesign:
    values = {**values, DERIVED: values["air.supply_c"] - values["air.coil_approach_k"]}

    def group(name: str) -> object:
        kind = GROUPS[name]
        return kind(**{f.name: values[f"{name}.{f.name}"] for f in fields(kind)})

    return FacilityDesign(
        electrical=cast(ElectricalDesign, group("electrical")),
        air=cast(AirDesign, group("air")),
        chilled=cast(PlantDesign, group("chilled")),
        loop=cast(PlantDesign, group("loop")),
        liquid=cast(LiquidDesign, group("liquid")),
        curves=cast(CurveDesign, group("curves")),
    )


def technology(catalog: Catalog, name: str) -> Technology:
    """Read the structure of a cooling technology by name or alias.

    >>> from wattscale.catalog import load_catalog
    >>> technology(load_catalog(), "chiller").air_plant.rejection
    'tower'
    """
    row = catalog.row("cooling_technologies", name, where="facility.cooling")

    def plant(prefix: str) -> Plant:
        return Plant(
            cast(Rejection, row.text(f"{prefix}_rejection")),
            cast(Machine, row.text(f"{prefix}_machine")),
            row.text(f"{prefix}_free") == "yes",
        )

    return Technology(
        name=row.name,
        title=row.text("title"),
        outside_air=row.text("air_path") == "outside",
        spray=row.text("spray") == "yes",
        air_plant=plant("air"),
        liquid_plant=plant("liquid") if row.text("liquid_rejection") != "none" else None,
        liquid_servers=row.text("liquid_servers") == "yes",
    )


def design_space(
    catalog: Catalog,
    cooling: str,
    ups: str,
    redundancy: str,
    overlay: tuple[str, str] | None = None,
    distribution: str = "ac-415v",
) -> DesignSpace:
    """Collect the figures of a design: overlay first, then the technology's own, then the building's.

    Args:
        catalog: The catalogue.
        cooling: Technology, an item of `cooling`.
        ups: Kind of UPS, an item of `electrical`.
        redundancy: N, N+1 or 2N, an item of `electrical`.
        overlay: Table and item whose parameters come first, such as a class of design.
        distribution: Voltage and path to the racks, an item of `electrical`; a direct-current path brings its own
            rectifier in place of the UPS.

    Returns:
        The space of the design.

    >>> from wattscale.catalog import load_catalog
    >>> space = design_space(load_catalog(), "chiller", "double-conversion", "2N")
    >>> float(space.central().electrical.rating_ratio)
    2.0
    """
    places: list[tuple[str, str]] = [overlay] if overlay else []
    places += [("cooling", cooling), *(("electrical", item) for item in (distribution, ups, redundancy))]
    places += [("cooling", "building"), ("electrical", "building"), ("chillers", "fit")]
    figures: dict[str, Figure] = {}
    for name, kind in GROUPS.items():
        for f in fields(kind):
            if f"{name}.{f.name}" == DERIVED:
                continue
            figures[f"{name}.{f.name}"] = _find(catalog, places, name, f.name)
    return DesignSpace(figures)


def _find(catalog: Catalog, places: list[tuple[str, str]], group: str, parameter: str) -> Figure:
    for table, item in places:
        for key in (f"{item}.{group}_{parameter}", f"{item}.{parameter}"):
            if catalog.has_figure(table, key):
                return catalog.figure(table, key)
    raise LookupError(f"the catalogue has no '{parameter}' for group '{group}' in {places}")
