"""Requests of the year by hand: the daily curve, a log's hours, its pattern and its gaps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import cos, exp, pi

import numpy as np
import pytest

from wattscale.errors import InputError
from wattscale.figure import PlanWarning
from wattscale.hours import calendar_of, local_weekday
from wattscale.scenario.workload import ServingTable
from wattscale.workload.request_log import RequestLog
from wattscale.workload.serving import serving_workload
from wattscale.workload.traffic import _dense, _gaps, _means, daily_shape, logged_year, shaped_year, traffic

RNG = np.random.default_rng(21)


def curve(steepness: float, away: float) -> float:
    return exp(steepness * (cos(2 * pi * away / 24) - 1))


def steepness_of(peak: float) -> float:
    """By halving: the whole hours of a day sum to 24 over the peak."""
    low, high = 0.0, 500.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if 24 / sum(curve(middle, h) for h in range(24)) < peak else (low, middle)
    return low


@pytest.mark.parametrize("peak", [1.0, 1.3, 2.5, 23.5])
@pytest.mark.parametrize("at", [15.0, 8.3])
def test_a_day_is_a_von_mises_curve_about_its_peak(peak: float, at: float) -> None:
    """Over the mean of the whole hours of a day, wherever the peak lies between two of them."""
    k = steepness_of(peak)
    mean = sum(curve(k, h - at) for h in range(24)) / 24
    hours = np.array([0.0, 3.0, 8.3, 15.0, 22.5])
    assert daily_shape(hours, at, peak) == pytest.approx([curve(k, h - at) / mean for h in hours], rel=1e-6)


def test_a_day_in_one_hour_is_steep_as_500() -> None:
    """At 24 times the mean the next hour has exp(500 (cos 15 degrees - 1)) of the busiest, 4e-8."""
    found = daily_shape(np.arange(24.0), 9.0, 24.0)
    assert found[9] == pytest.approx(24.0, rel=1e-6)
    assert found[10] / found[9] == pytest.approx(curve(500.0, 1.0), rel=1e-9)


def test_a_year_has_its_days_weekends_and_sum() -> None:
    """Flat days of 240 requests; weekends have half; local time is 3 hours ahead: Friday ends at 21 UTC."""
    year = shaped_year(
        ServingTable(requests_per_day=240.0, weekend_share=0.5, peak_to_mean=1.0), 3.0, calendar_of(2024)
    )
    weekend = local_weekday(calendar_of(2024), 3.0) >= 5
    whole = 365 * 240 / (np.count_nonzero(~weekend) + 0.5 * np.count_nonzero(weekend))
    np.testing.assert_allclose(year, np.where(weekend, 0.5 * whole, whole))
    # 5 January 2024 was a Friday.
    assert (year[4 * 24 + 20], year[4 * 24 + 21]) == pytest.approx((whole, 0.5 * whole))
    assert year.sum() == pytest.approx(365 * 240)


def log_of(requests: np.ndarray, first: int, start: float, end: float, **more: object) -> RequestLog:
    """A log of each hour from a first one on, without those that have no request."""
    at = np.flatnonzero(requests)
    n = requests[at].astype(float)
    return RequestLog(first + at, n, 100 * n, 0.25 * n, first + start, first + end, **more)  # type: ignore[arg-type]


def test_hours_of_a_log_with_the_part_that_it_covers() -> None:
    counts, covered = _dense(log_of(np.array([3, 0, 5, 1]), 10, 0.25, 3.5))
    assert counts.tolist() == [3.0, 0.0, 5.0, 1.0]
    assert covered.tolist() == [0.75, 1.0, 1.0, 0.5]
    counts, covered = _dense(log_of(np.array([4]), 10, 0.25, 0.75))
    assert (counts.tolist(), covered.tolist()) == ([4.0], [0.5])
    mean = _means(np.array([0, 1, 0]), np.array([2.0, 3.0, 4.0]), np.array([1.0, 0.5, 0.5]), 2)
    assert mean.tolist() == [4.0, 6.0]
    with pytest.raises(InputError, match="no time in 2 of the 4 hours"):
        _means(np.array([0, 1, 0]), np.ones(3), np.ones(3), 4)


FIRST = int(datetime(2024, 2, 1, 5, tzinfo=UTC).timestamp()) // 3600


@pytest.mark.parametrize(("hours", "pattern"), [(168.0, "week"), (167.9, "day"), (400.3, "week"), (24.0, "day")])
def test_weeks_and_days_of_a_log_are_repeated_by_the_mean_of_each_hour(hours: float, pattern: str) -> None:
    """Requests over covered time in each hour of the week or of the day."""
    size = int(hours + 0.5) + 1
    requests = RNG.integers(1, 50, size)
    log = log_of(requests, FIRST, 0.5, hours + 0.5)
    sums: dict[tuple[int, int], list[float]] = {}
    for i, n in enumerate(requests):
        at = datetime.fromtimestamp((FIRST + i) * 3600, UTC)
        key = (at.weekday() if pattern == "week" else 0, at.hour)
        part = min(i + 1, hours + 0.5) - max(i, 0.5)
        seen = sums.setdefault(key, [0.0, 0.0])
        seen[0] += n
        seen[1] += part
    if any(part == 0 for _, part in sums.values()):
        pytest.skip("no time in an hour")
    year, warnings = logged_year(log, ServingTable(), 3.0, calendar_of(2024))
    days = local_weekday(calendar_of(2024))[::24] if pattern == "week" else np.zeros(365, int)
    expected = [sums[int(day), h][0] / sums[int(day), h][1] for day in days for h in range(24)]
    np.testing.assert_allclose(year, expected)
    assert [w.code for w in warnings] == ["log-tiled"]
    assert f"covers {hours / 24:.1f} days; its mean {pattern}" in warnings[0].message


def test_less_than_a_day_gives_its_rate_in_the_scenarios_shape() -> None:
    """100 requests in 20 hours: 5 an hour on the mean of the year."""
    table = ServingTable(requests_per_day=1e6, weekend_share=0.5)
    requests = np.zeros(21)
    requests[[0, 7, 20]] = 20, 50, 30
    year, warnings = logged_year(log_of(requests, FIRST, 0.5, 20.5), table, 3.0, calendar_of(2024))
    np.testing.assert_allclose(year, shaped_year(table, 3.0, calendar_of(2024)) * 24 / 1e6 * 5)
    assert year.mean() == pytest.approx(5.0)
    assert warnings[0].message.startswith("The request log covers 20.0 hours, less than a day")


@pytest.mark.parametrize(("hours", "code"), [(8740, "log-days-moved"), (8730, "log-tiled")])
def test_364_days_are_a_year_by_date(hours: int, code: str) -> None:
    log = log_of(np.full(hours + 1, 7), FIRST, 0.5, hours + 0.5)
    year, warnings = logged_year(log, ServingTable(), 0.0)
    assert code in [w.code for w in warnings]
    np.testing.assert_allclose(year, 7.0, rtol=0.01)


def test_a_log_gives_its_tokens_and_its_scale_where_asked() -> None:
    told = (PlanWarning("own", "of the reader"),)
    log = log_of(np.full(201, 12), FIRST, 0.0, 201.0, warnings=told)
    plain = traffic(ServingTable(requests_per_day=1e6), 0.0, log)
    assert (plain.input_tokens, plain.output_tokens) == (100.0, 1.0), "one token of output at least"
    np.testing.assert_allclose(plain.requests_per_hour, 12.0)
    assert [w.code for w in plain.warnings] == ["log-tiled", "own"]
    scaled = traffic(ServingTable(requests_per_day=480.0, log_scale="requests_per_day"), 0.0, log)
    np.testing.assert_allclose(scaled.requests_per_hour, 20.0)
    long = traffic(ServingTable(), 0.0, replace(log, output_tokens=60 * log.requests))
    assert long.output_tokens == 60.0


@pytest.mark.parametrize(
    ("per_day", "log", "served"), [(0.0, False, False), (0.0, True, True), (1.0, False, True), (1.0, True, True)]
)
def test_no_requests_and_no_log_are_no_serving(per_day: float, log: bool, served: bool) -> None:
    given = log_of(np.full(201, 12), FIRST, 0.0, 201.0) if log else None
    found, _ = serving_workload(ServingTable(requests_per_day=per_day), 0.0, given)
    assert (found is not None) == served
    if found is not None:
        assert found.requests_per_hour.mean() == pytest.approx(12.0 if log else 1 / 24)


def with_holes(rate: int, size: int, *holes: tuple[int, int]) -> RequestLog:
    requests = np.full(size, rate)
    for first, count in holes:
        requests[first : first + count] = 0
    return log_of(requests, FIRST, 0.0, float(size))


@pytest.mark.parametrize(
    ("rate", "holes", "told"),
    [
        (12, [], []),
        (12, [(50, 71)], ["log-empty-hours: 71"]),
        (12, [(50, 72)], ["log-gap: 3.0"]),
        (12, [(50, 1)], ["log-empty-hours: 1"]),
        (12, [(50, 100), (30, 3), (200, 2)], ["log-gap: 4.2", "log-empty-hours: 5"]),
        (9, [(50, 1)], []),
        (9, [(50, 100), (30, 3)], ["log-gap: 4.2"]),
    ],
)
def test_gaps_of_three_days_and_single_empty_hours_of_a_busy_log(
    rate: int, holes: list[tuple[int, int]], told: list[str]
) -> None:
    """Ten an hour without the gap are busy; the hours of the gap are not counted again."""
    found = []
    for w in _gaps(with_holes(rate, 1000, *holes)):
        words = w.message.split("no request in " if w.code == "log-gap" else "log has ")[1]
        found.append(f"{w.code}: {words.split()[0]}")
    assert found == told


def test_a_gap_is_told_with_its_dates_and_both_means() -> None:
    """1,000 hours of 12: 880 with requests; the longest gap of two begins on 8 February at 9 o'clock."""
    (warning,) = _gaps(with_holes(12, 1000, (500, 72), (172, 73)))
    start = datetime(2024, 2, 1, 5, tzinfo=UTC) + timedelta(hours=172)
    end = start + timedelta(hours=73)
    assert warning.message.startswith(
        f"The request log has no request in {145 / 24:.1f} of its 41.7 days, longest from {start:%Y-%m-%d %H:%M} to "
        f"{end:%Y-%m-%d %H:%M} UTC. They count as time without requests: a mean of {0.855 * 288:.0f} requests a day, "
        "288 without them."
    )


@pytest.mark.parametrize(("count", "told"), [(25, False), (26, True)])
def test_a_quiet_log_may_rest_for_days_by_chance(count: int, told: bool) -> None:
    """Twenty expected in 72 hours are no chance: beside a gap of 99 hours 91 have 25, 19.8 in 72, or 26, 20.6."""
    sparse = np.zeros(190)
    sparse[np.linspace(0, 89, count - 1).round().astype(int)] = 1
    sparse[-1] = 1
    (warning, *_) = (*_gaps(log_of(sparse, FIRST, 0.0, 190.0)), None)
    assert (warning is not None) == told


def test_two_bursts_at_the_ends_of_a_gap_are_an_hour_at_least() -> None:
    """30 in the last tenth of an hour and 30 in the first tenth of another, 73 hours apart: 60 in an hour."""
    requests = np.zeros(75)
    requests[[0, 74]] = 30
    (warning,) = _gaps(log_of(requests, FIRST, 0.9, 74.1))
    assert "1,440 without them" in warning.message
    assert f"a mean of {60 / 73.2 * 24:.0f} requests a day" in warning.message
