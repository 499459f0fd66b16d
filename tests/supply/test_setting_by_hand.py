"""What the optimiser is given, from a table of a scenario in round numbers: each field, and the hours of a tariff."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from campuses import HOURS, setting, site

from wattscale.errors import InputError
from wattscale.scenario.load import load_scenario
from wattscale.supply.given import setting_of
from wattscale.supply.resources import scale_to_mean, solar_capacity_factor, wind_capacity_factor
from wattscale.supply.setting import Period, Purchase
from wattscale.supply.technologies import read_technologies

LOAD = np.where(np.arange(HOURS) % 2 == 0, 80.0, 100.0)
PLACE = replace(site(), price_usd_per_mwh=np.arange(HOURS) / 100.0, cfe_share=np.resize([-0.25, 0.5, 1.5], HOURS))
"""Prices that rise all year; shares of a source that errs at both ends."""


def given(catalog, place=PLACE, flat=None, plants=("grid",), **keys):
    t = load_scenario({"supply": keys}).supply
    known = read_technologies(catalog, plants, "US", 2025, t.own_technologies)
    return setting_of(t, LOAD, place, catalog, 0.08, flat, known)


def test_each_field_of_the_table(catalog):
    s = given(
        catalog, connection_mw=90, demand_charge_usd_per_kw_month=6, grid_adder_usd_per_mwh=7, unserved_usd_per_mwh=5e3,
        max_unserved_share=0.01, carbon_price_usd_per_t=30, carbon_cap_kg_per_mwh=200, cfe_hourly_share=0.6,
        clean_annual_share=0.7, land_ha=50, max_capacity_mw={"PV": 3, "wind": 0}, flexible_share=0.2,
        flexible_window_h=24, flexible_low_share=0.4, flexible_high_share=1.5, demand_ratchet_share=0.75,
        energy_tiers=[{"above_mwh_per_month": 10, "usd_per_mwh": 0}, {"above_mwh_per_month": 20, "usd_per_mwh": 5}],
        curtailment_hours=3, curtailment_share=0.3, curtailment_usd_per_kw_year=0.5, curtailment_baseline_mw=40,
        carbon_scope="life-cycle", storage_fade_per_cycle=1e-4, unit_mw={"ccgt": 50}, import_ramp_mw_per_h=11,
        flexible_ramp_share_per_h=0.9, checkpoint_loss_h=0.25,
    )  # fmt: skip
    assert (s.weight.tolist(), s.load_mw is LOAD) == ([1.0] * HOURS, True)
    assert s.import_usd_per_mwh == pytest.approx(np.arange(HOURS) / 100 + 7.0)
    assert s.spot.tolist() == (np.arange(HOURS) / 100.0).tolist()
    assert s.network.tolist() == [7.0] * HOURS
    assert s.grid_carbon_kg_per_mwh.tolist() == [400.0] * HOURS
    assert s.grid_lifecycle_kg_per_mwh.tolist() == s.grid_counted_kg_per_mwh.tolist() == [460.0] * HOURS
    assert s.grid_cfe_share.tolist() == [0.0, 0.5, 1.0] * (HOURS // 3)
    assert np.flatnonzero(s.called).tolist() == [8757, 8758, 8759]
    assert set(s.called) == {0.0, 1.0}
    expected = {
        "renewable": {}, "discount_rate": 0.08, "export_usd_per_mwh": None, "demand_charge_usd_per_mw_month": 6e3,
        "connection_mw": 90, "unserved_usd_per_mwh": 5e3, "max_unserved_share": 0.01, "carbon_price_usd_per_t": 30,
        "carbon_cap_kg_per_mwh": 200, "cfe_hourly_share": 0.6, "clean_annual_share": 0.7, "land_ha": 50,
        "max_capacity_mw": {"solar": 3, "wind": 0}, "grid_capital": True, "flexible_share": 0.2, "flexible_window": 24,
        "flexible_low": 0.4, "flexible_high": 1.5, "tariff_period": None, "periods": (), "demand_ratchet_share": 0.75,
        "energy_tiers": ((10, 0), (20, 5)), "curtailment_share": 0.3, "curtailment_usd_per_mw_year": 500,
        "curtailment_required": False, "curtailment_baseline_mw": 40, "purchases": (), "lifecycle_carbon": True,
        "fade_per_cycle": 1e-4, "unit_mw": {"gas-combined-cycle": 50}, "import_ramp_mw_per_h": 11,
        "flexible_ramp_share_per_h": 0.9, "checkpoint_loss_h": 0.25,
    }  # fmt: skip
    assert {k: getattr(s, k) for k in expected} == expected


def test_a_flat_price_takes_the_place_of_the_tariff(catalog):
    period = {"name": "all", "energy_usd_per_mwh": 25, "demand_usd_per_kw_month": 2}
    tiers = [{"above_mwh_per_month": 20, "usd_per_mwh": 5}]
    keys = {"demand_ratchet_share": 0.75, "energy_tiers": tiers, "tariff_periods": [period], "export_allowed": True}
    s = given(catalog, flat=60.0, **keys)
    assert s.import_usd_per_mwh.tolist() == [60.0] * HOURS
    assert s.network.tolist() == [12.0] * HOURS
    assert (s.grid_capital, s.demand_charge_usd_per_mw_month, s.demand_ratchet_share) == (False, 0.0, 0.0)
    assert (s.energy_tiers, s.tariff_period, s.lifecycle_carbon) == ((), None, False)
    assert s.export_usd_per_mwh.tolist() == np.minimum(np.arange(HOURS) / 100.0, 60.0).tolist()
    s = given(catalog, **keys)
    assert s.import_usd_per_mwh == pytest.approx(np.arange(HOURS) / 100.0 + 37.0)
    assert s.export_usd_per_mwh.tolist() == (np.arange(HOURS) / 100.0).tolist()
    assert (s.periods, s.tariff_period.tolist()) == ((Period("all", 2000.0),), [1.0] * HOURS)
    less = given(catalog, **{**keys, "tariff_periods": [{**period, "energy_usd_per_mwh": -40}]})
    assert less.export_usd_per_mwh == pytest.approx(np.arange(HOURS) / 100.0 - 28.0), "where buying costs less"


@pytest.mark.parametrize(
    ("hours", "usd", "required", "called"),
    [(5, 0.5, False, 5), (5, 0.0, True, 5), (5, 0.0, False, None), (0, 9.0, True, None)],
)
def test_the_utility_calls_where_it_pays_or_may(catalog, hours, usd, required, called):
    s = given(catalog, curtailment_hours=hours, curtailment_usd_per_kw_year=usd, curtailment_required=required)
    assert (None if s.called is None else s.called.sum()) == called
    assert (s.curtailment_usd_per_mw_year, s.curtailment_required) == (1e3 * usd, required)


def test_of_equal_prices_the_first_are_called(catalog):
    place = replace(site(), price_usd_per_mwh=np.resize([1.0, 9.0], HOURS))
    s = given(catalog, place, curtailment_hours=3, curtailment_required=True)
    assert np.flatnonzero(s.called).tolist() == [1, 3, 5]


@pytest.mark.parametrize(("offset", "whole"), [(-5.0, -5), (5.5, 6), (0.0, 0)])
def test_the_hours_of_a_tariff_by_the_calendar(catalog, offset, whole):
    """Nights to 6 o'clock of January and December, working days from 15 to 20, and 0 to 15 of all days in July."""
    periods = [
        {"name": "night", "months": [1, 12], "from_hour": 22, "to_hour": 6, "energy_usd_per_mwh": 1},
        {"name": "evening", "from_hour": 15, "to_hour": 20, "working_days": True, "energy_usd_per_mwh": 20},
        {"name": "july", "months": [7], "from_hour": 0, "to_hour": 16, "energy_usd_per_mwh": 300},
    ]
    s = given(catalog, replace(PLACE, utc_offset_h=offset), tariff_periods=periods, grid_adder_usd_per_mwh=0.5)
    expected, months = [], []
    for h in range(HOURS):
        # The year is a circle of months (whole hours off UTC); the day of the week is the true one.
        months.append((datetime(2025, 1, 1) + timedelta(hours=(h + whole) % HOURS)).month)
        local = datetime(2025, 1, 1) + timedelta(hours=h + offset)
        hour = local.hour + local.minute / 60
        if months[-1] in (1, 12) and (hour >= 22 or hour < 6):
            expected.append(1)
        elif local.weekday() < 5 and 15 <= hour < 20:
            expected.append(2)
        else:
            expected.append(3 if months[-1] == 7 and hour < 16 else 0)
    assert s.tariff_period.astype(int).tolist() == expected
    assert s.month.tolist() == [m - 1 for m in months]
    assert s.network.tolist() == [0.5 + (0.0, 1.0, 20.0, 300.0)[i] for i in expected]


