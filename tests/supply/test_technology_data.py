"""Costs from technology-data: what a file holds, what of it is read, and what is said to be left out."""

from __future__ import annotations

import numpy as np
import pytest
from campuses import grid, named, setting

from wattscale.annuity import annuity
from wattscale.catalog import Deflator
from wattscale.errors import InputError
from wattscale.supply.dispatch import cost_range, costs, dispatch
from wattscale.supply.expansion import build
from wattscale.supply.solve import solve
from wattscale.supply.technologies import read_technologies
from wattscale.supply.technology_data import technology_data

EUROPE = """technology,parameter,value,unit,source,further description,currency_year
CCGT,FOM,3.3494,%/year,DEA,,2015.0
CCGT,VOM,4.4445,EUR/MWh,DEA,,2015.0
CCGT,c_b,2.0,50oC/100oC,DEA,,2015.0
CCGT,efficiency,0.58,per unit,DEA,,2015.0
CCGT,investment,878.324,EUR/kW,DEA,,2015.0
CCGT,lifetime,25.0,years,DEA,,2015.0
battery inverter,efficiency,0.96,per unit,DEA,,2015.0
battery inverter,investment,169.3168,EUR/kW,DEA,,2015.0
battery inverter,lifetime,10.0,years,DEA,,2015.0
battery storage,investment,150.2675,EUR/kWh,DEA,,2015.0
battery storage,lifetime,25.0,years,DEA,,2015.0
gas,CO2 intensity,0.198,tCO2/MWh_th,IPCC,,
gas,fuel,24.568,EUR/MWh_th,IEA,,2010.0
nuclear,efficiency,0.326,per unit,Lazard,,2023.0
nuclear,investment,8.594,EUR/MW,Lazard,,2023.0
uranium,fuel,3.4122,EUR/MWh_th,Lazard,,2023.0
electrolysis,investment,1500.0,EUR/kW_e,DEA,,2020.0
electrolysis,lifetime,25,years,DEA,,2020.0
"""
"""Rows as the compiled files have them: money of 2020, though currency_year names that of the source."""
HEAD = "technology,parameter,value,unit,source,further description,currency_year,financial_case,scenario\n"
AMERICA = HEAD + "".join(
    f"solar-utility,investment,{value},USD/kW,ATB,,2022.0,{case},{scenario}\n"
    f"solar-utility,FOM,{share},%/year,ATB,,2022.0,{case},{scenario}\n"
    for case, more in (("Market", 1.0), ("R&D", 0.9))
    for scenario, value, share in (("Conservative", 1400 * more, 1.5), ("Moderate", 1200 * more, 1.4),
                                   ("Advanced", 900 * more, 1.2))
) + "solar-utility,lifetime,30,years,ATB,,,,\n"  # fmt: skip


@pytest.fixture
def euro(catalog):
    return Deflator(catalog).factor("EUR", 2020)


@pytest.fixture
def dollar(catalog):
    return Deflator(catalog).factor("USD", 2020)


def only(data, name):
    return next(t for t in data if t.name == name)


@pytest.mark.parametrize(("scenario", "case", "usd"), [("Conservative", "Market", 1400), ("Moderate", "Market", 1200),
                                                       ("advanced", "R&D", 810)])  # fmt: skip
def test_one_scenario_and_case_are_read_throughout(catalog, dollar, scenario, case, usd):
    """The last row of each parameter won: 900 x 0.9 of Advanced R&D, beside the fixed cost of whichever came last."""
    share = {"Conservative": 1.5, "Moderate": 1.4, "advanced": 1.2}[scenario]
    solar = only(technology_data(AMERICA, catalog, scenario=scenario, financial_case=case), "solar-td")
    assert solar.capital_usd_per_kw == pytest.approx(usd * dollar)
    assert solar.fixed_usd_per_kw_year == pytest.approx(usd * dollar * share / 100)
    assert solar.life_years == 30.0


@pytest.mark.parametrize("order", [1, -1])
def test_the_default_is_moderate_and_market_in_whatever_order(catalog, dollar, order):
    head, *rows = AMERICA.splitlines(keepends=True)
    data = technology_data(head + "".join(rows[::order]), catalog)
    assert only(data, "solar-td").capital_usd_per_kw == pytest.approx(1200 * dollar)
    told = [str(x) for x in data.left_out]
    assert told[0].startswith("solar-utility.")
    assert all("Advanced Market" in x and "Moderate R&D" in x and "Moderate Market" not in x for x in told)


