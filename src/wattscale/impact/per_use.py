"""Carbon and energy of one use: a training run, a token, a request.

In: results of the stages and the year's carbon. Out: figures for one use.
Leaves out: what the campus takes while its training devices stand idle or off; it is in the year's figures alone, so
that the carbon of a run does not change with what the devices do before and after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from wattscale.compute.result import ComputeResult
from wattscale.economics.tokens import serving_shares
from wattscale.facility.result import FacilityResult
from wattscale.figure import Value
from wattscale.impact.carbon import Metered
from wattscale.impact.embodied import Made, embodied_t, yearly_t
from wattscale.site.result import SiteResult
from wattscale.supply.result import SupplyResult
from wattscale.units import HOURS_PER_YEAR, KG_PER_T, FloatArray
from wattscale.workload.result import WorkloadResult

G_PER_T = 1e6


@dataclass(frozen=True)
class CarbonOfEnergy:
    """What a megawatt-hour carries that is used at the campus.

    Attributes:
        grid_kg_per_mwh: By way of the grid, in each hour [kg/MWh], shape (8760,).
        own_kg_per_mwh: By way of own plant and contracts, mean of the year [kg/MWh].
    """

    grid_kg_per_mwh: FloatArray
    own_kg_per_mwh: float

    def tonnes(self, energy_mwh: FloatArray) -> float:
        """Give the carbon of an energy used hour by hour [t]."""
        kg = float(energy_mwh @ self.grid_kg_per_mwh) + float(energy_mwh.sum()) * self.own_kg_per_mwh
        return kg / KG_PER_T


def carbon_of_energy(
    supply: SupplyResult, grid_kg_per_mwh: FloatArray, grid_kg: FloatArray, total_kg: FloatArray
) -> CarbonOfEnergy:
    """Spread the year's carbon, less that of what is sold, over the energy used.

    grid part = g_t x (carbon by way of the grid) / sum of (load_t x g_t); own part = all other carbon / sum of load_t

    What is sold takes its share of each hour's carbon, as in `supply.export_carbon_t`, so a run carries no more where
    more is made to be sold. Where the grid feeds the whole load the grid part is the grid's own mean of each hour;
    where it feeds none, it is zero. Both hold for any load, so a small load in the rest of the year does not change
    them.

    Args:
        supply: Result of the supply stage.
        grid_kg_per_mwh: Mean of the grid in each hour [kg/MWh], shape (8760,).
        grid_kg: Carbon by way of the grid in each hour, at that mean [kg], shape (8760,).
        total_kg: All carbon in each hour [kg], shape (8760,).

    Returns:
        Carbon by megawatt-hour used.

    Source: attribution by energy and hour, as in GHG Protocol Scope 2 Guidance.
    """
    used = supply.load_mw - supply.dispatch_mw.get("unserved", 0.0)
    energy, at_grid = float(used.sum()), float(used @ grid_kg_per_mwh)
    kept = supply.kept_share
    share = float(grid_kg @ kept) / at_grid if at_grid > 0.0 else 0.0
    own = float((total_kg - grid_kg) @ kept) / energy if energy > 0.0 else 0.0
    return CarbonOfEnergy(grid_kg_per_mwh * share, own)


def run_energy_mwh(compute: ComputeResult, facility: FacilityResult) -> FloatArray:
    """Give the energy of one run at the campus's meter, as if it lay evenly over the hours of a year.

    A run may start in any season, so it takes the mean of all of them.

    Args:
        compute: Result of the compute stage, with a training run.
        facility: Result of the facility stage.

    Returns:
        Energy by hour of the year [MWh], shape (8760,).
    """
    it_mwh = 0.0 if compute.training is None else compute.training.energy_mwh
    return facility.energy_at_work_mwh(np.full(HOURS_PER_YEAR, it_mwh / HOURS_PER_YEAR))


def carbon_per_use(
    workload: WorkloadResult,
    compute: ComputeResult,
    site: SiteResult,
    facility: FacilityResult,
    supply: SupplyResult,
    meter: Metered,
    embodied_per_year_t: float,
) -> dict[str, Value]:
    """Give the carbon of a token, a request and a training run.

    Args:
        workload: Result of the workload stage.
        compute: Result of the compute stage.
        site: Result of the site stage.
        facility: Result of the facility stage.
        supply: Result of the supply stage.
        meter: What the grid's meter read.
        embodied_per_year_t: Embodied carbon of serving, see `serving_embodied_t` [t/year].

    Returns:
        Figures: of tokens and requests life-cycle with embodied, of a run direct and location-based.
    """
    figures: dict[str, Value] = {}
    serving = workload.serving if compute.serving else None
    if compute.serving and serving and serving.output_mtok_per_year > 0:
        grid = site.carbon_lifecycle_kg_per_mwh
        energy = facility.energy_at_work_mwh(compute.serving.power_mw)
        used = carbon_of_energy(supply, grid, meter.bought_mw * grid, supply.carbon_lifecycle_kg)
        tonnes = used.tonnes(energy) + embodied_per_year_t
        figures["carbon_g_per_output_token"] = tonnes * G_PER_T / (serving.output_mtok_per_year * 1e6)
        figures["carbon_g_per_request"] = tonnes * G_PER_T / serving.requests_per_year
    if compute.training:
        located_kg = supply.carbon_kg - supply.grid_carbon_kg + meter.total_kg
        of_run = carbon_of_energy(supply, site.carbon_kg_per_mwh, meter.total_kg, located_kg)
        figures["carbon_t_per_training_run"] = of_run.tonnes(run_energy_mwh(compute, facility))
    return figures


def serving_embodied_t(
    compute: ComputeResult, facility: FacilityResult, supply: SupplyResult, made: Made, factors: Mapping[str, float]
) -> float:
    """Give the embodied carbon of serving in a year: its own devices, its part of building and plant.

    Of plant it takes its part of what is not sold, so none of what was built to sell.

    Args:
        compute: Result of the compute stage.
        facility: Result of the facility stage.
        supply: Result of the supply stage.
        made: What is made for the whole plan.
        factors: Value by short name, see `embodied_factors`.

    Returns:
        Carbon; the building is shared by largest IT power, plant by energy [tCO2/year].
    """
    serving, training = compute.serving, compute.training
    if serving is None:
        return 0.0
    shares = serving_shares(compute, facility, dict.fromkeys(made.devices, 1.0))
    trains_on = training.devices if training and training.accelerator == serving.accelerator else 0
    held = made.devices.get(serving.accelerator, 0.0) * serving.devices / (serving.devices + trains_on)
    own = replace(
        made,
        devices={serving.accelerator: held},
        design_it_mw=made.design_it_mw * shares.power,
        plant={name: amount * shares.energy * _kept(supply, name) for name, amount in made.plant.items()},
    )
    return sum(yearly_t(embodied_t(own, factors), made.life_years).values())


def _kept(supply: SupplyResult, name: str) -> float:
    """Share of a plant's energy that is not sold [1]."""
    given = supply.dispatch_mw.get(name, np.zeros_like(supply.load_mw))
    energy = float(given.sum())
    return float(given @ supply.kept_share) / energy if energy > 0.0 else 1.0