def test_each_contract(catalog):
    """Paid in any case and sold on where export is allowed; else as taken. Plants carry their carbon, others none."""
    offer = {"usd_per_mwh": 40, "max_mw": 9}
    ppas = [
        {"name": "sun", "technology": "solar", "capacity_factor": 0.2, "min_mw": 1, **offer},
        {"name": "sea", "technology": "wind-offshore", "take_or_pay_share": 0.5, **offer},
        {"name": "air", "technology": "wind", "delivery": "virtual", **offer},
        {
            "name": "flat",
            "kind": "baseload",
            "carbon_free": False,
            "through_grid": False,
            "surplus_sold": False,
            **offer,
        },
        {"name": "load", "kind": "24-7", "surplus_sold": True, **offer},
    ]
    s = given(catalog, ppas=ppas, export_allowed=True)
    assert s.purchases == (
        Purchase("sun", "physical", 40.0, 9.0, 1.0, 1.0, True, True, 48.0, True),
        Purchase("sea", "physical", 40.0, 9.0, 0.0, 0.5, True, True, 12.0, False),
        Purchase("air", "virtual", 40.0, 9.0, 0.0, 1.0, True, True, 11.0, False),
        Purchase("flat", "physical", 40.0, 9.0, 0.0, 1.0, False, False, 0.0, False),
        Purchase("load", "physical", 40.0, 9.0, 0.0, 1.0, True, True, 0.0, True),
    )
    assert list(s.renewable) == ["ppa-sun", "ppa-sea", "ppa-air", "ppa-flat", "ppa-load"]
    assert s.renewable["ppa-sun"].mean() == pytest.approx(0.2)
    assert s.renewable["ppa-sea"] == pytest.approx(wind_capacity_factor(PLACE, catalog, offshore=True))
    assert s.renewable["ppa-air"] == pytest.approx(wind_capacity_factor(PLACE, catalog))
    assert s.renewable["ppa-flat"].tolist() == [1.0] * HOURS
    assert s.renewable["ppa-load"].tolist() == [0.8, 1.0] * (HOURS // 2)
    (kept,) = given(catalog, ppas=[{"name": "flat", "kind": "baseload", **offer}]).purchases
    assert not kept.surplus_sold
    (lost,) = given(catalog, ppas=[{"name": "flat", "kind": "baseload", "take_or_pay_share": 0.9, **offer}],
                    export_allowed=True).purchases  # fmt: skip
    assert not lost.surplus_sold
    island = given(catalog, plants=("gas-turbine",), ppas=[{"name": "a", "kind": "baseload", "through_grid": False,
                                                            **offer}])  # fmt: skip
    assert island.over_grid == ()
    assert given(catalog, plants=("gas-turbine",), ppas=[{"name": "a", "kind": "baseload", "delivery": "virtual",
                                                          **offer}]).over_grid == ()  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "plants"),
    [
        ({}, ("gas-turbine",)), ({"surplus_sold": True, "take_or_pay_share": 0.5}, ("grid",)),
        ({"surplus_sold": True, "delivery": "virtual"}, ("grid",)), ({"min_mw": 9.5}, ("grid",)),
    ],
)  # fmt: skip
def test_a_contract_that_cannot_be_is_refused(catalog, keys, plants):
    with pytest.raises(InputError, match=r"supply\.ppas\.0"):
        given(catalog, plants=plants, ppas=[{"name": "a", "kind": "baseload", "usd_per_mwh": 1, "max_mw": 9, **keys}])


