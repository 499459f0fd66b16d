"""Files keep the weekdays of their own year; files of unlike years and columns in other units are warned of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wattscale.catalog import Catalog
from wattscale.errors import InputError
from wattscale.hours import LABEL_YEAR, calendar_of, local_weekday
from wattscale.scenario.load import load_scenario
from wattscale.scenario.supply import SupplyTable, TariffPeriod
from wattscale.site.calendar import calendar_of_rows
from wattscale.site.carbon import read_carbon
from wattscale.site.completeness import model_hour
from wattscale.site.plausible import carbon_doubts, free_doubts, price_doubts, sun_doubts
from wattscale.site.prices import read_prices
from wattscale.site.result import SiteResult
from wattscale.site.stage import load_series, run
from wattscale.site.weather import read_weather
from wattscale.supply.given import _period_of_hour
from wattscale.supply.stage import _weather_doubts, campus_of
from wattscale.workload.traffic import shaped_year

SATURDAY = 5
PPA = {"name": "w", "usd_per_mwh": 60.0, "max_mw": 50.0}


def prices(path: Path, start: str, value: Callable[[pd.DatetimeIndex], np.ndarray] | None = None) -> str:
    """Write a year of prices from a UTC time on."""
    times = pd.date_range(start, pd.Timestamp(start) + pd.DateOffset(years=1), freq="h", inclusive="left")
    made = np.full(len(times), 50.0) if value is None else value(times)
    pd.DataFrame({"time_utc": times.strftime("%Y-%m-%d %H:%M"), "price_usd_per_mwh": made}).to_csv(path, index=False)
    return str(path)


def carbon(path: Path, year: int) -> str:
    times = pd.date_range(f"{year}-01-01", f"{year}-12-31 23:00", freq="h")
    pd.DataFrame({"time_utc": times, "ci_direct_g_per_kwh": 300.0}).to_csv(path, index=False)
    return str(path)


def planned(catalog: Catalog, **site: object) -> SiteResult:
    table = load_scenario({"site": site}).site
    return run(table, catalog, load_series(table))


@pytest.mark.parametrize(("year", "weekday"), [(2021, 4), (2022, 5), (2023, 6), (2024, 0), (2025, 2), (2026, 3)])
def test_1_january_has_its_weekday_and_days_after_february_too(year: int, weekday: int) -> None:
    found = local_weekday(calendar_of(year))[::24]
    assert found[0] == weekday
    true = pd.date_range(f"{year}-01-01", f"{year}-12-31")
    kept = true[~((true.month == 2) & (true.day == 29))]
    assert found.tolist() == kept.day_of_week.tolist()


@pytest.mark.parametrize("offset", [-8, 0, 1, 5.5, 14])
def test_local_weekdays_are_those_of_the_local_date(offset: float) -> None:
    times = pd.DatetimeIndex(calendar_of(2024).labels())
    assert times.is_monotonic_increasing
    assert len(times) == 8760
    local = times + pd.Timedelta(hours=offset)
    assert local_weekday(calendar_of(2024), offset).tolist() == local.day_of_week.tolist()


@pytest.mark.parametrize("year", [2021, 2023, 2024])
def test_a_weekend_price_stays_on_the_weekend(tmp_path: Path, catalog: Catalog, year: int) -> None:
    path = prices(tmp_path / "p.csv", f"{year}-01-01", lambda t: np.where(t.day_of_week >= SATURDAY, 30.0, 60.0))
    site = planned(catalog, prices=path, utc_offset_h=0)
    weekend = local_weekday(site.calendar) >= SATURDAY
    assert set(site.price_usd_per_mwh[weekend]) == {30.0}
    assert set(site.price_usd_per_mwh[~weekend]) == {60.0}


@pytest.mark.parametrize("start", ["2023-07-01", "2023-11-29", "2024-03-01", "2022-12-31 23:00", "2022-12-31 13:00"])
def test_a_year_that_begins_anywhere_keeps_its_weekdays(tmp_path: Path, catalog: Catalog, start: str) -> None:
    path = prices(tmp_path / "p.csv", start, lambda t: np.where(t.day_of_week >= SATURDAY, 30.0, 60.0))
    site = planned(catalog, prices=path, utc_offset_h=0)
    weekend = local_weekday(site.calendar) >= SATURDAY
    wrong = np.count_nonzero(weekend != (site.price_usd_per_mwh == 30.0))
    assert wrong <= 11  # hours of the one day that belongs to both ends


# methods/supply-2.md section 3: the truth of the two years, and what the calendar of 2025 made of them
@pytest.mark.parametrize(("year", "truth"), [(2023, -0.27), (2024, -0.33)])
def test_german_weekends_are_cheaper(
    shared_data: Callable[[str], Path], catalog: Catalog, year: int, truth: float
) -> None:
    path = shared_data(f"hourly/price_DE-LU_{year}.csv")
    site = planned(catalog, prices=str(path), utc_offset_h=1)
    weekend = local_weekday(site.calendar, 1.0) >= SATURDAY
    price = site.price_usd_per_mwh
    assert price[weekend].mean() / price[~weekend].mean() - 1.0 == pytest.approx(truth, abs=0.01)


def test_traffic_and_tariffs_use_the_calendar_of_the_prices(tmp_path: Path, catalog: Catalog) -> None:
    path = prices(tmp_path / "p.csv", "2024-01-01", lambda t: np.where(t.day_of_week >= SATURDAY, 30.0, 60.0))
    site = planned(catalog, prices=path, utc_offset_h=0)
    weekend = site.price_usd_per_mwh == 30.0
    serving = load_scenario({"workload": {"serving": {"weekend_share": 0.5, "peak_to_mean": 1.0}}}).workload.serving
    requests = shaped_year(serving, 0.0, site.calendar)
    assert requests[weekend].max() == pytest.approx(0.5 * requests[~weekend].min())
    table = SupplyTable(tariff_periods=[TariffPeriod(name="work", working_days=True)])
    assert (_period_of_hour(table, site) == 0.0).tolist() == weekend.tolist()


def test_prices_set_the_calendar_before_carbon_and_weather(tmp_path: Path, catalog: Catalog) -> None:
    p, c = prices(tmp_path / "p.csv", "2023-01-01"), carbon(tmp_path / "c.csv", 2022)
    assert planned(catalog).calendar.year == LABEL_YEAR
    assert planned(catalog, carbon=c).calendar.year == 2022
    assert planned(catalog, carbon=c, prices=p).calendar.year == 2023


def test_months_of_many_years_are_a_typical_year() -> None:
    days = pd.date_range("2023-01-01", "2023-12-31 23:00", freq="h")
    hours = model_hour(*(np.asarray(x, np.int64) for x in (days.month, days.day, days.hour)))
    years = np.asarray(1990 + days.month * 2, np.int64)
    assert calendar_of_rows(hours, years) is None
    assert calendar_of_rows(hours, np.full(8760, 2023)) == calendar_of(2023)


def test_price_and_carbon_of_unlike_years_are_warned_of(tmp_path: Path, catalog: Catalog) -> None:
    p = prices(tmp_path / "p.csv", "2023-01-01")
    same, other = carbon(tmp_path / "c.csv", 2023), carbon(tmp_path / "d.csv", 2021)
    assert "price-carbon-years-differ" not in [w.code for w in planned(catalog, prices=p, carbon=same).warnings]
    warned = [w for w in planned(catalog, prices=p, carbon=other).warnings if w.code == "price-carbon-years-differ"]
    assert "2023" in warned[0].message
    assert "2021" in warned[0].message


def test_weather_of_no_such_year_is_doubted_where_wind_or_sun_may_be_built(
    tmp_path: Path, catalog: Catalog, shared_data: Callable[[str], Path]
) -> None:
    typical = str(shared_data("weather/us_va_leesburg.epw"))
    real = str(shared_data("weather/de_frankfurt_openmeteo_era5_2023.json"))
    p = prices(tmp_path / "p.csv", "2023-01-01")
    q = prices(tmp_path / "q.csv", "2021-01-01")

    def doubts(**site: object) -> list[str]:
        return [w.message for w in planned(catalog, **site).weather_doubts]

    assert doubts(weather=typical) == doubts(weather=real, prices=p) == doubts() == []
    assert "typical" in doubts(weather=typical, prices=p)[0] or "no single year" in doubts(weather=typical, prices=p)[0]
    assert "2021" in doubts(weather=real, prices=q)[0]
    assert "weather_year = 2021" in doubts(weather=real, prices=q)[0]
    assert "synthetic" in doubts(prices=p)[0]
    assert doubts(weather=real, carbon=carbon(tmp_path / "c.csv", 2022))


@pytest.mark.parametrize(
    ("supply", "told"),
    [
        ({"technologies": ["grid", "gas_engine"]}, False),
        ({"technologies": ["grid", "solar"]}, True),
        ({"technologies": ["grid"], "ppas": [PPA | {"technology": "wind", "kind": "pay-as-produced"}]}, True),
        ({"technologies": ["grid"], "ppas": [PPA | {"kind": "baseload"}]}, False),
    ],
)
def test_the_weathers_year_is_told_only_with_wind_or_solar(
    tmp_path: Path, catalog: Catalog, supply: dict[str, object], told: bool
) -> None:
    site = planned(catalog, prices=prices(tmp_path / "p.csv", "2023-01-01"))
    table = load_scenario({"supply": supply}).supply
    campus = campus_of(table, np.full(8760, 100.0), site, catalog, 0.07)
    assert [w.code for w in _weather_doubts(table, campus, site)] == (["weather-price-years-differ"] if told else [])


@pytest.mark.parametrize("name", ["us_va_leesburg", "us_az_phoenix", "au_sydney"])
def test_typical_years_have_no_calendar(shared_data: Callable[[str], Path], name: str) -> None:
    assert read_weather(str(shared_data(f"weather/{name}.epw"))).calendar is None


@pytest.mark.parametrize("word", ["TMY3", "Measured"])
def test_an_epw_of_one_year_is_typical_only_if_its_header_says_so(
    tmp_path: Path, shared_data: Callable[[str], Path], word: str
) -> None:
    lines = shared_data("weather/us_az_phoenix.epw").read_text(encoding="latin-1").splitlines()
    rows = ["2019" + line[line.index(",") :] for line in lines[8:]]
    path = tmp_path / "w.epw"
    path.write_text("\n".join([lines[0].replace("TMY3", word), *lines[1:8], *rows]), encoding="latin-1")
    calendar = read_weather(str(path)).calendar
    assert calendar == (None if word == "TMY3" else calendar_of(2019))


# I-files of the cases: what is warned of, and the unit named
I_FILES = {
    "I-price-usd-per-kwh.csv": (read_prices, "price-unit-doubtful", "USD/kWh"),
    "I-carbon-kg-per-kwh.csv": (read_carbon, "carbon-unit-doubtful", "kg/kWh"),
    "I-cfe-as-fraction.csv": (read_carbon, "carbon-free-unit-doubtful", "share from 0 to 1"),
    "I-lifecycle-below-direct.csv": (read_carbon, "lifecycle-below-direct", "swapped"),
}


@pytest.mark.parametrize("name", I_FILES)
def test_files_in_other_units_are_warned_of_with_the_likely_unit(cases: Path, name: str) -> None:
    read, code, words = I_FILES[name]
    warnings = read(str(cases / name)).warnings
    assert [w.code for w in warnings] == [code]
    assert words in warnings[0].message


H_FILES = {
    "H-entsoe.csv": (read_prices, "no column time_utc"),
    "H-caiso-oasis.csv": (read_prices, "no column time_utc"),
    "H-gridstatus.csv": (read_prices, "no column time_utc"),
    "H-aemo-5min.csv": (read_prices, "no column time_utc"),
    "H-quarter-hours.csv": (read_prices, "35040 rows that are not hourly"),
    "H-electricity-maps.csv": (read_carbon, "no column time_utc"),
    "H-nasa-power.csv": (read_weather, "CSV answer of NASA POWER, of which the JSON is read"),
    "H-open-meteo.csv": (read_weather, "CSV answer of Open-Meteo, of which the JSON is read"),
}


@pytest.mark.parametrize("name", H_FILES)
def test_layouts_not_read_yet_are_refused_with_the_true_reason(cases: Path, name: str) -> None:
    read, words = H_FILES[name]
    with pytest.raises(InputError, match=words):
        read(str(cases / name))


@pytest.mark.parametrize(
    ("mean", "words"), [(0.06, "USD/kWh"), (2.0, "cents per kWh"), (4000.0, "another currency"), (-3.0, "sign")]
)
def test_a_mean_price_that_no_market_has_names_the_likely_unit(mean: float, words: str) -> None:
    assert words in price_doubts(np.full(8760, mean), "p.csv")[0].message


def test_carbon_columns_are_each_held_to_their_unit() -> None:
    right, kg, lb = np.full(8760, 400.0), np.full(8760, 0.4), np.full(8760, 1900.0)
    assert carbon_doubts(right, right * 1.2, right * 2, "c.csv") == ()
    assert carbon_doubts(np.linspace(0.0, 9.0, 8760), None, None, "c.csv") == ()  # a clean grid
    assert "kg/kWh" in carbon_doubts(right, kg, None, "c.csv")[0].message
    assert "ci_marginal" in carbon_doubts(right, None, kg, "c.csv")[0].message
    assert "lb/MWh" in carbon_doubts(lb, None, None, "c.csv")[0].message
    assert free_doubts(np.zeros(8760), "c.csv") == free_doubts(np.full(8760, 55.0), "c.csv") == ()


def test_a_sun_in_other_units_is_told(shared_data: Callable[[str], Path]) -> None:
    sun = read_weather(str(shared_data("weather/us_az_phoenix.epw"))).ghi_w_per_m2
    assert sun is not None
    assert sun_doubts(sun, "w") == ()
    assert "MJ/m2" in sun_doubts(sun * 3.6e-3, "w")[0].message


def test_real_files_raise_no_doubt_of_units(shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("hourly/price_DE-LU_2023.csv").parent
    for path in sorted(folder.glob("price_*_2023.csv"))[:4] + sorted(folder.glob("price_DE-LU_*.csv"))[:1]:
        assert not [w for w in read_prices(str(path)).warnings if "doubtful" in w.code], path.name
    for path in sorted(folder.glob("carbon_*_2023.csv"))[:4]:
        assert not [w for w in read_carbon(str(path)).warnings if "doubtful" in w.code or "below" in w.code], path.name
