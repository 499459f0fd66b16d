"""Days of a log by date and weekday, and its stray rows, by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from wattscale.errors import InputError
from wattscale.hours import calendar_of
from wattscale.workload.log_year import _day_of_year, year_by_date
from wattscale.workload.stray import left_out, main_part

RNG = np.random.default_rng(22)


def by_date(counts: np.ndarray, first: int, plan: int) -> tuple[np.ndarray, list[int]]:
    """Each day of the plan from the nearest day of its weekday in each 365.25 days of the log."""
    start = datetime.fromtimestamp(first * 3600, UTC)
    midnight = datetime(start.year, start.month, start.day, tzinfo=UTC)
    before = (start - midnight) // timedelta(hours=1)
    whole = {}
    for i in range((before + counts.size) // 24):
        if i or not before:
            whole[i] = counts[24 * i - before : 24 * i - before + 24]

    def place(day: date) -> int:
        of_year = (day - date(day.year, 1, 1)).days
        leap = day.year % 4 == 0 and (day.year % 100 != 0 or day.year % 400 == 0)
        return of_year - (leap and of_year >= 59)

    days = {i: midnight.date() + timedelta(days=i) for i in whole}
    year, moved = [], []
    for day in calendar_of(plan).dates():
        wanted = date.fromisoformat(str(day))
        apart = {}
        for i, there in days.items():
            if there.weekday() == wanted.weekday():
                away = abs(place(there) - place(wanted))
                apart[i] = min(away, 365 - away)
        near = {i: a for i, a in apart.items() if a <= 3} or dict([min(apart.items(), key=lambda x: (x[1], x[0]))])
        best: dict[int, int] = {}
        for i in sorted(near, key=lambda i: (near[i], i)):
            best.setdefault(int(i // 365.25), i)
        year.append(np.mean([whole[i] for i in best.values()], axis=0))
        moved.append(max(near[i] for i in best.values()))
    return np.concatenate(year), moved


@pytest.mark.parametrize(
    ("start", "hours", "plan"),
    [
        ((2023, 1, 1, 0), 8760, 2023),
        ((2023, 7, 15, 6), 8742, 2025),
        ((2024, 2, 20, 13), 370 * 24, 2026),
        ((2022, 11, 3, 1), 1130 * 24, 2024),
        ((2021, 3, 1, 0), 1461 * 24 + 5, 2025),
    ],
)
def test_days_of_a_log_by_date_and_weekday(start: tuple[int, int, int, int], hours: int, plan: int) -> None:
    first = int(datetime(*start, tzinfo=UTC).timestamp()) // 3600
    counts = RNG.integers(0, 1000, hours).astype(float)
    year, warnings = year_by_date(counts, first, calendar_of(plan))
    expected, moved = by_date(counts, first, plan)
    np.testing.assert_allclose(year, expected)
    told = {w.code: w.message for w in warnings}
    if any(moved):
        assert f"{np.count_nonzero(moved)} days of the request log were moved, by up to {max(moved)} days" in told[
            "log-days-moved"
        ]  # fmt: skip
    else:
        assert "log-days-moved" not in told


@pytest.mark.parametrize(("days", "farthest"), [(357, 5), (356, 10)])
def test_a_day_ten_days_off_is_too_far(days: int, farthest: int) -> None:
    """A log of the year from March 2023 on, for the weekdays of 2025: without its last day some lie ten days off."""
    first = int(datetime(2023, 3, 1, tzinfo=UTC).timestamp()) // 3600
    counts = RNG.integers(0, 1000, days * 24).astype(float)
    expected, moved = by_date(counts, first, 2025)
    assert max(moved) == farthest
    if farthest < 10:
        assert year_by_date(counts, first, calendar_of(2025))[0] == pytest.approx(expected)
    else:
        with pytest.raises(InputError, match="no whole day within 9 days of"):
            year_by_date(counts, first, calendar_of(2025))


def test_the_leap_day_stands_for_28_february_and_is_told_where_it_is_not_used() -> None:
    dates = np.array(["2023-02-28", "2023-03-01", "2024-02-28", "2024-02-29", "2024-03-01", "2024-12-31", "1970-01-01"])
    day, leap = _day_of_year(dates.astype("datetime64[D]"))
    assert day.tolist() == [58, 59, 58, 58, 59, 364, 0]
    assert leap.tolist() == [False, False, False, True, False, False, False]
    first = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()) // 3600
    same = year_by_date(np.ones(8784), first, calendar_of(2024))[1]
    assert [w.code for w in same] == ["leap-day-dropped"]
    plain = int(datetime(2023, 1, 1, tzinfo=UTC).timestamp()) // 3600
    assert year_by_date(np.ones(8760), plain, calendar_of(2023))[1] == ()


@pytest.mark.parametrize(
    ("hours", "requests", "out"),
    [
        ([0, 1, 2], [1, 1, 1], []),
        ([0, 25, 26], [1, 50, 50], [0]),
        ([0, 24, 25], [1, 50, 50], []),  # a gap of a day is none
        ([0, 25, 26], [1, 49, 49], []),  # one of 99 is more than a hundredth
        ([0, 25, 26], [1, 50, 49], [0]),
        ([0, 100, 199], [1, 100, 100], [0]),
        ([0, 100, 200], [1, 100, 100], []),  # the gap must be longer than what it parts off from
        ([0, 1, 26], [50, 50, 1], [2]),
        ([0, 1, 25], [50, 50, 1], []),
        ([0, 1, 26], [49, 49, 1], []),
        ([0, 99, 199], [100, 100, 1], [2]),
        ([0, 100, 200], [100, 100, 1], []),
        ([0, 1000], [1, 100], [0]),
        ([0, 1000], [100, 1], [1]),
        ([0, 1000], [1, 1], []),
        ([0, 3000, 3001, 4001], [1, 100, 98, 1], [0, 3]),
        ([0, 3000, 3001, 4001], [1, 100, 97, 1], [0]),  # 1.99 may go: the second would be too much
        ([0, 1, 1000, 1001], [1, 1, 100, 98], [0, 1]),
        ([0, 1, 1000, 1001], [100, 98, 1, 1], [2, 3]),
        ([0, 500, 1000, 1001], [1, 1, 100, 98], [0, 1]),
        ([0, 1, 502, 1004], [100, 98, 1, 1], [2, 3]),
        ([-1, 5, 1000, 1001], [1, 1, 100, 98], [0, 1]),
        ([-1, 5, 1000, 1001], [2, 1, 100, 97], [0]),  # impossible times count towards the hundredth
        ([-1, 0, 1, 2], [1, 50, 50, 50], [0]),
        ([-2, -1], [1, 1], [0, 1]),
    ],
)
def test_rows_far_from_all_others_are_left_out_up_to_a_hundredth(
    hours: list[int], requests: list[int], out: list[int]
) -> None:
    kept = main_part(np.array(hours, float), np.array(requests, float))
    assert np.flatnonzero(~kept).tolist() == out


def told_of(hours: list[float], requests: list[float], out: list[int]) -> str:
    kept = np.ones(len(hours), dtype=bool)
    kept[out] = False
    warnings = left_out(np.array(hours), np.array(requests, float), kept, Path("log.csv"))
    return warnings[0].message.partition(" of the request log were left out as wrongly dated: ")[2] if warnings else ""


def test_what_was_left_out_is_told_with_its_dates_and_distance() -> None:
    """Hours of 1970: 2,400 is 11 April, 19,920 and 19,921 are 730 and just over 730 days after it."""
    assert told_of([0.0, 1.0], [1, 1], []) == ""
    assert told_of([0.0, 2400.0, 2600.0], [1, 200, 200], [0]) == (
        "1 as far as 100 days from all others (1970-01-01). Correct or remove them."
    )
    assert "as far as 730 days" in told_of([2400.0, 2401.0, 19_921.0], [200, 200, 1], [2])
    assert "as far as 2 years" in told_of([2400.0, 2401.0, 19_922.0], [200, 200, 1], [2])
    assert "as far as 2 years" in told_of([2400.0, 2401.0, 22_401.0], [200, 200, 1], [2])
    assert told_of([-1.0, 0.0, 24.0, 1000.0, 1001.0, 2401.0, 4825.0], [1, 1, 1, 400, 200, 200, 2], [0, 1, 2, 6]) == (
        "1 outside the years 1970 to 2099, 4 as far as 101 days from all others (1970-01-01 and 1970-07-21). "
        "Correct or remove them."
    )
    assert told_of([-1.0, 0.0, 1.0], [1, 200, 200], [0]) == "1 outside the years 1970 to 2099. Correct or remove them."


@pytest.mark.parametrize(("impossible", "refused"), [(1, False), (2, True)])
def test_more_than_a_hundredth_of_impossible_times_is_refused(impossible: int, refused: bool) -> None:
    def act() -> str:
        return told_of([-1.0, 0.0], [impossible, 100 - impossible], [0])

    if refused:
        with pytest.raises(InputError, match="2 of 100 rows have a TIMESTAMP outside"):
            act()
    else:
        assert act().startswith("1 outside")
    with pytest.raises(InputError, match="outside the years"):
        told_of([0.0, 1.0], [1, 1], [0, 1])
