"""Requests by the hour of the year: from a daily and weekly shape, or from a request log.

In: the scenario's `workload.serving`, the users' UTC offset, a summed log. Out: requests per hour, shape (8760,) UTC.
Leaves out: seasons, growth within the year and noise within the hour (the fleet's headroom covers it).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from wattscale.errors import InputError
from wattscale.figure import PlanWarning
from wattscale.hours import FIRST_WEEKDAY, local_hour, local_weekday
from wattscale.scenario.workload import ServingTable
from wattscale.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray
from wattscale.workload.request_log import RequestLog

DAYS_PER_YEAR = HOURS_PER_YEAR // HOURS_PER_DAY
HOURS_PER_WEEK = 7 * HOURS_PER_DAY
SATURDAY = 5
EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday (0 = Monday)."""
BUSY = 10.0
"""Mean requests of an hour from which an empty hour is rarer than one in 20,000 by chance (Poisson)."""
STEEPEST = 500.0
"""Concentration at which the whole day falls into one hour."""


@dataclass(frozen=True)
class Traffic:
    """A year of requests.

    Attributes:
        requests_per_hour: Requests in each hour [1/h], shape (8760,), UTC.
        input_tokens, output_tokens: Mean tokens of a request [token].
        warnings: What is doubtful about it.
    """

    requests_per_hour: FloatArray
    input_tokens: float
    output_tokens: float
    warnings: tuple[PlanWarning, ...] = ()


def daily_shape(hours: FloatArray, peak_hour: float, peak_to_mean: float) -> FloatArray:
    """Give the requests of an hour of day over those of the mean hour.

    exp(k cos(2 pi (h - h_peak) / 24)) over its mean, k solved so that the peak is as asked.

    Args:
        hours: Hour of day [h], any shape.
        peak_hour: Hour with most requests [h].
        peak_to_mean: Busiest hour over the mean hour [1], 1 to 24.

    Returns:
        Requests over those of the mean hour [1], shape of `hours`.

    Source: von Mises curve, the smooth positive daily cycle of given steepness.

    >>> shape = daily_shape(np.arange(24.0), 15.0, 1.6)
    >>> round(float(shape.max()), 3), round(float(shape.mean()), 3), int(shape.argmax())
    (1.6, 1.0, 15)
    """

    def curve(steepness: float, at: FloatArray) -> FloatArray:
        return np.asarray(np.exp(steepness * (np.cos(2 * np.pi * at / HOURS_PER_DAY) - 1.0)))

    day = np.arange(float(HOURS_PER_DAY))

    def excess(steepness: float) -> float:
        return float(1.0 / curve(steepness, day).mean() - peak_to_mean)

    steepness = STEEPEST if excess(STEEPEST) <= 0 else float(brentq(excess, 0.0, STEEPEST)) if peak_to_mean > 1 else 0.0
    phase = np.mod(peak_hour, 1.0)
    return np.asarray(curve(steepness, hours - peak_hour) / curve(steepness, day - phase).mean())


def shaped_year(serving: ServingTable, utc_offset_h: float) -> FloatArray:
    """Spread the requests of a year by the daily and weekly shape.

    The mean over the year is `requests_per_day`; Saturdays and Sundays have `weekend_share` of a weekday.

    Args:
        serving: The scenario's `workload.serving`.
        utc_offset_h: Local time of the users minus UTC [h].

    Returns:
        Requests per hour [1/h], shape (8760,), UTC.

    >>> round(float(shaped_year(ServingTable(requests_per_day=24.0), 0.0).sum()), 3)
    8760.0
    """
    shape = daily_shape(local_hour(utc_offset_h), serving.peak_hour_local, serving.peak_to_mean)
    weekend = local_weekday(utc_offset_h=utc_offset_h) >= SATURDAY
    shape = shape * np.where(weekend, serving.weekend_share, 1.0)
    return np.asarray(shape * (serving.requests_per_day * DAYS_PER_YEAR / shape.sum()))


def traffic(serving: ServingTable, utc_offset_h: float = 0.0, log: RequestLog | None = None) -> Traffic:
    """Give a year of requests.

    Args:
        serving: The scenario's `workload.serving`.
        utc_offset_h: Local time of the users minus UTC [h]; `serving.utc_offset_h` wins where given.
        log: The summed request log, where the scenario names one.

    Returns:
        The year.
    """
    offset = utc_offset_h if serving.utc_offset_h is None else serving.utc_offset_h
    if log is None:
        return Traffic(shaped_year(serving, offset), serving.input_tokens, serving.output_tokens)
    year, warnings = logged_year(log, serving, offset)
    warnings += _gaps(log)
    if serving.log_scale == "requests_per_day":
        year = year * (serving.requests_per_day * DAYS_PER_YEAR / year.sum())
    return Traffic(year, log.mean_input_tokens, max(1.0, log.mean_output_tokens), warnings)


