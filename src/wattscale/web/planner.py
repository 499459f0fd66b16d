"""Makes the plans that requests ask for: a few at once, equal ones together, recent ones from memory.

In: scenarios. Out: plans. Memory is bounded: stage results and plans that were not used for long are dropped.
Leaves out: work of minutes; jobs.py runs that in processes of its own.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from wattscale.chain import plan, scenario_files
from wattscale.contents import contents_of
from wattscale.result import Plan
from wattscale.scenario.load import to_tables
from wattscale.scenario.schema import Scenario
from wattscale.stagecache import Entry, StageCache
from wattscale.web.preview import preview
from wattscale.web.settings import Settings

PLANS_KEPT = 24
"""Plans kept in memory, previews included; each holds about 3 MB of hourly series."""
Found = TypeVar("Found")


class BusyError(Exception):
    """More requests wait than are allowed; the visitor should try again soon."""


class TooSlowError(Exception):
    """A request took longer than allowed; the visitor should start a job instead."""


@dataclass
class SharedCache(StageCache):
    """A stage cache that several threads use at once."""

    lock: threading.RLock = field(default_factory=threading.RLock)

    def get(self, stage: str, inputs: tuple[Any, ...], overrides: Mapping[str, float]) -> Entry | None:
        """Find a result made from the same inputs and overrides."""
        with self.lock:
            return super().get(stage, inputs, overrides)

    def put(self, stage: str, entry: Entry) -> None:
        """Keep a result."""
        with self.lock:
            super().put(stage, entry)


class Planner:
    """Computes plans in a few threads and remembers the recent ones."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.cache = SharedCache()
        self.pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="plan")
        self.lock = threading.Lock()
        self.plans: OrderedDict[str, Future[Plan]] = OrderedDict()
        self.waiting = 0

    def plan(self, scenario: Scenario, quick: bool = False) -> Plan:
        """Make a plan, or take it from memory; equal plans asked for at once are made once."""
        key = f"{'quick' if quick else 'full'} {identity(scenario)}"
        with self.lock:
            known = self.plans.get(key)
            own: Future[Plan] = known or Future()
            self.plans[key] = own
            self.plans.move_to_end(key)
            while len(self.plans) > PLANS_KEPT:
                self.plans.popitem(last=False)
        if known is not None:
            return known.result()
        try:
            made = preview(scenario, self.cache) if quick else plan(scenario, cache=self.cache)
        except BaseException as error:
            with self.lock:
                self.plans.pop(key, None)
            own.set_exception(error)
            raise
        own.set_result(made)
        return made

    async def run(self, work: Callable[[], Found]) -> Found:
        """Run work in a thread, within the limits of time and number.

        Raises:
            BusyError: Too many requests wait.
            TooSlowError: The work took too long; its thread goes on to the end, its result stays in memory.
        """
        if self.waiting >= self.settings.threads + self.settings.waiting:
            raise BusyError
        self.waiting += 1
        running = asyncio.get_running_loop().run_in_executor(self.pool, work)
        running.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.shield(running), self.settings.plan_seconds)
        except TimeoutError:
            raise TooSlowError from None

    def _done(self, finished: asyncio.Future[Any]) -> None:
        self.waiting -= 1
        if not finished.cancelled():
            finished.exception()

    def close(self) -> None:
        """Stop taking work."""
        self.pool.shutdown(wait=False, cancel_futures=True)


def identity(scenario: Scenario) -> str:
    """Give the text that tells one scenario from another, its files by what they hold."""
    return json.dumps([to_tables(scenario), contents_of(scenario_files(scenario))], sort_keys=True)
