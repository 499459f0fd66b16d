"""Technologies of one's own: one of the catalogue with some values replaced.

In: rows of `supply.own_technologies`, the technologies of the catalogue. Out: `Technology` rows under their own names.
Leaves out: kinds that the catalogue does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from wattscale.errors import InputError
from wattscale.scenario.supply_terms import OwnTechnology
from wattscale.supply.technologies import KW_PER_MW, Technology

SAME = (
    "life_years", "power_life_years",
    "variable_usd_per_mwh", "carbon_kg_per_mwh", "lifecycle_kg_per_mwh", "carbon_free", "minimum_load",
    "availability", "land_ha_per_mw", "duration_h", "capacity_factor",
    "ramp_share_per_h",
)  # fmt: skip
"""Keys that a technology holds under the same name."""
STORAGE_ONLY = ("capital_usd_per_kwh", "power_life_years", "roundtrip_efficiency", "self_discharge_per_h", "duration_h")
FUELLED_ONLY = ("ramp_share_per_h",)
NOT_RENEWABLE = ("fuel_usd_per_mwh", "carbon_kg_per_mwh", "minimum_load", "availability")


def own_technology(own: OwnTechnology, like: Technology, place: int) -> Technology:
    """Give the technology of a row.

    Args:
        own: The row; values left out come from `like`.
        like: Technology of the catalogue.
        place: Number of the row, for messages.

    Raises:
        InputError: A value that this kind of technology does not have.
    """
    given = {k: v for k, v in own.model_dump(exclude_none=True).items() if k not in ("name", "like")}
    _check(given, like, f"supply.own_technologies.{place}")
    changed: dict[str, Any] = {k: given[k] for k in SAME if k in given}
    for key, make in _CONVERTED.items():
        if key in given:
            changed |= make(float(given[key]))
    return replace(like, name=own.name, like=like.name, **changed)


def _check(given: dict[str, Any], like: Technology, where: str) -> None:
    if like.kind == "grid":
        raise InputError("is the one connection of the campus, of which there is no second", where=f"{where}.like",
                         value=like.name, hint="Its costs are fields of the table supply, such as "
                         "demand_charge_usd_per_kw_month")  # fmt: skip
    wrong: Sequence[str] = () if like.kind == "storage" else STORAGE_ONLY
    if like.kind in ("renewable", "storage"):
        wrong = (*wrong, *NOT_RENEWABLE)
    if like.kind != "renewable":
        wrong = (*wrong, "capacity_factor")
    if like.kind != "fuelled":
        wrong = (*wrong, *FUELLED_ONLY)
    for key in given:
        if key in wrong:
            raise InputError(f"is no property of a technology like {like.name}", where=f"{where}.{key}",
                             value=given[key], hint="Leave it out")  # fmt: skip
    low, high = given.get("minimum_load", like.minimum_load), given.get("availability", like.availability)
    if low > high:
        raise InputError("is above the availability: the plant could never run", where=f"{where}.minimum_load",
                         value=low, allowed=f"0 to {high:g}")  # fmt: skip


def _three(value: float) -> tuple[float, float, float]:
    return value, value, value


_CONVERTED: dict[str, Callable[[float], dict[str, Any]]] = {
    "capital_usd_per_kw": lambda v: {"capital_usd_per_mw": _three(v * KW_PER_MW)},
    "capital_usd_per_kwh": lambda v: {"capital_usd_per_mwh": _three(v * KW_PER_MW)},
    "fixed_usd_per_kw_year": lambda v: {"fixed_usd_per_mw_year": v * KW_PER_MW, "fixed_share": 0.0},
    "fuel_usd_per_mwh": lambda v: {"fuel_usd_per_mwh": _three(v)},
    "roundtrip_efficiency": lambda v: {"one_way_efficiency": v**0.5},
    "self_discharge_per_h": lambda v: {"keep_per_h": 1.0 - v},
}
