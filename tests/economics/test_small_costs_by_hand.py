"""Cost lines of a building of cents, where no part is lost in the sum: racks, hosts, tariffs, lines of the supply."""

from __future__ import annotations

import pytest

from wattscale.annuity import annuity
from wattscale.catalog import load_catalog
from wattscale.economics.costs import Quantities, cost_lines, with_ranges
from wattscale.economics.prices import price_book
from wattscale.economics.result import CostLine
from wattscale.scenario.economics import EconomicsTable

PRICES = {
    "price.X": 0.4, "price.Y": 0.6, "accelerator_tariff": 0.25, "storage.cost": 0.01,
    "server.overhead_multiple": 1.5, "server.overhead_multiple_rack_scale": 1.125,
    "network.share": 0.2, "network.share_rack_scale": 0.1,
    "resale.share_after_3_years": 0.125, "life.it": 6.0,
    "construction.cost": 0.8, "construction.electrical_share": 0.4, "construction.mechanical_share": 0.2,
    "construction.shell_share": 0.15, "construction.soft_cost_share": 0.1, "construction.equipment_share": 0.5,
    "cooling_premium": 0.05, "redundancy_factor": 0.75, "equipment_tariff": 0.2,
    "land.area": 2.0, "land.price": 0.3, "fibre.connection": 0.6, "fibre.full_size": 4.0,
    "life.shell": 30.0, "life.plant": 15.0, "grid_connection.life": 40.0, "grid_connection.cost": 0.3,
    "staff.density": 2.0, "staff.wage": 0.1, "maintenance.it_share": 0.04, "maintenance.plant_share": 0.02,
    "insurance.share": 0.005, "water.price": 0.02,
}  # fmt: skip
RATE = 0.1


def lines(devices=None, mw=0.5, grid_mw=0.25, supply=None, capital=None, life=None, **prices):
    quantities = Quantities(
        devices or {}, {"X": 16, "Y": 17}, mw, grid_mw, 3.0, supply or {}, capital or {}, life or {}
    )
    found = cost_lines(quantities, {**PRICES, **{k.replace("_at_", "."): v for k, v in prices.items()}}, RATE)
    return {line.part: line for line in found}


def kept(share, years):
    """Yearly payment for one unit of which a share is left at the end."""
    return (1 - share / 1.1**years) * 0.1 / (1 - 1.1**-years)


def test_servers_and_racks():
    """2 X at 0.4 in servers of half more; 3 Y at 0.6 in racks (17 devices, not 16) of an eighth more.

    Tariff a quarter on the devices alone. Network a fifth of all of 0.8 + 0.4, and a tenth of 1.8 + 0.225. An eighth of
    the price is left after three years, a sixty-fourth after six, of devices and servers alone.
    """
    found = lines({"X": 2.0, "Y": 3.0})
    capital = {"accelerators": 2.6 * 1.25, "servers": 0.4 + 0.225, "network": 1.2 / 4 + 2.025 / 9, "storage": 0.05}
    for part, usd in capital.items():
        share = kept(1 / 64 if part in ("accelerators", "servers") else 0.0, 6)
        assert (found[part].capital_usd, found[part].life_years) == (pytest.approx(usd), 6.0), part
        assert found[part].total_usd_per_year == pytest.approx(usd * share), part
        assert found[part].running_usd_per_year == 0.0
    assert found["maintenance.it"].total_usd_per_year == pytest.approx(0.04 * sum(capital.values()))


def test_racks_begin_above_sixteen_devices():
    """At the prices of the catalogue a server adds more to its devices than a rack does."""
    book = price_book(EconomicsTable(), ["H100"], "chiller", "US", load_catalog())
    prices = {key: figure.value for key, figure in book.items() if not key.startswith("host.")}

    def servers(domain):
        quantities = Quantities({"H100": 1.0}, {"H100": domain}, 0.0, 0.0, 0.0, {}, {}, {})
        return next(line.capital_usd for line in cost_lines(quantities, prices, RATE) if line.part == "servers")

    usual, rack = (prices["price.H100"] * (prices[f"server.overhead_multiple{end}"] - 1) for end in ("", "_rack_scale"))
    assert rack < usual
    assert [servers(domain) for domain in (16, 17)] == pytest.approx([usual, rack])


def test_a_price_of_ones_own_and_a_host_of_a_known_price():
    """X bought at 0.4 is usually 0.5, which host and network follow: 0.5 more a pair; a host of 0.05 replaces it."""
    usual = lines({"X": 2.0}, server_base_at_X=0.5)
    assert usual["accelerators"].capital_usd == pytest.approx(1.0)
    assert usual["servers"].capital_usd == pytest.approx(0.5)
    assert usual["network"].capital_usd == pytest.approx(1.5 / 4)
    known = lines({"X": 2.0}, server_base_at_X=0.5, host_at_X=0.05)
    assert known["servers"].capital_usd == pytest.approx(0.1)
    assert known["network"].capital_usd == pytest.approx(1.1 / 4)


def test_nothing_is_bought_for_no_devices():
    found = lines()
    assert [found[part].capital_usd for part in ("accelerators", "servers", "network", "storage")] == [0.0] * 4


