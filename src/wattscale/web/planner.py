"""Makes the plans that one worker is asked for, the recent ones from memory.

In: scenarios. Out: plans. Memory is bounded: stage results and plans that were not used for long are dropped.
Leaves out: which worker is asked, and for how long (lanes.py).
"""

from __future__ import annotations

import json
from collections import OrderedDict

from wattscale.chain import plan, scenario_files
from wattscale.contents import contents_of
from wattscale.result import Plan
from wattscale.scenario.load import to_tables
from wattscale.scenario.schema import Scenario
from wattscale.stagecache import StageCache
from wattscale.web.preview import preview

PLANS_KEPT = 12
"""Plans kept in memory, previews included; each holds about 3 MB of hourly series."""


class Planner:
    """Computes plans and remembers the recent ones."""

    def __init__(self, cache: StageCache | None = None) -> None:
        self.cache = cache if cache is not None else StageCache()
        self.plans: OrderedDict[str, Plan] = OrderedDict()

    def plan(self, scenario: Scenario, quick: bool = False) -> Plan:
        """Make a plan, or take it from memory."""
        key = f"{'quick' if quick else 'full'} {identity(scenario)}"
        made = self.plans.pop(key, None)
        if made is None:
            made = preview(scenario, self.cache) if quick else plan(scenario, cache=self.cache)
        self.plans[key] = made
        while len(self.plans) > PLANS_KEPT:
            self.plans.popitem(last=False)
        return made


def identity(scenario: Scenario) -> str:
    """Give the text that tells one scenario from another, its files by what they hold."""
    return json.dumps([to_tables(scenario), contents_of(scenario_files(scenario))], sort_keys=True)
