"""The year of each day from few rows, whose calendar a plan takes, and what is missing from a file, in words."""

from __future__ import annotations

import numpy as np
import pytest

from wattscale.errors import InputError
from wattscale.hours import Calendar, calendar_of
from wattscale.site.calendar import calendar_of_rows, carbon_years, plan_calendar, told, weather_years
from wattscale.site.completeness import FileRows, hour_label, model_hour, place_year
from wattscale.site.series import CarbonFile, PriceFile, SiteSeries, WeatherFile

HOURS = np.arange(8760)
ONE = np.ones(8760)


def days(*rows: tuple[int, int, int]) -> tuple[int, ...] | None:
    """Years of the 365 days from rows of (first hour, hours, year)."""
    hours = np.concatenate([np.arange(first, first + count) for first, count, _ in rows])
    found = calendar_of_rows(hours, np.concatenate([np.full(count, year) for _, count, year in rows]))
    return None if found is None else found.years


def test_a_lone_row_tells_the_year_and_29_february_tells_none() -> None:
    assert days((0, 1, 2023)) == (2023,) * 365
    assert calendar_of_rows(np.full(24, -1), np.full(24, 2024)) is None
    hours = np.array([-1, 5])
    assert calendar_of_rows(hours, np.array([2023, 2024])) == calendar_of(2024)


@pytest.mark.parametrize(("year", "known"), [(1899, False), (1900, True), (2200, True), (2201, False)])
def test_years_that_no_file_is_of_make_no_calendar(year: int, known: bool) -> None:
    assert days((0, 8760, year)) == ((year,) * 365 if known else None)


@pytest.mark.parametrize(("hours", "later"), [(10, False), (12, False), (13, True)])
def test_a_day_is_of_the_year_of_most_of_its_rows(hours: int, later: bool) -> None:
    """The first day has 10, 12 or 13 of its 24 hours from the year after; all others are of 2023."""
    assert days((0, hours, 2024), (hours, 8760 - hours, 2023)) == (2024 if later else 2023,) + (2023,) * 364


@pytest.mark.parametrize(("hours", "earlier"), [(10, False), (12, False), (13, True)])
def test_single_hours_of_a_third_year_do_not_hide_the_two_of_the_run(hours: int, earlier: bool) -> None:
    """A few hours of 2024 at the begin, 10, 12 or 13 of 2022 at the end, all else of 2023."""
    found = days((0, 3, 2024), (3, 8757 - hours, 2023), (8760 - hours, hours, 2022))
    assert found == (2023,) * 364 + (2022 if earlier else 2023,)


def test_a_whole_day_of_a_third_year_is_told_as_its_own() -> None:
    assert days((0, 24, 2024), (24, 8735, 2023), (8759, 1, 2022)) == (2024,) + (2023,) * 364
    assert days((0, 24, 2024), (24, 8712, 2023), (8736, 24, 2022)) is None, (
        "three years in a row are no run of twelve months"
    )


def test_days_without_rows_go_with_the_next_that_has_some_the_last_with_those_before() -> None:
    assert days((240, 24, 2023), (4800, 24, 2022)) == (2023,) * 11 + (2022,) * 354
    assert days((4800, 24, 2022)) == (2022,) * 365


@pytest.mark.parametrize(
    "rows",
    [
        (
            (0, 4800, 2022),
            (4800, 3960, 2023),
        ),  # the first half of a year is not followed by the second half of the next
        ((0, 2400, 2023), (2400, 2400, 2022), (4800, 3960, 2023)),
        ((0, 2400, 2023), (2400, 2400, 2022), (4800, 3960, 2021)),
        ((0, 2400, 2023), (2400, 6360, 2021)),
    ],
)
def test_months_that_do_not_follow_each_other_are_a_typical_year(rows: tuple[tuple[int, int, int], ...]) -> None:
    assert days(*rows) is None


