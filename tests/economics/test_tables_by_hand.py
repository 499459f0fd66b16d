"""What comes from tables, with tables of a few rows: schedules, credits, rents, incomes, rates; refresh and risk."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.economics import choices
from wattscale.economics.choices import affordability_figures, breakeven_utilisation, rent_figures
from wattscale.economics.depreciation import TaxCredit, schedule, tax_credits
from wattscale.economics.reporting import REPORTED, converted, currency_per_usd, refresh_figures, reported_figures
from wattscale.economics.resale import net_annuity, remaining_value_share, resale_share
from wattscale.economics.result import CostLine
from wattscale.economics.risk import cost_risk, hedge, hedged_cost, minimum_variance_ratio
from wattscale.errors import InputError
from wattscale.figure import Figure


class Book:
    """A catalogue of figures by table and key, and of rows by table."""

    def __init__(self, figures=None, rows=None):
        self.figures, self.records = figures or {}, rows or {}

    def has_figure(self, table, key):
        return f"{table}/{key}" in self.figures

    def value(self, table, key):
        return self.figures[f"{table}/{key}"]

    def figure(self, table, key, vintage=None):
        return self.figures[f"{table}/{key}"](vintage)

    def names(self, table):
        keys = (key.removeprefix(f"{table}/") for key in self.figures if key.startswith(f"{table}/"))
        return list(dict.fromkeys(key.partition(".")[0] for key in keys))

    def rows(self, table):
        for cells in self.records.get(table, []):
            yield SimpleNamespace(
                name=cells.get("name", ""), text=lambda key, c=cells: c.get(key, ""),
                number=lambda key, other=None, c=cells: c.get(key, other),
            )  # fmt: skip


def test_a_schedule_of_a_table_is_brought_to_one():
    """0.4, 0.2 and 0.2 of 0.8, after a fifth at once: 0.2 + 0.8 x 0.5."""
    book = Book({f"depreciation/macrs_5.year_{i}": x for i, x in ((1, 0.4), (2, 0.2), (3, 0.2), (5, 9.0))})
    assert schedule("macrs_5", book) == pytest.approx([0.5, 0.25, 0.25])
    assert schedule("macrs_5", book, 0.2) == pytest.approx([0.6, 0.2, 0.2])
    assert schedule("straight_line_1", book) == pytest.approx([1.0])
    assert schedule("straight_line_4", book, 0.2) == pytest.approx([0.4, 0.2, 0.2, 0.2])
    assert schedule("half_year_4", book) == pytest.approx([0.125, 0.25, 0.25, 0.25, 0.125])
    for name in ("straight_line_0", "straight_line_x", "other_5", "half_year"):
        with pytest.raises(InputError):
            schedule(name, book)


def test_credits_of_a_place_a_plant_and_a_year():
    """An investment credit for solar and its family, a production credit for wind, both from 2024 to 2026."""
    law = {"country": "US", "from_year": 2024.0, "to_year": 2026.0, "source": "law"}
    rows = [
        {**law, "technology": "solar", "kind": "itc", "itc_share": 0.3},
        {**law, "technology": "wind", "kind": "ptc", "ptc_usd_per_mwh": 28.0, "ptc_years": 10.0, "price_year": 2023.0},
        {**law, "technology": "solar", "kind": "ptc", "country": "DE", "ptc_usd_per_mwh": 1.0},
    ]
    book = Book(rows={"tax_credits": rows, "technologies": [{"name": "roof", "family": "solar"}, {"name": "mill"}]})
    investment = {"itc": TaxCredit(0.3, 0.0, 0.0, 0, "law")}
    for technology in ("solar", "roof"):
        assert [tax_credits("US", technology, year, book) for year in (2024, 2026)] == [investment] * 2
    assert tax_credits("US", "wind", 2025, book) == {"ptc": TaxCredit(0.0, 28.0, 10.0, 2023, "law")}
    for country, technology, year in (("US", "solar", 2023), ("US", "solar", 2027), ("DE", "wind", 2025),
                                      ("US", "mill", 2025), ("FR", "solar", 2025)):  # fmt: skip
        assert tax_credits(country, technology, year, book) == {}


@pytest.fixture
def today(monkeypatch):
    """Money of a figure is worth a quarter more today."""

    def to_base(figure):
        return SimpleNamespace(value=1.25 * figure.value, low=1.25 * figure.low, high=1.25 * figure.high)

    monkeypatch.setattr(choices, "Deflator", lambda catalog: SimpleNamespace(to_base=to_base))


def usd(value, low=None, high=None):
    return Figure("x", value, low or value, high or value, "USD", "", "", "estimated")


class Rents(Book):
    def row(self, table, name):
        assert table == "accelerators"
        return SimpleNamespace(text=lambda key: {"X": "rental_x"}.get(name, ""))


def test_rent_of_the_only_accelerator(today):
    """Rent 2 a device-hour (1.6 to 4), 2.5 (2 to 5) today: at 1.5 of one's own it pays above 0.6, 0.3 to 0.75."""
    book = Rents({"dc_costs/check.rental_x": lambda year: {2027: usd(2.0, 1.6, 4.0)}[year]})
    found = rent_figures(["X", "X"], 1.5, 2027, book)
    assert found["rent_usd_per_device_hour"] == pytest.approx((2.5, 2.0, 5.0))
    assert found["rent_breakeven_utilisation"] == pytest.approx((0.6, 0.3, 0.75))
    assert rent_figures(["X", "Y"], 1.5, 2027, book) == {}
    assert rent_figures(["Y"], 1.5, 2027, book) == {}
    assert rent_figures([], 1.5, 2027, book) == {}
    assert breakeven_utilisation(0.5, 0.4) == pytest.approx(1.25)


