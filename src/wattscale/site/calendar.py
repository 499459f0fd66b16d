"""The years that the site's files stand for: the calendar of the plan, and the doubts where the files disagree.

In: rows of a file with their years; the calendars of weather, prices and carbon. Out: a `Calendar`, warnings.
Leaves out: holidays, and daylight saving time (convention 12).
"""

from __future__ import annotations

import numpy as np

from wattscale.figure import PlanWarning
from wattscale.hours import DAYS_PER_YEAR, Calendar, IntArray, calendar_of
from wattscale.site.series import SiteSeries
from wattscale.units import HOURS_PER_DAY

FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Years that rows of a file can be of."""
FEW_DAYS = 7
"""Files whose years differ on so few days count as of one year: they begin at another hour of another clock."""


def calendar_of_rows(hours: IntArray, years: IntArray) -> Calendar | None:
    """Give the calendar of twelve months in a row.

    Args:
        hours: Model hour of each row, -1 for 29 February, shape (n,).
        years: Calendar year of each row, shape (n,).

    Returns:
        The true dates; None where the rows are no run of twelve months, as in a typical year.

    >>> hours = np.arange(8760)
    >>> calendar_of_rows(hours, np.full(8760, 2023)).year
    2023
    >>> calendar_of_rows(hours, np.where(hours < 4344, 2024, 2023)).years[180:182]
    (2024, 2023)
    """
    kept = hours >= 0
    day = hours[kept] // HOURS_PER_DAY
    year = years[kept]
    rows = np.bincount(day, minlength=DAYS_PER_YEAR)
    if not rows.any() or int(year.min()) < FIRST_YEAR or int(year.max()) > LAST_YEAR:
        return None
    # of most rows; a clock's shift may put single hours of a third year at one end
    usual = int(np.bincount(year).argmax())
    later = np.bincount(day, year > usual, DAYS_PER_YEAR)
    earlier = np.bincount(day, year < usual, DAYS_PER_YEAR)
    of_day = usual + (2 * later > rows).astype(np.int64) - (2 * earlier > rows).astype(np.int64)
    known = np.flatnonzero(rows)
    of_day = of_day[known[np.minimum(np.searchsorted(known, np.arange(DAYS_PER_YEAR)), known.size - 1)]]
    far = year != of_day[day]
    steps = np.flatnonzero(np.diff(of_day))
    one_run = steps.size == 0 or (steps.size == 1 and of_day[steps[0] + 1] == of_day[steps[0]] - 1)
    if not one_run or int(far.sum()) > FEW_DAYS * HOURS_PER_DAY:
        return None
    return calendar_of(of_day.tolist())


def plan_calendar(files: SiteSeries) -> Calendar:
    """Give the calendar of the plan: that of the prices, else of the carbon, else of the weather, else the usual."""
    for file in (files.prices, files.carbon, files.weather):
        if file is not None and file.calendar is not None:
            return file.calendar
    return calendar_of()


def told(calendar: Calendar) -> str:
    """Name the year or years of a calendar.

    >>> told(calendar_of(2023))
    '2023'
    """
    years = sorted(set(calendar.years))
    return " to ".join(str(y) for y in years)


def carbon_years(files: SiteSeries) -> tuple[PlanWarning, ...]:
    """Warn where prices and carbon are of different years."""
    price = files.prices.calendar if files.prices else None
    carbon = files.carbon.calendar if files.carbon else None
    if price is None or carbon is None or _same(price, carbon):
        return ()
    message = (
        f"Prices are of {told(price)}, carbon of {told(carbon)}: hours that were cheap and hours that were clean do "
        "not belong together. Give both of one year."
    )
    return (PlanWarning("price-carbon-years-differ", message),)


def weather_years(files: SiteSeries, weather: str) -> tuple[PlanWarning, ...]:
    """Warn where a real year of prices or carbon meets weather of another year, or of none; for wind and solar power.

    Args:
        files: The files as read.
        weather: What the weather is, for the message.
    """
    own = files.weather.calendar if files.weather else None
    for file, word in ((files.prices, "Prices are"), (files.carbon, "Carbon is")):
        if file is None or file.calendar is None or (own is not None and _same(file.calendar, own)):
            continue
        year_of = f"of {told(own)}" if own is not None else "of no single year"
        what = f"{year_of} ({weather})" if files.weather else "synthetic"
        year = file.calendar.year
        message = (
            f"{word} of {told(file.calendar)}, the weather is {what}: wind and sun do not stand in the "
            "hours whose prices they made, which can change what wind earns by a quarter (Germany 2023: 27 %). Give "
            f'the weather of {year}, for instance site.weather_service = "open-meteo" with site.weather_year = {year}.'
        )
        return (PlanWarning("weather-price-years-differ", message),)
    return ()


def _same(one: Calendar, other: Calendar) -> bool:
    return sum(a != b for a, b in zip(one.years, other.years, strict=True)) <= FEW_DAYS