@pytest.mark.parametrize(("words", "where"), [({"scenario": "Moderat"}, "scenario = 'Moderat'"),
                                              ({"financial_case": "RD"}, "financial_case = 'RD'")])  # fmt: skip
def test_a_scenario_or_case_that_the_file_lacks_is_refused_with_those_it_has(catalog, words, where):
    with pytest.raises(InputError, match="allowed: ") as caught:
        technology_data(AMERICA, catalog, **words)
    assert where in str(caught.value)


def test_rows_that_contradict_each_other_are_refused_with_their_lines(catalog):
    twice = EUROPE + "CCGT,investment,900,EUR/kW,own,,2020\n"
    with pytest.raises(InputError, match=r"CCGT.investment.*several values in lines 6, 20"):
        technology_data(twice, catalog)


def test_fuel_and_carbon_of_a_plant_follow_its_efficiency(catalog, euro):
    """24.568 EUR/MWh of gas and 198 kg/MWh, at 58 %: 42.36 EUR and 341.4 kg per MWh of electricity."""
    data = technology_data(EUROPE, catalog)
    plant = only(data, "gas-combined-cycle-td")
    assert plant.fuel_usd_per_mwh == pytest.approx(42.3586 * euro, rel=1e-5)
    assert plant.carbon_kg_per_mwh == pytest.approx(341.379, rel=1e-5)
    assert plant.variable_usd_per_mwh == pytest.approx(4.4445 * euro)
    nuclear = only(data, "nuclear-td")
    assert nuclear.fuel_usd_per_mwh == pytest.approx(3.4122 / 0.326 * euro)
    assert nuclear.capital_usd_per_kw == pytest.approx(0.008594 * euro)
    assert nuclear.carbon_kg_per_mwh is None


def test_without_a_price_of_fuel_the_efficiency_is_said_to_be_left_out(catalog):
    text = "\n".join(x for x in EUROPE.splitlines() if not x.startswith("gas,fuel"))
    data = technology_data(text, catalog)
    assert only(data, "gas-combined-cycle-td").fuel_usd_per_mwh is None
    assert any(str(x).startswith("CCGT.efficiency: the file has no price of its fuel") for x in data.left_out)


def test_money_is_of_the_year_of_the_file_not_of_the_source(catalog, euro):
    """The compiled file holds 830 EUR of 2015 as 878.3 EUR of 2020; from 2015 on, the rise would count twice."""
    plant = only(technology_data(EUROPE, catalog), "gas-combined-cycle-td")
    assert plant.capital_usd_per_kw == pytest.approx(878.324 * euro)
    text = EUROPE.replace("2010.0", "2015.0")
    raw = only(technology_data(text, catalog, price_year=None), "gas-combined-cycle-td")
    assert raw.capital_usd_per_kw == pytest.approx(878.324 * Deflator(catalog).factor("EUR", 2015))
    with pytest.raises(
        InputError, match=r"line 14: gas.fuel = '2010.0': is in money of a year that cannot be converted"
    ):
        technology_data(EUROPE, catalog, price_year=None)


def test_each_part_of_a_storage_is_paid_over_its_own_life(catalog, euro):
    """Inverters of 10 years in a battery of 25: at 7 % their annuity is 14.24 %, not 8.58 %, of 169 EUR/kW."""
    row = only(technology_data(EUROPE, catalog), "battery-td")
    assert (row.life_years, row.power_life_years, row.roundtrip_efficiency) == (25.0, 10.0, 0.96)
    battery = read_technologies(catalog, ["battery-td"], "US", 2030, [row])["battery-td"]
    assert battery.capital_usd_per_year(0.07, 1.0) == pytest.approx(169_316.8 * euro * 0.142378, rel=1e-5)
    assert battery.annual_usd_per_mw(0.07) > battery.capital_usd_per_year(0.07, 1.0)
    assert battery.annual_usd_per_mwh(0.07) == pytest.approx(
        150_267.5 * euro * (annuity(0.07, 25) + battery.fixed_share), rel=1e-6
    )


