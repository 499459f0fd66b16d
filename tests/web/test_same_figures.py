"""One scenario, asked for in different ways, gives the same figures."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

import wattscale as ws
from wattscale.web.asks import Ask
from wattscale.web.copies import as_command, as_python

CHANGES: dict[str, Any] = {
    "workload.serving.requests_per_day": 30_000_000,
    "facility.cooling": "chiller",
    "economics.discount_rate": 0.07,
    "supply.technologies": ["grid"],
}


def test_command_line_python_and_web_agree(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from wattscale.cli import main

    command = shlex.split(as_command(Ask(changes=CHANGES)))
    with pytest.raises(SystemExit) as ended:
        main([*command[1:], "--json"])
    assert ended.value.code == 0
    by_command = {name: f["value"] for name, f in json.loads(capsys.readouterr().out)["figures"].items()}
    lines = as_python(Ask(changes=CHANGES)).replace("print(plan.table())", "")
    names: dict[str, Any] = {}
    exec(lines, names)
    by_python = {name: f.value for name, f in names["plan"].figures.items()}
    by_web = client.post("api/plan", json={"changes": CHANGES}).json()["figures"]
    assert by_command == by_python == {name: f["value"] for name, f in by_web.items()}


def test_the_file_of_the_web_makes_the_same_plan(client: Any, tmp_path: Any) -> None:
    path = tmp_path / "scenario.toml"
    path.write_bytes(client.post("api/export/scenario.toml", json={"changes": CHANGES}).content)
    by_web = client.post("api/plan", json={"changes": CHANGES}).json()["figures"]
    assert {n: f.value for n, f in ws.plan(ws.load(path)).figures.items()} == {n: f["value"] for n, f in by_web.items()}
