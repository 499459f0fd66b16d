"""A stand-in for PyPSA's networks: the tables and defaults that reading and writing them rests on, without a solver.

So the tests of the exchange run where PyPSA is not installed; where it is, test_exchange_file.py compares the two.
"""

from __future__ import annotations

import copy
from types import SimpleNamespace

import numpy as np
import pandas as pd

INF, NAN = float("inf"), float("nan")
SIZE = {"p_nom": 0.0, "p_nom_mod": 0.0, "p_nom_extendable": False, "p_nom_min": 0.0, "p_nom_max": INF, "p_nom_set": NAN}
COST = {"capital_cost": 0.0, "marginal_cost": 0.0, "marginal_cost_quadratic": 0.0}
DEFAULTS = {
    "Bus": {"carrier": "AC"},
    "Carrier": {"co2_emissions": 0.0},
    "Load": {"bus": "", "carrier": "", "p_set": 0.0, "sign": -1.0, "active": True},
    "Generator": {
        "bus": "", "carrier": "", "sign": 1.0, "active": True, **SIZE, **COST, "p_min_pu": 0.0, "p_max_pu": 1.0,
        "p_set": NAN, "p_init": NAN, "e_sum_min": -INF, "e_sum_max": INF, "efficiency": 1.0, "committable": False,
        "maintainable": False, "ramp_limit_up": NAN, "ramp_limit_down": NAN,
    },
    "StorageUnit": {
        "bus": "", "carrier": "", "sign": 1.0, "active": True, **SIZE, **COST, "p_min_pu": -1.0, "p_max_pu": 1.0,
        "p_set": NAN, "p_dispatch_set": NAN, "p_store_set": NAN, "state_of_charge_set": NAN, "spill_cost": 0.0,
        "marginal_cost_storage": 0.0, "state_of_charge_initial": 0.0, "cyclic_state_of_charge": False,
        "max_hours": 1.0, "efficiency_store": 1.0, "efficiency_dispatch": 1.0, "standing_loss": 0.0, "inflow": 0.0,
    },
    "Store": {
        "bus": "", "carrier": "", "sign": 1.0, "active": True,
        **{k.replace("p_nom", "e_nom"): v for k, v in SIZE.items()}, **COST, "e_min_pu": 0.0, "e_max_pu": 1.0,
        "e_initial": 0.0, "e_cyclic": False, "p_set": NAN, "e_set": NAN, "marginal_cost_storage": 0.0,
        "standing_loss": 0.0,
    },
    "Link": {
        "bus0": "", "bus1": "", "carrier": "", "efficiency": 1.0, "active": True, **SIZE, **COST, "p_min_pu": 0.0,
        "p_max_pu": 1.0, "p_set": NAN, "p_init": NAN, "committable": False, "maintainable": False,
        "ramp_limit_up": NAN, "ramp_limit_down": NAN, "delay": 0,
    },
    "GlobalConstraint": {
        "type": "primary_energy", "investment_period": NAN, "bus": "", "carrier_attribute": "co2_emissions",
        "sense": "==", "constant": 0.0,
    },
}  # fmt: skip
"""Attributes of each component and what they are where nothing is said, as in PyPSA 1.4."""
TABLES = {
    "Bus": "buses", "Carrier": "carriers", "Load": "loads", "Generator": "generators", "StorageUnit": "storage_units",
    "Store": "stores", "Link": "links", "GlobalConstraint": "global_constraints",
}  # fmt: skip


class Series(dict):
    """Frames by attribute, also as attributes of their own; an attribute without series has an empty frame."""

    def __init__(self, snapshots):
        super().__init__()
        self.snapshots = snapshots

    def __missing__(self, key):
        return pd.DataFrame(index=self.snapshots)

    def __getattr__(self, key):
        if key.startswith("__"):
            raise AttributeError(key)
        return self[key]


class Network:
    """Tables of components with PyPSA's names and defaults."""

    def __init__(self):
        self.meta, self.has_scenarios, self.investment_periods = {}, False, ()
        for component, table in TABLES.items():
            setattr(self, table, pd.DataFrame(columns=list(DEFAULTS[component])))
        self.set_snapshots(["now"])

    def set_snapshots(self, snapshots):
        self.snapshots = pd.Index(snapshots, name="snapshot")
        names = ["objective", "stores", "generators"]
        self.snapshot_weightings = pd.DataFrame(1.0, index=self.snapshots, columns=names)
        for table in TABLES.values():
            setattr(self, f"{table}_t", Series(self.snapshots))

    def add(self, component, name, **given):
        table, series, row = TABLES[component], {}, dict(DEFAULTS[component])
        for key, value in given.items():
            if np.ndim(value) and not isinstance(value, str):
                series[key] = np.asarray(value, float)
            else:
                row[key] = value
        old = getattr(self, table)
        # A port given for one link alone is empty for the others.
        records = {**{k: dict(r) for k, r in old.iterrows()}, str(name): row}
        frame = pd.DataFrame([dict(r) for r in records.values()], index=pd.Index(list(records), dtype=object))
        for key in (k for k in frame if k.startswith("bus")):
            frame[key] = frame[key].fillna("")
        setattr(self, table, frame.infer_objects())
        kept = getattr(self, f"{table}_t")
        for key, values in series.items():
            frame = kept[key].copy()
            frame[str(name)] = values
            kept[key] = frame

    def remove(self, component, name):
        table = TABLES[component]
        setattr(self, table, getattr(self, table).drop(index=name))

    def get_switchable_as_dense(self, component, attribute):
        table = TABLES[component]
        static, series = getattr(self, table), getattr(self, f"{table}_t")
        held, steps = series[attribute], len(self.snapshots)
        dense = {k: held[k] if k in held else np.repeat(static[attribute][k], steps) for k in static.index}
        return pd.DataFrame(dense, index=self.snapshots)

    @property
    def objective(self):
        return self._objective

    @property
    def objective_constant(self):
        return self._objective_constant

    def copy(self):
        return copy.deepcopy(self)


pypsa = SimpleNamespace(Network=Network)
"""To be taken for the module of that name."""
