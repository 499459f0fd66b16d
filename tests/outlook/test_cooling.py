"""Cooling mix: shares by vintage, PUE and water from the building model."""

import numpy as np
import pytest

from wattscale.catalog import load_catalog
from wattscale.outlook.cooling import dearer, fleet_pue, halls, survey_pue, vintage_shares
from wattscale.outlook.cooling_units import KINDS, cooling_units, cooling_units_of
from wattscale.outlook.drivers import central, read_drivers
from wattscale.outlook.years import REGIONS, place

LEVEL = np.ones(len(REGIONS))


@pytest.fixture(scope="module")
def middle(catalog):
    return dict(central(read_drivers(catalog, {})))


def test_shares_by_hand_from_the_normal_distribution_of_rack_power(middle):
    """Racks of 45 kW, log spread 0.7: Phi(ln(25/45)/0.7) = 0.2006 by air, Phi(ln(50/45)/0.7) = 0.5598 with doors."""
    found = vintage_shares(middle, LEVEL, cooling_units(), 2025)
    assert found["air"][0, 0] == pytest.approx(0.2006, abs=5e-4)
    assert (found["air"] + found["rear-door"])[0, 0] == pytest.approx(0.5598, abs=5e-4)
    assert found["immersion"][0, 0] == pytest.approx(0.05 * (1 - 0.5598), abs=1e-4)


def test_shares_add_up_in_every_year_draw_and_region(base):
    assert np.allclose(sum(base.path.cooling.values()), 1.0)
    assert all((share >= 0).all() for share in base.path.cooling.values())


def test_denser_racks_mean_more_liquid_and_the_fleet_follows_its_vintages(base, middle):
    years = [vintage_shares(middle, LEVEL, cooling_units(), y)["direct-to-chip"][0, 0] for y in (2018, 2025, 2030)]
    assert years[0] < 0.05 < years[1] < years[2]
    fleet = np.median(base.path.cooling["direct-to-chip"][:, :, 0], axis=1)
    assert fleet[place(2026)] < fleet[place(2030)] < fleet[place(2040)]
    assert fleet[place(2030)] < years[2]


def test_the_share_of_liquid_agrees_with_what_was_published(base):
    """Omdia 2024: liquid is 17 % of the sales of data-centre cooling in 2024, a third in 2028; AI halls lead."""
    liquid = sum(np.median(base.path.cooling[k][:, :, 0], axis=1) for k in ("direct-to-chip", "immersion"))
    assert 0.1 < liquid[place(2024)] < 0.3
    assert 0.33 < liquid[place(2028)] < 0.7


def test_the_survey_of_past_years_follows_from_two_designs_and_how_long_the_old_one_stayed(middle):
    """Uptime Institute: 2.5 in 2007, 1.98 in 2011, 1.58 in 2018, 1.55 in 2022."""
    for year, said in ((2007, 2.5), (2011, 1.98), (2018, 1.58), (2022, 1.55), (2023, 1.58)):
        assert survey_pue(middle, cooling_units(), year)[0] == pytest.approx(said, rel=0.05)


@pytest.mark.parametrize(
    ("name", "said"),
    [("self-built, water side", 1.09), ("self-built, outside air", 1.08), ("self-built and leased", 1.16)],
)
def test_fleets_of_operators_follow_from_their_class(middle, name, said):
    """Google 1.09, Meta 1.08, Microsoft 1.16 in 2024."""
    assert fleet_pue(middle, cooling_units(), name, 2024.0)[0] == pytest.approx(said, abs=0.02)


def test_liquid_lowers_pue_and_water_and_costs_more(middle):
    units, zero, one = cooling_units(), np.zeros((1, 5)), np.ones((1, 5))

    def only(kind):
        return {k: one if k == kind else zero for k in KINDS}

    air, liquid = (halls(middle, units, only(kind), 2025) for kind in ("air", "direct-to-chip"))
    cool = REGIONS.index("europe")
    assert (np.delete(liquid.pue, cool) < np.delete(air.pue, cool)).all()
    assert liquid.pue[0, cool] == pytest.approx(air.pue[0, cool], abs=0.01), "outside air does as well where it is cool"
    assert (liquid.wue < air.wue).all()
    assert dearer(units, only("direct-to-chip"))[0, 0] == pytest.approx(1.0)
    assert dearer(units, only("air"))[0, 0] == pytest.approx(1.0 / 1.085, abs=1e-3)


def test_without_excess_of_use_over_design_pue_is_that_of_the_building_model(middle):
    units = cooling_units()
    v = {**middle, "facility.excess_level": np.ones(1), "facility.leased_share": np.zeros(1)}
    shares = {k: np.full((1, 5), 1.0 if k == "immersion" else 0.0) for k in KINDS}
    np.testing.assert_allclose(halls(v, units, shares, 2025).pue[0], units.pue["self-built", "immersion"])


def test_a_change_of_the_building_model_reaches_the_outlook():
    """Unit figures are not copied: higher losses of the class raise its PUE here."""
    changed = load_catalog().with_overrides({"operator_designs/hyperscale-own.distribution_share": 0.2})
    before, after = cooling_units(), cooling_units_of(changed, "direct-to-chip")
    assert (after.pue["self-built", "air"] > before.pue["self-built", "air"] + 0.05).all()
    assert after.pue["leased", "air"] == pytest.approx(before.pue["leased", "air"])


def test_efficient_cooling_lowers_the_electricity_of_ai(run_of, base):
    lean = run_of({"drivers": {"facility.excess_level": {"times": 0.5}}})
    i = place(2030)
    pue = [np.median(r.path.world["pue_ai"][i]) for r in (lean, base)]
    assert pue[0] - 1 == pytest.approx((pue[1] - 1) / 2, rel=0.02)
    assert np.median(lean.accounts.world["ai_twh"][i]) < np.median(base.accounts.world["ai_twh"][i])
