from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from wattscale.report import plan_card, show
from wattscale.report.notebook import VEGA_LITE
from wattscale.result import Plan

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_a_chart_shows_as_vega_lite_with_a_still_picture_beside_it(plan: Plan) -> None:
    view = show(plan, "jobs")
    assert view is not None
    bundle = view._repr_mimebundle_()
    assert bundle[VEGA_LITE] == view.spec
    assert "<svg" in bundle["text/html"]
    assert "--ink:" in bundle["text/html"]
    assert bundle["text/plain"].startswith("Construction jobs")


def test_a_plan_shows_its_card(plan: Plan) -> None:
    assert plan._repr_html_() == plan_card(plan)


def run_cell(source: str, names: dict[str, Any]) -> Any:
    """Run a cell as a notebook does: the last expression is its result."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.ipynb")), ids=lambda path: path.name)
def test_a_notebook_runs_from_top_to_bottom(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    book = json.loads(path.read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    results = [run_cell("".join(cell["source"]), names) for cell in book["cells"] if cell["cell_type"] == "code"]
    shown = [r for r in results if hasattr(r, "_repr_html_") or hasattr(r, "_repr_mimebundle_")]
    assert len(shown) >= 4
    for each in shown:
        assert each._repr_html_() if hasattr(each, "_repr_html_") else each._repr_mimebundle_()


def test_the_tour_is_there() -> None:
    assert (EXAMPLES / "tour.ipynb").is_file()