def test_cost_of_a_user_over_the_income_of_a_country(today):
    """0.002 USD, 5 times a day, 365 days: 3.65 a year, of incomes of 36,500 and 1,825 today."""
    book = Book({"incomes/AA.income": lambda _: usd(29_200.0), "incomes/BB.income": lambda _: usd(1460.0)})
    assert affordability_figures(0.002, 5.0, book) == pytest.approx(
        {"user_usd_per_year": 3.65, "user_share_of_income.AA": 1e-4, "user_share_of_income.BB": 2e-3}
    )


def test_money_of_the_reader():
    book = Book({"exchange_rates/EUR.per_usd": 0.9})
    assert (currency_per_usd("USD", book), currency_per_usd("EUR", book)) == (1.0, 0.9)
    assert converted((10.0, 8.0, 13.0), 0.5) == (5.0, 4.0, 6.5)
    assert converted(10.0, 0.5) == 5.0
    figures = {name: (10.0, 8.0, 13.0) if name == "npv_usd" else 20.0 for name in REPORTED}
    found = reported_figures({**figures, "other": 1.0}, "EUR", book)
    assert found.pop("reported_npv") == pytest.approx((9.0, 7.2, 11.7))
    rest = [name for name in REPORTED.values() if name != "reported_npv"]
    assert found == pytest.approx({"currency_per_usd": 0.9, **dict.fromkeys(rest, 18.0)})
    assert reported_figures({"npv_usd": 1.0}, "EUR", book) == {"currency_per_usd": 0.9, "reported_npv": 0.9}
    assert reported_figures(figures, "USD", book) == {}


def part(name, capital, life, annuity):
    return CostLine(name, "x", capital, life, annuity, 0.0, 0.0, 0.0)


def test_refresh_of_hardware_of_cents():
    """0.5 every 2 years of 5, a fifth of it left: 0.4 paid in years 2 and 4, 0.3 worth after one.

    The network of 0.3 is bought again in the third year and has a third of its life left at the end.
    """
    lines = [
        part("servers", 0.0, 7.0, 0.0), part("accelerators", 0.5, 2.0, 0.2), part("servers", 0.1, 9.0, 0.1 / 9),
        part("network", 0.3, 3.0, 0.1),
    ]  # fmt: skip
    assert refresh_figures(lines, 0.0, 5) == pytest.approx(
        {
            "replacement_usd": 0.4 + 0.4 + 0.3, "residual_value_usd": 0.3 + 0.1 * 4 / 9 + 0.1, "refresh_years": 2.0,
            "refresh_purchases": 2.0, "hardware_resale_usd": 0.1,
        }
    )  # fmt: skip
    assert refresh_figures(lines[3:], 0.0, 5) == pytest.approx({"replacement_usd": 0.3, "residual_value_usd": 0.1})