@pytest.mark.parametrize(("strays", "kept"), [(168, True), (169, False)])
def test_a_week_of_stray_hours_is_overlooked_and_no_more(strays: int, kept: bool) -> None:
    """Eight hours a day of another year, from day 100 on: 168 are seven days' worth."""
    years = np.full(8760, 2023)
    stray = [(100 + i // 8) * 24 + i % 8 for i in range(strays)]
    years[stray] = 2022
    found = calendar_of_rows(HOURS, years)
    assert found == (calendar_of(2023) if kept else None)


def price(calendar: Calendar | None) -> PriceFile:
    return PriceFile(ONE, "p", (), calendar)


def carbon(calendar: Calendar | None) -> CarbonFile:
    return CarbonFile(ONE, "c", calendar=calendar)


def weather(calendar: Calendar | None) -> WeatherFile:
    return WeatherFile("w", 0.0, 0.0, 0.0, 0.0, ONE, ONE, ONE, "made", calendar=calendar)


def mostly(other: int, count: int) -> Calendar:
    """2023, but for the last days."""
    return calendar_of([2023] * (365 - count) + [other] * count)


def test_the_plan_takes_the_first_calendar_that_a_file_has() -> None:
    a, b, c = (calendar_of(y) for y in (2021, 2022, 2023))
    assert plan_calendar(SiteSeries(weather(c), price(a), carbon(b))) == a
    assert plan_calendar(SiteSeries(weather(c), price(None), carbon(b))) == b
    assert plan_calendar(SiteSeries(weather(c), None, carbon(None))) == c
    assert plan_calendar(SiteSeries(weather(None), None, None)) == plan_calendar(SiteSeries()) == calendar_of(2025)


def test_prices_and_carbon_may_differ_on_seven_days() -> None:
    def codes(p: PriceFile | None, c: CarbonFile | None) -> list[str]:
        return [w.code for w in carbon_years(SiteSeries(None, p, c))]

    own = calendar_of(2023)
    assert codes(price(own), carbon(mostly(2022, 7))) == []
    assert codes(price(own), carbon(mostly(2022, 8))) == ["price-carbon-years-differ"]
    assert codes(price(own), None) == codes(None, carbon(own)) == codes(None, None) == []
    assert codes(price(own), carbon(None)) == codes(price(None), carbon(own)) == []
    message = carbon_years(SiteSeries(None, price(own), carbon(mostly(2022, 8))))[0].message
    assert message.startswith("Prices are of 2023, carbon of 2022 to 2023: ")
    assert told(mostly(2024, 8)) == "2023 to 2024"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (SiteSeries(weather(calendar_of(2023)), price(mostly(2022, 7)), None), None),
        (SiteSeries(weather(calendar_of(2023)), price(mostly(2022, 8)), None),
         "Prices are of 2022 to 2023, the weather is of 2023 (W): "),
        (SiteSeries(weather(None), price(calendar_of(2023)), None),
         "Prices are of 2023, the weather is of no single year (W): "),
        (SiteSeries(None, price(calendar_of(2023)), None), "Prices are of 2023, the weather is synthetic: "),
        (SiteSeries(weather(calendar_of(2023)), price(calendar_of(2023)), carbon(calendar_of(2021))),
         "Carbon is of 2021, the weather is of 2023 (W): "),
        (SiteSeries(None, price(None), carbon(calendar_of(2021))), "Carbon is of 2021, the weather is synthetic: "),
        (SiteSeries(weather(calendar_of(2023)), price(None), None), None),
        (SiteSeries(weather(None), None, None), None),
    ],
)  # fmt: skip
def test_the_weathers_year_is_held_against_prices_and_then_carbon(files: SiteSeries, words: str | None) -> None:
    found = weather_years(files, "W")
    assert [w.code for w in found] == ([] if words is None else ["weather-price-years-differ"])
    if words is not None:
        assert found[0].message.startswith(words)


@pytest.mark.parametrize(
    ("date", "hour"),
    [
        ((1, 1, 0), 0), ((1, 29, 3), 28 * 24 + 3), ((2, 28, 23), 59 * 24 - 1), ((2, 29, 0), -1), ((2, 29, 23), -1),
        ((3, 1, 0), 59 * 24), ((3, 29, 7), 87 * 24 + 7), ((3, 30, 7), 88 * 24 + 7), ((12, 31, 23), 8759),
    ],
)  # fmt: skip
def test_dates_in_the_model_year(date: tuple[int, int, int], hour: int) -> None:
    assert model_hour(*(np.array([x]) for x in date)).tolist() == [hour]
    if hour >= 0:
        assert hour_label(hour) == f"{date[0]:02d}-{date[1]:02d} {date[2]:02d}:00"


