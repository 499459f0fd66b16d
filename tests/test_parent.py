"""Processes end with the one that started them, however they were started."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import wattscale

SOURCE = Path(wattscale.__file__).parent
CHILD = "import os, sys, time; from wattscale.parent import end_with_parent; end_with_parent(int(sys.argv[1])); "
STARTS = {
    "multiprocessing": """
import multiprocessing, sys, time
from wattscale.parent import end_with_parent
def child():
    end_with_parent()
    print(multiprocessing.current_process().pid, flush=True)
    time.sleep(60)
if __name__ == "__main__":
    multiprocessing.get_context("fork").Process(target=child).start()
    time.sleep(60)
""",
    "subprocess": f"""
import os, subprocess, sys, time
code = {CHILD!r} + "print(os.getpid(), flush=True); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", code, str(os.getpid())], start_new_session=True)
time.sleep(60)
""",
}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the child of the first case is forked")
@pytest.mark.parametrize("how", STARTS)
def test_a_process_ends_when_the_one_that_started_it_is_killed(how: str) -> None:
    parent = subprocess.Popen([sys.executable, "-c", STARTS[how]], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    try:
        child = int(parent.stdout.readline())
        assert is_alive(child)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait(10)
        end = time.monotonic() + 20
        while is_alive(child):
            assert time.monotonic() < end
            time.sleep(0.05)
    finally:
        parent.kill()
        parent.stdout.close()


def test_one_module_knows_how_to_end_with_the_parent() -> None:
    """Three did, each its own way."""
    words = re.compile(r"parent_process\(|getppid\(")
    assert [p.name for p in SOURCE.rglob("*.py") if words.search(p.read_text("utf-8"))] == ["parent.py"]


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for someone to ask has ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