def logged_year(
    log: RequestLog, serving: ServingTable, utc_offset_h: float
) -> tuple[FloatArray, tuple[PlanWarning, ...]]:
    """Make a year of a log.

    A year or more: the mean of each hour of the year, by date. A week or more: the mean of each hour of the week,
    repeated. A day or more: the mean of each hour of the day, repeated. Less: the mean rate of the log, with the
    scenario's daily and weekly shape. Hours that the log covers in part count by their covered part (but in a log of
    a year or more).

    Args:
        log: The summed log.
        serving: For the shape of short logs.
        utc_offset_h: Local time of the users minus UTC [h], for the shape of short logs.

    Returns:
        Requests per hour [1/h], shape (8760,), UTC; warnings.
    """
    counts, covered = _dense(log)
    first = int(log.hours[0])
    index = np.arange(first, first + counts.size)
    if log.span_h >= HOURS_PER_YEAR - HOURS_PER_DAY:
        place = _hour_of_year(index)
        year = _means(place, counts, np.ones_like(covered), HOURS_PER_YEAR)
        leap = place < 0
        warnings = (
            (PlanWarning("leap-day-dropped", "29 February of the request log is dropped."),) if leap.any() else ()
        )
        return year, warnings
    if log.span_h >= HOURS_PER_WEEK:
        week = _means((index + EPOCH_WEEKDAY * HOURS_PER_DAY) % HOURS_PER_WEEK, counts, covered, HOURS_PER_WEEK)
        return np.resize(np.roll(week, -FIRST_WEEKDAY * HOURS_PER_DAY), HOURS_PER_YEAR), (_tiled(log, "week"),)
    if log.span_h >= HOURS_PER_DAY:
        day = _means(index % HOURS_PER_DAY, counts, covered, HOURS_PER_DAY)
        return np.resize(day, HOURS_PER_YEAR), (_tiled(log, "day"),)
    shape = shaped_year(serving.model_copy(update={"requests_per_day": float(HOURS_PER_DAY)}), utc_offset_h)
    return shape * float(counts.sum() / log.span_h), (_short(log),)


def _dense(log: RequestLog) -> tuple[FloatArray, FloatArray]:
    """Counts of every hour from first to last, and the part of each hour that the log covers."""
    counts = np.zeros(int(log.hours[-1] - log.hours[0]) + 1)
    counts[log.hours - log.hours[0]] = log.requests
    edges = log.hours[0] + np.arange(counts.size, dtype=np.float64)
    covered = np.minimum(edges + 1.0, log.end_h) - np.maximum(edges, log.start_h)
    return counts, covered


def _means(place: np.typing.NDArray[np.int64], counts: FloatArray, covered: FloatArray, size: int) -> FloatArray:
    kept = place >= 0
    total = np.bincount(place[kept], counts[kept], size)
    hours = np.bincount(place[kept], covered[kept], size)
    if (hours <= 0).any():
        raise InputError(
            f"covers no time in {int((hours <= 0).sum())} of the {size} hours of its pattern",
            where="workload.serving.log",
            hint="Give a log without gaps",
        )
    return np.asarray(total / hours)


def _hour_of_year(index: np.typing.NDArray[np.int64]) -> np.typing.NDArray[np.int64]:
    """Hour of the model year of each hour since 1970; -1 on 29 February."""
    stamps = index.astype("datetime64[h]")
    years = stamps.astype("datetime64[Y]")
    place = (stamps - years.astype("datetime64[h]")).astype(np.int64)
    number = years.astype(np.int64) + 1970
    leap = (number % 4 == 0) & ((number % 100 != 0) | (number % 400 == 0))
    feb29 = 59 * HOURS_PER_DAY
    place = np.where(leap & (place >= feb29 + HOURS_PER_DAY), place - HOURS_PER_DAY, place)
    on_day = leap & ((stamps - years.astype("datetime64[h]")).astype(np.int64) // HOURS_PER_DAY == 59)
    return np.asarray(np.where(on_day, -1, place))


def _gaps(log: RequestLog) -> tuple[PlanWarning, ...]:
    """Point out hours without requests where the rate makes one by chance unlikely."""
    counts, covered = _dense(log)
    empty = int(((counts == 0) & (covered > 0)).sum())
    if not empty or counts.sum() / log.span_h < BUSY:
        return ()
    text = f"The request log has {empty} hours without any request; they are taken as they are."
    return (PlanWarning("log-empty-hours", text),)


def _tiled(log: RequestLog, pattern: str) -> PlanWarning:
    return PlanWarning(
        "log-tiled",
        f"The request log covers {log.span_h / HOURS_PER_DAY:.1f} days; its mean {pattern} is repeated over the year.",
    )


def _short(log: RequestLog) -> PlanWarning:
    return PlanWarning(
        "log-short",
        f"The request log covers {log.span_h:.1f} hours, less than a day: its mean rate is taken as the mean "
        "of the year, with the daily and weekly shape of the scenario.",
    )
