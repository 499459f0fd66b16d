"""Files are written whole or not at all, by every verb."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import wattscale
from wattscale.cli import main
from wattscale.errors import InputError, WattscaleError
from wattscale.measure.table import measurement, table_csv
from wattscale.staged import write_file, write_files

SOURCE = Path(wattscale.__file__).parent
STAGED = {
    "staged.py",
    "verbs.py",
    "outlook/outlook.py",
    "study/store.py",
    "site/clients.py",
    "web/jobs.py",
}
"""Modules that write files, each under another name first."""
KILLED = """
import os, sys
from pathlib import Path
from wattscale.staged import write_file, write_files
folder = Path(sys.argv[1])
half = lambda path: (path.write_text("half"), os.kill(os.getpid(), int(sys.argv[2])))
write_files(folder, {"a.txt": lambda path: path.write_text("new"), "b.txt": half})
"""


@pytest.fixture
def old(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    for name in ("a.txt", "b.txt", "mine.txt"):
        (folder / name).write_text(f"old {name}")
    return folder


def content(folder):
    return {p.name: p.read_text() for p in folder.iterdir()}


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_write_leaves_the_old_files(old, how):
    process = subprocess.run([sys.executable, "-c", KILLED, str(old), str(int(how))], check=False)
    assert process.returncode == -how
    assert content(old) == {name: f"old {name}" for name in ("a.txt", "b.txt", "mine.txt")}


def test_a_write_that_fails_half_way_leaves_the_old_files_and_nothing_else(old, tmp_path):
    def full(path):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(WattscaleError, match=r"--out.*cannot be written to: No space left"):
        write_files(old, {"a.txt": lambda path: path.write_text("new"), "b.txt": full})
    assert content(old) == {name: f"old {name}" for name in ("a.txt", "b.txt", "mine.txt")}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_one_file_that_cannot_be_written_leaves_the_old_one(old, monkeypatch):
    def full(self, text, encoding):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(WattscaleError, match="No space left"):
        write_file(old / "a.txt", "new")
    monkeypatch.undo()
    assert content(old)["a.txt"] == "old a.txt"
    assert len(content(old)) == 3


def test_a_file_keeps_its_rights_its_link_and_its_folder(old, tmp_path):
    (old / "a.txt").chmod(0o640)
    (tmp_path / "link.txt").symlink_to(old / "a.txt")
    write_file(tmp_path / "link.txt", "new")
    assert content(old)["a.txt"] == "new"
    assert (tmp_path / "link.txt").is_symlink()
    assert stat.S_IMODE((old / "a.txt").stat().st_mode) == 0o640
    write_file(tmp_path / "made" / "b.txt", "new")
    assert content(tmp_path / "made") == {"b.txt": "new"}


def test_a_pipe_gets_the_text_and_a_folder_is_refused(old, tmp_path):
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        reader = subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE)
        write_file(tmp_path / "pipe", "through")
        assert reader.communicate(timeout=10)[0] == b"through"
    with pytest.raises(InputError, match="is a folder"):
        write_file(old, "text")


def test_no_module_writes_a_file_in_place():
    """`measure`, `calibrate` and `outlook` did, so that a full disk or a kill left half a file."""
    writes = re.compile(r"\.write_(text|bytes)\(|open\([^)]*[\"'][wxa]b?[\"']")
    found = {p.relative_to(SOURCE).as_posix() for p in SOURCE.rglob("*.py") if writes.search(p.read_text("utf-8"))}
    assert found <= STAGED


def test_every_verb_leaves_the_old_file_when_the_new_one_does_not_fit(tmp_path, monkeypatch, capsys):
    """The table of `measure`; `calibrate` and `outlook` write by the same two functions."""
    results = tmp_path / "bench.csv"
    results.write_text(table_csv([measurement({"model": "m", "avg_power_W": 400, "output_tokens_per_s": 800})]))
    out = tmp_path / "measured.csv"
    out.write_text("old")
    replace = os.replace

    def full(staged, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("wattscale.staged.os.replace", full)
    with pytest.raises(SystemExit) as ended:
        main(["measure", "--read", str(results), "--fact", "gpu_model=H100", "--out", str(out)])
    assert ended.value.code != 0
    assert "No space left" in capsys.readouterr().err
    assert out.read_text() == "old"
    monkeypatch.setattr("wattscale.staged.os.replace", replace)
    with pytest.raises(SystemExit) as ended:
        main(["measure", "--read", str(results), "--fact", "gpu_model=H100", "--out", str(out)])
    assert ended.value.code == 0
    assert out.read_text().startswith("model,")


def test_a_name_longer_than_a_file_name_can_be_is_wrong_input(tmp_path):
    long = tmp_path / ("x" * 300)
    with pytest.raises(InputError, match="cannot be written to"):
        write_file(long, "text")
    with pytest.raises(InputError, match="cannot be written to"):
        write_files(long, {"a.txt": lambda path: path.write_text("new")})
