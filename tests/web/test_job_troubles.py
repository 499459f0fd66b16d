"""Jobs when the disk, the folder or a process misbehaves: the watcher goes on, and says what troubles it."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from waiting import eventually

from wattscale.errors import InputError
from wattscale.web import job_store, jobs, work
from wattscale.web.children import command_of, environment
from wattscale.web.job_folder import make_private, usual_folder
from wattscale.web.job_store import RECORD, RESULT, JobStore, StorageError, write_json
from wattscale.web.jobs import Jobs
from wattscale.web.settings import Settings

ASK = {"preset": "first-campus", "changes": {}}
IDLE = [sys.executable, "-c", "import time; time.sleep(60)"]
DONE = [sys.executable, "-c", "import sys, pathlib; pathlib.Path(sys.argv[1], 'result.json').write_text('{}')"]


@contextmanager
def watched(folder: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> Iterator[Jobs]:
    """Watch jobs whose process is a stand-in."""
    monkeypatch.setattr(jobs, "command_of", lambda _, *arguments: [*command, *arguments])
    made = Jobs(Settings(jobs=folder, jobs_at_once=1))
    made.open()
    try:
        yield made
    finally:
        made.close()
        made.thread.join(10)


def full(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def remove(folder: Path) -> None:
    """Delete a folder that someone may be writing to."""
    import shutil

    for _ in range(50):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.02)


def test_the_watcher_outlives_the_folder_of_a_running_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with watched(tmp_path / "jobs", monkeypatch, IDLE) as made:
        first = made.submit("claims", ASK, {})
        assert eventually(lambda: first.id in made.running)
        process = made.running[first.id][0]
        remove(tmp_path / "jobs" / first.id)
        assert eventually(lambda: first.id not in made.running)
        assert eventually(lambda: process.poll() is not None)
        monkeypatch.setattr(jobs, "command_of", lambda _, *arguments: [*DONE, *arguments])
        second = made.submit("claims", ASK, {})
        assert eventually(lambda: made.get(second.id).state == "done")
        assert made.state()["state"] == "watching"


def test_the_watcher_outlives_the_loss_of_all_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with watched(tmp_path / "jobs", monkeypatch, IDLE) as made:
        for _ in range(3):
            made.submit("claims", ASK, {})
        assert eventually(lambda: bool(made.running))
        remove(tmp_path / "jobs")
        assert eventually(lambda: not made.running and not made.queue)
        assert made.all() == []
        monkeypatch.setattr(jobs, "command_of", lambda _, *arguments: [*DONE, *arguments])
        last = made.submit("claims", ASK, {})
        assert eventually(lambda: made.get(last.id).state == "done")


def test_a_full_disk_keeps_the_state_in_memory_until_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watched(tmp_path / "jobs", monkeypatch, DONE) as made, monkeypatch.context() as disk:
        job = made.submit("claims", ASK, {})
        disk.setattr(job_store, "write_json", full)
        assert eventually(lambda: made.get(job.id).state == "done")
        assert made.store.get(job.id).state != "done"
        assert made.state()["state"] == "troubled"
        assert "No space left" in made.state()["trouble"]
        with pytest.raises(StorageError, match="No space left"):
            made.submit("claims", ASK, {})
        assert len(list((tmp_path / "jobs").iterdir())) == 1
        disk.undo()
        assert eventually(lambda: made.store.get(job.id).state == "done")
        assert eventually(lambda: made.state()["state"] == "watching")


@pytest.mark.parametrize(
    "error", [OSError(errno.EIO, "broken"), RuntimeError("a defect"), ValueError("x"), KeyError("y")]
)
def test_the_watcher_outlives_any_error_of_one_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    with watched(tmp_path / "jobs", monkeypatch, DONE) as made:
        look = made._look
        bad: list[str] = []

        def sometimes(job_id: str) -> None:
            if job_id in bad:
                raise error
            look(job_id)

        monkeypatch.setattr(made, "_look", sometimes)
        monkeypatch.setattr(jobs.traceback, "print_exc", lambda: None)
        with made.lock:
            bad.append(made.submit("claims", ASK, {}).id)
            made.settings = Settings(jobs=made.settings.jobs, jobs_at_once=2)
        good = made.submit("claims", ASK, {})
        assert eventually(lambda: made.get(good.id).state == "done")
        assert eventually(lambda: type(error).__name__ in made.state()["trouble"])
        assert made.state()["state"] == "troubled"
        bad.clear()
        assert eventually(lambda: made.state()["state"] == "watching")


def test_a_process_that_cannot_be_started_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with watched(tmp_path / "jobs", monkeypatch, [str(tmp_path / "nothing here")]) as made:
        job = made.submit("claims", ASK, {})
        assert eventually(lambda: made.get(job.id).state == "failed")
        assert "could not be started" in made.get(job.id).error


@pytest.mark.parametrize(
    ("code", "words"),
    [("import sys; sys.exit(74)", "disk full"), ("pass", "disk full"), ("import os; os.abort()", "-6")],
)
def test_how_a_process_ended_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, words: str) -> None:
    with watched(tmp_path / "jobs", monkeypatch, [sys.executable, "-c", code]) as made:
        job = made.submit("claims", ASK, {})
        assert eventually(lambda: made.get(job.id).state == "failed")
        assert words in made.get(job.id).error


def test_a_watcher_that_is_stuck_is_seen(tmp_path: Path) -> None:
    made = Jobs(Settings(jobs=tmp_path / "jobs"))
    assert made.state()["state"] == "stuck"  # not begun


def test_health_says_how_the_jobs_fare(client: Any) -> None:
    told = client.get("api/health").json()
    assert told["status"] == "ok"
    assert told["jobs"]["state"] == "watching"
    assert set(told["lanes"]) == {"plans", "previews"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"id": "x"}', "\x00"])
def test_a_damaged_record_counts_as_no_job(tmp_path: Path, text: str) -> None:
    store = JobStore(tmp_path)
    job = store.add("claims", "Claims", ASK, {})
    (tmp_path / job.id / RECORD).write_text(text)
    assert store.all() == []
    with pytest.raises(job_store.NoSuchJobError):
        store.get(job.id)


def test_a_result_that_cannot_be_written_ends_with_a_code_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = JobStore(tmp_path).add("claims", "Claims", ASK, {})
    monkeypatch.setattr(work, "KINDS", {"claims": type("K", (), {"run": staticmethod(lambda *_: {})})})
    monkeypatch.setattr(work, "write_json", full)
    assert work.do_job(tmp_path / job.id) == job_store.STORAGE


def test_what_is_not_written_leaves_nothing_half_done(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / RESULT, {"x": float("nan")})
    assert list(tmp_path.iterdir()) == []


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.skipif(os.name == "nt", reason="modes of folders are those of POSIX")
def test_jobs_lie_in_folders_of_this_user_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = usual_folder()
    assert str(folder).startswith(str(tmp_path)) or sys.platform == "darwin"
    old = os.umask(0)
    try:
        make_private(tmp_path / "jobs")
        job = JobStore(tmp_path / "jobs").add("claims", "Claims", ASK, {})
    finally:
        os.umask(old)
    assert mode(tmp_path / "jobs") == mode(tmp_path / "jobs" / job.id) == 0o700
    (tmp_path / "jobs").chmod(0o755)
    make_private(tmp_path / "jobs")
    assert mode(tmp_path / "jobs") == 0o700


@pytest.mark.skipif(os.name == "nt", reason="modes of folders are those of POSIX")
def test_a_folder_that_others_may_have_prepared_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "file").write_text("x")
    for name, why in (("open", "written by other users"), ("link", "a link"), ("file", "cannot be used")):
        with pytest.raises(InputError, match=why):
            make_private(tmp_path / name)
    monkeypatch.setattr("os.getuid", lambda: 12345)
    with pytest.raises(InputError, match="another user"):
        make_private(tmp_path / "mine")


def test_a_home_that_cannot_be_written_gives_a_temporary_folder_of_this_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wattscale.web.job_folder._can_be_made", lambda _: False)
    name = usual_folder().parent.name
    assert name.startswith("wattscale-")
    assert name != "wattscale-jobs"


TRAPS = ("json", "numpy", "uvicorn", "typer", "sitecustomize", "wattscale_probe", "struct", "socket")


def trapped(folder: Path) -> Path:
    """Make a folder of modules that say so when they are imported."""
    folder.mkdir()
    for name in TRAPS:
        (folder / f"{name}.py").write_text(f"raise SystemExit('imported {name} from the folder of the start')\n")
    return folder


@pytest.mark.slow
def test_nothing_is_imported_from_the_folder_of_the_start(tmp_path: Path) -> None:
    folder = trapped(tmp_path / "start")
    ran = subprocess.run(
        [sys.executable, "-m", "wattscale", "web", "--host", ""], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path)}, check=False,
    )  # fmt: skip
    assert "imported" not in ran.stderr
    assert ran.returncode == 2
    assert "--host" in ran.stderr


@pytest.mark.slow
def test_no_process_of_a_job_imports_from_the_folder_of_the_start(tmp_path: Path) -> None:
    folder = trapped(tmp_path / "start")
    store = JobStore(tmp_path / "jobs")
    job = store.add("nonsense", "?", ASK, {})
    ran = subprocess.run(
        command_of("wattscale.web.work", str(store.path(job.id)), str(os.getpid())), cwd=folder, env=environment(),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "imported" not in ran.stderr
    assert "KeyError" in ran.stderr  # it came as far as the kind that there is not


def test_a_full_disk_is_told_to_the_visitor(
    server: Callable[..., Any], jobs_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(jobs=jobs_folder) as url, httpx.Client(base_url=url, timeout=60) as client:
        monkeypatch.setattr(job_store, "write_json", full)
        answer = client.post("api/jobs", json={"kind": "claims"})
    assert answer.status_code == 503
    assert "No space left" in answer.json()["error"]["message"]
    assert json.loads(answer.content)["error"]["kind"] == "storage"
