"""Heat given to a user: how warm it is, and what a heat pump needs to lift it.

In: heat reused, return temperature, the user's temperature. Out: heat delivered, heat-pump energy.
Leaves out: the network of the user; the heat pump is outside the facility's meter, as in ISO/IEC 30134-6.
"""

from __future__ import annotations

from wattscale.catalog import Catalog
from wattscale.facility.design import FacilityDesign
from wattscale.facility.psychrometrics import KELVIN


def heat_pump_cop(source_c: float, sink_c: float, quality: float) -> float:
    """Give the COP of a heat pump: quality x Th / (Th - Tc).

    Args:
        source_c: Temperature of the source [C].
        sink_c: Temperature delivered [C], above the source.
        quality: Share of the Carnot COP [1].

    Returns:
        Heat delivered per electricity [1].

    Source: second law; quality in table `cooling`.

    >>> round(heat_pump_cop(26.85, 76.85, 0.5), 3)
    3.5
    """
    return quality * (sink_c + KELVIN) / (sink_c - source_c)


def heat_figures(design: FacilityDesign, reused_mwh: float, user_c: float | None, catalog: Catalog) -> dict[str, float]:
    """Give what a user of heat gets and what lifting it takes.

    Args:
        design: The building; heat leaves with the return of the liquid loop.
        reused_mwh: Heat taken from the loop [MWh].
        user_c: Temperature the user needs [C]; None: as warm as it comes.
        catalog: The catalogue.

    Returns:
        `heat_return_c`, `heat_delivered_mwh`, `heat_pump_mwh`.

    Source: energy balance of the heat pump.
    """
    warm_c = float(design.loop.supply_c + design.loop.delta_k)
    given_c = warm_c - catalog.value("cooling", "building.heat_exchange_k")
    if user_c is None or user_c <= given_c:
        return {"heat_return_c": warm_c, "heat_delivered_mwh": reused_mwh, "heat_pump_mwh": 0.0}
    cop = heat_pump_cop(given_c, user_c, catalog.value("cooling", "building.heat_pump_quality"))
    work = reused_mwh / (cop - 1.0)
    return {"heat_return_c": warm_c, "heat_delivered_mwh": reused_mwh + work, "heat_pump_mwh": work}
