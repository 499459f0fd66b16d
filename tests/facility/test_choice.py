"""Technologies side by side, and the best of them."""

import numpy as np
import pytest

from wattscale.catalog import Deflator
from wattscale.errors import InfeasibleError
from wattscale.facility.choice import Money, best, options
from wattscale.facility.stage import run
from wattscale.scenario.facility import FacilityTable

IT = np.full(960, 50.0)
SERVER_FANS = "building.server_fan_share"


def side_by_side(catalog, air, rack_kw=20.0, money=None, **table):
    return options(FacilityTable(**table), IT, 55.0, rack_kw, air, catalog, money or Money())


def test_every_technology_is_listed_cheapest_first(catalog, air):
    found = side_by_side(catalog, air)
    assert {o.cooling for o in found} == set(catalog.names("cooling_technologies"))
    costs = [o.cost_usd_per_year for o in found if o.feasible]
    assert costs == sorted(costs)
    assert best(found, 20.0) == found[0].cooling


def test_racks_above_the_usual_density_of_a_hall_are_given_liquid(catalog, air):
    found = side_by_side(catalog, air, rack_kw=40.0)
    halls_first = tuple(sorted(found, key=lambda o: (not o.feasible, o.rack_limit_kw)))
    assert halls_first[0].rack_limit_kw < 40.0
    assert best(halls_first, 40.0).startswith(("direct-to-chip", "rear-door", "immersion"))


def test_dense_racks_leave_only_liquid(catalog, air):
    found = side_by_side(catalog, air, rack_kw=132.0)
    feasible = {o.cooling for o in found if o.feasible}
    assert feasible == {
        name for name in catalog.names("cooling_technologies") if "direct" in name or name == "immersion"
    }
    assert not found[-1].feasible


def test_racks_beyond_everything_are_refused(catalog, air):
    with pytest.raises(InfeasibleError, match="every cooling technology"):
        best(side_by_side(catalog, air, rack_kw=900.0), 900.0)


def test_free_energy_makes_the_cheapest_building_win(catalog, air):
    found = side_by_side(catalog, air, money=Money(price_usd_per_mwh=0.0))
    assert found[0].capital_usd == min(o.capital_usd for o in found if o.feasible)


def test_dear_energy_makes_the_least_energy_win(catalog, air):
    found = side_by_side(catalog, air, money=Money(price_usd_per_mwh=1e6))
    assert found[0].energy_mwh == min(o.energy_mwh for o in found if o.feasible)


def test_an_hourly_price_of_one_value_equals_that_value(catalog, air):
    flat, hourly = (side_by_side(catalog, air, money=Money(price_usd_per_mwh=p)) for p in (70.0, np.full(960, 70.0)))
    assert [o.cost_usd_per_year for o in flat] == pytest.approx([o.cost_usd_per_year for o in hourly])


def test_liquid_saves_the_energy_of_server_fans(catalog, air):
    by_name = {o.cooling: o for o in side_by_side(catalog, air)}
    air_cooled, liquid = by_name["water-economiser"], by_name["direct-to-chip-tower"]
    assert liquid.energy_mwh / air_cooled.energy_mwh == pytest.approx(liquid.tue / air_cooled.tue, rel=1e-9)


def test_settings_of_a_liquid_loop_do_not_stop_the_comparison(catalog, air):
    assert len(side_by_side(catalog, air, cooling="best", water_class="W40")) == len(side_by_side(catalog, air))


def test_best_runs_as_the_technology_it_names(catalog, weather):
    it = np.full(8760, 50.0)
    chosen = run(FacilityTable(cooling="best", water_class="W40"), it, 50.0, 40.0, weather, 200.0, catalog)
    assert chosen.cooling in catalog.names("cooling_technologies")
    same = run(FacilityTable(cooling="best"), it, 50.0, 12.0, weather, 200.0, catalog, Money(price_usd_per_mwh=20.0))
    direct = run(FacilityTable(cooling=same.cooling), it, 50.0, 12.0, weather, 200.0, catalog)
    assert same.figures == direct.figures


def test_servers_without_fans_get_the_smaller_hall_they_need(catalog, air):
    by_name = {o.cooling: o for o in side_by_side(catalog, air)}
    construction = 55.0 * Deflator(catalog).to_base(catalog.figure("dc_costs", "construction.cost", region="")).value
    for name, option in by_name.items():
        computing = option.energy_mwh / option.tue / (IT.sum() * (1 - catalog.value("cooling", SERVER_FANS)))
        assert computing == pytest.approx(1.0, rel=1e-9)
        hall = option.energy_mwh / option.pue / IT.sum()
        premium = catalog.value("cooling", f"{name}.construction_premium_share")
        assert option.capital_usd == pytest.approx(construction * (hall * (1 + premium) - 1), rel=1e-9)


def test_a_tiny_discount_rate_costs_what_none_does(catalog, air):
    """A rate of 1e-18 ended in a division by zero."""
    free, tiny = (side_by_side(catalog, air, money=Money(discount_rate=rate)) for rate in (0.0, 1e-18))
    assert [o.cost_usd_per_year for o in tiny] == pytest.approx([o.cost_usd_per_year for o in free], rel=1e-12)
