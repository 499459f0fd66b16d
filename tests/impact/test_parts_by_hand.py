"""Carbon by scope, an economy of two sectors, jobs and water, worked by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.impact.carbon import Certificates, Metered, metered, operational_carbon, scope_table
from wattscale.impact.employment import _permanent
from wattscale.impact.input_output import Economy, effects, leontief_inverse
from wattscale.impact.jobs import jobs, total
from wattscale.impact.water import source_water_m3, stress_weighted_m3

MIX = np.array([400.0, 200.0, 0.0, 600.0])
"""Mean of the grid in four hours [kg/MWh]."""
SPOT, OTHER, CLEAN = np.array([10.0, 20.0, 0.0, 30.0]), np.array([0.0, 0.0, 5.0, 0.0]), np.array([4.0, 0.0, 2.0, 1.0])
SUPPLY = SimpleNamespace(
    load_mw=np.zeros(4), dispatch_mw={"grid": SPOT}, metered_mw={"other": OTHER, "clean": CLEAN},
    grid_carbon_kg=(SPOT + OTHER) * MIX, carbon_kg=(SPOT + OTHER) * MIX + 1000.0,
    carbon_lifecycle_kg=(SPOT + OTHER) * MIX + 3000.0,
)  # fmt: skip


def test_what_the_meter_reads():
    meter = metered(SUPPLY, MIX)
    assert meter.bought_mw.tolist() == [10, 20, 5, 30]
    assert meter.total_mw.tolist() == [14, 20, 7, 31]
    assert meter.total_kg.tolist() == [14 * 400, 20 * 200, 0, 31 * 600]
    bare = metered(SimpleNamespace(load_mw=np.zeros(4), dispatch_mw={}, metered_mw={}, grid_carbon_kg=np.zeros(4)), MIX)
    assert bare.total_mw.sum() == 0.0


def test_certificates_cover_by_the_year_and_by_the_hour():
    """Half bought apart and 20 MWh of contracts: 30 of 60 and 20; by the hour only what was made in it."""
    import_mw = np.array([10.0, 20.0, 0.0, 30.0])
    both = Certificates(0.5, np.array([15.0, 0.0, 5.0, 0.0]))
    assert both.covered_mwh(import_mw) == 50.0
    assert both.matched_mw(import_mw).tolist() == [10, 0, 0, 0]
    assert Certificates(1.0, np.array([15.0, 0.0, 5.0, 0.0])).covered_mwh(import_mw) == 60.0
    assert Certificates(0.25).covered_mwh(import_mw) == 15.0
    assert Certificates(0.25).matched_mw(import_mw).sum() == 0.0


def test_carbon_of_a_year_by_each_method():
    """Bought 65 MWh with 4,000 + 4,000 + 0 + 18,000 kg, own plant 4 x 1,000; contracts match 5 MWh of the first hour.

    Location: 14 x 400 + 20 x 200 + 31 x 600. Market: 65 - 8 covered at 500. Hourly: half of the first hour is left.
    """
    meter = metered(SUPPLY, MIX)
    certificates = Certificates(0.0, np.array([5.0, 0.0, 3.0, 0.0]))
    found = operational_carbon(SUPPLY, meter, certificates, 500.0, 700.0)
    assert found.own_plant == pytest.approx(4.0)
    assert found.grid_location == pytest.approx(5.6 + 4.0 + 18.6)
    assert found.grid_market == pytest.approx(57 * 0.5)
    assert found.grid_hourly == pytest.approx(2.0 + 4.0 + 18.0)
    assert found.grid_marginal == pytest.approx(72 * 0.7)
    assert found.lifecycle == pytest.approx(26.0 + 12.0)
    assert found.location == pytest.approx(32.2)
    assert found.market == pytest.approx(32.5)
    assert found.hourly == pytest.approx(28.0)
    assert operational_carbon(SUPPLY, meter, certificates, 500.0).grid_marginal is None


def test_the_statement_adds_up_by_method():
    meter, certificates = metered(SUPPLY, MIX), Certificates(0.0, np.array([5.0, 0.0, 3.0, 0.0]))
    carbon = operational_carbon(SUPPLY, meter, certificates, 500.0, 700.0)
    rows = scope_table(carbon, SUPPLY, meter, certificates, 500.0, 99.0, 1.5)
    by_source = {(r.scope, r.source): r for r in rows}
    assert by_source["1", "Tests of emergency generators"].carbon_t == 1.5
    assert by_source["1", "Own plant"].carbon_t == pytest.approx(4.0)
    location = by_source["2 location-based", "Grid energy"]
    assert (location.energy_mwh, location.factor_kg_per_mwh) == (72.0, pytest.approx(28_200 / 72))
    # By the year 7 MWh came clean and 8 more are covered; by the hour 7 and 5 + 3 of what was bought then.
    assert by_source["2 market-based", "Grid energy with certificates"].energy_mwh == pytest.approx(15.0)
    assert by_source["2 market-based", "Grid energy without"].energy_mwh == pytest.approx(57.0)
    assert by_source["2 hourly-matched", "Grid energy matched"].energy_mwh == pytest.approx(15.0)
    assert by_source["2 hourly-matched", "Grid energy not matched"].carbon_t == pytest.approx(24.0)
    assert by_source["2 marginal", "Grid energy"].factor_kg_per_mwh == pytest.approx(700.0)
    upstream = by_source["3.3 fuel and energy", "Upstream of grid energy and fuel"]
    assert upstream.carbon_t == pytest.approx(38.0 - 30.0)
    assert by_source["3.2 capital goods", "Devices, building and plant"].carbon_t == 99.0
    nothing = Metered(np.zeros(4), np.zeros(4), MIX, np.zeros(4))
    bare = scope_table(carbon, SUPPLY, nothing, Certificates(), 500.0, 0.0)
    assert all(r.factor_kg_per_mwh is None for r in bare)


ECONOMY = Economy(
    ("steel", "bread"), np.array([[0.2, 0.1], [0.0, 0.5]]), np.array([5.0, 20.0]), np.array([0.4, 0.3]),
    np.array([0.25, 0.5]), np.array([0.0, 0.8]),
)  # fmt: skip


def test_total_requirements_of_two_sectors():
    """(I - A)^-1 with I - A = [0.8, -0.1; 0, 0.5]: a unit of bread needs two of bread and a quarter of steel."""
    assert leontief_inverse(ECONOMY.requirements) == pytest.approx(np.array([[1.25, 0.25], [0.0, 2.0]]))


def test_direct_and_indirect_effects_of_a_spending():
    """100 on bread: 200 of bread and 25 of steel in all; jobs 20 and 5 per million."""
    found = effects(ECONOMY, np.array([0.0, 100e6]))
    assert found["direct"].output_usd == pytest.approx([0.0, 100e6])
    assert found["indirect"].output_usd == pytest.approx([25e6, 100e6])
    assert found["direct"].jobs == pytest.approx([0.0, 2000.0])
    assert found["indirect"].jobs == pytest.approx([125.0, 2000.0])
    assert found["indirect"].value_added_usd == pytest.approx([10e6, 30e6])
    assert found["induced"].output_usd == pytest.approx([0.0, 0.0])


def test_wages_that_are_spent_anew_pull_more():
    """Of 25 steel and 200 bread 106.25 are wages; half is spent, 0.8 of it on bread, which pulls in turn.

    A unit of household income spends 0.4 on bread: 0.1 of steel, 0.8 of bread and 0.425 of new income. The sum of
    rounds is 106.25 / (1 - 0.425) = 184.78 of income, 73.91 of bread bought, 147.8 of bread and 18.5 of steel made.
    """
    found = effects(ECONOMY, np.array([0.0, 100.0]), 0.5)
    income = 106.25 / (1 - 0.4 * (0.25 * 0.25 + 2.0 * 0.5))
    assert found["induced"].output_usd == pytest.approx([0.4 * income * 0.25, 0.4 * income * 2.0])


def test_jobs_follow_capacity_and_for_some_the_output():
    found = jobs({"solar": 100.0}, {"gas": 5e5}, {"solar.construction": 2.0, "gas.variable": 1e-5, "wind.operation": 9})
    assert found == {"solar.construction": 200.0, "gas.variable": 5.0, "wind.operation": 0.0}
    assert total(found, "variable") == 5.0


def test_water_of_power_plants_and_of_the_grid(catalog):
    """100 MWh of import at 3 l/kWh are 300 m3; a turbine has its factor; what is not served drinks nothing."""
    gas = source_water_m3({"gas-turbine": np.full(10, 1.0)}, 3.0, catalog)
    assert gas > 0.0
    both = {"grid": np.full(10, 10.0), "unserved": np.full(10, 99.0), "gas-turbine": np.full(10, 2.0)}
    assert source_water_m3(both, 3.0, catalog) == pytest.approx(300 + 2 * gas)
    assert stress_weighted_m3(1000.0, 4.0) == 800.0


def test_permanent_jobs_with_what_they_pull_and_displace(catalog):
    """Direct 100 (80 to 130), 20 of them on site; half displaces others (0.3 to 0.6): the high end keeps most."""
    multiplier = catalog.figure("multipliers", "data_centre.employment_multiplier")
    row = SimpleNamespace(gross=150.0)
    found = _permanent(row, (100.0, 80.0, 130.0), 20.0, (0.5, 0.3, 0.6), catalog)
    assert found["jobs_permanent"] == (100.0, 80.0, 130.0)
    assert found["jobs_permanent_net"] == pytest.approx((50.0, 80 * 0.4, 130 * 0.7))
    low, high = 80 + 20 * (multiplier.low - 1), 130 + 20 * (multiplier.high - 1)
    assert found["jobs_permanent_all"] == pytest.approx((150.0, low, high))
    assert found["jobs_permanent_all_net"] == pytest.approx((75.0, low * 0.4, high * 0.7))
    per_job = catalog.value("multipliers", "data_centre.value_added_per_job")
    assert found["value_added_usd_per_year"] == pytest.approx(150 * per_job)
