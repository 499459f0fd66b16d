"""No request makes the server open what it names: no file, no folder, no host, no process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from wattscale.scenario.schema import Scenario
from wattscale.scenario.walk import fields_of
from wattscale.web import worker
from wattscale.web.asks import Ask, scenario_of
from wattscale.web.planner import Planner
from wattscale.web.refusals import Refusal

MARK = "planted-7f3a"
NAMES = [
    f"http://127.0.0.1:9/{MARK}", f"//127.0.0.1:9/{MARK}", f"hf://{MARK}/model", f"{MARK}/model", f"/tmp/{MARK}.csv",
    f"../{MARK}.json", f"file:///tmp/{MARK}", f"~{MARK}/x", f"\\\\127.0.0.1\\{MARK}",
]  # fmt: skip
FEW = NAMES[0], NAMES[3], NAMES[4]
NOT_NUMBERS = sorted(f.key for f in fields_of(Scenario) if not f.numeric)
REACHING = (
    "socket.",
    "urllib.",
    "http.",
    "ftplib.",
    "smtplib.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.posix_spawn",
)
"""Audit events of work outside this process."""
_noted: list[tuple[str, str]] | None = None


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if _noted is not None and (event.startswith(REACHING) or MARK in repr(arguments)):
        _noted.append((event, repr(arguments)[:200]))


sys.addaudithook(_note)


@contextmanager
def nothing_reached() -> Iterator[None]:
    """Fail when this process reaches outside, or touches what a request has named."""
    global _noted
    _noted = []
    try:
        yield
        reached = list(_noted)
    finally:
        _noted = None
    assert reached == []


def test_what_is_reached_is_noticed() -> None:
    with pytest.raises(AssertionError, match="open"), nothing_reached(), pytest.raises(OSError, match=MARK):
        Path(f"/tmp/{MARK}.csv").read_bytes()


@pytest.mark.parametrize("key", [*NOT_NUMBERS, "preset", "catalog.models/x.y", "compute.own_accelerators"])
def test_no_key_opens_what_it_names(key: str) -> None:
    with nothing_reached():
        for name in NAMES:
            for value in (name, [name], {"name": name, "like": name, "file": name, "source": name}, [{"name": name}]):
                ask = (
                    {"preset": name, "changes": {}} if key == "preset" else {"preset": "none", "changes": {key: value}}
                )
                answer = worker.done(Planner(), "commands", {"ask": ask})
                if not isinstance(answer, Refusal):
                    scenario_of(Ask(**ask))  # accepted as a plain name


@pytest.mark.parametrize("name", NAMES)
def test_no_uploaded_file_opens_what_it_names(name: str) -> None:
    quoted = name.replace("\\", "\\\\")
    with nothing_reached():
        for table, key in (("site", "weather"), ("site", "prices"), ("workload", "model"), ("workload.serving", "log")):
            answer = worker.done(Planner(), "scenario", {"text": f'[{table}]\n{key} = "{quoted}"\n'})
            assert isinstance(answer, Refusal)
            assert answer.status == 422


def test_a_plan_and_its_files_reach_nothing() -> None:
    ask = {"preset": "first-campus", "changes": {"name": f"http://127.0.0.1:9/{MARK}"}}
    planner = Planner()
    with nothing_reached():
        for task, more in (("plan", {"charts": ["energy_flow"], "width": 900, "half_width": 430}),
                           ("file", {"name": "scenario.toml"}), ("sources", {}), ("commands", {})):  # fmt: skip
            assert not isinstance(worker.done(planner, task, {"ask": ask, **more}), Refusal)
