"""Whether the tables of a PyPSA network hold what they must: names once, buses that exist, numbers that are numbers.

In: a network. Out: nothing, or an `InputError` that names component, item and attribute. Leaves out: what a linear
program cannot hold; network_refusals.py says that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wattscale.errors import InputError, did_you_mean
from wattscale.units import FloatArray

LISTS = {"Generator": "generators", "StorageUnit": "storage_units", "Store": "stores", "Link": "links", "Load": "loads"}
"""Components that can be held, and the names of their tables."""
NEEDED = ("snapshots", "snapshot_weightings", "buses", "carriers", "global_constraints", *LISTS.values())
"""What a network has, by name."""


@dataclass(frozen=True)
class Rule:
    """What the numbers of an attribute may be.

    Attributes:
        low: Least value.
        high: Largest value.
        endless: Whether infinity may stand for "no limit".
        open: Whether an empty value may stand for "none".
        needed: Whether the table must have the column.
    """

    low: float = -np.inf
    high: float = np.inf
    endless: bool = False
    open: bool = False
    needed: bool = True

    def allowed(self) -> str:
        """Say what is allowed."""
        if self.high == 1.0:
            return f"{self.low:g} to 1"
        words = "a number" if self.low < 0.0 else f">= {self.low:g}"
        return words + (", inf for no limit" if self.endless else "") + (", empty for none" if self.open else "")

    def broken(self, values: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Tell which values are not allowed."""
        wrong = np.isnan(values) & (not self.open)
        wrong |= np.isinf(values) & (not self.endless)
        return np.asarray(wrong | (values < self.low) | (values > self.high), bool)


ANY, POSITIVE, DIVISOR = Rule(), Rule(0.0), Rule(1e-6)
UNLIMITED, MAYBE = Rule(0.0, endless=True), Rule(0.0, open=True, needed=False)
SHARE = Rule(0.0, 1.0)
_COST = {"capital_cost": ANY, "marginal_cost": ANY}
_RAMP = {"ramp_limit_up": MAYBE, "ramp_limit_down": MAYBE}
_AT_MOST, _AT_LEAST = Rule(-1e300, endless=True, needed=False), Rule(high=1e300, endless=True, needed=False)


def _size(nominal: str) -> dict[str, Rule]:
    return {nominal: UNLIMITED, f"{nominal}_min": POSITIVE, f"{nominal}_max": UNLIMITED, f"{nominal}_set": MAYBE}


NUMBERS: dict[str, dict[str, Rule]] = {
    "Load": {"p_set": ANY, "sign": ANY},
    "Generator": {
        **_size("p_nom"), **_COST, **_RAMP, "sign": ANY, "p_min_pu": ANY, "p_max_pu": ANY, "efficiency": ANY,
        "e_sum_min": _AT_LEAST, "e_sum_max": _AT_MOST,
    },
    "StorageUnit": {
        **_size("p_nom"), **_COST, "sign": ANY, "p_min_pu": ANY, "p_max_pu": ANY, "max_hours": POSITIVE,
        "efficiency_store": POSITIVE, "efficiency_dispatch": DIVISOR, "standing_loss": SHARE,
        "state_of_charge_initial": POSITIVE, "inflow": POSITIVE, "spill_cost": ANY,
    },
    "Store": {
        **_size("e_nom"), **_COST, "sign": ANY, "e_min_pu": ANY, "e_max_pu": ANY, "e_initial": ANY,
        "standing_loss": SHARE,
    },
    "Link": {**_size("p_nom"), **_COST, **_RAMP, "p_min_pu": ANY, "p_max_pu": ANY, "efficiency": ANY},
}  # fmt: skip
"""Attributes that are read as numbers, by component."""
FLAGS = {
    "Load": (), "Generator": ("p_nom_extendable",), "Link": ("p_nom_extendable",),
    "StorageUnit": ("p_nom_extendable", "cyclic_state_of_charge"), "Store": ("e_nom_extendable", "e_cyclic"),
}  # fmt: skip
"""Attributes that are yes or no."""


