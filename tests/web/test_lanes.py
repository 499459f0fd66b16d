"""Lanes: none waits for another's work, what is not wanted is stopped, and every ask gets an answer in time."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from lane_work import work

from wattscale.web.lanes import Lane
from wattscale.web.refusals import RefusedError
from wattscale.web.settings import Limits

QUICK = {"at_once": 1, "seconds": 120.0, "long_after_s": 0.15, "long_at_once": 1, "waiting": 5, "grace_s": 0.1}


def with_lane(check: Callable[[Lane], Awaitable[None]], **limits: Any) -> None:
    """Do something with a lane whose workers know the stand-ins; at the end no process of it is left."""

    async def whole() -> None:
        lane = Lane("test", Limits(**(QUICK | limits)), work)
        await lane.crew.begin(1)
        try:
            await check(lane)
        finally:
            pids = [each.process.pid for each in lane.crew.all]
            await lane.close()
        assert not any(is_alive(pid) for pid in pids)

    asyncio.run(whole())


def is_alive(pid: int | None) -> bool:
    """Tell whether a process still runs after two seconds; one that has ended but is not yet collected does not."""
    psutil = pytest.importorskip("psutil", reason="psutil tells processes that run from those that have ended")
    try:
        process = psutil.Process(pid)
        for _ in range(100):
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            time.sleep(0.02)
    except psutil.NoSuchProcess:
        return False
    return True


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():
            await asyncio.sleep(0.02)


async def refusal(ask: Awaitable[Any]) -> str:
    with pytest.raises(RefusedError) as error:
        await ask
    return error.value.refusal.kind


def test_a_long_task_steps_aside_and_the_next_ones_are_answered_meanwhile() -> None:
    async def check(lane: Lane) -> None:
        long = asyncio.create_task(lane.run("sleep", "long", seconds=100.0))
        quick = [lane.run("sleep", f"quick {n}", seconds=0.0) for n in range(3)]
        assert all(made.body for made in await asyncio.gather(*quick))
        assert not long.done()
        assert lane.state()["long"] == 1
        long.cancel()

    with_lane(check)


def test_more_long_tasks_than_may_go_on_are_sent_away_and_stopped() -> None:
    async def check(lane: Lane) -> None:
        first = asyncio.create_task(lane.run("sleep", "first", seconds=100.0))
        await until(lambda: lane.state()["long"] == 1)
        second = asyncio.create_task(refusal(lane.run("sleep", "second", seconds=100.0)))
        await until(lambda: lane.state()["working"] == 2)
        await asyncio.sleep(0.5)
        assert not second.done()  # nobody waits for its place yet
        third = asyncio.create_task(lane.run("sleep", "third", seconds=0.0))
        assert await second == "busy"
        assert (await third).body
        assert lane.state() == {"working": 1, "long": 1, "waiting": 0, "processes": 2}
        first.cancel()
        await until(lambda: lane.state() == {"working": 0, "long": 0, "waiting": 0, "processes": 1})

    with_lane(check)


@pytest.mark.slow
def test_a_task_past_its_deadline_is_stopped_with_its_process_and_the_lane_goes_on() -> None:
    async def check(lane: Lane) -> None:
        pid = int((await lane.run("sleep", "who", seconds=0.0)).body)
        start = time.monotonic()
        assert await refusal(lane.run("sleep", "endless", seconds=100.0)) == "slow"
        assert time.monotonic() - start > 0.9
        assert not is_alive(pid)
        assert (await lane.run("sleep", "next", seconds=0.0)).body

    with_lane(check, seconds=1.0)


def test_a_task_whose_visitor_leaves_is_stopped_after_its_grace() -> None:
    async def check(lane: Lane) -> None:
        pid = int((await lane.run("sleep", "who", seconds=0.0)).body)
        ask = asyncio.create_task(lane.run("sleep", "left", seconds=100.0))
        await asyncio.sleep(0.05)
        ask.cancel()
        assert (await lane.run("sleep", "next", seconds=0.0)).body
        assert not is_alive(pid)

    with_lane(check)


def test_a_task_that_ends_within_the_grace_keeps_its_process_warm() -> None:
    async def check(lane: Lane) -> None:
        pid = int((await lane.run("sleep", "who", seconds=0.0)).body)
        ask = asyncio.create_task(lane.run("sleep", "left", seconds=0.2))
        await asyncio.sleep(0.05)
        ask.cancel()
        assert int((await lane.run("sleep", "next", seconds=0.0)).body) == pid

    with_lane(check, grace_s=1.0)


def test_a_task_left_while_it_waits_is_never_begun() -> None:
    async def check(lane: Lane) -> None:
        first = asyncio.create_task(lane.run("sleep", "first", seconds=0.4))
        await asyncio.sleep(0.02)
        ask = asyncio.create_task(lane.run("end", "left"))
        await asyncio.sleep(0.02)
        ask.cancel()
        pid = (await first).body
        assert (await lane.run("sleep", "next", seconds=0.0)).body == pid

    with_lane(check, long_after_s=1.0)


def test_equal_asks_wait_for_one_another_and_go_to_the_same_process() -> None:
    async def check(lane: Lane) -> None:
        start = time.monotonic()
        found = await asyncio.gather(*(lane.run("sleep", "same", seconds=0.1) for _ in range(3)))
        assert time.monotonic() - start >= 0.3
        assert len({each.body for each in found}) == 1
        assert lane.turns == {}

    with_lane(check, at_once=2)


@pytest.mark.slow
def test_an_equal_ask_that_waits_for_its_turn_does_not_end_the_one_it_waits_for() -> None:
    async def check(lane: Lane) -> None:
        asks = [lane.run("sleep", "same", seconds=0.6) for _ in range(2)]
        assert all(made.body for made in await asyncio.gather(*asks))

    with_lane(check, seconds=60.0, long_after_s=0.05, long_at_once=0)


@pytest.mark.slow
def test_waiting_for_the_turn_and_for_a_place_has_one_deadline() -> None:
    async def check(lane: Lane) -> None:
        await lane.places.acquire()  # and never leave it
        first = asyncio.create_task(lane.run("sleep", "same", seconds=0.0))
        second = asyncio.create_task(refusal(lane.run("sleep", "same", seconds=0.0)))
        late = asyncio.create_task(asyncio.sleep(1.7))
        await asyncio.sleep(0.8)
        first.cancel()  # from here on the second has the turn and waits for a place, for the 0.2 s that are left to it
        await asyncio.wait({late, second}, return_when=asyncio.FIRST_COMPLETED)
        assert not late.done()
        assert await second == "busy"
        late.cancel()

    with_lane(check, seconds=1.0)


def test_a_process_that_has_ended_while_idle_costs_nobody_an_answer() -> None:
    async def check(lane: Lane) -> None:
        pid = int((await lane.run("sleep", "who", seconds=0.0)).body)
        for worker in lane.crew.idle:
            worker.process.kill()
            worker.process.join()
        assert int((await lane.run("sleep", "who", seconds=0.0)).body) != pid
        assert lane.state()["processes"] == 1

    with_lane(check)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="this system has no priorities of POSIX")
def test_a_process_of_low_priority_answers_only_what_it_knows() -> None:
    async def check(lane: Lane) -> None:
        usual = os.getpriority(os.PRIO_PROCESS, lane.crew.idle[0].process.pid)
        long = int((await lane.run("sleep", "long", seconds=0.6)).body)
        assert os.getpriority(os.PRIO_PROCESS, long) > usual
        other = int((await lane.run("sleep", "other", seconds=0.0)).body)
        assert os.getpriority(os.PRIO_PROCESS, other) == usual
        assert int((await lane.run("sleep", "long", seconds=0.0)).body) == long  # it has the plan at hand
        for n in range(2):
            await lane.run("sleep", f"long {n}", seconds=0.6)
        assert not is_alive(long)  # two younger ones are kept
        assert sum(each.is_low for each in lane.crew.idle) == 2

    with_lane(check, seconds=60.0, long_after_s=0.05)


def test_more_tasks_than_may_wait_are_sent_away() -> None:
    async def check(lane: Lane) -> None:
        asks = [asyncio.create_task(lane.run("sleep", str(n), seconds=100.0)) for n in range(3)]
        await until(lambda: lane.state() == {"working": 1, "long": 0, "waiting": 2, "processes": 1})
        assert await refusal(lane.run("sleep", "one more", seconds=0.0)) == "busy"
        for ask in asks:
            ask.cancel()

    with_lane(check, waiting=1, long_after_s=100.0)


def test_a_task_that_takes_all_memory_is_told_so_and_its_process_replaced() -> None:
    async def check(lane: Lane) -> None:
        pid = int((await lane.run("sleep", "who", seconds=0.0)).body)
        assert await refusal(lane.run("fill", "all", mib=8000)) == "memory"
        assert int((await lane.run("sleep", "next", seconds=0.0)).body) != pid

    with_lane(check, memory_mb=2000)


@pytest.mark.parametrize(("task", "kind"), [("end", "failed"), ("fail", "failed"), ("refuse", "input")])
def test_whatever_befalls_a_task_is_told_and_the_lane_goes_on(task: str, kind: str) -> None:
    async def check(lane: Lane) -> None:
        assert await refusal(lane.run(task, task)) == kind
        assert (await lane.run("sleep", "next", seconds=0.0)).body

    with_lane(check)


def test_a_closed_lane_ends_its_work_and_takes_none() -> None:
    async def check(lane: Lane) -> None:
        ask = asyncio.create_task(refusal(lane.run("sleep", "long", seconds=30.0)))
        await asyncio.sleep(0.05)
        await lane.close()
        assert await ask == "failed"
        assert await refusal(lane.run("sleep", "late", seconds=0.0)) == "busy"

    with_lane(check)