@pytest.mark.parametrize(
    ("given", "usd"),
    [({"software_at_share": 0.25}, 0.2), ({"software_at_licence": 0.03}, 0.06),
     ({"software_at_share": 0.25, "software_at_licence": 0.03, "server_base_at_X": 0.5}, 0.31)],
)  # fmt: skip
def test_software_by_share_of_the_usual_price_or_by_device(given, usd):
    """A quarter of 2 x 0.4, or 0.03 each; a quarter of 2 x 0.5 and 0.03 each; for four years."""
    found = lines({"X": 2.0}, software_at_term=4.0, **given)["software"]
    assert (found.segment, found.capital_usd, found.life_years) == ("software", pytest.approx(usd), 4.0)
    assert found.total_usd_per_year == pytest.approx(usd * annuity(RATE, 4.0))
    assert "software" not in lines({"X": 2.0}, **given)


def test_a_building_of_half_a_megawatt():
    """0.5 MW at 0.8: 0.4; electrical 0.16, mechanical 0.1, shell 0.06, of 0.42 with the premium 0.1 is left.

    Plant: x 0.75 for the electrical path and x 1.1 for a fifth on half of it. Soft cost 0.04. Fibre: an eighth of 0.6.
    """
    found = lines()
    capital = {
        "shell": (0.06, 30), "fit_out": (0.14, 30), "fibre": (0.075, 30), "electrical": (0.132, 15),
        "cooling": (0.11, 15), "grid_connection": (0.075, 40),
    }  # fmt: skip
    for part, (usd, life) in capital.items():
        assert (found[part].capital_usd, found[part].life_years) == (pytest.approx(usd), life), part
        assert found[part].total_usd_per_year == pytest.approx(usd * kept(0.0, life)), part
    assert found["land"].capital_usd == pytest.approx(0.3)
    assert found["land"].total_usd_per_year == pytest.approx(0.03), "land keeps its worth: interest alone"
    running = {
        "staff": 0.1, "maintenance.it": 0.0, "maintenance.plant": 0.02 * 0.242, "water": 0.06,
        "insurance": 0.005 * (0.592 + 0.3),
    }  # fmt: skip
    assert sum(usd for usd, _ in capital.values()) == pytest.approx(0.592)
    for part, usd in running.items():
        each = found[part]
        assert each.running_usd_per_year == pytest.approx(usd), part
        assert (each.capital_usd, each.life_years, each.annuity_usd_per_year) == (0.0, 0.0, 0.0)
        assert (each.low_usd_per_year, each.high_usd_per_year) == (each.running_usd_per_year,) * 2


def test_parts_that_fill_the_building_leave_no_fit_out_but_soft_cost():
    """Electrical 0.8, mechanical 0.2 and shell 0.15 of one: nothing of 1.05 is left."""
    found = lines(construction_at_electrical_share=0.8)
    assert found["fit_out"].capital_usd == pytest.approx(0.04)


@pytest.mark.parametrize(("mw", "usd"), [(2.0, 0.3), (4.0, 0.6), (6.0, 0.6), (40.0, 0.6)])
def test_fibre_of_a_whole_connection_and_of_a_part(mw, usd):
    assert lines(mw=mw)["fibre"].capital_usd == pytest.approx(usd)


def test_lines_of_the_supply():
    """Capital with what is known of it, a lease without; energy runs. Only who pays for a grid line has none here."""
    bills = {"solar.capital": 0.07, "lease.capital": 0.05, "grid.energy": 0.9}
    found = lines(supply=bills, capital={"solar": 0.7}, life={"solar": 25.0})
    solar, lease, energy = (found[part] for part in bills)
    assert (solar.capital_usd, solar.life_years, solar.annuity_usd_per_year) == (0.7, 25.0, 0.07)
    assert (lease.capital_usd, lease.life_years, lease.annuity_usd_per_year) == (0.0, 0.0, 0.05)
    assert (energy.capital_usd, energy.annuity_usd_per_year, energy.running_usd_per_year) == (0.0, 0.0, 0.9)
    assert [each.segment for each in (solar, lease, energy)] == ["power", "power", "energy"]
    assert found["grid_connection"].capital_usd == pytest.approx(0.075)
    base = lines()["insurance"].total_usd_per_year
    assert found["insurance"].total_usd_per_year == pytest.approx(base + 0.7 * 0.005)
    for name in ("grid", "grid_connection", "connection"):
        assert "grid_connection" not in lines(capital={name: 0.1})


@pytest.mark.parametrize(
    ("total", "low", "shown"),
    [(10.0, 4.0, 4.0), (10.0, -2.0, 0.0), (0.5, -1.0, 0.0), (-5.0, -5.0, -5.0), (-5.0, -4.0, -4.0)],
)  # fmt: skip
def test_the_low_end_of_a_cost_is_nothing_and_a_gain_is_one(total, low, shown):
    line = CostLine("x", "energy", 0.0, 0.0, 0.0, total, total, total)
    (found,) = with_ranges([line], [low], [20.0])
    assert (found.low_usd_per_year, found.high_usd_per_year, found.total_usd_per_year) == (shown, 20.0, total)
