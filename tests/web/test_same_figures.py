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


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_gives_the_figures_of_python(cluster: Any, tmp_path: Any) -> None:
    made = ws.plan(ws.apply_patch(ws.load(), ws.Patch("changes", CHANGES)))
    study = {
        "base": {key: value for key, value in CHANGES.items() if key != "economics.discount_rate"},
        "axis": [{"key": "economics.discount_rate", "values": [CHANGES["economics.discount_rate"]]}],
        "figures": sorted(made.figures),
    }
    result = ws.run_study(study, tmp_path / "out", dask=cluster[0])
    (row,) = result.cases.to_dict("records")
    assert row["status"] == "done", row["cause"]
    assert {name: row[name] for name in made.figures} == {name: f.value for name, f in made.figures.items()}


def test_the_file_of_the_web_makes_the_same_plan(client: Any, tmp_path: Any) -> None:
    path = tmp_path / "scenario.toml"
    path.write_bytes(client.post("api/export/scenario.toml", json={"changes": CHANGES}).content)
    by_web = client.post("api/plan", json={"changes": CHANGES}).json()["figures"]
    assert {n: f.value for n, f in ws.plan(ws.load(path)).figures.items()} == {n: f["value"] for n, f in by_web.items()}
