"""Where cases run: the same rows from one process, several, and a Dask cluster, also when workers die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wattscale.errors import InputError
from wattscale.study.executor import ONE_THREAD, Work, _deaf_to_ctrl_c, run_dask, run_processes, run_serial

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import works  # noqa: E402 (beside the test, so that a spawned worker finds it too)

WANTED = [(case, case**2) for case in range(12)]


def jobs(size=2, cases=12):
    return iter([list(range(start, min(start + size, cases))) for start in range(0, cases, size)])


def pairs(found):
    return sorted((row["case"], row["y"]) for rows in found for row in rows)


def test_one_process_gives_each_case_once():
    assert pairs(run_serial(Work(works.square, works.buried, {}), jobs())) == WANTED


@pytest.mark.slow
def test_several_processes_give_the_same_cases_and_leave_the_environment_alone():
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    assert pairs(run_processes(Work(works.square, works.buried, {}), jobs(), 2)) == WANTED
    assert {name: os.environ.get(name) for name in ONE_THREAD} == before


@pytest.mark.slow
def test_a_case_that_kills_its_worker_is_buried_and_the_others_go_on():
    found = [
        r for rows in run_processes(Work(works.square_or_die, works.buried, {"deadly": 5}), jobs(), 2) for r in rows
    ]
    assert sorted(r["case"] for r in found) == list(range(12))
    assert [r["case"] for r in found if r["y"] is None] == [5]


@pytest.mark.slow
def test_a_worker_that_someone_else_kills_costs_nothing_but_time(tmp_path):
    payload = {"deadly": 3, "mark": str(tmp_path / "died")}
    assert pairs(run_processes(Work(works.die_once, works.buried, payload), jobs(), 2)) == WANTED
    assert (tmp_path / "died").exists()


COORDINATOR = """
import sys
sys.path.insert(0, sys.argv[1])
import works
from wattscale.study.executor import Work, run_processes
if __name__ == "__main__":
    payload = {"sleep_s": float(sys.argv[3]), "folder": sys.argv[2]}
    for rows in run_processes(Work(works.square_and_sign, works.buried, payload), iter([[i] for i in range(40)]), 2):
        print(rows, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("sleep_s", ["0.01", "30"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_their_coordinator(tmp_path, how, sleep_s):
    """Idle ones and ones in the middle of a case; two were left behind by a SIGKILL."""
    coordinator = subprocess.Popen(
        [sys.executable, "-c", COORDINATOR, str(HERE), str(tmp_path), sleep_s], stdout=subprocess.PIPE
    )
    try:
        until(lambda: len(list(tmp_path.iterdir())) == 2)
        workers = [int(file.name) for file in tmp_path.iterdir()]
        os.kill(coordinator.pid, how)
        coordinator.wait(10)
        until(lambda: not any(alive(pid) for pid in workers))
    finally:
        coordinator.kill()
        coordinator.stdout.close()


def until(true, seconds=20.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def alive(pid):
    """Whether a process runs; one that has ended and waits for its parent to ask has ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.slow
def test_workers_end_at_once_when_nobody_waits_for_them_any_more(tmp_path):
    rows = run_processes(Work(works.sleep_unless_first, works.buried, str(tmp_path)), jobs(1, 4), 2)
    next(rows)
    start = time.monotonic()
    rows.close()
    assert time.monotonic() - start < 30
    workers = [int(p.name) for p in tmp_path.iterdir()]
    assert workers
    assert not any(alive(number) for number in workers)


@pytest.fixture
def hearing():
    """Ctrl-C is heard, also where the tests were started in the background, whose processes ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_is_held_back_while_workers_begin(hearing):
    reached = []
    with pytest.raises(KeyboardInterrupt), _deaf_to_ctrl_c():
        reached += [os.kill(os.getpid(), signal.SIGINT), time.sleep(0.05)]
    assert reached == [None, None]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_ctrl_c_that_is_ignored_stays_ignored_while_workers_begin(hearing):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with _deaf_to_ctrl_c():
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_gives_the_same_cases_also_when_a_worker_dies_midway(cluster):
    address, workers = cluster
    assert pairs(run_dask(Work(works.square, works.buried, {}), jobs(), address)) == WANTED
    found, killed = [], False
    for rows in run_dask(Work(works.square, works.buried, {"sleep_s": 0.05}), jobs(1, 60), address):
        found.append(rows)
        if len(found) == 20 and not killed:
            os.kill(workers[1].pid, signal.SIGKILL)
            killed = True
    assert killed
    assert pairs(found) == [(case, case**2) for case in range(60)]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_that_does_not_answer_is_told(monkeypatch):
    pytest.importorskip("distributed", reason="dask[distributed] is not installed (extra `cluster`)")
    monkeypatch.setattr("wattscale.study.executor.PATIENCE_S", 0.5)
    start = time.monotonic()
    with pytest.raises(InputError, match="no scheduler answers"):
        list(run_dask(Work(works.square, works.buried, {}), jobs(), "tcp://127.0.0.1:9"))
    assert time.monotonic() - start < 60


def test_without_dask_the_user_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match="pip install"):
        list(run_dask(Work(works.square, works.buried, {}), jobs(), "tcp://127.0.0.1:9"))