def test_output_of_plants_by_the_weather_or_a_study(catalog):
    """A mean of the plant's own goes before the table's; without either the weather's."""
    own = [{"name": "mine", "like": "solar", "capacity_factor": 0.15}, {"name": "gale", "like": "wind",
                                                                       "capacity_factor": 0.35}]  # fmt: skip
    s = given(catalog, plants=("solar", "wind", "wind-offshore", "mine", "gale", "grid"), own_technologies=own,
              solar_capacity_factor=0.2, wind_capacity_factor=0.3, solar_mounting="fixed")  # fmt: skip
    sun = solar_capacity_factor(PLACE, catalog, "fixed")
    assert list(s.renewable) == ["solar", "wind", "wind-offshore", "mine", "gale"]
    for key, mean in (("solar", 0.2), ("wind", 0.3), ("mine", 0.15), ("gale", 0.35)):
        assert s.renewable[key].mean() == pytest.approx(mean, rel=1e-9)
    assert s.renewable["mine"].tolist() == scale_to_mean(sun, 0.15, "").tolist()
    assert s.renewable["wind-offshore"].tolist() == wind_capacity_factor(PLACE, catalog, offshore=True).tolist()
    plain = given(catalog, plants=("solar", "wind"), solar_mounting="fixed").renewable
    assert plain["solar"].tolist() == sun.tolist()
    assert plain["wind"].tolist() == wind_capacity_factor(PLACE, catalog).tolist()


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        ({"solar_capacity_factor": 0.99}, "supply.solar_capacity_factor"),
        ({"own_technologies": [{"name": "mine", "like": "solar", "capacity_factor": 0.99}]},
         "supply.own_technologies.capacity_factor"),
        ({"ppas": [{"name": "a", "usd_per_mwh": 1, "max_mw": 1, "capacity_factor": 0.99}]},
         "supply.ppas.0.capacity_factor"),
    ],
)  # fmt: skip
def test_a_mean_out_of_reach_is_named_where_it_was_given(catalog, keys, where):
    with pytest.raises(InputError) as caught:
        given(catalog, plants=("mine",) if "own_technologies" in keys else ("solar", "grid"), **keys)
    assert caught.value.where == where


