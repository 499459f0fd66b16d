"""Volume, price and settlement of contracts over an import of three hours, worked by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.economics import contracts
from wattscale.economics.contracts import (
    Contract,
    certified_mw,
    contract_figures,
    contract_of,
    contract_profile,
    contracts_of,
    default_strike,
    settlements,
)
from wattscale.scenario.economics import EconomicsTable

IMPORT = np.array([0.1, 0.2, 0.3])
PRICE = np.array([20.0, 50.0, 80.0])


class Market:
    """A catalogue with a quarter more for flat volumes, half more for matched ones, and prices of plants of 2020."""

    def value(self, table, key):
        assert table == "dc_costs"
        return {"ppa.flat_premium": 0.25, "ppa.matched_premium": 0.5}[key]

    def figure(self, table, key):
        assert table == "dc_costs"
        return {"ppa-solar.price": 40.0, "ppa-wind.price": 44.0}[key]


@pytest.fixture(autouse=True)
def plants(monkeypatch):
    """Sun in the last two hours, wind in the first, no air at `calm`; money of 2020 is worth a tenth more today."""
    sun, wind = np.array([0.0, 0.25, 0.5]), np.array([0.9, 0.0, 0.0])
    monkeypatch.setattr(contracts, "solar_capacity_factor", lambda site, catalog: sun)
    monkeypatch.setattr(contracts, "wind_capacity_factor", lambda site, catalog: wind if site.windy else 0 * wind)
    monkeypatch.setattr(
        contracts, "Deflator", lambda catalog: SimpleNamespace(to_base=lambda usd: SimpleNamespace(value=1.1 * usd))
    )


SITE = SimpleNamespace(price_usd_per_mwh=PRICE, windy=True)
CALM = SimpleNamespace(price_usd_per_mwh=PRICE, windy=False)


@pytest.mark.parametrize(
    ("kind", "technology", "site", "volume"),
    [
        ("24-7", "solar", SITE, [0.05, 0.1, 0.15]),
        ("baseload", "solar", SITE, [0.1, 0.1, 0.1]),
        ("hedge", "wind", SITE, [0.1, 0.1, 0.1]),
        ("pay-as-produced", "solar", SITE, [0.0, 0.1, 0.2]),
        ("pay-as-produced", "wind", SITE, [0.3, 0.0, 0.0]),
        ("pay-as-produced", "wind", CALM, [0.0, 0.0, 0.0]),
    ],
)
def test_volume_of_half_of_the_import(kind, technology, site, volume):
    """Half of 0.6 MWh: hour by hour, flat, or as the plant makes it."""
    assert contract_profile(kind, technology, 0.5, IMPORT, site, Market()) == pytest.approx(volume)


@pytest.mark.parametrize(
    ("kind", "technology", "profile", "price", "strike"),
    [
        ("pay-as-produced", "solar", [0.0, 0.1, 0.2], PRICE, 44.0),
        ("pay-as-produced", "wind", [0.3, 0.0, 0.0], PRICE, 48.4),
        ("baseload", "solar", [0.1, 0.1, 0.1], PRICE, 62.5),
        ("hedge", "solar", [0.2, 0.0, 0.0], PRICE, 25.0),
        ("24-7", "solar", [0.1, 0.2, 0.3], PRICE, 90.0),
        ("24-7", "solar", [0.1, 0.2, 0.3], -PRICE, -30.0),
        ("baseload", "solar", [0.0, 0.0, 0.0], PRICE, 62.5),
    ],
)
def test_price_where_none_is_given(kind, technology, profile, price, strike):
    """What the hours are worth, 50 flat or 20 in the first or (2 + 10 + 24) / 0.6, and a premium on its size.

    A premium on hours worth less than nothing still goes to the seller: -60 and half of 60 more. No volume: flat.
    """
    assert default_strike(kind, technology, np.array(profile), price, Market()) == pytest.approx(strike)


def test_settlement_of_what_is_bought():
    """0.6 MWh at 70 are 42, worth 36 on the market; twice as dear they are worth 72."""
    one = Contract("24-7", IMPORT, 70.0)
    assert one.energy_mwh == pytest.approx(0.6)
    assert one.settlement_usd(np.array([PRICE, 2 * PRICE])) == pytest.approx([6.0, -30.0])
    hedge = Contract("hedge", np.full(3, 0.1), 55.0)
    settled = settlements([one, hedge], PRICE)
    assert settled == {"24-7.settlement": pytest.approx(6.0), "hedge.settlement": pytest.approx(1.5)}
    assert contract_figures(settled, [one, hedge]) == pytest.approx(
        {
            "contract_mwh_per_year": 0.6, "contract_strike_usd_per_mwh": 70.0, "contract_settlement_usd_per_year": 6.0,
            "hedge_mwh_per_year": 0.3, "hedge_strike_usd_per_mwh": 55.0, "hedge_settlement_usd_per_year": 1.5,
        }
    )  # fmt: skip
    assert certified_mw([one, hedge]) == pytest.approx(IMPORT)
    assert certified_mw([]) is None


def table(**given):
    return EconomicsTable(**{"contract": "none", "hedge_share": 0.0, **given})


def test_a_contract_has_the_price_of_its_own_or_of_the_market():
    """The kind of the scenario at its price, a hedge at its own, others at what the market asks for half of it."""
    given = table(contract="baseload", contract_price_usd_per_mwh=30.0, hedge_price_usd_per_mwh=35.0)
    found = [contract_of(kind, given, 0.5, IMPORT, SITE, Market()) for kind in ("baseload", "hedge", "24-7")]
    assert [each.strike_usd_per_mwh for each in found] == pytest.approx([30.0, 35.0, 90.0])
    assert [each.kind for each in found] == ["baseload", "hedge", "24-7"]
    assert found[2].profile_mw == pytest.approx(IMPORT / 2)
    free = table(contract="baseload", contract_price_usd_per_mwh=0.0)
    assert contract_of("baseload", free, 0.5, IMPORT, SITE, Market()).strike_usd_per_mwh == 0.0


@pytest.mark.parametrize(
    ("given", "import_mw", "held", "codes"),
    [
        ({}, IMPORT, [], []),
        ({"contract": "baseload", "contract_share": 0.0}, IMPORT, [], []),
        ({"contract": "baseload", "contract_share": 0.5}, IMPORT, [("baseload", 0.3)], []),
        ({"hedge_share": 0.5}, IMPORT, [("hedge", 0.3)], []),
        ({"contract": "24-7", "contract_share": 0.5, "hedge_share": 0.5}, IMPORT, [("24-7", 0.3), ("hedge", 0.3)], []),
        ({"contract": "24-7", "contract_share": 1.0, "hedge_share": 0.25}, IMPORT, [("24-7", 0.6), ("hedge", 0.15)],
         ["over-contracted"]),
        ({"contract": "24-7", "contract_share": 0.5}, 0 * IMPORT, [], ["contract-ignored"]),
        ({"hedge_share": 0.5, "electricity_price_usd_per_mwh": 60.0}, IMPORT, [], ["contract-ignored"]),
        ({"electricity_price_usd_per_mwh": 60.0}, 0 * IMPORT, [], []),
    ],
)  # fmt: skip
def test_contracts_that_a_scenario_asks_for(given, import_mw, held, codes):
    """Shares of 0.6 MWh; all of it is no bet, a quarter more is one."""
    found, warnings = contracts_of(table(**given), import_mw, SITE, Market())
    assert [(each.kind, pytest.approx(each.energy_mwh)) for each in found] == held
    assert [w.code for w in warnings] == codes
