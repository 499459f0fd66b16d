"""How dense racks may be for a cooling technology.

In: rack power, technology. Out: warnings, or an error beyond what the technology can carry.
Leaves out: floor load and power feeds of a rack.
"""

from __future__ import annotations

from wattscale.catalog import Catalog
from wattscale.errors import InfeasibleError
from wattscale.figure import PlanWarning

HALL = "chiller"
"""Technology that stands for a hall cooled by air alone."""


def air_limit_kw(catalog: Catalog) -> float:
    """Give the heat of a rack that the air of a hall usually carries [kW]."""
    return catalog.figure("cooling", f"{HALL}.density_limit_kw").value


def liquid_share_needed(catalog: Catalog, rack_kw: float) -> float:
    """Give the share of a rack's heat that air cannot carry and liquid must: 1 - limit / rack.

    Args:
        catalog: The catalogue.
        rack_kw: Power of a rack [kW].

    Returns:
        Share [1], zero for racks that air can carry.

    Source: table `cooling`, density_limit_kw of a hall.

    >>> from wattscale.catalog import load_catalog
    >>> liquid_share_needed(load_catalog(), 100.0)
    0.75
    """
    return max(0.0, 1.0 - air_limit_kw(catalog) / rack_kw) if rack_kw > 0 else 0.0


def check_remainder(catalog: Catalog, rack_kw: float, liquid_share: float) -> tuple[PlanWarning, ...]:
    """Compare what a liquid-cooled rack leaves to the air with what air carries.

    Args:
        catalog: The catalogue.
        rack_kw: Power of a rack [kW].
        liquid_share: Share of heat taken by liquid [1].

    Returns:
        A warning `air-remainder` where the air gets too much, else nothing.

    Source: table `cooling`, density_limit_kw of a hall.

    >>> from wattscale.catalog import load_catalog
    >>> check_remainder(load_catalog(), 100.0, 0.8)
    ()
    """
    left, limit = rack_kw * (1.0 - liquid_share), air_limit_kw(catalog)
    if left <= limit:
        return ()
    text = (
        f"Racks of {rack_kw:.0f} kW leave {left:.0f} kW each to the air, above the usual {limit:.0f} kW; liquid should "
        f"take {liquid_share_needed(catalog, rack_kw):.0%} of the heat."
    )
    return (PlanWarning("air-remainder", text),)


def check_density(catalog: Catalog, cooling: str, rack_kw: float) -> tuple[PlanWarning, ...]:
    """Compare rack power with the density limit of the cooling: usual limit warns, upper limit refuses.

    Args:
        catalog: The catalogue.
        cooling: Technology.
        rack_kw: Power of a rack [kW].

    Returns:
        A warning `rack-density` above the usual limit, else nothing.

    Raises:
        InfeasibleError: Above the upper limit; names the technologies that can carry the rack.

    Source: table `cooling`, density_limit_kw.

    >>> from wattscale.catalog import load_catalog
    >>> check_density(load_catalog(), "direct-to-chip", 40.0)
    ()
    """
    limit = catalog.figure("cooling", f"{cooling}.density_limit_kw")
    if rack_kw <= limit.value:
        return ()
    able = [name for name in catalog.names("cooling_technologies") if _carries(catalog, name, rack_kw)]
    if rack_kw > limit.high:
        raise InfeasibleError(
            f"racks of {rack_kw:.0f} kW are too dense for it",
            where="facility.cooling",
            value=cooling,
            allowed=f"up to {limit.high:.0f} kW per rack",
            hint=f"Choose {' or '.join(able)}" if able else "Spread the devices over more racks",
        )
    text = f"Racks of {rack_kw:.0f} kW are above the usual {limit.value:.0f} kW of '{cooling}'."
    return (PlanWarning("rack-density", text + (f" Usual for such racks: {', '.join(able)}." if able else "")),)


def _carries(catalog: Catalog, cooling: str, rack_kw: float) -> bool:
    return catalog.figure("cooling", f"{cooling}.density_limit_kw").value >= rack_kw
