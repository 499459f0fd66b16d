"""Random small PyPSA networks, as others write them: several buses, hydrogen, hydro, price buses, limits."""

from __future__ import annotations

import numpy as np
import pandas as pd


def random_network(pypsa, seed, steps=48, hours=None):
    """A network whose parts depend on the seed; load shedding keeps it feasible."""
    rng = np.random.default_rng(seed)
    weight = float(hours or rng.choice([1.0, 2.0, 3.0]))
    n = pypsa.Network()
    n.set_snapshots(pd.date_range("2024-01-01", periods=steps, freq=f"{int(weight)}h"))
    n.snapshot_weightings.loc[:, :] = weight
    t = np.arange(steps)
    for carrier, carbon in (("gas", 0.2), ("coal", 0.34), ("solar", 0.0), ("wind", 0.0), ("other", 0.0)):
        n.add("Carrier", carrier, co2_emissions=carbon)
    n.add("Bus", "town")
    load = 80 + 20 * np.cos(t / 12 * np.pi) + 5 * rng.random(steps)
    n.add("Load", "town load", bus="town", p_set=load)
    n.add("Generator", "shed", bus="town", p_nom=200.0, marginal_cost=3000.0, carrier="other")
    _plants(n, rng, t, steps)
    if rng.random() < 0.6:
        n.add("StorageUnit", "battery", bus="town", p_nom_extendable=True, max_hours=float(rng.choice([2, 4, 6])),
              efficiency_store=0.95, efficiency_dispatch=0.93, standing_loss=0.001 * rng.integers(0, 2),
              cyclic_state_of_charge=bool(rng.random() < 0.7), state_of_charge_initial=5.0,
              capital_cost=20.0 * rng.random() * steps, marginal_cost=0.3)  # fmt: skip
    if rng.random() < 0.4:
        n.add("StorageUnit", "hydro", bus="town", p_nom=20.0, max_hours=8.0, p_min_pu=0.0, efficiency_dispatch=0.9,
              inflow=5.0 + 5.0 * rng.random(steps), state_of_charge_initial=40.0)  # fmt: skip
    if rng.random() < 0.6:
        _hydrogen(n, rng, steps)
    if rng.random() < 0.5:
        _price_bus(n, rng, t, steps)
    if rng.random() < 0.4:
        _second_town(n, rng, t)
    if rng.random() < 0.6:
        n.add("GlobalConstraint", "co2", sense="<=", constant=rng.uniform(0.14, 0.3) * load.sum() * weight)
    if rng.random() < 0.3:
        n.add("GlobalConstraint", "sun", type="tech_capacity_expansion_limit", carrier_attribute="solar", sense="<=",
              constant=60.0)  # fmt: skip
    return n


def _plants(n, rng, t, steps):
    sun = np.clip(np.sin((t % 24 - 6) / 12 * np.pi), 0, None) * rng.uniform(0.6, 1.0, steps)
    n.add("Generator", "solar", bus="town", carrier="solar", p_nom_extendable=True, p_max_pu=sun,
          capital_cost=8.0 * steps * rng.uniform(0.5, 2.0), p_nom_min=10.0 * rng.integers(0, 2),
          p_nom=5.0 * rng.integers(0, 2))  # fmt: skip
    n.add("Generator", "wind", bus="town", carrier="wind", p_nom_extendable=True, p_max_pu=rng.uniform(0, 1, steps),
          capital_cost=15.0 * steps * rng.uniform(0.5, 2.0), p_nom_max=90.0, marginal_cost=0.5)  # fmt: skip
    n.add("Generator", "gas", bus="town", carrier="gas", p_nom_extendable=True, efficiency=0.5,
          capital_cost=6.0 * steps, marginal_cost=60.0 + 5.0 * rng.random(steps))  # fmt: skip
    n.add("Generator", "coal", bus="town", carrier="coal", p_nom=50.0, p_min_pu=0.3 * rng.random(), efficiency=0.4,
          marginal_cost=35.0)  # fmt: skip
    if rng.random() < 0.4:
        n.generators.loc["gas", ["ramp_limit_up", "ramp_limit_down"]] = rng.uniform(0.05, 0.3, 2)
    if rng.random() < 0.3:
        n.generators.loc["coal", "ramp_limit_up"] = 0.1
    if rng.random() < 0.3:
        n.generators.loc["coal", "e_sum_max"] = 25.0 * steps * float(n.snapshot_weightings.generators.iloc[0])


def _hydrogen(n, rng, steps):
    n.add("Bus", "hydrogen")
    n.add("Store", "tank", bus="hydrogen", e_nom_extendable=True, e_cyclic=True, capital_cost=0.2 * steps)
    n.add("Link", "electrolysis", bus0="town", bus1="hydrogen", efficiency=0.65, p_nom_extendable=True,
          capital_cost=3.0 * steps * rng.random())  # fmt: skip
    n.add("Link", "turbine", bus0="hydrogen", bus1="town", efficiency=0.5, p_nom_extendable=True,
          capital_cost=3.0 * steps * rng.random(), marginal_cost=0.1)  # fmt: skip
    if rng.random() < 0.5:
        n.add("Load", "hydrogen load", bus="hydrogen", p_set=4.0)


def _price_bus(n, rng, t, steps):
    n.add("Bus", "market")
    n.add("Generator", "market", bus="market", p_nom=1e4, p_min_pu=-1.0 * rng.integers(0, 2), carrier="other",
          marginal_cost=50 + 40 * np.cos(t / 5) + 5 * rng.random(steps))  # fmt: skip
    n.add("Link", "import", bus0="market", bus1="town", p_nom_extendable=True, capital_cost=2.0 * steps,
          p_nom_max=60.0, p_min_pu=-1.0 * rng.integers(0, 2))  # fmt: skip


def _second_town(n, rng, t):
    n.add("Bus", "village")
    n.add("Load", "village load", bus="village", p_set=10 + 5 * np.sin(t / 8))
    n.add("Generator", "village shed", bus="village", p_nom=50.0, marginal_cost=3000.0, carrier="other")
    n.add("Link", "road", bus0="town", bus1="village", p_nom=12.0, p_min_pu=-1.0)
    n.add("Store", "village tank", bus="village", e_nom=30.0, e_initial=12.0 * rng.integers(0, 2), standing_loss=0.01)
