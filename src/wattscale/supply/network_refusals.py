"""What of a PyPSA network a linear program over buses and links cannot hold.

In: a network. Out: nothing, or an `InputError` that names the component and the attribute. Leaves out: whether its
tables hold numbers where they must; network_values.py checks that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wattscale.errors import InputError
from wattscale.supply.network_values import LISTS, check_values

OTHERS = {
    "lines": "Lines share power by their impedance; use lossless Links, with p_min_pu = -1 where they run both ways",
    "transformers": "Transformers share power by their impedance; use Links",
    "shunt_impedances": "Leave them out: they only matter to a power flow",
    "processes": "Write each as Links",
}
"""Tables that must be empty, with what to do instead."""
LIMITS = ("primary_energy", "tech_capacity_expansion_limit")
"""Types of global constraints that can be held."""


def _set(value: Any) -> bool:
    return bool(np.any(~np.isnan(np.asarray(value, float))))


def _nonzero(value: Any) -> bool:
    return bool(np.any(np.nan_to_num(np.asarray(value, float)) != 0.0))


def _varies(value: Any) -> bool:
    array = np.asarray(value, float)
    return bool(np.any(array != array.flat[0]))


NO_UNITS = "Capacities are continuous and plants run without on and off; set it to its default, or use PyPSA"
NO_FIXED = "Power and levels are results here; clear it"
REFUSED: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("committable", _nonzero, NO_UNITS),
    ("maintainable", _nonzero, NO_UNITS),
    ("p_nom_mod", _nonzero, NO_UNITS),
    ("e_nom_mod", _nonzero, NO_UNITS),
    ("marginal_cost_quadratic", _nonzero, "Costs must be linear"),
    ("marginal_cost_storage", _nonzero, "A cost on the level itself is not possible; put it on the power"),
    ("delay", _nonzero, "Links act at once"),
    ("p_set", _set, NO_FIXED),
    ("e_set", _set, NO_FIXED),
    ("state_of_charge_set", _set, NO_FIXED),
    ("p_dispatch_set", _set, NO_FIXED),
    ("p_store_set", _set, NO_FIXED),
    ("p_init", _set, "Ramps begin with the first step; clear it"),
)
"""Attributes, when they are refused, and what to do."""
CONSTANT = {"Link": ("efficiency",), "StorageUnit": ("efficiency_store", "efficiency_dispatch")}
"""Attributes that must be the same in all steps."""


def refuse(component: str, name: str, attribute: str, value: Any, hint: str) -> InputError:
    """Make the error for one attribute of one component."""
    return InputError("cannot be held", where=f"network: {component} '{name}' {attribute}", value=value, hint=hint)


def check(n: Any) -> None:
    """Raise where the network has something that cannot be held.

    Args:
        n: `pypsa.Network`.

    Raises:
        InputError: Names the first component and attribute found.
    """
    check_values(n)
    if len(getattr(n, "investment_periods", ())) or getattr(n, "has_scenarios", False):
        raise InputError("has several investment periods or scenarios", where="network",
                         hint="Give one year and one scenario at a time")  # fmt: skip
    for table, hint in OTHERS.items():
        found = getattr(n, table, None)
        if found is not None and len(found):
            raise InputError("cannot be held", where=f"network: {table}", value=", ".join(map(str, found.index[:3])),
                             hint=hint)  # fmt: skip
    by_bus = [c for c in n.buses.columns if str(c).startswith(("nom_min_", "nom_max_")) and _set(n.buses[c])]
    if by_bus:
        raise InputError("cannot be held", where="network: buses", value=by_bus[0],
                         hint="Use a GlobalConstraint of type tech_capacity_expansion_limit with a bus")  # fmt: skip
    for component in LISTS:
        if component != "Load":
            _check_component(n, component)
    for name, row in n.global_constraints.iterrows():
        if row["type"] not in LIMITS or row["sense"] not in ("<=", ">=") or _set(row.get("investment_period", np.nan)):
            raise InputError("cannot be held", where=f"network: GlobalConstraint '{name}'",
                             value=f"{row['type']} {row['sense']}",
                             allowed=f"{' or '.join(LIMITS)}, with <= or >=")  # fmt: skip


def _check_component(n: Any, component: str) -> None:
    table = getattr(n, LISTS[component])
    series = getattr(n, f"{LISTS[component]}_t")
    for name in table.index[table.active.astype(bool)] if "active" in table else table.index:
        for attribute, wrong, hint in REFUSED:
            value = _value(table, series, name, attribute)
            if value is not None and wrong(value):
                raise refuse(component, name, attribute, np.asarray(value).flat[0], hint)
        for attribute in CONSTANT.get(component, ()):
            value = _value(table, series, name, attribute)
            if value is not None and _varies(value):
                raise refuse(component, name, attribute, "a series", "Give one number, such as its mean")
        if component in ("StorageUnit", "Store") and table.sign[name] != 1.0:
            raise refuse(component, name, "sign", table.sign[name], "Use 1")
    for schema in (getattr(getattr(n, "c", None), LISTS[component], None),):
        for attribute in ("marginal_cost", "capital_cost", "efficiency"):
            if schema is not None and hasattr(schema, "has_piecewise") and schema.has_piecewise(attribute):
                raise InputError("cannot be held", where=f"network: {component} {attribute}", value="piecewise",
                                 hint="Give one number or a series")  # fmt: skip


def _value(table: Any, series: Any, name: Any, attribute: str) -> Any:
    """Value of an attribute, its series where it has one, None where the table does not know it."""
    if attribute in series and name in series[attribute]:
        return series[attribute][name].to_numpy()
    return table[attribute][name] if attribute in table else None