def test_costs_by_part_sum_to_the_objective_with_two_lives(catalog):
    row = only(technology_data(EUROPE, catalog), "battery-td").model_copy(update={"name": "battery"})
    like = read_technologies(catalog, ["battery"], "US", 2030)["battery"]
    battery = read_technologies(catalog, ["x"], "US", 2030, [row.model_copy(update={"name": "x"})])["x"]
    assert battery.fixed_share == like.fixed_share
    hour = np.arange(96)
    s = setting(96, import_usd_per_mwh=np.where(hour % 24 < 12, 5.0, 9000.0), discount_rate=0.07, connection_mw=400.0)
    campus = build(s, {**named(grid()), "x": battery})
    found = solve(campus.program)
    d = dispatch(campus, found)
    parts = costs(campus, found, d)
    assert parts["x.capital"] > 0.0
    assert sum(parts.values()) == pytest.approx(found.objective, rel=1e-6)
    low, high = cost_range(campus, found, d)
    assert low == pytest.approx(high) == pytest.approx(found.objective, rel=1e-6)


def test_all_that_the_file_has_is_read_or_listed(catalog):
    data = technology_data(EUROPE, catalog)
    told = {(x.technology, x.parameter): x.reason for x in data.left_out}
    assert told["electrolysis", ""] == "the catalogue has no technology like it"
    assert told["CCGT", "c_b"] == "no key of own_technologies holds it"
    assert set(told) == {("electrolysis", ""), ("CCGT", "c_b")}
    assert len(data) == 3


def test_a_storage_whose_cost_is_that_of_a_whole_system_is_left_out_with_the_reason(catalog):
    text = EUROPE.replace("150.2675,EUR/kWh", "1650,USD/kW")
    data = technology_data(text, catalog)
    assert "battery-td" not in [t.name for t in data]
    told = [str(x) for x in data.left_out]
    assert "battery storage.investment: is given per kW, not per kWh or MWh" in told


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("878.324,EUR/kW", "878.324,GBP/kW", "CCGT.investment = 'GBP/kW': is in a unit not known"),
        ("878.324,EUR/kW", "cheap,EUR/kW", "CCGT.investment = 'cheap': is no number"),
        ("878.324,EUR/kW", "nan,EUR/kW", "CCGT.investment = nan: is outside the allowed range"),
        ("878.324,EUR/kW", "-5,EUR/kW", "CCGT.investment = -5.0: is outside the allowed range"),
        ("0.58,per unit", "5.8,per unit", "CCGT.efficiency = 5.8"),
        ("0.58,per unit", "0,per unit", "CCGT.efficiency = 0.0"),
        ("3.3494,%/year", "3.3494,EUR/kW/year", "CCGT.FOM = 'EUR/kW/year': is in a unit not known"),
        ("CCGT,lifetime,25.0", "CCGT,lifetime,0", "CCGT.lifetime = 0.0"),
        ("technology,parameter,value,unit", "tech,parameter,value,unit", "has no such column"),
    ],
)
def test_a_wrong_value_is_refused_with_its_line(catalog, old, new, words):
    with pytest.raises(InputError) as caught:
        technology_data(EUROPE.replace(old, new), catalog)
    assert words in str(caught.value)


def test_a_byte_order_mark_and_per_cent_are_read(catalog):
    text = "\ufeff" + EUROPE.replace("0.58,per unit", "58,%")
    whole, same = technology_data(text, catalog), technology_data(EUROPE, catalog)
    assert only(whole, "gas-combined-cycle-td") == only(same, "gas-combined-cycle-td")


COSTS = """technology,parameter,value,unit,source,further description,currency_year
solar-utility,investment,400,EUR/kW_e,DEA,,2020
solar-utility,FOM,2.5,%/year,DEA,,2020
solar-utility,lifetime,40,years,DEA,,2020
battery inverter,investment,160,EUR/kW,DEA,,2020
battery inverter,efficiency,0.96,per unit,DEA,,2020
battery storage,investment,150,EUR/kWh,DEA,,2020
battery storage,lifetime,25,years,DEA,,2020
"""


def test_costs_of_technology_data_become_own_technologies(catalog):
    """2020 EUR times the exchange rate of 1.14 times the rise of prices since: 1.3 to 1.5 USD."""
    solar_row, battery_row = technology_data(COSTS, catalog)
    assert solar_row.name == "solar-td"
    assert 1.3 * 400 < solar_row.capital_usd_per_kw < 1.5 * 400
    assert solar_row.fixed_usd_per_kw_year == pytest.approx(0.025 * solar_row.capital_usd_per_kw)
    assert battery_row.capital_usd_per_kwh / battery_row.capital_usd_per_kw == pytest.approx(150 / 160)
    assert (battery_row.life_years, battery_row.roundtrip_efficiency) == (25.0, 0.96)


def test_a_file_that_is_no_technology_data_is_refused(catalog):
    with pytest.raises(InputError, match="investment"):
        technology_data("a,b\n1,2\n", catalog)
