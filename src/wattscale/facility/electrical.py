"""Losses between the meter and the racks: transformer, UPS, distribution; lighting.

In: IT power, design IT power, curves. Out: losses hour by hour, and the part of them that heats the building.
Leaves out: harmonics, battery charging after an outage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.facility.design import ElectricalDesign
from wattscale.units import FloatArray


@dataclass(frozen=True)
class ElectricalHours:
    """Losses inside the building [MW]."""

    distribution: FloatArray
    ups: FloatArray
    lighting: FloatArray

    @property
    def heat(self) -> FloatArray:
        """Heat given to the air of the building [MW]."""
        return self.distribution + self.ups + self.lighting


def ups_loss(load_share: FloatArray, design: ElectricalDesign) -> FloatArray:
    """Give the loss of a UPS per rated power: a + b x + c x2.

    Args:
        load_share: Output over rated power [1].
        design: Curve.

    Returns:
        Loss per rated power [1].

    Source: three-term loss model of static UPS (no-load, proportional and square part), e.g. EPRI and LBNL UPS
    efficiency surveys; coefficients in table `electrical`.
    """
    return np.asarray(design.ups_constant + load_share * (design.ups_linear + design.ups_quadratic * load_share))


def losses(it_mw: FloatArray, design_it_mw: float, design: ElectricalDesign) -> ElectricalHours:
    """Find the losses between UPS input and racks, and lighting.

    Distribution passes IT / (1 - l); UPS modules share the load over `rating_ratio` times the power needed at design.

    Args:
        it_mw: IT power [MW], shape (hours,).
        design_it_mw: IT power the building is built for [MW].
        design: Electrical parameters.

    Returns:
        Losses [MW], shape (hours,) or (draws, hours).

    Source: as `ups_loss`.
    """
    through = it_mw / (1.0 - design.distribution_share)
    rated = design_it_mw / (1.0 - design.distribution_share) * design.rating_ratio
    return ElectricalHours(
        distribution=through - it_mw,
        ups=rated * ups_loss(through / rated, design),
        lighting=design.lighting_share * design_it_mw + np.zeros_like(it_mw),
    )


def transformer_loss(load_mw: FloatArray, rated_mw: FloatArray, design: ElectricalDesign) -> FloatArray:
    """Give the loss of the transformers: rated (core + copper x2).

    Args:
        load_mw: Power delivered [MW].
        rated_mw: Power delivered at design [MW]; twice as much is installed with 2N.
        design: Electrical parameters.

    Returns:
        Loss [MW].

    Source: iron and copper loss of a transformer, e.g. IEC 60076-1; shares in table `electrical`.
    """
    rated = rated_mw * design.rating_ratio
    return np.asarray(rated * (design.transformer_core + design.transformer_copper * (load_mw / rated) ** 2))
