"""Requests by the hour of the year: from a daily and weekly shape, or from a request log.

In: the scenario's `workload.serving`, the users' UTC offset, the plan's calendar, a summed log. Out: requests per hour,
shape (8760,) UTC.
Leaves out: seasons, growth within the year and noise within the hour (the fleet's headroom covers it).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from wattscale.errors import InputError
from wattscale.figure import PlanWarning
from wattscale.hours import Calendar, calendar_of, local_hour, local_weekday
from wattscale.scenario.workload import ServingTable
from wattscale.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray
from wattscale.workload.log_year import year_by_date
from wattscale.workload.request_log import RequestLog

DAYS_PER_YEAR = HOURS_PER_YEAR // HOURS_PER_DAY
HOURS_PER_WEEK = 7 * HOURS_PER_DAY
SATURDAY = 5
EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday (0 = Monday)."""
LONG_GAP_H = 72
"""Empty time that is no quiet night and no weekend [h]."""
SURE = 20.0
"""Requests expected in such a time from which none is no chance (Poisson: 2e-9)."""
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
    return np.asarray(curve(steepness, hours - peak_hour) / curve(steepness, day - peak_hour).mean())


def shaped_year(serving: ServingTable, utc_offset_h: float, calendar: Calendar | None = None) -> FloatArray:
    """Spread the requests of a year by the daily and weekly shape.

    The mean over the year is `requests_per_day`; Saturdays and Sundays have `weekend_share` of a weekday.

    Args:
        serving: The scenario's `workload.serving`.
        utc_offset_h: Local time of the users minus UTC [h].
        calendar: True dates of the plan's days, for its weekends.

    Returns:
        Requests per hour [1/h], shape (8760,), UTC.

    >>> round(float(shaped_year(ServingTable(requests_per_day=24.0), 0.0).sum()), 3)
    8760.0
    """
    shape = daily_shape(local_hour(utc_offset_h), serving.peak_hour_local, serving.peak_to_mean)
    weekend = local_weekday(calendar, utc_offset_h) >= SATURDAY
    shape = shape * np.where(weekend, serving.weekend_share, 1.0)
    return np.asarray(shape * (serving.requests_per_day * DAYS_PER_YEAR / shape.sum()))


def traffic(
    serving: ServingTable,
    utc_offset_h: float = 0.0,
    log: RequestLog | None = None,
    calendar: Calendar | None = None,
) -> Traffic:
    """Give a year of requests.

    Args:
        serving: The scenario's `workload.serving`.
        utc_offset_h: Local time of the users minus UTC [h]; `serving.utc_offset_h` wins where given.
        log: The summed request log, where the scenario names one.
        calendar: True dates of the plan's days, for its weekends.

    Returns:
        The year.
    """
    offset = utc_offset_h if serving.utc_offset_h is None else serving.utc_offset_h
    if log is None:
        return Traffic(shaped_year(serving, offset, calendar), serving.input_tokens, serving.output_tokens)
    year, warnings = logged_year(log, serving, offset, calendar)
    warnings += _gaps(log) + log.warnings
    if serving.log_scale == "requests_per_day":
        year = year * (serving.requests_per_day * DAYS_PER_YEAR / year.sum())
    return Traffic(year, log.mean_input_tokens, max(1.0, log.mean_output_tokens), warnings)


