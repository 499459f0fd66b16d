import re
from itertools import pairwise

import pytest

from wattscale.catalog import Deflator, load_catalog
from wattscale.errors import InputError, WattscaleError
from wattscale.figure import CONFIDENCES


def test_names_are_compared_without_case_dashes_and_underscores(catalog):
    spellings = ["H100", "h100_sxm", "H100-SXM5-80GB", "h100-sxm5-80gb"]
    assert {catalog.row("accelerators", s).name for s in spellings} == {"H100-SXM5-80GB"}


def test_unknown_name_lists_the_nearest(catalog):
    with pytest.raises(InputError, match="H100"):
        catalog.row("accelerators", "H100-SXN5")


def test_unknown_table_lists_the_tables(catalog):
    with pytest.raises(InputError, match="accelerators"):
        catalog.table("acelerators")


def test_override_replaces_a_figure_and_says_so(catalog):
    changed = catalog.with_overrides({"accelerators/H100-SXM5-80GB.tdp_w": 650.0})
    figure = changed.row("accelerators", "H100").figure("tdp_w")
    assert figure.value == 650.0
    assert figure.source == "scenario [catalog]"
    assert catalog.row("accelerators", "H100").number("tdp_w") == 700.0


def test_override_of_an_unknown_figure_names_the_nearest(catalog):
    with pytest.raises(InputError, match="no such figure"):
        catalog.with_overrides({"accelerators/H100-SXM5-80GB.tdp_watt": 1.0})


def test_figures_read_are_noted_in_the_ledger_of_that_view_only(catalog):
    view = catalog.recording()
    view.row("accelerators", "H100").number("tdp_w")
    assert list(view.used) == ["accelerators/H100-SXM5-80GB.tdp_w"]
    assert catalog.recording().used == {}


def test_years_between_two_vintages_are_interpolated(catalog):
    low, high = (catalog.value("deflator", "us_gdp.deflator", vintage=y) for y in (2020, 2021))
    assert catalog.value("deflator", "us_gdp.deflator", vintage=2020.5) == pytest.approx((low + high) / 2)


def test_between_prices_of_two_price_years_lies_the_real_price(catalog):
    """Fuel cells: 3,000 USD of 2025 (index 128.6) in 2030, 2,000 USD of 2023 (122.27) in 2040; 2024 is 125.2."""
    first, last = 3000 * 125.2 / 128.6, 2000 * 125.2 / 122.27
    deflator = Deflator(catalog)
    for year, right in ((2030, first), (2035, (first + last) / 2), (2039, 0.1 * first + 0.9 * last), (2040, last)):
        found = deflator.to_base(catalog.figure("tech_costs", "fuel_cell_sofc_ng.capex", region="US", vintage=year))
        assert found.value == pytest.approx(right, rel=1e-9)
    assert (first + last) / 2 == pytest.approx(2484.3, abs=0.01)


def test_every_price_of_the_catalogue_is_interpolated_in_real_terms(catalog):
    """All ends of the range, in every table; a step of the price level between two rows moved the years between."""
    deflator, mixed = Deflator(catalog), 0
    for name, table in catalog.tables.items():
        for key, rows in table.figures.items() if table.shape == "figures" else ():
            for region in {r.get("region", "") for r in rows if r.get("currency") and r.get("vintage")}:
                years = sorted({float(r["vintage"]) for r in rows if r.get("region", "") == region and r["vintage"]})
                for y0, y1 in pairwise(years):
                    a, mid, b = (
                        deflator.to_base(catalog.figure(name, key, region=region, vintage=y))
                        for y in (y0, (y0 + y1) / 2, y1)
                    )
                    ends = [r for r in rows if r.get("region", "") == region and float(r["vintage"]) in (y0, y1)]
                    mixed += len({r["price_year"] for r in ends}) > 1
                    for end in ("low", "value", "high"):
                        assert getattr(mid, end) == pytest.approx((getattr(a, end) + getattr(b, end)) / 2), key
    assert mixed >= 5


def test_every_price_stands_in_money_of_a_year_that_can_be_converted(catalog):
    deflator = Deflator(catalog)
    for table in catalog.tables.values():
        for row in table.rows if table.shape == "figures" else ():
            assert not row.get("currency") or deflator.factor(row["currency"], int(row["price_year"])) > 0.0


def test_rows_of_one_figure_can_be_put_between_each_other(catalog):
    for name, table in catalog.tables.items():
        for key, rows in table.figures.items() if table.shape == "figures" else ():
            units = {(r.get("region", ""), r["unit"]) for r in rows}
            assert len(units) == len({region for region, _ in units}), f"{name}/{key}"
            assert len({bool(r.get("currency")) for r in rows}) == 1, f"{name}/{key}"