def test_baseline_of_a_reduction():
    """Called in steps of 2 and 4 h at 60 and 90 MW: their mean is 80, by hours; a mark of a half is no call."""
    marks = np.array([0.5, 0.75, 0.6])
    s = setting(3, weight=np.array([3.0, 2.0, 4.0]), load_mw=np.array([10.0, 60.0, 90.0]), called=marks)
    assert s.curtailment_baseline == pytest.approx(80.0)
    assert replace(s, connection_mw=70.0).curtailment_baseline == 70.0
    assert replace(s, connection_mw=85.0).curtailment_baseline == pytest.approx(80.0)
    assert replace(s, curtailment_baseline_mw=55.0).curtailment_baseline == 55.0
    assert replace(s, curtailment_baseline_mw=55.0, connection_mw=50.0).curtailment_baseline == 50.0
    assert replace(s, called=np.zeros(3)).curtailment_baseline == 0.0
    assert replace(s, called=None, curtailment_baseline_mw=55.0).curtailment_baseline == 0.0


def test_what_a_setting_says_where_nothing_is_given():
    """Energy by hours of a step; the price of import is that of spot, the network's is none; carbon as counted."""
    s = setting(2, weight=np.array([3.0, 2.0]), load_mw=np.array([10.0, 60.0]))
    assert s.energy_mwh == 150.0
    assert s.spot.tolist() == [50.0, 50.0]
    assert s.network.tolist() == [0.0, 0.0]
    assert replace(s, spot_usd_per_mwh=np.ones(2)).spot.tolist() == [1.0, 1.0]
    assert replace(s, network_usd_per_mwh=np.ones(2)).network.tolist() == [1.0, 1.0]
    p = Purchase("a", "physical", 1.0, 1.0, lifecycle_kg_per_mwh=7.0)
    assert p.key == "ppa-a"
    whole = replace(s, lifecycle_carbon=True)
    both = replace(whole, grid_lifecycle_kg_per_mwh=np.array([600.0, 650.0]))
    assert s.purchase_counted_kg_per_mwh(p).tolist() == [0.0, 0.0]
    assert whole.purchase_counted_kg_per_mwh(p).tolist() == [7.0, 7.0]
    for x, kg in ((s, [500.0, 500.0]), (whole, [500.0, 500.0]), (both, [600.0, 650.0])):
        assert x.grid_counted_kg_per_mwh.tolist() == kg
        assert x.purchase_counted_kg_per_mwh(replace(p, carbon_free=False)).tolist() == kg
    assert replace(both, lifecycle_carbon=False).grid_counted_kg_per_mwh.tolist() == [500.0, 500.0]
    kinds = (p, replace(p, through_grid=False), replace(p, delivery="virtual"))
    assert replace(s, purchases=kinds).over_grid == (p,)
