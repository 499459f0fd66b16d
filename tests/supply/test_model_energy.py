"""A published network: PyPSA's example "model-energy", three-hour steps of 2019, hydrogen as a store with three sizes.

Expected cost and sizes: PyPSA 1.4.0 with HiGHS 1.15 on the same file.
"""

from __future__ import annotations

import numpy as np
import pytest

from wattscale.supply.interior import solve_interior
from wattscale.supply.program import Column, Flow, Link, Program, Store, term
from wattscale.supply.settle import settle

OBJECTIVE = 8_078_135_675.0
SIZES = {
    "wind": 32_474.0, "solar": 26_117.0, "battery": 14_854.0, "electrolysis": 3_025.0, "turbine": 10_074.0,
    "hydrogen": 3.787e6,
}  # fmt: skip


def network(path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path) as f:
        load, cf = f["loads_t_p_set"][:, 0], f["generators_t_p_max_pu"][:]
        wind_cost, solar_cost = f["generators_capital_cost"][1:]
        battery_cost, store_cost = f["storage_units_capital_cost"][0], f["stores_capital_cost"][0]
        electrolysis_cost, turbine_cost = f["links_capital_cost"][:]
        hours = float(f["storage_units_max_hours"][0])
        shed_mw = f["generators_p_nom"][0]
    n = len(load)
    weight, zero = np.full(n, 3.0), np.zeros(n)
    big = 30 * load.max()
    costs = {"wind": wind_cost, "solar": solar_cost, "battery": battery_cost, "battery.energy": 0.0,
             "electrolysis": electrolysis_cost, "turbine": turbine_cost, "hydrogen": store_cost}  # fmt: skip
    columns = [Column(k, c, big * (1000 if k == "hydrogen" else 10)) for k, c in costs.items()]
    columns += [Column("battery.level", 0.0, 10 * big), Column("hydrogen.level", 0.0, 1000 * big)]
    at = {c.name: i for i, c in enumerate(columns)}

    def up(name, factor=1.0):
        return (term(at[name], factor, n),)

    flows = [
        Flow("renewable", zero, 1.0, zero, zero, (), (*up("solar", cf[:, 0]), *up("wind", cf[:, 1]))),
        Flow("unserved", 2000.0 * weight, 1.0, zero, np.full(n, shed_mw)),
        Flow("battery.charge", zero, -1.0, zero, zero, (), up("battery"), {0: 0.96}),
        Flow("battery.discharge", zero, 1.0, zero, zero, (), up("battery"), {0: -1 / 0.96}),
        Flow("electrolysis", zero, -1.0, zero, zero, (), up("electrolysis"), {1: 0.6217}),
        Flow("turbine", zero, 1.0, zero, zero, (), up("turbine", 0.41), {1: -1 / 0.41}),
    ]
    keep = np.ones(n)
    stores = [
        Store("battery", keep, zero, zero, up("battery.energy"), at["battery.level"]),
        Store("hydrogen", keep, zero, zero, up("hydrogen"), at["hydrogen.level"]),
    ]
    links = [
        Link("battery.hours", {at["battery.energy"]: 1.0, at["battery"]: -hours}, 0.0),
        Link("battery.level", {at["battery.level"]: 1.0, at["battery.energy"]: -1.0}, 0.0),
        Link("hydrogen.level", {at["hydrogen.level"]: 1.0, at["hydrogen"]: -1.0}, 0.0),
    ]
    return Program(weight, load, tuple(columns), tuple(flows), tuple(stores), (), tuple(links))


@pytest.mark.slow
def test_cost_and_sizes_of_the_model_energy_network_are_reproduced(shared_data):
    program = network(shared_data("networks/pypsa_model_energy.nc"))
    found = settle(program, solve_interior(program, 1e-4))
    assert found.objective == pytest.approx(OBJECTIVE, rel=1e-3)
    assert found.bound <= OBJECTIVE * (1 + 1e-6)
    for name, size in SIZES.items():
        assert found.columns[program.column(name)] == pytest.approx(size, rel=0.05), name