@pytest.mark.parametrize(
    ("life", "years", "count"), [(1.0, 4, 3), (2.0, 4, 1), (2.0, 5, 2), (4.0, 4, 0), (1.5, 7, 4), (0.5, 4, 3)]
)
def test_purchases_after_the_first(life, years, count):
    """A life of a year: in 1, 2 and 3; the end of the project buys nothing; of a year and a half: in 2, 3, 4 and 6.

    What lasts half a year is bought once a year, as in the cash flow.
    """
    found = refresh_figures([part("accelerators", 0.5, life, 0.5 / life)], 0.0, years)
    assert (found["refresh_purchases"], found["refresh_years"]) == (count, life)
    if life >= 1.0:
        assert found["replacement_usd"] == pytest.approx(0.5 * count)


def test_worth_through_a_life():
    """Of 1 for 2 years at 25 % a quarter is left: 0.84 over 1.44 a year; after one year (a' + 0.25) / 1.25."""
    annuity = 0.84 / 1.44
    assert net_annuity(0.25, 2.0, 0.25) == pytest.approx(annuity)
    worth = [remaining_value_share(0.25, 2.0, age, 0.25) for age in (0.0, 1.0, 2.0, 3.0)]
    assert worth == pytest.approx([1.0, (annuity + 0.25) / 1.25, 0.25, 0.25])
    assert resale_share(0.125, 2.0) == pytest.approx(0.25)


PRICES = np.array([[1.0, 3.0], [2.0, 2.0], [3.0, 4.0], [2.0, 7.0]])
LOAD, PROFILE = np.array([0.1, 0.2]), np.array([0.2, 0.1])


def test_four_years_with_and_without_a_contract():
    """Costs 0.7, 0.6, 1.1 and 1.6; half of the profile is worth 0.25, 0.3, 0.5 and 0.55, and is sold at 0.36.

    With it: 0.81, 0.66, 0.96 and 1.41. The worst year of four stands for the tail: 0.6 above the mean, then 0.45.
    """
    held = [0.81, 0.66, 0.96, 1.41]
    assert hedged_cost(PRICES, LOAD, PROFILE / 2, 2.4) == pytest.approx(held)
    found = hedge(PRICES, LOAD, PROFILE, 2.4, ratio=0.5)
    assert (found.ratio, found.risk.mean, found.risk.cvar) == (0.5, pytest.approx(0.96), pytest.approx(1.41))
    assert (found.premium_usd, found.cvar_removed_usd) == pytest.approx((-0.04, 0.15))
    assert found.premium_per_cvar == pytest.approx(-0.04 / 0.15)
    worse = hedge(PRICES, LOAD, -PROFILE, 2.4)
    assert worse.cvar_removed_usd < 0
    assert np.isnan(worse.premium_per_cvar)


def test_the_ratio_that_varies_least():
    """Covariance of 0.7, 0.6, 1.1, 1.6 with 0.5, 0.6, 1.0, 1.1, over the variance of the latter; prices that stand: 0.

    Means 1 and 0.8: (0.09 + 0.08 + 0.02 + 0.18) / (0.09 + 0.04 + 0.04 + 0.09).
    """
    assert minimum_variance_ratio(PRICES, LOAD, PROFILE) == pytest.approx(0.37 / 0.26)
    assert minimum_variance_ratio(PRICES[:1], LOAD, PROFILE) == 0.0


def test_tail_of_twenty_and_of_forty_years():
    """A twentieth: the worst of 20, the worst two of 40."""
    one, two = cost_risk(np.arange(20.0)), cost_risk(np.arange(40.0))
    assert (one.cvar, two.cvar) == (19.0, 38.5)
    assert (one.var, two.var) == (pytest.approx(18.05), pytest.approx(37.05))