def test_no_end_of_a_range_stands_in_money_of_another_year(catalog):
    """ATB values in USD of 2022 stood as the high end of rows in USD of 2023."""
    for name, table in catalog.tables.items():
        for row in table.rows if table.shape == "figures" else ():
            for year in re.findall(r"\((20\d\d) (?:USD|EUR)\)", row.get("note", "")):
                assert year == row["price_year"], f"{name}/{row['item']}.{row['parameter']}"


def test_an_override_of_one_year_moves_the_years_beside_it(catalog):
    own = catalog.with_overrides({"tech_costs/solar_utility.capex@US:2030": 2000.0})
    solar = "solar_utility.capex"
    first, last = (catalog.value("tech_costs", solar, region="US", vintage=y) for y in (2025, 2040))
    assert own.value("tech_costs", solar, region="US", vintage=2027.5) == pytest.approx((first + 2000) / 2)
    assert own.value("tech_costs", solar, region="US", vintage=2035) == pytest.approx((last + 2000) / 2)
    assert own.value("tech_costs", solar, region="US", vintage=2040) == last


def test_years_outside_the_vintages_are_held_flat(catalog):
    last = catalog.value("deflator", "us_gdp.deflator", vintage=2026)
    assert catalog.value("deflator", "us_gdp.deflator", vintage=2090) == last


def test_money_of_the_base_year_is_unchanged(catalog):
    assert Deflator(catalog).factor("USD", 2024) == 1.0


def test_older_money_is_worth_more_and_euros_use_their_own_rate(catalog):
    deflator = Deflator(catalog)
    assert deflator.factor("USD", 2020) > 1.1
    assert deflator.factor("EUR", 2023) / deflator.factor("USD", 2023) == pytest.approx(1.0813)


@pytest.mark.parametrize(("currency", "year"), [("USD", 2009), ("USD", 2027), ("EUR", 2014), ("EUR", 2026)])
def test_money_of_a_year_beyond_the_table_is_refused(catalog, currency, year):
    """The rate of the first or last year was taken: 1.11 USD for a euro of 2010, which cost 1.33."""
    with pytest.raises(InputError, match=r"price year = \d+: lies outside the table 'deflator'.* to "):
        Deflator(catalog).factor(currency, year)


def test_unknown_currency_is_refused(catalog):
    with pytest.raises(WattscaleError, match="GBP"):
        Deflator(catalog).factor("GBP", 2024)


def test_checksum_changes_with_an_override(catalog):
    changed = catalog.with_overrides({"accelerators/H100-SXM5-80GB.tdp_w": 650.0})
    assert changed.checksum() != catalog.checksum() == load_catalog().checksum()


def test_an_empty_cell_names_the_override_that_mends_it(catalog):
    with pytest.raises(InputError, match=r"Maia 100\.price_usd"):
        catalog.row("accelerators", "Maia 100").number("price_usd")


@pytest.mark.parametrize("name", sorted(load_catalog().tables))
def test_every_row_has_source_year_confidence_and_every_number_a_unit(catalog, name):
    table = catalog.table(name)
    for field in ("title", "licence", "accessed", "description"):
        assert table.meta.get(field), f"sidecar without {field}"
    for row in table.rows:
        where = f"{name}: {row[table.key]}"
        assert row["source"].strip(), where
        assert row["year"].strip(), where
        assert row["confidence"] in CONFIDENCES, where
        if table.shape == "figures":
            assert row["unit"].strip(), where
            low, value, high = (float(row[c] or row["value"]) for c in ("low", "value", "high"))
            assert low <= value <= high, where
            if row.get("currency"):
                assert row["price_year"], where
    for column in table.meta["columns"]:
        if table.shape == "records" and table.kind(column) in ("float", "int"):
            assert table.unit(column), f"{name}.{column} has no unit"
            assert all(float(r[column]) == float(r[column]) for r in table.rows if r[column]), column


@pytest.mark.parametrize("name", sorted(load_catalog().tables))
def test_no_key_stands_twice(catalog, name):
    table = catalog.table(name)
    if table.shape == "figures":
        keys = [(r["item"], r["parameter"], r.get("region", ""), r.get("vintage", "")) for r in table.rows]
    else:
        keys = [(r[table.key],) for r in table.rows]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_a_share_of_ones_own_stays_between_nothing_and_all(value):
    with pytest.raises(InputError, match=r"dc_costs/maintenance.it_share.*allowed: 0 to 1"):
        load_catalog().with_overrides({"dc_costs/maintenance.it_share": value})


def test_a_premium_that_may_be_negative_in_the_catalogue_may_be_so_in_a_scenario():
    key = "cooling/dx.construction_premium_share"
    assert load_catalog().with_overrides({key: -0.1}).overrides[key] == -0.1
