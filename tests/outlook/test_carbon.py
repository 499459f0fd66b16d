"""Paths of the carbon price: dated, by region, selectable, and felt in price, mix and cost."""

import itertools

import numpy as np
import pytest

from wattscale.catalog import load_catalog
from wattscale.errors import InputError
from wattscale.outlook.carbon import PATHS, carbon_path, pressure
from wattscale.outlook.scenario import load_outlook
from wattscale.outlook.years import REGIONS, place

EUROPE = REGIONS.index("europe")
US = REGIONS.index("us")


def test_all_paths_start_from_the_price_of_today_and_order_by_ambition():
    paths = [carbon_path(load_catalog(), name) for name in PATHS]
    for path in paths:
        np.testing.assert_allclose(path[: place(2025) + 1], paths[0][: place(2025) + 1])
    for lower, higher in itertools.pairwise(paths):
        assert (lower[place(2026) :] <= higher[place(2026) :] + 1e-9).all()


def test_money_of_2022_is_brought_to_the_base_year(catalog):
    """140 USD of 2022 in Europe in 2030 on the way to net zero; the deflator of the United States adds about 6 %."""
    price = carbon_path(catalog, "net-zero")[place(2030), EUROPE]
    assert price == pytest.approx(140 * 1.06, rel=0.01)


def test_own_prices_replace_the_path_from_their_first_year(catalog):
    path = carbon_path(catalog, "flat", {"europe": {"2030": 100.0, "2040": 200.0}})
    assert path[place(2030), EUROPE] == 100
    assert path[place(2035), EUROPE] == 150
    assert path[place(2045), EUROPE] == 200
    assert path[place(2025), EUROPE] == 70
    assert path[place(2035), US] == 3


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"carbon": "net-zer"}, "Did you mean 'net-zero'"),
        ({"carbon_price": {"europa": {"2030": 1.0}}}, "Did you mean 'europe'"),
        ({"carbon_price": {"us": {"2020": 1.0}}}, "2026 to 2045"),
        ({"carbon_price": {"us": {"2030": -1.0}}}, "below zero"),
    ],
)
def test_a_wrong_path_is_told(run_of, tables, words):
    with pytest.raises(InputError, match=words):
        run_of(tables)


def test_dearer_carbon_raises_power_prices_cleans_the_mix_and_costs_money(run_of, base):
    clean = run_of({"carbon": "net-zero"})
    i = place(2035)
    price = [np.median(r.path.region["electricity_usd_per_mwh"][i, :, US]) for r in (clean, base)]
    coal = [np.median(r.path.mix["coal"][i, :, US]) for r in (clean, base)]
    co2 = [np.median(r.accounts.world["co2_mt"][i]) for r in (clean, base)]
    cost = [np.median(r.accounts.world["carbon_cost_usd"][i]) for r in (clean, base)]
    assert price[0] > price[1] + 5
    assert coal[0] < 0.8 * coal[1]
    assert co2[0] < 0.9 * co2[1]
    assert cost[0] > 2 * cost[1]


def test_the_cost_of_carbon_is_carbon_times_its_price(base):
    r, total = base.path.region, base.accounts.region["electricity_twh"]
    expected = (total * 1e6 * r["intensity_t_per_mwh"] * r["carbon_usd_per_t"]).sum(axis=2)
    np.testing.assert_allclose(base.accounts.world["carbon_cost_usd"], expected)


def test_a_flat_price_presses_nothing_and_a_rise_adds_up(catalog):
    v = {"carbon.price_growth": np.zeros(1)}
    assert pressure(carbon_path(catalog, "flat"), v, 2045, 2024).max() == 0
    path = carbon_path(catalog, "flat", {"us": {"2026": 103.0}})
    assert pressure(path, v, 2028, 2024)[0, US] == pytest.approx(3.0)


def test_the_abundant_scenario_names_its_path():
    assert load_outlook("abundant-clean-power").carbon == "announced-pledges"
    assert load_outlook().carbon == "current-policy"
