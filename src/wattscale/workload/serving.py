"""Serving as a year of requests.

In: the scenario's `workload.serving`, a summed request log. Out: `ServingWorkload`.
Leaves out: batches and devices (stage compute).
"""

from __future__ import annotations

from wattscale.figure import PlanWarning
from wattscale.hours import Calendar
from wattscale.scenario.workload import ServingTable
from wattscale.workload.request_log import RequestLog
from wattscale.workload.result import ServingWorkload
from wattscale.workload.traffic import traffic


def serving_workload(
    recipe: ServingTable,
    utc_offset_h: float = 0.0,
    log: RequestLog | None = None,
    calendar: Calendar | None = None,
) -> tuple[ServingWorkload | None, tuple[PlanWarning, ...]]:
    """Give the year of requests, None where there are none.

    Args:
        recipe: The scenario's `workload.serving`.
        utc_offset_h: Local time of the users minus UTC [h].
        log: The summed request log.
        calendar: True dates of the plan's days.

    Returns:
        The workload and warnings.
    """
    if recipe.requests_per_day == 0 and log is None:
        return None, ()
    found = traffic(recipe, utc_offset_h, log, calendar)
    return ServingWorkload(recipe, found.requests_per_hour, found.input_tokens, found.output_tokens), found.warnings