def check_values(n: Any) -> None:
    """Raise where a table holds what is no network.

    Args:
        n: `pypsa.Network`.

    Raises:
        InputError: Names the first component, item and attribute found.
    """
    lacks = [name for name in NEEDED if not hasattr(n, name)]
    if lacks:
        raise InputError("is no PyPSA network", where="network", value=type(n).__name__,
                         hint="Read the file first: pypsa.Network(path)")  # fmt: skip
    _check_steps(n)
    _once("Bus", n.buses)
    for component, table in LISTS.items():
        frame = getattr(n, table)
        if not len(frame):
            continue
        _once(component, frame)
        flags = [f for f in ("active", *FLAGS[component]) if f != "active" or f in frame]
        for attribute in flags:
            _check_flags(component, frame, attribute)
        taking_part = frame[frame["active"].astype(bool)] if "active" in frame else frame
        _check_buses(n, component, taking_part)
        for attribute, rule in _rules(component, frame).items():
            _check_numbers(n, component, taking_part, attribute, rule)
        _check_standing(component, taking_part)
    _check_limits(n)


def _wrong(
    component: str, name: object, attribute: str, message: str, value: object, allowed: str | None = None,
    hint: str | None = None,
) -> InputError:  # fmt: skip
    where = f"network: {component} '{name}' {attribute}".strip()
    return InputError(message, where=where, value=value, allowed=allowed, hint=hint)


def _once(component: str, frame: Any) -> None:
    twice = frame.index[frame.index.duplicated()]
    if len(twice):
        raise _wrong(component, twice[0], "", "stands twice", None, hint="Give each a name of its own")


def _check_steps(n: Any) -> None:
    if not len(n.snapshots):
        raise InputError("must have snapshots", where="network: snapshots", value="none")
    if n.snapshots.duplicated().any():
        raise InputError(
            "stands twice", where="network: snapshots", value=str(n.snapshots[n.snapshots.duplicated()][0])
        )
    for column in ("objective", "stores", "generators"):
        if column not in n.snapshot_weightings:
            raise InputError("lacks a column", where="network: snapshot_weightings", value=column)
        values = _numbers("snapshot_weightings", n.snapshot_weightings[column], column)
        wrong = np.flatnonzero(~((values > 0.0) & np.isfinite(values)))
        if len(wrong):
            raise InputError("must be weightings above zero", where=f"network: snapshots {column}",
                             value=f"{values[wrong[0]]} in step {wrong[0]}", allowed="a number > 0")  # fmt: skip


def _check_flags(component: str, frame: Any, attribute: str) -> None:
    if attribute not in frame:
        raise _lacking(component, attribute)
    for name, value in frame[attribute].items():
        if value not in (True, False):
            raise _wrong(component, name, attribute, "is neither yes nor no", value, allowed="True or False")


def _lacking(component: str, attribute: str) -> InputError:
    return InputError("is missing from the table", where=f"network: {LISTS[component]}", value=attribute,
                      hint=f"Use n.add('{component}', ...), which fills in what is not given")  # fmt: skip


def _ports(frame: Any) -> list[str]:
    return [str(c) for c in frame.columns if str(c).startswith("bus") and str(c)[3:].isdigit()]


def _check_buses(n: Any, component: str, frame: Any) -> None:
    ports = _ports(frame) if component == "Link" else ["bus"]
    for port in ports if component != "Link" else sorted({*ports, "bus0", "bus1"}):
        if port not in frame:
            raise _lacking(component, port)
        for name, bus in frame[port].items():
            empty = not isinstance(bus, str) or not bus.strip()
            if empty and port not in ("bus", "bus0", "bus1"):
                continue
            if bus not in n.buses.index:
                raise _wrong(component, name, port, "is no bus of the network", str(bus),
                             hint=did_you_mean(str(bus), map(str, n.buses.index)) or "Add the bus first")  # fmt: skip


def _rules(component: str, frame: Any) -> dict[str, Rule]:
    """Rules of a component; those of a link's further ports where it has them."""
    more = [port.replace("bus", "efficiency") for port in _ports(frame) if port not in ("bus0", "bus1")]
    return NUMBERS[component] | (dict.fromkeys(more, ANY) if component == "Link" else {})