def placed(hours: np.ndarray, values: np.ndarray, repair: int = 0) -> tuple[np.ndarray, list[str]]:
    rows = FileRows("site.prices", "p.csv", hours, np.arange(hours.size) + 2, repair)
    columns, warnings = place_year(rows, {"price": values})
    return columns["price"], [f"{w.code}: {w.message}" for w in warnings]


def refused(hours: np.ndarray, values: np.ndarray, repair: int = 0) -> InputError:
    with pytest.raises(InputError) as caught:
        placed(hours, values, repair)
    return caught.value


def test_rows_come_in_any_order_and_29_february_goes() -> None:
    hours = np.concatenate([HOURS[::-1], np.full(24, -1)])
    found, told_of = placed(hours, np.concatenate([HOURS[::-1] * 2.0, np.full(24, 9e9)]))
    assert found.tolist() == (HOURS * 2.0).tolist()
    assert told_of == ["leap-day-dropped: p.csv: the 24 hours of 29 February were dropped."]
    assert placed(HOURS, ONE)[1] == []


def test_hours_that_occur_twice_are_told_with_the_lines_of_the_first() -> None:
    """Hour 30 three times, in lines 32, 8762 and 8764; hour 40 twice."""
    hours = np.concatenate([HOURS, [30, 40, 30]])
    error = refused(hours, np.ones(hours.size))
    assert error.message == "2 hours occur twice, the first is 01-02 06:00 UTC in lines 32 and 8762"


def test_missing_hours_are_told_as_spans_three_at_the_most() -> None:
    """Hours 0 and 1, 5, 24 to 26, and 8758 and 8759: three hours are the longest gap."""
    gone = [0, 1, 5, 24, 25, 26, 8758, 8759]
    error = refused(np.delete(HOURS, gone), np.ones(8752))
    assert error.message == (
        "has 8752 of the 8760 hours; missing (UTC): 01-01 00:00 to 01-01 01:00; 01-01 05:00; "
        "01-02 00:00 to 01-02 02:00 and 1 more gaps"
    )
    assert error.hint == "Add the missing rows, or set site.repair_hours = 3 to close gaps by interpolation"
    error = refused(np.delete(HOURS, [5, 7]), np.ones(8758))
    assert error.message.endswith("missing (UTC): 01-01 05:00; 01-01 07:00")
    error = refused(np.delete(HOURS, gone[:6]), np.ones(8754))
    assert error.message.endswith("01-02 00:00 to 01-02 02:00")
    assert refused(HOURS[:-25], np.ones(8735)).hint == "Add the missing rows"
    assert "site.repair_hours = 24" in str(refused(HOURS[:-24], np.ones(8736)).hint)


def test_gaps_are_closed_round_the_turn_of_the_year_where_they_are_short_enough() -> None:
    """Rows 3, 4, 10 and the last are empty; 8758 to 1 goes by thirds round the end."""
    values = HOURS.astype(float)
    values[[3, 4, 10, 8759, 0]] = np.nan
    found, told_of = placed(HOURS, values, 2)
    assert found[[2, 3, 4, 5, 10]].tolist() == [2.0, 3.0, 4.0, 5.0, 10.0]
    assert found[[8759, 0]] == pytest.approx([8758 - 8757 / 3, 8758 - 2 * 8757 / 3])
    assert told_of == [
        "gaps-filled: p.csv: 5 missing values of price (first 01-01 00:00 UTC, longest gap 2 h) were interpolated, as "
        "site.repair_hours = 2 asks."
    ]
    error = refused(HOURS, values, 1)
    assert error.message == "column price has 5 missing values, first in line 2 (hour 01-01 00:00 UTC), longest gap 2 h"
    assert error.hint == "Complete the file, or set site.repair_hours = 2 to close gaps by interpolation"
    assert refused(np.delete(HOURS, [7, 8, 20]), np.ones(8757), 1).message == (
        "column price has 3 missing values (hour 01-01 07:00 UTC), longest gap 2 h"
    )
    long = HOURS.astype(float)
    long[100:125] = np.nan
    assert refused(HOURS, long).hint == "Complete the file"
    assert refused(HOURS, long, 24).hint == "Complete the file"
    long[124] = 0.0
    assert "site.repair_hours = 24" in str(refused(HOURS, long).hint)
    assert placed(np.delete(HOURS, [7]), np.delete(HOURS, [7]).astype(float), 1)[0][7] == 7.0
