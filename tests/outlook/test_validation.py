"""`validate outlook`: every series is known, no value is read, the band is honest."""

import numpy as np
import pytest

from wattscale.validation import outlook as kind
from wattscale.validation import read_rows, validate


@pytest.fixture(scope="module", autouse=True)
def fixed_units(units):
    patch = pytest.MonkeyPatch()
    patch.setattr(kind, "planned_units", lambda *_: units)
    patch.setattr(kind, "DRAWS", 600)
    kind._view.cache_clear()
    yield
    patch.undo()
    kind._view.cache_clear()


@pytest.mark.slow
def test_the_band_holds_most_published_values_and_is_not_wide(shared_data):
    path = shared_data("outlook_anchors.csv")
    found = validate("outlook", path)
    assert not found["skipped"]
    metrics = found["metrics"]["mid"]
    assert 0.70 <= metrics["inside_band"] <= 0.95
    assert metrics["band_ratio"] <= 3
    rows = read_rows(path)
    late = [r for r in found["rows"] if float(rows[r["row"]]["year"]) >= 2031]
    assert np.median([r["high"]["mid"] / r["low"]["mid"] for r in late]) <= 4


@pytest.mark.slow
def test_the_values_of_a_row_do_not_enter_its_prediction(shared_data, catalog):
    rows = read_rows(shared_data("outlook_anchors.csv"))
    bare = [{**row, "low": "", "mid": "", "high": "", "source": "", "note": "", "confidence": ""} for row in rows]
    told, blind = kind.predict(rows, catalog)[0], kind.predict(bare, catalog)[0]
    assert [p.predicted for p in told] == [p.predicted for p in blind]


def test_an_unknown_series_is_listed_with_the_reason(catalog):
    row = {"series": "flying_cars", "region": "global", "metric": "units", "unit": "units", "year": "2030"}
    predictions, skipped = kind.predict([row], catalog)
    assert not predictions
    assert "flying_cars" in skipped[0].why


def test_an_unknown_place_or_metric_is_listed_with_the_reason(catalog):
    row = {"series": "dc_total", "region": "Mars", "metric": "electricity_use", "unit": "TWh/yr", "year": "2030"}
    other = {**row, "region": "global", "metric": "height"}
    _, skipped = kind.predict([row, other], catalog)
    assert ["Mars" in skipped[0].why, "height" in skipped[1].why] == [True, True]


def test_decimal_years_lie_between_their_neighbours(catalog):
    row = {"series": "dc_total", "region": "global", "metric": "electricity_use", "unit": "TWh/yr"}
    found = kind.predict([{**row, "year": y} for y in ("2027", "2027.5", "2028")], catalog)[0]
    values = [p.predicted["mid"] for p in found]
    assert values[0] < values[1] < values[2]


def test_a_named_story_is_told_by_its_scenario(catalog):
    row = {"series": "dc_total", "region": "global", "metric": "electricity_use", "unit": "TWh/yr", "year": "2035"}
    found = kind.predict([{**row, "scenario": s} for s in ("Headwinds", "Base", "Lift-Off")], catalog)[0]
    values = [p.predicted["mid"] for p in found]
    assert values[0] < values[1] < values[2]


def test_a_year_between_published_ones_is_told_with_more_doubt(catalog):
    row = {"series": "ai_chips_amd", "region": "global", "metric": "cumulative_h100e", "unit": "H100e", "year": "2025"}
    found = kind.predict([row, {**row, "year": "2023"}], catalog)[0]
    ratio = [p.high["mid"] / p.low["mid"] for p in found]
    assert ratio[1] > 1.5 * ratio[0]


def test_a_published_fact_keeps_the_common_spread(catalog):
    row = {"series": "transformer", "region": "US", "metric": "lead_time", "unit": "weeks", "year": "2024"}
    found = kind.predict([row, {**row, "year": "2028"}], catalog)[0]
    ratio = [p.high["mid"] / p.low["mid"] for p in found]
    assert ratio[0] < 1.35 < ratio[1]


@pytest.mark.parametrize(
    ("year", "why"), [("2060", "2000 to 2045, not 2060"), ("soon", "'soon' is no number"), ("", "'' is no number")]
)
def test_a_year_that_the_outlook_has_not_is_skipped_with_the_reason(catalog, year, why):
    rows = [
        {"series": series, "region": "global", "metric": metric, "unit": "", "year": year}
        for series, metric in (("cowos", "capacity_year_end"), ("ai_chips_amd", "cumulative_units"))
    ]
    found, skipped = kind.predict(rows, catalog)
    assert not found
    assert all(why in each.why for each in skipped)


def test_packaging_goes_on_without_a_step_from_history(catalog):
    rows = [
        {"series": "cowos", "region": "TSMC", "metric": "capacity_year_end", "unit": "wafer/month", "year": year}
        for year in ("2025", "2025.5", "2026")
    ]
    found, _ = kind.predict(rows, catalog)
    values = [each.predicted["mid"] for each in found]
    assert values == sorted(values)
    assert values[1] == pytest.approx(np.sqrt(values[0] * values[2]), rel=0.05)