def _numbers(component: str, values: Any, attribute: str, of: object = None) -> FloatArray:
    """Values of a column, or of the series `of` one item, as numbers; text that looks like one is none."""
    if values.dtype.kind not in "fiub":
        for name, value in values.items():
            if isinstance(value, str) or not np.isscalar(value):
                shown = value if of is None else f"{value} in step {name}"
                raise _wrong(component, name if of is None else of, attribute, "is no number", shown)
    return np.asarray(values, np.float64)


def _check_numbers(n: Any, component: str, frame: Any, attribute: str, rule: Rule) -> None:
    """Check the values of one attribute, the series of those items that have one."""
    series = getattr(n, f"{LISTS[component]}_t")
    held = series.get(attribute)
    if attribute not in frame:
        if rule.needed:
            raise _lacking(component, attribute)
        return
    single = [name for name in frame.index if held is None or name not in held]
    if attribute.startswith("efficiency") and attribute != "efficiency" and component == "Link":
        port = attribute.replace("efficiency", "bus")
        single = [k for k in single if isinstance(frame[port][k], str) and frame[port][k].strip()]
    values = _numbers(component, frame[attribute][single], attribute)
    wrong = np.flatnonzero(rule.broken(values))
    if len(wrong):
        raise _wrong(component, single[wrong[0]], attribute, _what(values[wrong[0]]), float(values[wrong[0]]),
                     allowed=rule.allowed())  # fmt: skip
    for name in [k for k in frame.index if k not in single and held is not None and k in held]:
        steps = _numbers(component, held[name], attribute, name)
        wrong = np.flatnonzero(rule.broken(steps))
        if len(wrong):
            at = f"{steps[wrong[0]]} in step {wrong[0]} ({n.snapshots[wrong[0]]})"
            raise _wrong(component, name, attribute, _what(steps[wrong[0]]), at, allowed=rule.allowed())


def _what(value: float) -> str:
    return "is outside the allowed range" if np.isfinite(value) else "is no number that can be used"


def _check_standing(component: str, frame: Any) -> None:
    """Check what stands already of a capacity that may grow: its cost is taken off, so it has to have one."""
    if component == "Load":
        return
    nominal = "e_nom" if component == "Store" else "p_nom"
    for name in frame.index[frame[f"{nominal}_extendable"].astype(bool)]:
        if np.isinf(frame[nominal][name]):
            raise _wrong(component, name, nominal, "cannot be endless where the size is open", float("inf"),
                         hint=f"Set {nominal} to 0, or {nominal}_extendable to False")  # fmt: skip


def _check_limits(n: Any) -> None:
    """Check the limits over the year, and that they count something the network has."""
    if not len(n.global_constraints):
        return
    _once("GlobalConstraint", n.global_constraints)
    _once("Carrier", n.carriers)
    for attribute in ("type", "sense", "carrier_attribute", "constant"):
        if attribute not in n.global_constraints:
            raise InputError("is missing from the table", where="network: global_constraints", value=attribute)
    limits = _numbers("GlobalConstraint", n.global_constraints["constant"], "constant")
    for (name, row), limit in zip(n.global_constraints.iterrows(), limits, strict=True):
        if not np.isfinite(limit):
            raise _wrong("GlobalConstraint", name, "constant", "is no number that can be used", limit)
        attribute = row["carrier_attribute"]
        if row["type"] != "primary_energy":
            continue
        if attribute not in n.carriers:
            raise _wrong("GlobalConstraint", name, "carrier_attribute", "is no attribute of the carriers", attribute,
                         allowed=", ".join(map(str, n.carriers.columns)))  # fmt: skip
        rates = _numbers("Carrier", n.carriers[attribute], str(attribute))
        for carrier in n.carriers.index[~np.isfinite(rates)]:
            raise _wrong("Carrier", carrier, str(attribute), "is no number", n.carriers[attribute][carrier])
