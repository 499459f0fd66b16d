"""How dense racks may be for a cooling technology.

In: rack power, technology. Out: warnings, or an error beyond what the technology can carry.
Leaves out: floor load and power feeds of a rack.
"""

from __future__ import annotations

from wattscale.catalog import Catalog
from wattscale.errors import InfeasibleError
from wattscale.figure import PlanWarning


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
