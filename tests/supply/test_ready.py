"""The solver's passes compile beside other work on a fresh installation, once, and never on a complete one."""

import shutil
from pathlib import Path

import pytest

from wattscale.supply import ready
from wattscale.supply.interior import warm_up


class Process:
    """A process that only remembers what was asked of it."""

    started: list = []

    def __init__(self, command, **_):
        self.command, self.waited = command, False
        Process.started.append(self)

    def wait(self, timeout=None):
        self.waited = timeout is not None


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """An installation without compiled passes."""
    for source in ready.SOURCES:
        shutil.copy(Path(ready.__file__).parent / source, tmp_path / source)
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(ready, "__file__", str(tmp_path / "ready.py"))
    monkeypatch.setattr(ready, "_asked", False)
    monkeypatch.setattr(ready.subprocess, "Popen", Process)
    monkeypatch.setattr(Process, "started", [])
    return tmp_path


def test_an_installation_with_all_passes_starts_nothing(monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    warm_up()
    assert not ready.missing()


def test_a_fresh_installation_compiles_each_part_once_in_a_process_of_its_own(fresh):
    assert ready.missing()
    ready.begin()
    ready.begin()
    assert [p.command[-1].split("'")[1] for p in Process.started] == list(ready.PARTS)
    ready.wait()
    assert all(p.waited for p in Process.started)


def test_a_compiled_form_older_than_its_source_counts_as_missing(fresh):
    cache = fresh / "__pycache__"
    cache.mkdir()
    tag = f"py{ready.sys.version_info.major}{ready.sys.version_info.minor}.nbi"
    for source, names in ready.SOURCES.items():
        for name in names:
            (cache / f"{source.removesuffix('.py')}.{name}-1.{tag}").touch()
    assert not ready.missing()
    ready.os.utime(fresh / "sweeps.py", (2e9, 2e9))
    assert ready.missing()


def test_a_cache_elsewhere_is_left_to_numba(fresh, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(fresh))
    assert not ready.missing()