def logged_year(
    log: RequestLog, serving: ServingTable, utc_offset_h: float, calendar: Calendar | None = None
) -> tuple[FloatArray, tuple[PlanWarning, ...]]:
    """Make a year of a log.

    A year or more: each day from the log's nearest day of the same weekday, the mean where it has several years. A week
    or more: the mean of each hour of the week, repeated. A day or more: the mean of each hour of the day, repeated.
    Less: the mean rate of the log, with the scenario's daily and weekly shape. Hours that the log covers in part count
    by their covered part (but in a log of a year or more).

    Args:
        log: The summed log.
        serving: For the shape of short logs.
        utc_offset_h: Local time of the users minus UTC [h], for the shape of short logs.
        calendar: True dates of the plan's days.

    Returns:
        Requests per hour [1/h], shape (8760,), UTC; warnings.
    """
    counts, covered = _dense(log)
    first = int(log.hours[0])
    index = np.arange(first, first + counts.size)
    if log.span_h >= HOURS_PER_YEAR - HOURS_PER_DAY:
        return year_by_date(counts, first, calendar or calendar_of())
    if log.span_h >= HOURS_PER_WEEK:
        week = _means((index + EPOCH_WEEKDAY * HOURS_PER_DAY) % HOURS_PER_WEEK, counts, covered, HOURS_PER_WEEK)
        place = local_weekday(calendar) * HOURS_PER_DAY + np.arange(HOURS_PER_YEAR) % HOURS_PER_DAY
        return week[place], (_tiled(log, "week"),)
    if log.span_h >= HOURS_PER_DAY:
        day = _means(index % HOURS_PER_DAY, counts, covered, HOURS_PER_DAY)
        return np.resize(day, HOURS_PER_YEAR), (_tiled(log, "day"),)
    short = serving.model_copy(update={"requests_per_day": float(HOURS_PER_DAY)})
    shape = shaped_year(short, utc_offset_h, calendar)
    return shape * float(counts.sum() / log.span_h), (_short(log),)


def _dense(log: RequestLog) -> tuple[FloatArray, FloatArray]:
    """Counts of every hour from first to last, and the part of each hour that the log covers."""
    counts = np.zeros(int(log.hours[-1] - log.hours[0]) + 1)
    counts[log.hours - log.hours[0]] = log.requests
    edges = log.hours[0] + np.arange(counts.size, dtype=np.float64)
    covered = np.minimum(edges + 1.0, log.end_h) - np.maximum(edges, log.start_h)
    return counts, covered


def _means(place: np.typing.NDArray[np.int64], counts: FloatArray, covered: FloatArray, size: int) -> FloatArray:
    total = np.bincount(place, counts, size)
    hours = np.bincount(place, covered, size)
    if (hours <= 0).any():
        raise InputError(
            f"covers no time in {int((hours <= 0).sum())} of the {size} hours of its pattern",
            where="workload.serving.log",
            hint="Give a log without gaps",
        )
    return np.asarray(total / hours)


def _gaps(log: RequestLog) -> tuple[PlanWarning, ...]:
    """Point out days without requests, and single hours where the rate makes one by chance unlikely."""
    counts, _ = _dense(log)
    empty = np.flatnonzero(counts == 0)
    runs = np.split(empty, np.flatnonzero(np.diff(empty) > 1) + 1)
    long = [run for run in runs if run.size >= LONG_GAP_H]
    missing = sum(run.size for run in long)
    found = []
    rate, told = counts.sum() / log.span_h, counts.sum() / max(log.span_h - missing, 1.0)
    if long and told * LONG_GAP_H >= SURE:
        longest = max(long, key=len)
        start, end = (_moment(log.hours[0] + i) for i in (longest[0], longest[-1] + 1))
        text = (
            f"The request log has no request in {missing / HOURS_PER_DAY:.1f} of its "
            f"{log.span_h / HOURS_PER_DAY:.1f} days, longest from {start} to {end} UTC. They count as time without "
            f"requests: a mean of {rate * HOURS_PER_DAY:,.0f} requests a day, {told * HOURS_PER_DAY:,.0f} without "
            "them. Where they are only missing from the log, cut it there, or set "
            'workload.serving.log_scale = "requests_per_day".'
        )
        found.append(PlanWarning("log-gap", text))
    else:
        missing, told = 0, rate
    if empty.size > missing and told >= BUSY:
        text = f"The request log has {empty.size - missing} hours without any request; they are taken as they are."
        found.append(PlanWarning("log-empty-hours", text))
    return tuple(found)


def _moment(hour: np.int64) -> str:
    return str(np.datetime64(int(hour), "h").astype("datetime64[m]")).replace("T", " ")


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
