"""Lanes of requests, each with places and processes of its own, so that no request waits for work of another kind.

In: tasks. Out: what a worker made of them, or a refusal within the deadline.
Leaves out: the work itself (tasks.py, worker.py), the processes (crew.py), work of minutes (jobs.py).

A task that takes longer than usual leaves its place to the next and goes on beside the lane at low priority; only so
many may. A task whose visitor has left is stopped, and so is one past its deadline.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wattscale.web.crew import GONE_S, Crew, Target, Worker
from wattscale.web.refusals import BUSY, FULL, SLOW, Refusal, RefusedError
from wattscale.web.settings import Limits
from wattscale.web.worker import work

if TYPE_CHECKING:
    from wattscale.web.tasks import Made

LOOK_S = 0.2
"""Time between two looks for room beside the lane [s]."""


@dataclass
class _Place:
    """A place in a lane, or beside it; left once."""

    lane: Lane
    is_beside: bool = False

    def step_aside(self) -> bool:
        """Leave the place in the lane for one beside it; False where none is free."""
        if self.lane.long >= self.lane.limits.long_at_once:
            return False
        self.is_beside = True
        self.lane.long += 1
        self.lane.places.release()
        return True

    def leave(self) -> None:
        if self.is_beside:
            self.lane.long -= 1
        else:
            self.lane.places.release()


class Lane:
    """Does tasks of one kind of request."""

    def __init__(self, name: str, limits: Limits, target: Target = work) -> None:
        self.name, self.limits = name, limits
        self.crew = Crew(name, limits.at_once + limits.long_at_once, limits.memory_mb, target)
        self.places = asyncio.Semaphore(limits.at_once)
        self.turns: dict[str, tuple[asyncio.Lock, int]] = {}
        self.waiting = self.for_place = self.long = self.working = 0
        """Asks that wait; those that wait for a place, not for an equal ask; tasks beside the lane; all tasks."""
        self.supervisors: set[asyncio.Task[Made | Refusal]] = set()
        self.is_closed = False

    async def run(self, task: str, key: str, **arguments: Any) -> Made:
        """Do a task.

        Args:
            task: Name of a task.
            key: What is asked, in short: equal asks wait for one another, and the later ones find the work done.
            arguments: Plain data.

        Raises:
            RefusedError: The task was refused, takes too long, or the lane is full.
        """
        if self.is_closed or self.waiting >= self.limits.waiting + self.limits.at_once:
            raise RefusedError(BUSY)
        left = asyncio.Event()
        supervisor = asyncio.create_task(self._supervised(task, key, arguments, left))
        self.supervisors.add(supervisor)
        supervisor.add_done_callback(self.supervisors.discard)
        try:
            answer = await asyncio.shield(supervisor)
        except asyncio.CancelledError:
            left.set()
            raise
        if isinstance(answer, Refusal):
            raise RefusedError(answer)
        return answer

    def state(self) -> dict[str, int]:
        """Say how much the lane has to do."""
        return {"working": self.working, "long": self.long, "waiting": self.waiting, "processes": len(self.crew.all)}

    async def close(self) -> None:
        """Stop all work."""
        self.is_closed = True
        self.crew.stop()
        if self.supervisors:
            await asyncio.wait(self.supervisors, timeout=GONE_S)
        self.crew.close()

    async def _supervised(self, task: str, key: str, arguments: dict[str, Any], left: asyncio.Event) -> Made | Refusal:
        """Wait for a place, do the task and see that it ends; runs on when the request is gone."""
        async with AsyncExitStack() as held:
            self.waiting += 1
            try:
                place = await self._place(key, left, held)
            finally:
                self.waiting -= 1
            worker = await self.crew.take(key) if place is not None else None
            if place is None or worker is None:
                return BUSY
            self.working += 1
            talk = self.crew.talk(worker, task, arguments)
            try:
                return await self._watched(talk, worker, place, left)
            finally:
                self.working -= 1
                await self.crew.put_back(worker, key, talk)

    async def _place(self, key: str, left: asyncio.Event, held: AsyncExitStack) -> _Place | None:
        """Wait for the turn among equal asks, then for a place; None where both have not come in time."""
        end = asyncio.get_running_loop().time() + self.limits.seconds
        turn = await held.enter_async_context(self._turn(key))
        if not await _acquired(turn, left, end):
            return None
        held.callback(turn.release)
        self.for_place += 1
        try:
            if not await _acquired(self.places, left, end):
                return None
        finally:
            self.for_place -= 1
        place = _Place(self)
        held.callback(place.leave)
        return place

    async def _watched(
        self, talk: asyncio.Future[Made | Refusal], worker: Worker, place: _Place, left: asyncio.Event
    ) -> Made | Refusal:
        """Wait for the answer as long as a task may take, or as its visitor stays."""
        limits = self.limits
        answer = await _answer(talk, left, min(limits.long_after_s, limits.seconds))
        if answer is None and not left.is_set():
            answer = await self._watched_long(talk, worker, place, left)
        if answer is None:
            answer = await _answer(talk, asyncio.Event(), limits.grace_s)
        return answer or BUSY

    async def _watched_long(
        self, talk: asyncio.Future[Made | Refusal], worker: Worker, place: _Place, left: asyncio.Event
    ) -> Made | Refusal | None:
        """Let a long task go on beside the lane; without room there it keeps its place until another ask needs it."""
        now = asyncio.get_running_loop().time
        end = now() + self.limits.seconds - self.limits.long_after_s
        worker.lower()
        while not place.step_aside():
            answer = await _answer(talk, left, min(LOOK_S, end - now()))
            if answer is not None or left.is_set():
                return answer
            if now() >= end:
                return SLOW
            if self.for_place:
                return FULL
        answer = await _answer(talk, left, end - now())
        return answer if answer is not None or left.is_set() else SLOW

    @asynccontextmanager
    async def _turn(self, key: str) -> AsyncIterator[asyncio.Lock]:
        """Give the lock of an ask, kept as long as someone asks the same."""
        lock, users = self.turns.get(key, (asyncio.Lock(), 0))
        self.turns[key] = (lock, users + 1)
        try:
            yield lock
        finally:
            lock, users = self.turns.pop(key)
            if users > 1:
                self.turns[key] = (lock, users - 1)


async def _acquired(lock: asyncio.Lock | asyncio.Semaphore, left: asyncio.Event, end: float) -> bool:
    """Take a lock before a time of the loop's clock, unless the visitor leaves before."""
    seconds = max(0.0, end - asyncio.get_running_loop().time())
    asking = asyncio.ensure_future(lock.acquire())
    leaving = asyncio.ensure_future(left.wait())
    await asyncio.wait({asking, leaving}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    leaving.cancel()
    if not asking.done():
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
    if asking.cancelled():
        return False
    if left.is_set():
        lock.release()
    return not left.is_set()


async def _answer(talk: asyncio.Future[Made | Refusal], left: asyncio.Event, seconds: float) -> Made | Refusal | None:
    """Wait for an answer, for some time, or until the visitor leaves."""
    leaving = asyncio.ensure_future(left.wait())
    either: set[asyncio.Future[Any]] = {talk, leaving}
    await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    leaving.cancel()
    return talk.result() if talk.done() else None
