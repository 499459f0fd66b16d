"""One annuity for every stage, right from tiny to large rates and on both sides of zero."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattscale
from wattscale.annuity import annuity, present_value_factor
from wattscale.catalog import load_catalog
from wattscale.economics.lcoe import fixed_charge_rate
from wattscale.economics.resale import net_annuity, remaining_value_share
from wattscale.errors import InputError
from wattscale.supply.technologies import read_technologies

TINY = [0.0, 5e-324, 1e-300, 1e-18, 2.2e-16, 1e-15, 3e-13, 1e-12, 1e-10, 4e-8]
SOURCE = Path(wattscale.__file__).parent


def exact(rate: float, life: int) -> float:
    """The annuity in whole fractions, without any rounding before the end."""
    r = Fraction(rate)
    return float(r * (1 + r) ** life / ((1 + r) ** life - 1)) if r else 1.0 / life


def test_annuity_repays_the_cost():
    assert annuity(0.1, 10) * present_value_factor(0.1, 10) == pytest.approx(1.0)


def test_a_loan_of_1000_at_seven_per_cent_over_25_years_takes_85_81_a_year():
    assert 1000 * annuity(0.07, 25) == pytest.approx(85.81, abs=0.005)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("rate", [*TINY, 1e-6, 1e-3, 0.07])
@pytest.mark.parametrize("life", [1, 7, 60])
def test_the_annuity_is_that_of_whole_fractions(rate, life, sign):
    assert annuity(sign * rate, life) == pytest.approx(exact(sign * rate, life), rel=1e-14)


@settings(max_examples=100, deadline=None)
@given(exponent=st.floats(-18.0, -3.0), life=st.floats(0.5, 100.0))
def test_it_grows_with_the_rate_and_stays_near_its_tangent_at_zero(exponent, life):
    """a = 1/n + r (n + 1) / 2n + r^2 (n^2 - 1) / 12n + ...: continuous from nothing to a thousandth."""
    rate = 10.0**exponent
    line = 1.0 / life + rate * (life + 1) / (2 * life) + rate**2 * (life**2 - 1) / (12 * life)
    assert annuity(rate, life) == pytest.approx(line, rel=1e-14 + 2 * (life + 1) ** 2 * rate**3)
    assert annuity(-rate, life) <= annuity(0.0, life) * (1 + 1e-15) <= annuity(rate, life) * (1 + 2e-15)


@pytest.mark.parametrize("rate", TINY)
def test_each_stage_spreads_a_cost_by_the_same_annuity_at_a_tiny_rate(rate):
    """A rate of 1e-18 divided by zero in the power supply and in the choice of cooling."""
    catalog = load_catalog()
    plant = read_technologies(catalog, ["solar"], "US", 2025)["solar"]
    capital, fixed = plant.capital_usd_per_mw[0], plant.fixed_usd_per_mw_year
    assert plant.annual_usd_per_mw(rate) == pytest.approx(capital / plant.life_years + fixed, rel=1e-5)
    assert fixed_charge_rate(rate, 20, 0.25, 1.0) == pytest.approx(0.05, rel=1e-5)
    assert net_annuity(rate, 5, 0.5) == pytest.approx(0.1, rel=1e-5)
    assert remaining_value_share(rate, 20, 5) == pytest.approx(0.75, rel=1e-5)


@pytest.mark.parametrize(("rate", "life"), [(-1.0, 10), (-3.0, 10), (np.nan, 10), (np.inf, 10), (0.05, 0), (0.05, -1),
                                            (0.05, np.nan)])  # fmt: skip
def test_no_rate_and_no_life_are_refused(rate, life):
    with pytest.raises(InputError):
        annuity(rate, life)


def test_no_module_has_an_annuity_of_its_own():
    """Whoever subtracts a discount factor from one computes an annuity and loses its digits at small rates."""
    own = re.compile(r"1(\.0)?\s*-\s*\(1(\.0)?\s*\+\s*[\w.]*\)\s*\*\*\s*-|def \w*(annuity|crf|recovery_factor)\(")
    allowed = {"annuity.py", "economics/resale.py"}
    files = [p for p in SOURCE.rglob("*.py") if p.relative_to(SOURCE).as_posix() not in allowed]
    assert [p.name for p in files if own.search(p.read_text(encoding="utf-8"))] == []
