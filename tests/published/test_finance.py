"""Published cost figures, with source and tolerance."""

from __future__ import annotations

import pytest

from wattscale.annuity import annuity
from wattscale.catalog import load_catalog
from wattscale.economics.costs import Quantities, cost_lines
from wattscale.economics.prices import price_book
from wattscale.economics.tokens import HARDWARE_SEGMENTS
from wattscale.scenario.economics import EconomicsTable


def gigawatt_year(price_usd_per_mwh):
    """One GW at 80 % load: electricity and capital annuity of the Bernstein 2025 split [USD/year]."""
    electricity = 1000 * 8760 * 0.8 * price_usd_per_mwh
    hardware = 20.2e9 * annuity(0.10, 5)
    facility = 14.8e9 * annuity(0.08, 15)
    return electricity, hardware, facility


@pytest.mark.parametrize(("price", "share"), [(50.0, 0.047), (70.0, 0.065), (150.0, 0.13)])
def test_electricity_is_a_small_share_of_a_gigawatt(price, share):
    # Bernstein 2025 (35 G$/GW, GB200), annuities 10 %/5 years and 8 %/15 years: shares to the digits quoted.
    electricity, hardware, facility = gigawatt_year(price)
    assert electricity / (electricity + hardware + facility) == pytest.approx(share, abs=0.005)


def test_electricity_equals_hardware_at_about_760_usd_per_mwh():
    _, hardware, _ = gigawatt_year(70.0)
    energy_mwh = 1000 * 8760 * 0.8
    straight_line = 20.2e9 / 5
    assert hardware / energy_mwh == pytest.approx(760, rel=0.01)
    assert straight_line / energy_mwh == pytest.approx(576, rel=0.01)


def quantities(name, devices, domain, watts, pue=1.2):
    return Quantities(
        {name: devices}, {name: domain}, devices * watts / 1e6, devices * watts * pue / 1e6, 0.0, {}, {}, {}
    )


def lines_of(name, devices, domain, watts, table=None):
    book = price_book(table or EconomicsTable(), [name], "direct-to-chip", "US", load_catalog())
    return cost_lines(quantities(name, devices, domain, watts), {k: f.value for k, f in book.items()}, 0.08)


def test_a_gigawatt_of_gb200_costs_what_analysts_say():
    # 132 kW of IT per rack of 72; Bernstein 35, NVIDIA and Barclays 50 to 60 G$ per GW of facility power.
    devices = 1e9 / 1.28 / (132e3 / 72)
    lines = lines_of("GB200-NVL72 (per GPU)", devices, 72, 132e3 / 72)
    capital = sum(line.capital_usd for line in lines) / 1e9
    assert 30 < capital < 60


def test_hardware_is_more_than_half_of_a_gb200_campus():
    # Bernstein 2025: GPU 39 %, network 13 %, host 3 %, storage 1.4 % of capital.
    lines = lines_of("GB200-NVL72 (per GPU)", 72_000.0, 72, 132e3 / 72)
    capital = sum(line.capital_usd for line in lines)
    hardware = sum(line.capital_usd for line in lines if line.segment in HARDWARE_SEGMENTS)
    assert 0.5 < hardware / capital < 0.85


def test_an_h100_in_a_cluster_costs_about_50_000_usd_in_2024():
    # Cheah 2024: 47 to 52 k$ per GPU all-in with network, clusters of 1,000 to 100,000; 10 % tolerance on the price.
    lines = lines_of("H100-SXM5-80GB", 1000.0, 8, 1400.0, EconomicsTable(purchase_year=2024))
    hardware = sum(line.capital_usd for line in lines if line.segment in HARDWARE_SEGMENTS) / 1000
    assert 42_000 < hardware < 57_000


def test_an_h100_hour_costs_near_its_market_price():
    # Rental index: 1.70 to 2.40 USD an hour in 2025; break-even of the trade about 1.65 to 2.00 (Cheah 2024).
    lines = lines_of("H100-SXM5-80GB", 10_000.0, 8, 1400.0)
    electricity = 1.4e-3 * 0.8 * 1.2 * 70.0
    hour = sum(line.total_usd_per_year for line in lines) / 10_000 / 8760 + electricity
    assert 1.5 < hour < 2.4


def test_running_cost_of_the_building_is_inside_the_published_range():
    # 0.1 to 0.4 M$ per MW and year for staff, maintenance, insurance and tax (table dc_costs).
    lines = lines_of("H100-SXM5-80GB", 10_000.0, 8, 1400.0)
    running = sum(x.running_usd_per_year for x in lines if x.part in ("staff", "maintenance.plant"))
    assert 0.1e6 < running / 14.0 < 0.4e6


# Epoch AI, data insight of 14 May 2026 (CC BY): one GW of IT, all GB200 NVL72, owned by a hyperscaler: 38 G$ of
# capital, 0.9 G$ a year to run of which 0.6 energy, servers 5 G$ a year of 8.5 in straight lines of 5 and 14 years.
def gigawatt_of_gb200():
    return lines_of("GB200-NVL72 (per GPU)", 1e9 / (132e3 / 72), 72, 132e3 / 72)


def test_a_gigawatt_costs_what_epoch_says():
    lines = gigawatt_of_gb200()
    capital = sum(line.capital_usd for line in lines) / 1e9
    assert capital == pytest.approx(38.0, rel=0.2)
    hardware = sum(line.capital_usd for line in lines if line.segment in HARDWARE_SEGMENTS) / 1e9
    straight = hardware / 5 + (capital - hardware) / 14
    assert straight == pytest.approx(8.5 - 0.9, rel=0.2)


def test_running_a_gigawatt_without_energy_costs_little_beside_its_capital():
    # 0.3 G$ at Epoch; ours adds repairs of the hardware and a wider insurance, hence up to 0.8.
    running = sum(line.running_usd_per_year for line in gigawatt_of_gb200()) / 1e9
    assert 0.2 < running < 0.8
