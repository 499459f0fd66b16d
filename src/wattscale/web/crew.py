"""The processes of a lane: started when needed, kept warm, stopped when their work is not wanted any more.

In: the key of an ask. Out: a worker that is free, best the one that has just answered the same ask.
Leaves out: how many may be wanted at once and for how long (lanes.py).
"""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from wattscale.web.nursery import nursery
from wattscale.web.refusals import ENDED, MEMORY, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from wattscale.web.tasks import Made

Target: TypeAlias = "Callable[[Connection, int], None]"
"""What a process does: it takes tasks from a pipe until that is closed, within some memory [MiB]."""
NICE = 10
"""Priority of a task that takes long: below that of the others."""
KEYS_KEPT = 12
"""Asks by which a worker is found again that has answered them."""
GONE_S = 5.0
"""Longest wait for a process that was stopped [s]."""
LOW_KEPT = 2
"""Idle processes of low priority that are kept for the asks they have answered."""


@dataclass(eq=False)
class Worker:
    """A process with its pipe, and the asks it has answered last."""

    process: BaseProcess
    pipe: Connection
    keys: OrderedDict[str, None] = field(default_factory=OrderedDict)
    is_low: bool = False

    def talk(self, task: str, arguments: dict[str, Any]) -> Made | Refusal:
        """Send a task and wait for the answer, in a thread; gives `ENDED` when the process ends before."""
        try:
            self.pipe.send((task, arguments))
            answer: Made | Refusal = self.pipe.recv()
        except (EOFError, OSError):
            return ENDED
        return answer

    def remember(self, key: str) -> None:
        """Note an ask as answered here."""
        self.keys[key] = None
        self.keys.move_to_end(key)
        while len(self.keys) > KEYS_KEPT:
            self.keys.popitem(last=False)

    def lower(self) -> None:
        """Give way to other processes, where the system can; it cannot be taken back."""
        if hasattr(os, "setpriority") and self.process.pid is not None:
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.process.pid, NICE)
                self.is_low = True

    def stop(self) -> None:
        """End the process at once."""
        with suppress(OSError, AttributeError, ValueError):
            self.process.kill()

    def bury(self) -> None:
        """Free what a stopped process held."""
        with suppress(OSError):
            self.pipe.close()
        with suppress(OSError, AssertionError, ValueError):
            self.process.join(GONE_S)


class Crew:
    """The workers of a lane."""

    def __init__(self, name: str, most: int, memory_mb: int, target: Target) -> None:
        self.name, self.memory_mb, self.target = name, memory_mb, target
        self.context = nursery()
        self.threads = ThreadPoolExecutor(2 * most, thread_name_prefix=name)
        self.idle: list[Worker] = []
        self.all: set[Worker] = set()
        self.is_closed = False

    async def take(self, key: str) -> Worker | None:
        """Give a free worker, the one that knows the ask first, a new one last; None when none can be started.

        A worker of low priority is given only what it has answered before: that it has at hand, all else would be slow.
        """
        while fit := [each for each in self.idle if key in each.keys or not each.is_low]:
            worker = max(fit, key=lambda each: (key in each.keys, not each.is_low))
            self.idle.remove(worker)
            if worker.process.is_alive():
                return worker
            await self._retire(worker)
        with suppress(OSError):
            return await asyncio.get_running_loop().run_in_executor(self.threads, self._start)
        return None

    def talk(self, worker: Worker, task: str, arguments: dict[str, Any]) -> asyncio.Future[Made | Refusal]:
        """Let a worker do a task."""
        return asyncio.get_running_loop().run_in_executor(self.threads, worker.talk, task, arguments)

    async def put_back(self, worker: Worker, key: str, talk: asyncio.Future[Made | Refusal]) -> None:
        """Keep a worker that has answered; stop one that still works, has ended, or has run out of memory."""
        if talk.done() and talk.result() not in (ENDED, MEMORY) and not self.is_closed:
            worker.remember(key)
            self.idle.append(worker)
            low = [each for each in self.idle if each.is_low]
            if len(low) > LOW_KEPT:
                self.idle.remove(low[0])
                await self._retire(low[0])
            return
        worker.stop()
        await asyncio.wait({talk}, timeout=GONE_S)
        await self._retire(worker)

    async def begin(self, workers: int) -> None:
        """Start workers ahead of the first request."""
        for _ in range(workers):
            worker = await self.take("")
            if worker is not None:
                self.idle.append(worker)

    def stop(self) -> None:
        """Stop all workers; tasks they do end with `ENDED`."""
        self.is_closed = True
        for worker in list(self.all):
            worker.stop()

    def close(self) -> None:
        """Free what the stopped workers held."""
        for worker in self.idle:
            worker.bury()
        self.threads.shutdown(wait=False)

    async def _retire(self, worker: Worker) -> None:
        """Stop a worker that is not wanted any more, or has ended by itself, and free what it held."""
        worker.stop()
        self.all.discard(worker)
        await asyncio.get_running_loop().run_in_executor(self.threads, worker.bury)

    def _start(self) -> Worker:
        here, there = self.context.Pipe()
        process = self.context.Process(target=self.target, args=(there, self.memory_mb), name=self.name, daemon=True)
        try:
            process.start()
        finally:
            there.close()
        worker = Worker(process, here)
        self.all.add(worker)
        if self.is_closed:
            worker.stop()
        return worker
