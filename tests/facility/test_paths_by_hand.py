"""Electrical losses, heat that is used, densities and draws of designs of round numbers, worked by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.facility.cooling import run_building
from wattscale.facility.density import check_density, check_remainder, liquid_share_needed
from wattscale.facility.design import DesignSpace, design_space, spread, technology
from wattscale.facility.electrical import losses, transformer_loss
from wattscale.facility.heat import heat_figures, heat_pump_cop
from wattscale.facility.outdoor import outdoor_air
from wattscale.figure import Figure


def arrays(values):
    return SimpleNamespace(**{name: np.asarray(value) for name, value in values.items()})


def test_losses_from_the_meter_to_the_racks():
    """A fifth is lost in distribution: 0.3 and 0.5 pass for 0.24 and 0.4 MW. UPS of 1 MW for 0.5 lose by three terms.

    Lighting takes a twentieth of the 0.4 MW in every hour. Transformers of 1.2 MW for 0.6: core and copper.
    """
    design = arrays({
        "ups_constant": 0.01, "ups_linear": 0.02, "ups_quadratic": 0.04, "rating_ratio": 2.0,
        "distribution_share": 0.2, "lighting_share": 0.05, "transformer_core": 0.002, "transformer_copper": 0.01,
    })  # fmt: skip
    found = losses(np.array([0.24, 0.4]), 0.4, design)
    assert found.distribution == pytest.approx([0.06, 0.1])
    assert found.ups == pytest.approx([0.01 + 0.006 + 0.0036, 0.01 + 0.01 + 0.01])
    assert found.lighting == pytest.approx([0.02, 0.02])
    assert found.heat == pytest.approx([0.0996, 0.15])
    lost = transformer_loss(np.array([0.3, 0.6]), np.asarray(0.6), design)
    assert lost == pytest.approx([1.2 * (0.002 + 0.01 / 16), 1.2 * (0.002 + 0.01 / 4)])


BOOK = SimpleNamespace(
    value=lambda table, key: {"building.heat_exchange_k": 3.0, "building.heat_pump_quality": 0.5}[key]
)


@pytest.mark.parametrize(("user_c", "work"), [(None, 0.0), (40.0, 0.0), (47.0, 0.0), (57.0, 0.8 / 15.5075)])
def test_heat_for_a_user_as_it_comes_or_lifted(user_c, work):
    """It returns at 50 C and passes on at 47; to 57 C a pump of half of Carnot: 0.5 x 330.15 / 10 = 16.5075."""
    design = SimpleNamespace(loop=arrays({"supply_c": 42.0, "delta_k": 8.0}))
    found = heat_figures(design, 0.8, user_c, BOOK)
    assert found == pytest.approx({"heat_return_c": 50.0, "heat_delivered_mwh": 0.8 + work, "heat_pump_mwh": work})
    assert heat_pump_cop(47.0, 57.0, 0.5) == pytest.approx(16.5075)


class Limits:
    """Halls carry 0.2 kW a rack, up to 0.3; liquid 0.5, up to 0.8."""

    def figure(self, table, key):
        value, high = {"air": (0.2, 0.3), "wet": (0.5, 0.8)}.get(key.partition(".")[0], (0.2, 0.3))
        return SimpleNamespace(value=value, high=high)

    def value(self, table, key):
        return self.figure(table, key).value

    def names(self, table):
        return ["air", "wet"]


def test_densities_of_small_racks():
    limits = Limits()
    assert liquid_share_needed(limits, 0.5) == pytest.approx(0.6)
    assert liquid_share_needed(limits, 0.2) == liquid_share_needed(limits, 0.0) == 0.0
    assert check_remainder(limits, 0.5, 0.7) == ()
    assert [w.code for w in check_remainder(limits, 0.5, 0.5)] == ["air-remainder"]
    assert check_density(limits, "air", 0.2) == ()
    (usual,) = check_density(limits, "air", 0.25)
    assert "Usual for such racks: wet" in usual.message


def figure(name, value, low, high):
    return Figure(name, value, low, high, "1", "", "", "estimated")


def test_draws_spread_evenly_on_each_side_of_the_value():
    """Low 1, value 2, high 5: an eighth of the way is 1.25, a quarter 1.5, three quarters 3.5."""
    u = np.array([0.0, 0.125, 0.25, 0.5, 0.75, 1.0])
    assert spread(figure("x", 2.0, 1.0, 5.0), u) == pytest.approx([1.0, 1.25, 1.5, 2.0, 3.5, 5.0])


def test_draws_of_a_design_of_no_doubt_and_of_one(catalog):
    """Nothing moves where nothing is in doubt; one figure in doubt is drawn at 1/8 and the like, the others stand."""
    space = design_space(catalog, "chiller", "double-conversion", "2N")
    sure = space.with_values({key: f.value for key, f in space.figures.items()})
    bare, central = sure.draws(4), sure.central()
    assert np.ravel(bare.air.delta_k).tolist() == [float(central.air.delta_k)]
    doubt = DesignSpace({**sure.figures, "air.delta_k": figure("x", 10.0, 8.0, 14.0)}).draws(4)
    drawn = np.ravel(doubt.air.delta_k)
    # The second four points of a Sobol sequence of one dimension: 3/8, 7/8, 5/8, 1/8 in some order.
    assert sorted(drawn) == pytest.approx([8.5, 9.5, 11.0, 13.0])
    assert float(doubt.air.fan_efficiency) == float(central.air.fan_efficiency)


def test_structure_of_the_technologies(catalog):
    chiller, wet = technology(catalog, "chiller"), technology(catalog, "direct-to-chip")
    outside = technology(catalog, "air-economiser")
    assert (chiller.liquid_servers, chiller.liquid_plant, chiller.outside_air, chiller.spray) == (
        False,
        None,
        False,
        False,
    )
    assert wet.liquid_servers
    assert wet.liquid_plant is not None
    assert (outside.outside_air, outside.spray, outside.air_plant.free) == (True, True, False)
    assert not technology(catalog, "outside-air-chiller").spray


def test_a_liquid_loop_has_a_temperature_and_hours_without_compressors(catalog):
    """A loop on a dry cooler alone at 10 C holds its set-point all year; a hall alone has neither."""
    design = design_space(catalog, "direct-to-chip", "double-conversion", "2N").central()
    air = outdoor_air(np.array([10.0]), np.array([5.0]), np.array([101_325.0]))
    wet, dry = technology(catalog, "direct-to-chip"), technology(catalog, "chiller")
    hours = run_building(wet, design, air, np.array([4.0]), 8.0)
    assert hours.liquid_supply_c.tolist() == pytest.approx([float(design.loop.supply_c)])
    assert hours.liquid_free.tolist() == [1.0]
    bare = run_building(replace(dry, liquid_plant=None), design, air, np.array([4.0]), 8.0)
    assert np.isnan(bare.liquid_supply_c).all()
    assert bare.liquid_free.tolist() == [0.0]
