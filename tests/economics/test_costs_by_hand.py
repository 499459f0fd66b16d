"""Cost lines of a small building with round prices, worked by hand."""

import pytest

from wattscale.economics.costs import Quantities, cost_lines

PRICES = {
    "price.X": 20_000.0, "server.overhead_multiple": 1.5, "network.share": 0.2, "storage.cost": 500.0,
    "accelerator_tariff": 0.1, "resale.share_after_3_years": 0.0, "life.it": 5.0,
    "construction.cost": 10e6, "construction.electrical_share": 0.4, "construction.mechanical_share": 0.2,
    "construction.shell_share": 0.15, "construction.soft_cost_share": 0.1, "construction.equipment_share": 0.5,
    "cooling_premium": 0.05, "redundancy_factor": 0.8, "equipment_tariff": 0.2,
    "land.area": 2.0, "land.price": 100_000.0, "fibre.connection": 6e6, "fibre.full_size": 100.0,
    "life.shell": 30.0, "life.plant": 15.0, "grid_connection.life": 40.0, "grid_connection.cost": 300_000.0,
    "staff.density": 2.0, "staff.wage": 100_000.0, "maintenance.it_share": 0.04, "maintenance.plant_share": 0.02,
    "insurance.share": 0.005, "water.price": 2.0,
}  # fmt: skip


def lines(mw=10.0, devices=1000.0, supply=None, capital=None, life=None):
    supply, capital, life = supply or {}, capital or {}, life or {}
    quantities = Quantities({"X": devices}, {"X": 8}, mw, 15.0, 1000.0, supply, capital, life)
    return {line.part: line for line in cost_lines(quantities, PRICES, 0.0)}


@pytest.mark.parametrize(("mw", "usd"), [(50.0, 3e6), (100.0, 6e6), (400.0, 6e6)])
def test_fibre_costs_by_size_up_to_a_whole_connection(mw, usd):
    """6 MUSD for a campus of 100 MW or more, half of it for 50 MW."""
    assert lines(mw=mw)["fibre"].capital_usd == pytest.approx(usd)


def test_hardware_by_hand():
    """1,000 devices at 20,000: 22 MUSD with a tariff of 10 % on them alone; servers add half of 20 MUSD without it.

    The network is a fifth of all hardware: (20 + 10) x 0.2 / 0.8. Storage 500 a device.
    """
    found = lines()
    assert found["accelerators"].capital_usd == pytest.approx(22e6)
    assert found["servers"].capital_usd == pytest.approx(10e6)
    assert found["network"].capital_usd == pytest.approx(7.5e6)
    assert found["storage"].capital_usd == pytest.approx(0.5e6)
    assert found["accelerators"].total_usd_per_year == pytest.approx(22e6 / 5)


def test_building_by_hand():
    """10 MW at 10 MUSD: 100. Of it 40 electrical, (20 + 5) mechanical with the premium, 15 shell, the rest of 105: 25.

    One path (0.8) and a tariff of 20 % on half of the plant (x 1.1) change the plant alone: 35.2 and 27.5; soft costs
    are a tenth of 100. Land: 10 x 2 x 100,000.
    """
    found = lines()
    assert found["shell"].capital_usd == pytest.approx(15e6)
    assert found["fit_out"].capital_usd == pytest.approx(25e6 + 10e6)
    assert found["electrical"].capital_usd == pytest.approx(40e6 * 0.8 * 1.1)
    assert found["cooling"].capital_usd == pytest.approx(25e6 * 1.1)
    assert found["land"].capital_usd == pytest.approx(2e6)
    assert found["grid_connection"].capital_usd == pytest.approx(15 * 300_000)
    years = {"shell": 30, "fit_out": 30, "fibre": 30, "electrical": 15, "cooling": 15, "grid_connection": 40}
    for part, life in years.items():
        assert found[part].total_usd_per_year == pytest.approx(found[part].capital_usd / life), part
    assert found["land"].total_usd_per_year == pytest.approx(0.0, abs=1e-6), "land keeps its worth; no interest at 0 %"


def test_running_costs_by_hand():
    """Staff 10 x 2 x 100,000; hardware 40 MUSD x 4 %; plant (35.2 + 27.5) x 2 %; insurance on all capital."""
    found = lines()
    assert found["staff"].total_usd_per_year == pytest.approx(2e6)
    assert found["maintenance.it"].total_usd_per_year == pytest.approx(1.6e6)
    assert found["maintenance.plant"].total_usd_per_year == pytest.approx(62.7e6 * 0.02)
    assert found["water"].total_usd_per_year == pytest.approx(2000.0)
    capital = sum(line.capital_usd for line in found.values())
    assert capital == pytest.approx(40e6 + 15e6 + 35e6 + 0.6e6 + 35.2e6 + 27.5e6 + 4.5e6 + 2e6)
    assert found["insurance"].total_usd_per_year == pytest.approx(capital * 0.005)


def test_software_is_paid_at_the_purchase_for_its_term(monkeypatch):
    """1.5 % of the price and 200 a device for 4 years: 1,000 x 500 USD, a quarter of it a year."""
    assert "software" not in lines()
    for key, value in {"software.term": 4.0, "software.share": 0.015, "software.licence": 200.0}.items():
        monkeypatch.setitem(PRICES, key, value)
    found = lines()["software"]
    assert (found.capital_usd, found.total_usd_per_year) == (pytest.approx(500_000.0), pytest.approx(125_000.0))


def test_a_supply_that_pays_for_its_connection_is_not_billed_twice():
    found = lines(supply={"grid.capital": 7.0, "grid.energy": 9.0}, capital={"grid": 70.0}, life={"grid": 10.0})
    assert "grid_connection" not in found
    assert (found["grid.capital"].capital_usd, found["grid.capital"].total_usd_per_year) == (70.0, 7.0)
    assert (found["grid.energy"].capital_usd, found["grid.energy"].total_usd_per_year) == (0.0, 9.0)
