"""What one cooling technology costs at a place: each figure of an option from hours and prices of round numbers."""

from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.errors import InfeasibleError
from wattscale.facility import choice
from wattscale.facility.choice import Money

VALUES = {
    "building.server_fan_share": 0.1, "x.construction_premium_share": 0.05, "life.plant": 20.0,
    "construction.cost": 1e7, "water.price": 2.0,
}  # fmt: skip


class Book:
    """Stands in for the catalogue."""

    def value(self, table, key):
        return VALUES[key]

    def figure(self, table, key, region=""):
        if key == "x.density_limit_kw":
            return SimpleNamespace(value=20.0, high=30.0)
        return SimpleNamespace(value=VALUES[key] * (3.0 if region == "JP" else 1.0))


def option(monkeypatch, rack_kw=25.0, country="", fan_share=0.04, price=60.0):
    ran = {}

    def run_building(tech, design, air, it, capacity):
        ran.update(it=it.tolist(), capacity=capacity)
        return SimpleNamespace(power_mw=it * [1.25, 1.5], water=SimpleNamespace(makeup=np.array([300.0, 100.0])))

    monkeypatch.setattr(choice, "run_building", run_building)
    monkeypatch.setattr(choice, "Deflator", lambda catalog: SimpleNamespace(to_base=lambda figure: figure))
    design = SimpleNamespace(air=SimpleNamespace(server_fan_share=np.asarray(fan_share)))
    found = choice._option(
        SimpleNamespace(name="x", title="The X"), SimpleNamespace(central=lambda: design), np.array([9.6, 19.2]), 32.0,
        rack_kw, None, Book(), Money(price, 0.08, country),
    )  # fmt: skip
    return found, ran


def test_an_option_by_hand(monkeypatch):
    """Fans of 0.04 in place of 0.1 leave 0.9 / 0.96 = 0.9375 of the power: 9 and 18 MWh, 11.25 and 27 MWh with PUE.

    A hall of 30 of 32 MW at 1.05 of 10 million a MW costs 315 million, 5 million less than the usual one.
    """
    found, ran = option(monkeypatch)
    assert (ran["it"], ran["capacity"]) == (pytest.approx([9.0, 18.0]), pytest.approx(30.0))
    assert (found.cooling, found.title) == ("x", "The X")
    assert found.energy_mwh == pytest.approx(38.25)
    assert found.peak_mw == pytest.approx(27.0)
    assert found.pue == pytest.approx(38.25 / 27)
    assert found.tue == pytest.approx(38.25 / 27 / 0.96)
    assert found.water_m3 == 400.0
    assert found.wue_l_per_kwh == pytest.approx(400 / 27)
    assert found.capital_usd == pytest.approx(-5e6)
    yearly = 0.08 / (1 - 1.08**-20)
    assert found.cost_usd_per_year == pytest.approx(-5e6 * yearly + 38.25 * 60 + 400 * 2)
    assert (found.rack_limit_kw, found.feasible) == (20.0, True)


def test_the_best_is_the_cheapest_that_usually_carries_the_racks():
    """Cheapest first; where none usually does, the cheapest that can at all; where none can, the top limit is told."""

    def cooling(name, limit, feasible=True):
        return SimpleNamespace(cooling=name, rack_limit_kw=limit, feasible=feasible)

    found = (cooling("a", 20.0), cooling("b", 50.0), cooling("c", 10.0, False))
    assert [choice.best(found, kw) for kw in (20.0, 21.0, 60.0)] == ["a", "b", "a"]
    assert choice.best((found[0], found[2]), 30.0) == "a"
    for none, told in (((found[2], cooling("d", 12.0, False)), "about 12 kW"), ((), "about 0 kW")):
        with pytest.raises(InfeasibleError) as refused:
            choice.best(none, 60.0)
        assert told in str(refused.value)


def test_an_option_follows_its_country_its_hours_and_its_racks(monkeypatch):
    hourly, _ = option(monkeypatch, country="JP", price=np.array([100.0, 10.0]))
    yearly = 0.08 / (1 - 1.08**-20)
    assert hourly.capital_usd == pytest.approx(-15e6)
    assert hourly.cost_usd_per_year == pytest.approx(-15e6 * yearly + 11.25 * 100 + 27 * 10 + 800)
    assert option(monkeypatch, rack_kw=30.0)[0].feasible
    assert not option(monkeypatch, rack_kw=30.1)[0].feasible
