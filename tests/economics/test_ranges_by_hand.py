"""Ranges, tails and contracts of round numbers."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.economics import contracts
from wattscale.economics.costs import one_at_a_time
from wattscale.economics.risk import cost_risk
from wattscale.figure import Figure


def figure(value, low, high):
    return Figure("x", value, low, high, "1", "", "", "estimated")


def test_falls_and_rises_add_by_their_squares_each_on_its_side():
    """a may fall by 3 or rise by 4, b rise by 3 alone, c moves nothing: 20 - 3, and + 5; for a - b the other way."""
    book = {"a": figure(10.0, 7.0, 14.0), "b": figure(10.0, 10.0, 13.0), "c": figure(1.0, 1.0, 1.0)}
    value, low, high = one_at_a_time(book, lambda p: np.array([p["a"] + p["b"], p["a"] - p["b"]]))
    assert value.tolist() == [20.0, 0.0]
    assert low == pytest.approx([17.0, -(18**0.5)])
    assert high == pytest.approx([25.0, 4.0])


def test_a_range_that_only_raises_a_measure_lowers_nothing():
    """The square of a number from -2 to 3 about zero: 4 or 9 more, never less."""
    value, low, high = one_at_a_time({"a": figure(0.0, -2.0, 3.0)}, lambda p: np.array([p["a"] ** 2]))
    assert (value[0], low[0], high[0]) == (0.0, 0.0, 9.0)


@pytest.mark.parametrize(("probability", "tail"), [(0.9, 10.0), (0.8, 9.5), (0.99, 10.0), (0.0, 5.5)])
def test_the_tail_of_ten_years(probability, tail):
    """Costs of 1 to 10 in any order: the worst one, the worst two, never none, all."""
    found = cost_risk(np.array([3.0, 1.0, 10.0, 2.0, 5.0, 4.0, 8.0, 9.0, 7.0, 6.0]), probability)
    assert found.cvar == pytest.approx(tail)
    assert found.var == pytest.approx(1 + 9 * probability)
    assert (found.mean, found.sd) == (5.5, pytest.approx(8.25**0.5))


def test_a_contract_has_its_own_price_where_one_is_given(monkeypatch):
    """The hedge its own, the contract of the scenario its own, all others what the market asks."""
    monkeypatch.setattr(contracts, "contract_profile", lambda kind, technology, share, *_: np.full(3, share))
    monkeypatch.setattr(contracts, "default_strike", lambda *_: 70.0)
    site = SimpleNamespace(price_usd_per_mwh=np.ones(3))
    kind, other = (k for k in contracts.KINDS[:2])

    def strike(which, **given):
        usual = {"hedge_price_usd_per_mwh": 40.0, "contract_price_usd_per_mwh": 50.0, "contract": kind,
                 "contract_technology": "solar"}  # fmt: skip
        table = SimpleNamespace(**{**usual, **given})
        return contracts.contract_of(which, table, 0.5, np.ones(3), site, None).strike_usd_per_mwh

    assert strike(contracts.HEDGE) == 40.0
    assert strike(kind) == 50.0
    assert strike(other) == 70.0
    assert strike(contracts.HEDGE, hedge_price_usd_per_mwh=None) == 70.0
    assert strike(kind, contract_price_usd_per_mwh=None) == 70.0
